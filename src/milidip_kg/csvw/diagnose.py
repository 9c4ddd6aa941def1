"""What is wrong with the structure of a CSV file, row by row: for a file that DuckDB's reader refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from milidip_kg.csvw import reader
from milidip_kg.csvw.model import Dialect
from milidip_kg.findings import Cell, Finding


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a file; if nothing is, its rows with the header."""

    findings: list[Finding]
    rows: list[list[str]]


def diagnose(data: bytes, header: Sequence[str], shown: str, *, numbered: bool = False) -> Diagnosis:
    """Read a file that should have this header; `numbered`: its last column must hold row numbers."""
    try:
        text = reader.decode(data, "utf-8")
    except reader.UndecodableError as error:
        message = f"Row {error.row} of {shown} is not UTF-8: byte {error.byte} of the file belongs to no character."
        return Diagnosis([malformed("csvw.encoding", message, shown, error.row, fix="the file saved as UTF-8")], [])
    if not text.strip():
        fix = "the header " + ",".join(header)
        return Diagnosis([malformed("csvw.empty-file", f"The file {shown} is empty.", shown, fix=fix)], [])
    rows: list[list[str]] = []
    findings: list[Finding] = []
    try:
        for row in reader.rows(text, Dialect()):
            found = list(_wrong_header(row.cells, header, shown) if not rows else _wrong_row(row, rows[0], shown))
            if numbered and rows and not found and not row.cells[-1].isdecimal():
                message = f"Row {row.number} of the table for {shown} has no row number in its last column."
                found.append(malformed("csvw.cells", message, shown, row.number, header[-1], row.cells[-1]))
            findings += found
            rows.append(row.cells or [""])
    except reader.UnparsableError as error:
        fix = 'quotes in pairs: a cell with a quote is written "like ""this"""'
        findings.append(malformed("csvw.cells", str(error), shown, error.row, fix=fix))
    return Diagnosis(findings, rows)


def malformed(
    rule: str,
    message: str,
    shown: str,
    row: int | None = None,
    column: str | None = None,
    value: str | None = None,
    *,
    fix: str | None = None,
) -> Finding:
    """A finding about what could not be read."""
    return Finding(rule, message, cell=Cell(shown, row, column), value=value, fix=fix, malformed=True)


def _wrong_header(cells: list[str], header: Sequence[str], shown: str) -> Iterator[Finding]:
    if cells == list(header):
        return
    fix = "the header " + ",".join(header)
    missing = [name for name in header if name not in cells]
    unknown = [name for name in cells if name not in header]
    for name in missing:
        message = f"The column {name} is missing in the header of {shown}."
        yield malformed("csvw.header", message, shown, 1, name, fix=fix)
    for name in unknown:
        message = f"The header of {shown} has a column {name!r} that the metadata do not name."
        yield malformed("csvw.header", message, shown, 1, name, name, fix=fix)
    if not missing and not unknown:
        message = f"The columns of {shown} are not in the order of the metadata, or one is there twice."
        yield malformed("csvw.header", message, shown, 1, fix=fix)


def _wrong_row(row: reader.Row, header: list[str], shown: str) -> Iterator[Finding]:
    found, width = len(row.cells), len(header)
    if not found and width > 1:
        yield malformed("csvw.cells", f"Row {row.number} of {shown} is blank.", shown, row.number, fix="no blank rows")
    elif "\0" in "".join(row.cells):
        message = f"Row {row.number} of {shown} holds a NUL character, which no text has."
        yield malformed("csvw.encoding", message, shown, row.number, fix="the file saved as UTF-8")
    elif found and found != width:
        message = f"Row {row.number} of {shown} has {found} cells where the header has {width}."
        column = header[found] if found < width else None
        value = row.cells[width] if found > width else None
        yield malformed("csvw.cells", message, shown, row.number, column, value, fix=f"{width} cells, one a column")
