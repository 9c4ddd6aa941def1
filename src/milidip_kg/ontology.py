"""The ontology files: where they are, in which order, and what is read from them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyoxigraph as ox

from milidip_kg.namespaces import VOCAB
from milidip_kg.resources import folder

SKOS_NOTATION = ox.NamedNode("http://www.w3.org/2004/02/skos/core#notation")
SKOS_IN_SCHEME = ox.NamedNode("http://www.w3.org/2004/02/skos/core#inScheme")

# Modules in the order in which they import one another.
MODULES = (
    "core",
    "evidence",
    "time-place",
    "actor",
    "agreement",
    "instrument",
    "capability",
    "outcome",
    "policy",
)


def ontology_dir() -> Path:
    """The folder that holds milidip.ttl: inside the installed package, or at the root of the checkout.

    Raises:
        InputError: it is in neither.
    """
    return folder("ontology")


def module_files() -> list[Path]:
    """The OWL files, the root first, then each module after those that it imports."""
    root = ontology_dir()
    return [root / "milidip.ttl", *(root / "modules" / f"{name}.ttl" for name in MODULES)]


def vocabulary_files() -> list[Path]:
    """The SKOS files, one a concept scheme, by name."""
    return sorted((ontology_dir() / "vocab").glob("*.ttl"))


def shape_files() -> list[Path]:
    """The SHACL files, by name."""
    return sorted((ontology_dir() / "shapes").glob("*.ttl"))


def alignment_files() -> list[Path]:
    """The alignments to other ontologies, by name; they are no part of `files()`."""
    return sorted((ontology_dir() / "alignments").glob("*.ttl"))


def check_files() -> list[Path]:
    """The queries that find violations of the ontology's own rules, by name."""
    return sorted((ontology_dir() / "checks").glob("*-violation.rq"))


def files() -> list[Path]:
    """The OWL and SKOS files, in an order that never changes: what a build loads as the ontology."""
    return [*module_files(), *vocabulary_files()]


def quads(*paths: Path, graph: ox.NamedNode | None = None) -> Iterator[ox.Quad]:
    """The quads of Turtle files; blank nodes are renamed, so that files never share one by accident."""
    for path in paths:
        for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True):
            yield quad if graph is None else ox.Quad(quad.subject, quad.predicate, quad.object, graph)


def ontology_quads(graph: ox.NamedNode | None = None) -> Iterator[ox.Quad]:
    """The quads of the OWL and SKOS files, in the named graph if one is given."""
    return quads(*files(), graph=graph)


def shapes_quads() -> Iterator[ox.Quad]:
    """The quads of all SHACL files."""
    return quads(*shape_files())


@cache
def concepts() -> dict[str, set[str]]:
    """The codes of each vocabulary: scheme name -> notations."""
    codes: dict[str, set[str]] = {}
    notation: dict[object, str] = {}
    schemes: list[tuple[object, str]] = []
    for quad in quads(*vocabulary_files()):
        if quad.predicate == SKOS_NOTATION and isinstance(quad.object, ox.Literal):
            notation[quad.subject] = quad.object.value
        elif quad.predicate == SKOS_IN_SCHEME and isinstance(quad.object, ox.NamedNode):
            schemes.append((quad.subject, quad.object.value.removeprefix(VOCAB)))
    for concept, scheme in schemes:
        codes.setdefault(scheme, set()).add(notation[concept])
    return codes
