"""The errors a user can meet; each knows its exit status and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from milidip_kg.findings import Finding


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
    """The input was read and is wrong; `findings` say where."""

    exit_status = 1

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        super().__init__(f"{len(findings)} findings; the first: {first.cell}: {first.message}")
        self.findings = findings


class UsageError(MilidipError):
    """The call itself is wrong: an unknown name, a parameter of the wrong type."""

    exit_status = 2


class UnknownNameError(UsageError):
    """There is no thing of some kind (`what`) that is called `name`; `known` are the names that there are."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        self.what, self.name, self.known = what, name, tuple(known)
        super().__init__(f"There is no {what} {name!r}.", did_you_mean(name, self.known))


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
