"""What every comparison shares: a result, how dates are compared, how both sides are read."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from milidip_kg.edtf import Bounds, parse
from milidip_kg.errors import InputError
from milidip_kg.resolve import StateIndex

EXACT: Final = "YYYY-MM-DD"


class Verdict(StrEnum):
    """What came of a comparison of one value."""

    AGREE = "agree"
    WITHIN = "agree within precision"
    DIFFER = "differ"
    ONLY_OURS = "only ours"
    ONLY_THEIRS = "only theirs"
    NOT_COMPARABLE = "not comparable"


AGREEING: Final = (Verdict.AGREE, Verdict.WITHIN)
GAPS: Final = (Verdict.ONLY_OURS, Verdict.ONLY_THEIRS)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file, by its number (the header is row 1, as RFC 7111 counts)."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


@dataclass(frozen=True, slots=True)
class Result:
    """One value of one thing in our table and in the dataset, and what came of comparing them."""

    group: str
    """The agreement, organisation, operation or exercise, by our key; by theirs, where we have none."""
    subject: str
    """What of it is compared: a state and an act, a member and a role; empty for the thing itself."""
    field: str
    verdict: Verdict
    ours: str = ""
    theirs: str = ""
    our_row: int | None = None
    their_row: int | None = None
    node: str = ""
    """The IRI of our row."""
    reason: str = ""
    """Why it cannot be compared, or what the verdict rests on."""
    explanation: str = ""
    """What is known of the difference, by a line of explanations.csv."""
    note: str = ""
    """The note of our row."""
    carried: bool = False
    """Whether our row cites this very record: agreement then shows only that it was copied well."""
    unmatched: bool = False
    """Whether it is a thing of theirs that we do not have, of a dataset of which we hold but a selection."""


@dataclass(frozen=True)
class Comparison:
    """A published dataset that a table of ours can be compared with."""

    dataset: str
    table: str
    title: str
    reads: str
    """The name of the published file."""
    until: str
    """The last day of which the dataset knows: what we state for later is not compared."""
    cited_as: frozenset[str]
    """The keys of sources.csv under which our rows cite this very record."""
    how: str
    """How its values are read, in sentences for the reader of the report."""
    compare: Callable[[Sides], Iterator[Result]]


class Sides:
    """Our tables, the published file, and the map between their keys."""

    def __init__(self, comparison: Comparison, file: Path, data: Path, matches: Path) -> None:
        self.comparison = comparison
        self.file = file
        self.data = data
        self.states = StateIndex(data)
        self._matches = matches

    def ours(self, table: str | None = None) -> list[Row]:
        """The rows of a table of ours, by default of the one compared."""
        return list(read_csv(self.data / f"{table or self.comparison.table}.csv"))

    def theirs(self, *columns: str) -> Iterator[Row]:
        """The rows of the published file.

        Raises:
            InputError: it cannot be read, or lacks one of these columns.
        """
        return read_csv(self.file, columns, f"{self.comparison.title} publishes this as {self.comparison.reads}.")

    @cached_property
    def matches(self) -> dict[str, str]:
        """Their key for each of ours, as matches.csv states it."""
        rows = (row for row in read_csv(self._matches) if row["dataset"] == self.comparison.dataset)
        return {row["ours"]: row["theirs"] for row in rows}

    @cached_property
    def _about(self) -> str:
        text = (self.data / f"{self.comparison.table}.csv-metadata.json").read_text(encoding="utf-8")
        return str(json.loads(text)["tableSchema"]["aboutUrl"])

    def node(self, row: Row) -> str:
        """The IRI that the graph gives to a row of ours."""
        return self._about.format_map({name: quote(value, safe="-._~") for name, value in row.cells.items()})

    def from_row(self, row: Row) -> dict[str, Any]:
        """What a result says of the row of ours on which it rests."""
        return {
            "our_row": row.number,
            "node": self.node(row),
            "note": row["note"],
            "carried": bool(self.comparison.cited_as & set(row["source"].split(";"))),
        }


def read_csv(file: Path, columns: tuple[str, ...] = (), hint: str = "Run milidip validate.") -> Iterator[Row]:
    """The rows of a CSV file in UTF-8, which may be compressed by gzip.

    Raises:
        InputError: it cannot be read, is not well-formed, or lacks one of these columns.
    """
    number = 1
    try:
        content = file.read_bytes()
        text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode("utf-8-sig")
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = next(lines, [])
        if missing := [name for name in columns if name not in header]:
            raise InputError(f"{file.name} has no column {missing[0]!r}.", hint)
        for number, values in enumerate(lines, 2):
            if not values:
                continue
            if len(values) != len(header):
                message = f"{file.name}, row {number}: {len(values)} cells under {len(header)} columns."
                raise InputError(message, hint)
            yield Row(number, dict(zip(header, map(str.strip, values), strict=True)))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}.", hint) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file.name} is not in UTF-8.", hint) from error
    except csv.Error as error:
        raise InputError(f"{file.name}, row {number}: not well-formed CSV: {error}.", hint) from error


def compare_dates(ours: str, theirs: str, until: str = "") -> tuple[Verdict, str]:
    """Whether two EDTF dates, either of which may be empty, say the same, and why not if they cannot be compared.

    Dates agree within precision if some day fits both and at least one of them leaves the day open.
    """
    ours_bounds, limit = (parse(date) if date else None for date in (ours, until))
    if not ours and not theirs:
        return Verdict.NOT_COMPARABLE, "neither side has a date"
    if ours_bounds and not theirs:
        if limit and limit.latest and ours_bounds.latest and ours_bounds.latest > limit.latest:
            return Verdict.NOT_COMPARABLE, beyond(until)
        return Verdict.ONLY_OURS, ""
    if not ours_bounds:
        return Verdict.ONLY_THEIRS, ""
    if ours == theirs:
        return Verdict.AGREE, ""
    theirs_bounds = parse(theirs)
    if not _touch(ours_bounds, theirs_bounds):
        return Verdict.DIFFER, ""
    exact = all(bounds.earliest == bounds.latest for bounds in (ours_bounds, theirs_bounds))
    return (Verdict.AGREE if exact else Verdict.WITHIN), ""


def compare_presence(ours: str, theirs: str) -> Verdict:
    """Whether both sides have the same thing, one of which is empty where a side lacks it."""
    if ours and theirs:
        return Verdict.AGREE
    return Verdict.ONLY_OURS if ours else Verdict.ONLY_THEIRS


def beyond(until: str) -> str:
    """Why what we state for later than the dataset ends cannot be compared."""
    return f"after {until}, with which the dataset ends"


def _touch(one: Bounds, other: Bounds) -> bool:
    before = one.latest and other.earliest and one.latest < other.earliest
    after = one.earliest and other.latest and one.earliest > other.latest
    return not (before or after)


def month_if_first(day: str) -> str:
    """The date without its day where that is the first: how the United Nations write a month."""
    return day.removesuffix("-01") if len(day) == len(EXACT) else day
