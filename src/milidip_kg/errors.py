"""The errors a user can meet; each knows its exit status and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class MilidipError(Exception):
    """Something went wrong that has a name: `message` says what, `hint` what to do."""

    exit_status: ClassVar[int] = 5

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class FindingsError(MilidipError):
    """The input was read and is wrong; the findings say where."""

    exit_status = 1


class UsageError(MilidipError):
    """The call itself is wrong: an unknown name, a parameter of the wrong type."""

    exit_status = 2


class InputError(MilidipError):
    """Something could not be read, or is malformed."""

    exit_status = 3


class LimitError(MilidipError):
    """A limit of time, rows or size was hit; what was asked for is not complete."""

    exit_status = 4


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known names, or all of them where they are few, or nothing."""
    names = sorted(known)
    near = get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"Known: {', '.join(names)}." if 0 < len(names) <= 12 else ""
