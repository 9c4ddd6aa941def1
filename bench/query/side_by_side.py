"""All canned queries on three engines, side by side: Oxigraph through our runner, rdflib, and Virtuoso over HTTP.

    python bench/query/side_by_side.py [--with dcad=FILE --with mme=FILE] [--runs 5] [--limit 20] [--only NAME]

Each engine holds the same graph in memory (Virtuoso: in its buffers). They take turns query by query, with a run each
to warm up; the median of the seconds by the clock counts. Rows are compared with those of Oxigraph as
tests/test_engines.py does. A query that an engine does not answer within the limit counts with the limit, which is to
that engine's advantage: the ratios are at least what is printed. Nobody need watch: a Virtuoso that hangs is started
anew, an error is marked, and each line is printed when it is known.

What our runner adds is measured by CPU time, `KnowledgeGraph.query` (bound parameters, typed rows) in turn with what
pyoxigraph alone needs to give the terms of all rows of the same text. The exit status is 1 if a promise is broken: 20
times rdflib by geometric mean, at most 1 s for each query, and at most 10 % or 2 ms of our own.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import virtuoso
from engines import Rows, dataset, rdflib_rows, rows
from pyoxigraph import QuerySolutions, Variable
from rdflib import Dataset

from milidip_kg import KnowledgeGraph
from milidip_kg.errors import MilidipError
from milidip_kg.export import sorted_quads

ENGINES = ("ours", "rdflib", "virtuoso")


@dataclass(frozen=True, slots=True)
class Measured:
    """One query: seconds by the clock of each engine, seconds of CPU of pyoxigraph alone and of our runner."""

    clock: dict[str, float]
    marks: dict[str, str]
    bare: float
    runner: float
    number: int

    @property
    def heavy(self) -> bool:
        """Whether our runner adds more than 10 % and more than 2 ms."""
        return self.runner > max(self.bare * 1.1, self.bare + 0.002)


def clocked(work: Callable[[], object], runs: int, most: float) -> tuple[float, bool]:
    """The median of the seconds after one run to warm up, and whether it answered; a slow first run is the only one."""
    took: list[float] = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        try:
            work()
        except (TimeoutError, MilidipError):
            return most, False
        took.append(time.perf_counter() - start)
        if took[0] > most / 4:
            return took[0], True
    return statistics.median(took[1:]), True


def overhead(bare: Callable[[], object], ours: Callable[[], object], runs: int) -> tuple[float, float]:
    """The medians of the CPU seconds of two ways to the same rows, taken in turn."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for work, seconds in zip((bare, ours), took, strict=True):
            start = time.process_time()
            work()
            seconds.append(time.process_time() - start)
    return statistics.median(took[0]), statistics.median(took[1])


def measure(kg: KnowledgeGraph, whole: Dataset, server: virtuoso.Loaded, name: str, runs: int, most: float) -> Measured:
    """Ask all engines one canned query with its defaults."""
    text = kg.canned(name).text
    defaults = {one.name: one.default for one in kg.canned(name).parameters if one.default is not None}
    first = kg.sparql(text)
    assert isinstance(first, QuerySolutions)
    names: Sequence[Variable] = first.variables
    expected = rows(first)
    found: dict[str, Rows] = {}

    def ours() -> None:
        kg.query(name, **defaults)

    def peer() -> None:
        found["rdflib"] = rdflib_rows(whole, text, names, most)

    def remote() -> None:
        found["virtuoso"] = server.rows(text)

    def bare() -> None:
        [tuple(solution) for solution in kg.store.query(text, use_default_graph_as_union=True)]  # type: ignore[union-attr]

    clock, marks = {}, {}
    for engine, work in zip(ENGINES, (ours, peer, remote), strict=True):
        clock[engine], answered = clocked(work, runs, most)
        marks[engine] = ">" if not answered else "" if found.get(engine, expected) == expected else "!"
    alone, runner = overhead(bare, ours, runs)
    return Measured(clock, marks, alone, runner, len(expected))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--with", dest="datasets", action="append", default=[], metavar="ID=FILE")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds for one query in one engine")
    parser.add_argument("--only", action="append", help="this query; may be repeated")
    arguments = parser.parse_args()

    kg = KnowledgeGraph.build(**dict(word.split("=", 1) for word in arguments.datasets))
    names = [kg.canned(name).name for name in arguments.only or kg.queries]
    print(f"{len(kg.store):,} statements, {len(names)} queries; milliseconds, medians of {arguments.runs}")
    print(f"{'':36} {'':>5} {'by the clock':>28} {'':2} {'of CPU':>17}")
    print(f"{'':36} {'rows':>5} {'ours':>8} {'rdflib':>9} {'virtuoso':>9} {'':2} {'bare':>8} {'ours':>8}", flush=True)
    whole = dataset(kg.store)
    folder = Path(tempfile.mkdtemp(prefix="virtuoso-"))
    (folder / "graph.nq").write_bytes(sorted_quads(kg.store))
    measured: dict[str, Measured] = {}
    try:
        with closing(virtuoso.Loaded(folder / "graph.nq", arguments.limit)) as server:
            for name in names:
                one = measured[name] = measure(kg, whole, server, name, arguments.runs, arguments.limit)
                mine, peer, remote = (f"{one.marks[engine]}{one.clock[engine] * 1000:.1f}" for engine in ENGINES)
                cpu = f"{one.bare * 1000:8.1f} {one.runner * 1000:8.1f}"
                print(f"{name:36} {one.number:5} {mine:>8} {peer:>9} {remote:>9} {'':2} {cpu}", flush=True)
    finally:
        shutil.rmtree(folder)
    sys.exit(report(measured))


def report(measured: dict[str, Measured]) -> int:
    """Print the ratios and what is promised of them; 1 if a promise is broken."""

    def ratio(engine: str) -> float:
        return statistics.geometric_mean(one.clock[engine] / one.clock["ours"] for one in measured.values())

    def listed(names: list[str]) -> str:
        return ", ".join(names) or "none"

    print("`>` no answer within the limit or an error, counted with the limit; `!` other rows")
    for engine in ENGINES[1:]:
        late = sum(one.marks[engine] == ">" for one in measured.values())
        print(f"{engine} / ours, geometric mean: at least {ratio(engine):.1f} ({late} of {len(measured)} not answered)")
    slow = [name for name, one in measured.items() if one.clock["ours"] > 1.0]
    slowest = max(measured, key=lambda name: measured[name].clock["ours"])
    print(f"slower than 1 s here: {listed(slow)}; the slowest: {slowest}, {measured[slowest].clock['ours']:.2f} s")
    heavy = [name for name, one in measured.items() if one.heavy]
    added = statistics.geometric_mean(one.runner / one.bare for one in measured.values())
    print(f"our runner / pyoxigraph alone, geometric mean of CPU: {added:.3f}; more than 10 % or 2 ms: {listed(heavy)}")
    return int(bool(slow or heavy) or ratio("rdflib") < 20)


if __name__ == "__main__":
    main()
