"""From the checked tables to N-Quads: the metadata of a table are one query, whose result is the text of the file."""

# ruff: noqa: S608 - what goes into a statement is quoted by csvw.sql or is SQL of this package.
from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from milidip_kg.csvw import mapping
from milidip_kg.tables import Tables

if TYPE_CHECKING:
    import duckdb

_ROWS: Final = 1024


@dataclass(slots=True)
class TableReport:
    """What one table gave."""

    rows: int
    quads: int


@dataclass(slots=True)
class MapReport:
    """What the mapping gave: counts in all and by table, and how long it took."""

    rows: int = 0
    quads: int = 0
    tables: dict[str, TableReport] = field(default_factory=dict)
    seconds: float = 0.0


def map_tables(tables: Tables, out: Path) -> MapReport:
    """Write the quads of all tables, in the order of tables and rows; the same tables give the same bytes."""
    start = time.perf_counter()
    report = MapReport()
    relations = [mapping.Relation(table.relation, table.metadata, place) for place, table in enumerate(tables.tables)]
    partial = out.with_name(out.name + ".partial")
    try:
        # To plan a query takes longer than to run it where tables are small; so two threads plan ahead.
        with partial.open("wb") as file, ThreadPoolExecutor(2) as pool:
            found = pool.map(lambda relation: _lines(tables, relation), relations)
            for table, lines in zip(tables.tables, found, strict=True):
                report.tables[table.name] = TableReport(table.rows, _write(lines, file) if lines else 0)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    report.rows = sum(table.rows for table in report.tables.values())
    report.quads = sum(table.quads for table in report.tables.values())
    report.seconds = time.perf_counter() - start
    return report


def _lines(tables: Tables, relation: mapping.Relation) -> duckdb.DuckDBPyConnection | None:
    """The quads of a table as a result that is about to be read."""
    query = mapping.select(relation)
    return tables.connection.cursor().execute(f"SELECT encode(quads) FROM ({query})") if query else None


def _write(lines: duckdb.DuckDBPyConnection, file: IO[bytes]) -> int:
    """Write a result and count its quads.

    It comes out of the database in blocks of rows, in their order. A COPY would be no faster, and the database would
    have to be let into the folder of the output.
    """
    quads = 0
    while rows := lines.fetchmany(_ROWS):
        rows.append((b"",))  # so that the last line ends as the others do
        block = b"\n".join(chain.from_iterable(rows))
        quads += block.count(b"\n")
        file.write(block)
    lines.close()
    return quads
