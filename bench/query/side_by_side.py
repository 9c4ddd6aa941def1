"""All canned queries on three engines, side by side: Oxigraph through our runner, rdflib, and Virtuoso over HTTP.

    python bench/query/side_by_side.py [--with dcad=FILE --with mme=FILE] [--runs 3] [--limit 20] [--only NAME]

Each engine holds the same graph in memory (Virtuoso: in its buffers). They take turns query by query, with a run each
to warm up; the median counts. Rows are compared with those of Oxigraph as tests/test_engines.py does. `bare` is what
pyoxigraph alone needs for the same text. A query that an engine does not answer within the limit counts with the limit,
which is to that engine's advantage. The exit status is 1 if a promise is broken: 20 times rdflib by geometric mean, at
most 1 s for each query, and at most 10 % or 2 ms of our own.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import virtuoso
from engines import Rows, dataset, rdflib_rows, rows
from pyoxigraph import QuerySolutions, Variable

from milidip_kg import KnowledgeGraph, resources
from milidip_kg.errors import MilidipError
from milidip_kg.export import sorted_quads
from milidip_kg.query import read_queries
from milidip_kg.remote import ask


def timed(work: Callable[[], Rows], runs: int, most: float) -> tuple[float, Rows | None]:
    """The median of the seconds, after one run to warm up; a slow first run is the only one."""
    start = time.perf_counter()
    try:
        found = work()
    except (TimeoutError, MilidipError):
        return most, None
    took = [time.perf_counter() - start]
    if took[0] < most / 4:
        took = []
        for _ in range(runs):
            start = time.perf_counter()
            work()
            took.append(time.perf_counter() - start)
    return statistics.median(took), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--with", dest="datasets", action="append", default=[], metavar="ID=FILE")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds for one query in one engine")
    parser.add_argument("--only", action="append", help="this query; may be repeated")
    arguments = parser.parse_args()

    kg = KnowledgeGraph.build(**dict(word.split("=", 1) for word in arguments.datasets))
    queries = {name: query.text for name, query in read_queries(resources.folder("queries")).items()}
    queries = {name: queries[name] for name in arguments.only or queries}
    print(f"{len(kg.store):,} statements, {len(queries)} queries; milliseconds, medians of {arguments.runs}")
    print(f"{'':36} {'rows':>5} {'bare':>8} {'ours':>8} {'rdflib':>9} {'virtuoso':>9}")
    whole = dataset(kg.store)
    folder = Path(tempfile.mkdtemp(prefix="virtuoso-"))
    (folder / "graph.nq").write_bytes(b"".join(sorted_quads(kg.store)))
    took: dict[str, list[float]] = {}
    other: dict[str, str] = {}
    with virtuoso.running(folder, query_seconds=arguments.limit) as server:
        server.load(folder / "graph.nq")
        for name, text in queries.items():

            def bare(text: str = text) -> Rows:
                return rows(kg.store.query(text, use_default_graph_as_union=True))

            def ours(text: str = text) -> Rows:
                return rows(kg.sparql(text))

            first = kg.sparql(text)
            assert isinstance(first, QuerySolutions)
            names = first.variables

            def peer(text: str = text, names: Sequence[Variable] = names) -> Rows:
                return rdflib_rows(whole, text, names, arguments.limit)

            def remote(text: str = text) -> Rows:
                return rows(ask(server.sparql, text, timeout=arguments.limit))

            engines = {"bare": bare, "ours": ours, "rdflib": peer, "virtuoso": remote}
            found = {engine: timed(work, arguments.runs, arguments.limit) for engine, work in engines.items()}
            took[name] = [seconds for seconds, _ in found.values()]
            expected = found["ours"][1]
            marks = {
                engine: "" if answer == expected else ">" if answer is None else "!"
                for engine, (_, answer) in found.items()
            }
            if any(marks.values()):
                other[name] = ", ".join(engine for engine, mark in marks.items() if mark)
            cells = [f"{marks[engine]}{seconds * 1000:.1f}" for engine, (seconds, _) in found.items()]
            print(
                f"{name:36} {len(expected or []):5} {cells[0]:>8} {cells[1]:>8} {cells[2]:>9} {cells[3]:>9}", flush=True
            )
    shutil.rmtree(folder)
    sys.exit(report(took, other))


def report(took: dict[str, list[float]], other: dict[str, str]) -> int:
    """Print the ratios and what is promised of them; 1 if a promise is broken."""
    bare, ours, peer, remote = zip(*took.values(), strict=True)
    print("`>` no answer within the limit or an error, `!` other rows")
    ratio = statistics.geometric_mean(theirs / mine for theirs, mine in zip(peer, ours, strict=True))
    print(f"rdflib / ours, geometric mean: {ratio:.1f}")
    served = statistics.geometric_mean(theirs / mine for theirs, mine in zip(remote, ours, strict=True))
    print(f"virtuoso / ours, geometric mean: {served:.1f}")
    slow = [name for name, (_, mine, *_) in took.items() if mine > 1.0]
    print(f"slower than 1 s here: {', '.join(slow) or 'none'}; the slowest: {max(ours):.2f} s")
    heavy = [name for name, (alone, mine, *_) in took.items() if mine > max(alone * 1.1, alone + 0.002)]
    print(
        f"our runner, geometric mean: {statistics.geometric_mean(m / a for m, a in zip(ours, bare, strict=True)):.3f}"
    )
    print(f"more than 10 % or 2 ms of our own: {', '.join(heavy) or 'none'}")
    return int(bool(slow or heavy) or ratio < 20)


if __name__ == "__main__":
    main()
