"""CSV files into DuckDB: by its own reader where that is exact, through Python where it is not.

DuckDB leaves blank lines out, which would shift the row numbers, and says little about a broken row; so a file with
either goes the slow way.
"""

# ruff: noqa: S608 - what goes into a statement is quoted by csvw.sql or is SQL of this package.
from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from milidip_kg.csvw import cells, sql
from milidip_kg.csvw.diagnose import diagnose, malformed
from milidip_kg.csvw.mapping import Relation
from milidip_kg.csvw.model import Column
from milidip_kg.findings import Finding

if TYPE_CHECKING:
    import duckdb

ORIGIN_ROW = "origin_row"


@dataclass(frozen=True, slots=True)
class Source:
    """One file with rows of a table.

    `origin` is its path under the base of the data, `shown` the name that findings give it. A file of an adapter has
    a last column with the row number in the published file.
    """

    path: Path
    origin: str
    shown: str
    adapted: bool = False


def create(connection: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """The empty relation of a table."""
    columns = [
        f"{sql.identifier(column.name)} VARCHAR{'[]' if column.separator is not None else ''}"
        for column in relation.table.cells
    ]
    columns += ["_origin VARCHAR", "_row BIGINT NOT NULL", "_number BIGINT"]
    connection.execute(f"CREATE OR REPLACE TABLE {relation.sql} ({', '.join(columns)})")


def load(connection: duckdb.DuckDBPyConnection, relation: Relation, source: Source, scratch: Path) -> list[Finding]:
    """Add the rows of a file to its relation; if the file is malformed, say where and add nothing."""
    import duckdb

    try:
        data = source.path.read_bytes()
    except OSError as error:
        message = f"The file {source.shown} cannot be read: {error.strerror}."
        fix = f"a file {source.shown} beside its metadata"
        return [malformed("csvw.missing-file", message, source.shown, fix=fix)]
    header = [_title(column) for column in relation.table.cells] + [ORIGIN_ROW] * source.adapted
    if _is_simple(data, header):
        with suppress(duckdb.Error):  # The slow way says why, or reads it.
            insert(connection, relation, source, source.path)
            return []
    found = diagnose(data, header, source.shown, numbered=source.adapted)
    if not found.findings:
        copy = scratch / f"{relation.name}.csv"
        write(copy, found.rows)
        insert(connection, relation, source, copy)
        copy.unlink()
    return found.findings


def _title(column: Column) -> str:
    return next((text for texts in column.titles.values() for text in texts), column.name)


def _is_simple(data: bytes, header: Sequence[str]) -> bool:
    """Whether DuckDB reads every row as it stands: the header is as expected and no line is blank."""
    end = data.find(b"\n") + 1
    first = data[:end].removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
    odd = any(found in data for found in (b"\n\n", b"\n\r\n", b"\0"))
    return end > 0 and first == ",".join(header).encode() and not odd


def write(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write rows, a header first, as CSV that DuckDB reads without a doubt."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)


def insert(connection: duckdb.DuckDBPyConnection, relation: Relation, source: Source, path: Path) -> None:
    """Add the rows of a plain CSV file to its relation with DuckDB's reader."""
    columns = relation.table.cells
    types = [f"{sql.literal(column.name)}: 'VARCHAR'" for column in columns]
    if source.adapted:
        types.append("'_origin_row': 'BIGINT'")
    values = [cells.value(column, sql.identifier(column.name)) for column in columns]
    number = "row_number() OVER ()"
    row = "_origin_row" if source.adapted else f"{number} + 1"
    connection.execute(
        f"INSERT INTO {relation.sql} SELECT {', '.join(values)}, {sql.literal(source.origin)}, {row}, {number} FROM"
        f" read_csv({sql.literal(str(path))}, auto_detect = false, header = true, delim = ',', quote = '\"',"
        f" escape = '\"', strict_mode = true, max_line_size = 16777216, columns = {{{', '.join(types)}}})"
    )
