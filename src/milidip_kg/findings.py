"""What a check has to say: one type for every finding, whichever step of the way made it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters; only a violation stops a build."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a table: file name, row as RFC 7111 counts it (the header is row 1), column name."""

    file: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where it is, and what would be right.

    `malformed` marks what could not be read at all (exit status 3), as against what was read and is wrong (1).
    """

    rule: str
    message: str
    severity: Severity = Severity.VIOLATION
    cell: Cell | None = None
    value: str | None = None
    fix: str | None = None
    node: str | None = None
    path: str | None = None
    malformed: bool = False

    def as_dict(self) -> dict[str, object]:
        """The finding as plain JSON values, absent ones left out."""
        found = {key: value for key, value in asdict(self).items() if value is not None and key != "malformed"}
        found["severity"] = self.severity.value
        return found

    def sort_key(self) -> tuple[str, int, str, str, str, str]:
        """By place first, then by rule."""
        cell = self.cell or Cell("")
        return (cell.file, cell.row or 0, cell.column or "", self.rule, self.node or "", self.message)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without repeats, by file, row, column and rule."""
    return sorted(set(findings), key=Finding.sort_key)
