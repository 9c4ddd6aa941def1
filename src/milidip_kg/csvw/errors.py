"""What can be wrong with metadata: an error ends the work on it, a warning is collected."""

from __future__ import annotations


class MetadataError(ValueError):
    """The metadata cannot be used; the message is a sentence."""


class RejectedError(ValueError):
    """One property has a value that it may not have; it is ignored, with a warning."""
