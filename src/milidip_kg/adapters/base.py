"""What every adapter shares: how a published file is read, rows are collected, and each row is accounted for."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from milidip_kg.findings import Cell, Finding
from milidip_kg.resolve import StateIndex

NOT_UNDERSTOOD: Final = "the adapter does not understand the value"
ORIGIN: Final = "origin_row"
"""The last column of every table written: the row of the published file, whose header is row 1 (RFC 7111).

What is stated about the dataset as a whole leads to that header.
"""


@dataclass(frozen=True)
class Columns:
    """The columns of a published file: those that are read, those that are not and why, and those that repeat."""

    record: str
    """The column with the identifier of the record."""
    read: tuple[str, ...]
    ignored: Mapping[str, str]
    repeated: re.Pattern[str] = re.compile(r"(?!)")

    def findings(self, file: str, header: list[str]) -> Iterator[Finding]:
        """What is wrong with the header of a file."""
        for name in (self.record, *self.read):
            if name not in header:
                yield Finding(
                    "adapter.missing-column",
                    f"The published file has no column {name!r}.",
                    cell=Cell(file, 1, name),
                    fix="Check that this is the file, and the version of it, that the adapter reads.",
                    malformed=True,
                )
        for name in header:
            if name not in (self.record, *self.read, *self.ignored) and not self.repeated.fullmatch(name):
                yield _unknown(file, 1, name, name, "Columns known: those that the adapter reads or lists as ignored.")
        for name in sorted({name for name in header if header.count(name) > 1}):
            yield _unknown(file, 1, name, name, "Each column has to appear once.")


@dataclass(frozen=True)
class Adapter:
    """A published dataset that can be read, and what must be said of it as a source."""

    id: str
    title: str
    publisher: str
    published: str
    url: str
    licence: str
    citation: str
    reads: str
    """Name of the published file."""
    sha256: str
    """Of the file that the adapter was checked against."""
    checked: str
    """The day on which the adapter was last checked against the published file."""
    covers: tuple[tuple[str, str], ...]
    """Each table that it fills, with the scope of the statements in it."""
    began: str
    ended: str
    """First and last year covered."""
    columns: Columns
    adapt: Callable[[Run, Row], None]
    """Turn one row of the published file into rows of the tables."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the published file: its number (the header is row 1), the identifier that it gives itself, its cells."""

    number: int
    record: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


class LeftOut(NamedTuple):
    """Something published that is not in the tables: a value of a row, or the row because of that value."""

    row: int
    record: str
    column: str | None
    value: str
    reason: str


@dataclass(frozen=True)
class AdaptedReport:
    """What became of a published file: every row is taken or left out with its reason."""

    dataset: str
    file: str
    folder: Path
    rows_read: int = 0
    rows_taken: int = 0
    written: Mapping[str, int] = field(default_factory=dict)
    """The number of rows written to each table."""
    rows_left_out: tuple[int, ...] = ()
    """The numbers of the published rows that are not in the tables at all."""
    left_out: tuple[LeftOut, ...] = ()
    findings: tuple[Finding, ...] = ()


class UnusableRowError(Exception):
    """A row that cannot be taken because of one of its values; with a `fix`, because the value is not understood."""

    def __init__(self, column: str | None, value: str, reason: str, fix: str | None = None) -> None:
        super().__init__(reason)
        self.column = column
        self.value = value
        self.reason = reason
        self.fix = fix


class Run:
    """One reading of a published file: the rows made so far, and what was not made into rows."""

    def __init__(self, adapter: Adapter, file: Path, states: StateIndex) -> None:
        self.adapter = adapter
        self.file = file
        self.states = states
        self.repeated: list[str] = []
        """The columns of the file that repeat (one participant each, say)."""
        self.tables: dict[str, list[dict[str, str]]] = {"sources": [], "coverage": []}
        self.tables |= {table: [] for table, _ in adapter.covers}
        self.labels: dict[str, str] = {}
        """The labels of the things that several rows name, by key."""
        self.open: dict[tuple[str, ...], dict[str, str]] = {}
        """The rows made so far that a later row of the published file may add to, by what they are about."""
        self._keys: dict[str, int] = {}
        self._read = 0
        self._rows_left_out: list[int] = []
        self._left_out: list[LeftOut] = []
        self._findings: list[Finding] = []

    def take(self) -> None:
        """Read the file, row by row."""
        self._describe()
        for row in self._rows():
            try:
                self.adapter.adapt(self, row)
            except UnusableRowError as why:
                self._leave_out_row(row, why)
        if not self._read and not self._findings:
            self._malformed("The published file has no rows.")

    def add(self, table: str, row: Row | None = None, /, **cells: str) -> dict[str, str]:
        """Add a row to a table, made from a row of the published file (or from none), and return it."""
        own = {"source": self.adapter.id, "checked": self.adapter.checked}
        added = {**cells, **own, ORIGIN: str(row.number if row else 1)}
        self.tables[table].append(added)
        return added

    def claim(self, row: Row, column: str, key: str) -> None:
        """Take a key for a row.

        Raises:
            UnusableRowError: another row has it.
        """
        if (first := self._keys.setdefault(key, row.number)) != row.number:
            reason = f"row {first} already has the key {key}"
            raise UnusableRowError(column, row[column], reason, "Each record needs an identifier of its own.")

    def leave_out(self, row: Row, column: str | None, value: str, reason: str) -> None:
        """Say that a value of a row is not in the tables."""
        self._left_out.append(LeftOut(row.number, row.record, column, value, reason))

    def not_understood(self, row: Row, column: str | None, value: str, fix: str, reason: str = NOT_UNDERSTOOD) -> None:
        """Report a value that the adapter does not understand."""
        self._findings.append(_unknown(self.file.name, row.number, column, value, fix, reason))

    def write(self, out: Path, data: Path) -> AdaptedReport:
        """Write the tables into `out`, with the columns that the metadata in `data` give them."""
        out.mkdir(parents=True, exist_ok=True)
        for table, rows in self.tables.items():
            metadata = json.loads((data / f"{table}.csv-metadata.json").read_text(encoding="utf-8"))
            columns = [each["name"] for each in metadata["tableSchema"]["columns"] if not each.get("virtual")]
            with (out / f"{table}.csv").open("w", encoding="utf-8", newline="") as lines:
                writer = csv.DictWriter(lines, [*columns, ORIGIN], restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
        return AdaptedReport(
            dataset=self.adapter.id,
            file=self.file.name,
            folder=out,
            rows_read=self._read,
            rows_taken=self._read - len(self._rows_left_out),
            written={table: len(rows) for table, rows in self.tables.items()},
            rows_left_out=tuple(self._rows_left_out),
            left_out=tuple(self._left_out),
            findings=tuple(self._findings),
        )

    def _leave_out_row(self, row: Row, why: UnusableRowError) -> None:
        self._rows_left_out.append(row.number)
        self.leave_out(row, why.column, why.value, f"the row is left out: {why.reason}")
        if why.fix:
            self.not_understood(row, why.column, why.value, why.fix, why.reason)

    def _describe(self) -> None:
        """The rows about the dataset itself: the source, and what it covers."""
        adapter = self.adapter
        self.tables["sources"].append(
            {
                "id": adapter.id,
                "title": adapter.title,
                "publisher": adapter.publisher,
                "kind": "dataset",
                "authority": "research-coded",
                "published": adapter.published,
                "url": adapter.url,
                "licence": adapter.licence,
                "retrieved": adapter.checked,
                ORIGIN: "1",
            }
        )
        for table, scope in adapter.covers:
            self.add(
                "coverage",
                id=f"{adapter.id}-{table.replace('_', '-')}",
                table=table,
                began=adapter.began,
                ended=adapter.ended,
                completeness="partial",
                scope=scope,
            )

    def _rows(self) -> Iterator[Row]:
        """The rows of the file whose number of cells is that of the header."""
        columns = self.adapter.columns
        lines = self._lines()
        header = next(lines, None)
        if header is None:
            if not self._findings:
                self._malformed("The published file is empty.")
            return
        self._findings += columns.findings(self.file.name, header)
        if any(finding.malformed for finding in self._findings):
            return
        self.repeated = [name for name in header if columns.repeated.fullmatch(name)]
        for number, values in enumerate(lines, 2):
            if not values:  # an empty line
                continue
            self._read += 1
            cells = dict(zip(header, map(str.strip, values), strict=False))
            row = Row(number, cells.get(columns.record, ""), cells)
            if len(values) == len(header):
                yield row
            else:
                reason = f"{len(values)} cells under {len(header)} columns"
                self._leave_out_row(row, UnusableRowError(None, "", reason, "Each row has to have one cell a column."))

    def _lines(self) -> Iterator[list[str]]:
        """The records of the CSV file as they are; what cannot be read is a finding and ends them."""
        row = 1
        try:
            published = self.file.read_bytes()
            for record in csv.reader(io.StringIO(published.decode("utf-8-sig"), newline=""), strict=True):
                yield record
                row += 1
        except OSError as error:
            self._malformed(f"The published file cannot be read: {error.strerror}.")
        except UnicodeDecodeError as error:
            line = published.count(b"\n", 0, error.start) + 1
            self._malformed("The published file is not in UTF-8.", line, "Save it as UTF-8.")
        except csv.Error as error:
            self._malformed(f"The published file is not well-formed CSV: {error}.", row)

    def _malformed(self, message: str, row: int | None = None, fix: str | None = None) -> None:
        fix = fix or f"{self.adapter.title} publishes this as {self.adapter.reads}."
        cell = Cell(self.file.name, row)
        self._findings.append(Finding("adapter.unreadable", message, cell=cell, fix=fix, malformed=True))


def slug(text: str) -> str:
    """The text as part of a key: lower case, ASCII letters and digits, hyphens between."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", letters.casefold()))


def whole_number(row: Row, column: str) -> int:
    """The value of a column as a number.

    Raises:
        UnusableRowError: it is not a whole number.
    """
    try:
        return int(row[column])
    except ValueError:
        raise not_a_code(row, column, "a whole number") from None


def not_a_code(row: Row, column: str, expected: str) -> UnusableRowError:
    """The error for a value that the adapter does not understand."""
    return UnusableRowError(column, row[column], NOT_UNDERSTOOD, f"Expected {expected}.")


def _unknown(file: str, row: int, column: str | None, value: str, fix: str, reason: str = NOT_UNDERSTOOD) -> Finding:
    cell = Cell(file, row, column)
    return Finding("adapter.unknown-value", f"{value!r}: {reason}.", cell=cell, value=value, fix=fix)
