"""The graph as RDF files: any format, whole or in part, the same bytes for the same graph."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, Final

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from milidip_kg.errors import MilidipError, UnknownNameError, UsageError, did_you_mean
from milidip_kg.namespaces import GRAPH, GRAPH_CATALOGUE, NS, PREFIXES


@dataclass(frozen=True, slots=True)
class Format:
    """An RDF format: its name on the command line is the file ending."""

    rdf: RdfFormat
    holds_graphs: bool
    media_type: str


FORMATS: Final[dict[str, Format]] = {
    "ttl": Format(RdfFormat.TURTLE, False, "text/turtle"),
    "trig": Format(RdfFormat.TRIG, True, "application/trig"),
    "nt": Format(RdfFormat.N_TRIPLES, False, "application/n-triples"),
    "nq": Format(RdfFormat.N_QUADS, True, "application/n-quads"),
    "jsonld": Format(RdfFormat.JSON_LD, True, "application/ld+json"),
    "rdf": Format(RdfFormat.RDF_XML, False, "application/rdf+xml"),
}


_ASIDE: Final = ".export-"


def format_named(name: str) -> Format:
    """The format of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise UnknownNameError("RDF format", name, FORMATS) from None


def formats_named(names: Iterable[str]) -> dict[str, Format]:
    """The formats of these names.

    Raises:
        UsageError: there is none of one of them.
    """
    return {name: format_named(name) for name in names}


def export(store: Store, out: IO[bytes], form: Format, graphs: Collection[str] = ()) -> int:
    """Write the store, or some of its named graphs, and return the number of statements written.

    Formats without graphs get the union of the graphs. The order is that of the sorted N-Quads or N-Triples, so the
    bytes depend on the statements alone.
    """
    quads = sorted_quads(store, graphs)
    if form.rdf == RdfFormat.N_QUADS:
        out.write(quads)
        return quads.count(b"\n")
    statements = _statements(quads, form.holds_graphs)
    serialize(statements, out, form.rdf, prefixes=PREFIXES)
    return len(statements)


def _statements(quads: bytes, with_graphs: bool) -> Sequence[Quad] | Sequence[Triple]:
    """The quads of sorted N-Quads, or their triples, each once: those of two graphs stand side by side."""
    # The lines come out of a store, which let in nothing that is ill-formed; there is no need to look again.
    parsed = parse(input=quads, format=RdfFormat.N_QUADS, lenient=True)
    return list(parsed) if with_graphs else [triple for triple, _ in groupby(quad.triple for quad in parsed)]


class StagedFiles:
    """RDF files of a graph, made aside by a thread and processes of their own while their owner goes on."""

    def __init__(self, stem: Path, forms: Mapping[str, Format], scratch: Path, worker: ThreadPoolExecutor) -> None:
        self._stem = stem
        self._forms = forms
        self._scratch = scratch
        self._worker = worker
        self._working: list[subprocess.Popen[bytes]] = []
        self._begun: list[Future[None]] = []

    def begin(self, store: Store) -> None:
        """Let the files be made of the store as it is now; return at once."""
        self._begun.append(self._worker.submit(self._make, store))

    def wait(self) -> None:
        """Wait until the files are made.

        Raises:
            MilidipError: a format could not be written.
        """
        for begun in self._begun:
            begun.result()
        while self._working:
            process = self._working[-1]
            _, said = process.communicate()
            self._working.pop()
            if process.returncode:
                raise MilidipError(f"An export failed: {said.decode('utf-8', 'replace').strip().splitlines()[-1:]}")

    def commit(self) -> list[Path]:
        """Wait, and put the files where they belong."""
        self.wait()
        files = []
        for name in self._forms:
            files.append(self._stem.with_name(f"{self._stem.name}.{name}"))
            self._aside(name).replace(files[-1])
        return files

    def stop(self) -> None:
        """End what is still at work."""
        for process in self._working:
            process.kill()
            process.wait()

    def _aside(self, name: str) -> Path:
        return self._scratch / name

    def _make(self, store: Store) -> None:
        """Sort the store once; what is made of that is made by one process for formats with graphs, and one without."""
        quads = self._aside("nq")
        quads.write_bytes(sorted_quads(store))
        for with_graphs in (True, False):
            names = [name for name, form in self._forms.items() if form.holds_graphs is with_graphs and name != "nq"]
            if names:
                outs = [f"{name}={self._aside(name)}" for name in names]
                command = [sys.executable, "-m", "milidip_kg.export", str(quads), *outs]
                self._working.append(
                    subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)  # noqa: S603
                )


@contextmanager
def staged_files(stem: Path, forms: Mapping[str, Format]) -> Iterator[StagedFiles]:
    """Files `stem`.NAME to make; unless they are committed, those of before stay as they are.

    One maker at a time: what a killed one left beside the files is swept away.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    for left in stem.parent.glob(f"{_ASIDE}*"):
        shutil.rmtree(left, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory(prefix=_ASIDE, dir=stem.parent) as scratch,
        ThreadPoolExecutor(1) as worker,
    ):
        staged = StagedFiles(stem, forms, Path(scratch), worker)
        try:
            yield staged
        finally:
            worker.shutdown()
            staged.stop()


def export_files(store: Store, stem: Path, names: Collection[str]) -> list[Path]:
    """Write `stem`.NAME for each format name, side by side; each file appears whole, and all or none of them.

    Raises:
        UsageError: there is no such format.
        MilidipError: a format could not be written.
    """
    with staged_files(stem, formats_named(names)) as staged:
        staged.begin(store)
        return staged.commit()


def graphs_named(store: Store, names: Collection[str]) -> list[str]:
    """The IRIs of named graphs, given by IRI or by their last part (`dcad`).

    Raises:
        UsageError: the store has no such graph.
    """
    known = {
        graph.value.removeprefix(GRAPH): graph.value for graph in store.named_graphs() if isinstance(graph, NamedNode)
    }
    found = []
    for name in names:
        short = name.removeprefix(GRAPH)
        if short not in known:
            raise UsageError(f"The graph holds no named graph {name!r}.", did_you_mean(short, known))
        found.append(known[short])
    return found


def sorted_quads(store: Store, graphs: Collection[str] = ()) -> bytes:
    """The store, or some of its named graphs, as sorted lines of N-Quads: the order on which every export rests."""
    text = store.dump(format=RdfFormat.N_QUADS)
    assert text is not None
    lines = text.splitlines(keepends=True)
    if graphs:
        endings = tuple(f" <{graph}> .\n".encode() for graph in graphs)
        lines = [line for line in lines if line.endswith(endings)]
    lines.sort()
    return b"".join(lines)


def graphs_licensed(store: Store, texts: Collection[str]) -> list[str]:
    """The named graphs of sources whose licence, as stated, has one of these texts in it (case does not matter)."""
    licences = {
        quad.subject: str(getattr(quad.object, "value", "")).casefold()
        for quad in store.quads_for_pattern(None, NamedNode(NS + "rights"), None, None)
    }
    sources = store.quads_for_pattern(None, NamedNode(PREFIXES["dcterms"] + "source"), None, NamedNode(GRAPH_CATALOGUE))
    return sorted(
        quad.subject.value
        for quad in sources
        if isinstance(quad.subject, NamedNode)
        and quad.subject.value.startswith(GRAPH)
        and isinstance(quad.object, NamedNode)
        and any(text.casefold() in licences.get(quad.object, "") for text in texts)
    )


def _convert(quads: Path, outs: Mapping[str, Path]) -> None:
    """Write sorted N-Quads in formats that all hold graphs, or all do not."""
    statements = _statements(quads.read_bytes(), any(FORMATS[name].holds_graphs for name in outs))
    for name, path in outs.items():
        serialize(statements, path, FORMATS[name].rdf, prefixes=PREFIXES)


if __name__ == "__main__":
    # Half a million statements live until the process ends; to look for garbage among them takes a tenth of its time.
    gc.disable()
    _convert(Path(sys.argv[1]), {name: Path(path) for name, _, path in (out.partition("=") for out in sys.argv[2:])})
