"""One run of ours: read and check the tables of a folder, map them, say on stdout how long each step took."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb  # noqa: F401 - loaded before the clock starts, as the peer is

from milidip_kg.map import map_tables
from milidip_kg.tables import read_tables


def main(data: str, out: str) -> None:
    start = time.perf_counter()
    tables = read_tables(Path(data))
    read = time.perf_counter()
    report = map_tables(tables, Path(out))
    end = time.perf_counter()
    assert tables.ok, tables.findings[:3]
    print(
        json.dumps({"read and check": read - start, "map": end - read, "inner": end - start, "triples": report.quads})
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
