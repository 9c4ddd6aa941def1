"""The graph as RDF files: any format, whole or in part, the same bytes for the same graph."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

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


def format_named(name: str) -> Format:
    """The format of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise UnknownNameError("RDF format", name, FORMATS) from None


def export(store: Store, out: IO[bytes], form: Format, graphs: Collection[str] = ()) -> int:
    """Write the store, or some of its named graphs, and return the number of statements written.

    Formats without graphs get the union of the graphs. The order is that of the sorted N-Quads or N-Triples, so the
    bytes depend on the statements alone.
    """
    return convert(sorted_quads(store, graphs), out, form)


def convert(quads: bytes, out: IO[bytes], form: Format) -> int:
    """Write sorted N-Quads in a format and return how many statements that makes.

    A format without graphs gets their triples, each once.
    """
    if form.rdf == RdfFormat.N_QUADS:
        out.write(quads)
        return quads.count(b"\n")
    written = 0

    def counted(statements: Iterable[Any]) -> Iterator[Any]:
        nonlocal written
        for written, statement in enumerate(statements, 1):  # noqa: B007 - the last one is the count
            yield statement

    # The lines come out of a store, which let in nothing that is ill-formed; there is no need to look again.
    parsed = parse(input=quads, format=RdfFormat.N_QUADS, lenient=True)
    serialize(counted(parsed if form.holds_graphs else _triples(parsed)), out, form.rdf, prefixes=PREFIXES)
    return written


def _triples(quads: Iterable[Quad]) -> Iterator[Triple]:
    """The triples of sorted quads, each once: those that differ by their graph alone stand side by side."""
    last = None
    for quad in quads:
        triple = quad.triple
        if triple != last:
            yield triple
            last = triple


def export_files(store: Store, stem: Path, names: Collection[str]) -> list[Path]:
    """Write `stem`.NAME for each format name, side by side; each file appears whole, and all or none of them.

    The store is sorted once; what is made of the sorted statements is made by one process a format.

    Raises:
        UsageError: there is no such format.
        MilidipError: a format could not be written.
    """
    forms = {name: format_named(name) for name in names}
    if not forms:
        return []
    stem.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=stem.parent) as scratch:
        quads = Path(scratch) / "sorted"
        quads.write_bytes(sorted_quads(store))
        made = {name: Path(scratch) / f"{stem.name}.{name}" for name in forms}
        working = [_convert_aside(quads, name, path) for name, path in made.items() if name != "nq"]
        for process in working:
            _, said = process.communicate()
            if process.returncode:
                raise MilidipError(f"An export failed: {said.decode('utf-8', 'replace').strip().splitlines()[-1:]}")
        if "nq" in made:
            quads.rename(made["nq"])
        for path in made.values():
            path.replace(stem.parent / path.name)
    return [stem.parent / path.name for path in made.values()]


def _convert_aside(quads: Path, name: str, out: Path) -> subprocess.Popen[bytes]:
    """Begin `convert` in a process of its own, since Python runs one thread at a time."""
    command = [sys.executable, "-m", "milidip_kg.export", str(quads), name, str(out)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)  # noqa: S603


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


if __name__ == "__main__":
    with Path(sys.argv[3]).open("wb") as converted:
        convert(Path(sys.argv[1]).read_bytes(), converted, FORMATS[sys.argv[2]])
