"""The graph as RDF files: any format, whole or in part, the same bytes for the same graph."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pyoxigraph import NamedNode, RdfFormat, Store, parse, serialize

from milidip_kg.errors import MilidipError, UnknownNameError, UsageError, did_you_mean
from milidip_kg.namespaces import GRAPH, GRAPH_CATALOGUE, NS, PREFIXES

_TRIPLE_OF: Final = re.compile(
    rb'^(\S+ \S+ (?:<[^>]*>|_:\S+|".*"(?:\^\^<[^>]*>|@[A-Za-z0-9-]+)?)) (?:<[^>]*>|_:\S+) \.\n$'
)


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


def convert(lines: Sequence[bytes], out: IO[bytes], form: Format) -> int:
    """Write sorted N-Quads in a format and return how many statements that makes.

    A format without graphs gets their triples, sorted and each once.
    """
    if not form.holds_graphs:
        lines = sorted({_TRIPLE_OF.sub(rb"\1 .\n", line) for line in lines})
    if form.rdf in (RdfFormat.N_QUADS, RdfFormat.N_TRIPLES):
        out.writelines(lines)
    else:
        source = parse(input=b"".join(lines), format=RdfFormat.N_QUADS)
        statements = source if form.holds_graphs else (quad.triple for quad in source)
        serialize(statements, out, form.rdf, prefixes=PREFIXES)
    return len(lines)


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
        quads.write_bytes(b"".join(sorted_quads(store)))
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


def sorted_quads(store: Store, graphs: Collection[str] = ()) -> list[bytes]:
    """The store, or some of its named graphs, as sorted lines of N-Quads: the order on which every export rests."""
    text = store.dump(format=RdfFormat.N_QUADS)
    assert text is not None
    lines = text.splitlines(keepends=True)
    if graphs:
        endings = tuple(f" <{graph}> .\n".encode() for graph in graphs)
        lines = [line for line in lines if line.endswith(endings)]
    return sorted(lines)


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
        convert(Path(sys.argv[1]).read_bytes().splitlines(keepends=True), converted, FORMATS[sys.argv[2]])
