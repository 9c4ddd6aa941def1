"""From the checked tables to N-Quads: the metadata of a table are one query, whose result is the text of the file."""

# ruff: noqa: S608 - what goes into a statement is quoted by csvw.sql or is SQL of this package.
from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from milidip_kg.csvw import mapping
from milidip_kg.tables import Tables

#: How many rows one thread maps at a time.
_ROWS: Final = 8192


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
    report = MapReport(tables={table.name: TableReport(table.rows, 0) for table in tables.tables})
    relations = [mapping.Relation(table.relation, table.metadata, place) for place, table in enumerate(tables.tables)]
    partial = out.with_name(out.name + ".partial")
    try:
        # The database works without Python's lock, so that two threads keep two cores busy.
        with partial.open("wb") as file, ThreadPoolExecutor(2) as pool:
            for name, block in pool.map(lambda part: _block(tables, part), _parts(tables, relations)):
                report.tables[name].quads += block.count(b"\n")
                file.write(block)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    report.rows = sum(table.rows for table in report.tables.values())
    report.quads = sum(table.quads for table in report.tables.values())
    report.seconds = time.perf_counter() - start
    return report


def _parts(tables: Tables, relations: Sequence[mapping.Relation]) -> Iterator[tuple[str, str, int]]:
    """The work in order: a table, the query for some of its rows, and the first of them."""
    for table, relation in zip(tables.tables, relations, strict=True):
        query = mapping.select(relation, in_parts=True)
        if query is not None:
            yield from ((table.name, query, first) for first in range(0, table.rows, _ROWS))


def _block(tables: Tables, part: tuple[str, str, int]) -> tuple[str, bytes]:
    """The lines of some rows of a table, in their order.

    A COPY would be no faster, and the database would have to be let into the folder of the output.
    """
    name, query, first = part
    with tables.connection.cursor() as cursor:
        rows = cursor.execute(f"SELECT encode(quads) FROM ({query})", [first, first + _ROWS]).fetchall()
    return name, b"".join(chain.from_iterable((line, b"\n") for (line,) in rows))
