"""Validation of the graph: SHACL over the facts, and the ontology's own rules; each finding leads to its source cell.

The rules of the tables (CSVW) are checked where the tables are read, in `tables`.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from pyoxigraph import DefaultGraph, NamedNode, Quad, QuerySolutions, QueryTriples, RdfFormat, Store, parse, serialize

from milidip_kg import shacl
from milidip_kg.csvw.terms import expand
from milidip_kg.errors import InputError, MilidipError, UsageError
from milidip_kg.findings import Cell, Finding, Severity, in_order
from milidip_kg.namespaces import DATA, GRAPH_INFERRED, GRAPH_ONTOLOGY, NS, ONTOLOGY, PROV_DERIVED, RDF_TYPE
from milidip_kg.shacl import SH, Result

if TYPE_CHECKING:
    from rdflib import Graph

    from milidip_kg.tables import Tables

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
_OWL: Final = "http://www.w3.org/2002/07/owl#"
ENGINES: Final = ("queries", "shifty", "pyshacl")
_SEVERITIES: Final = {
    SH + "Violation": Severity.VIOLATION,
    SH + "Warning": Severity.WARNING,
    SH + "Info": Severity.INFO,
}

#: (table file, property IRI) -> column name
Columns = Mapping[tuple[str, str], str]


def validate(store: Store, ontology: Path, columns: Columns, engine: str = "queries") -> list[Finding]:
    """All findings of the SHACL shapes and of the ontology's rules over this store.

    Raises:
        MilidipError: the SHACL engine failed; that is never taken for conformance.
    """
    return in_order(
        [*check_shapes(store, ontology / "shapes", columns, engine), *check_ontology(store, ontology / "checks")]
    )


def columns_of(tables: Tables) -> dict[tuple[str, str], str]:
    """Which column of which file gives which property, by the tables' metadata."""
    found: dict[tuple[str, str], str] = {}
    for table in tables.tables:
        for column in table.metadata.cells:
            if column.property_url and not column.suppress:
                for end in ("", "Earliest", "Latest"):
                    found.setdefault((f"{table.name}.csv", expand(column.property_url) + end), column.name)
    return found


def check_shapes(store: Store, shapes: Path, columns: Columns, engine: str = "queries") -> list[Finding]:
    """The results of validating the named graphs, but for what was inferred, against the shapes of a folder.

    `queries` compiles the shapes to SPARQL over the store (see `shacl`); `shifty` and `pyshacl` are engines of others,
    slower, that give the same results.
    """
    if engine not in ENGINES:
        raise UsageError(f"There is no SHACL engine {engine!r}.", f"Known: {', '.join(ENGINES)}.")
    model = _load(shapes)
    try:
        found = {"queries": shacl.check, "shifty": _shifty, "pyshacl": _pyshacl}[engine](store, model)
    except Exception as error:
        raise MilidipError(f"The SHACL engine {engine} failed: {error}", "Nothing was validated.") from error
    return [_finding(store, result, columns) for result in found]


def _stated(store: Store) -> bytes:
    """All that was stated, not inferred, as N-Triples."""
    graphs = [DefaultGraph(), *(graph for graph in store.named_graphs() if graph != NamedNode(GRAPH_INFERRED))]
    triples = store.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", default_graph=graphs)
    assert isinstance(triples, QueryTriples)
    return triples.serialize(format=RdfFormat.N_TRIPLES) or b""


def _load(folder: Path) -> Store:
    model = Store()
    for path in sorted(folder.glob("*.ttl")):
        model.extend(parse(path=str(path), rename_blank_nodes=True))
    return model


def _turtle(model: Store) -> bytes:
    text = serialize((quad.triple for quad in model), format=RdfFormat.TURTLE)
    assert text is not None
    return text


def _shifty(store: Store, model: Store) -> list[Result]:
    import shifty

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, report, _ = shifty.validate(
            _stated(store), _turtle(model), graph_mode="data", infer=False, on_unsupported="error"
        )
    return list(_results(report))


def _pyshacl(store: Store, model: Store) -> list[Result]:
    import pyshacl
    from rdflib import Graph

    data = Graph().parse(data=_stated(store), format="nt")
    shapes = Graph().parse(data=_turtle(model), format="turtle")
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none", do_owl_imports=False)
    if not isinstance(report, Graph):
        raise TypeError(str(report))
    return list(_results(report))


def _results(report: Graph) -> Iterator[Result]:
    from rdflib import SH

    for result in report.objects(None, SH.result, unique=True):
        yield {
            "node": _string(report.value(result, SH.focusNode)),
            "path": _string(report.value(result, SH.resultPath)),
            "value": _string(report.value(result, SH.value)),
            "shape": _string(report.value(result, SH.sourceShape)),
            "severity": _string(report.value(result, SH.resultSeverity)),
            "message": min(str(message) for message in report.objects(result, SH.resultMessage)),
        }


def _string(term: object) -> str | None:
    return None if term is None else str(term)


def _finding(store: Store, result: Result, columns: Columns) -> Finding:
    node, path = result["node"], result["path"]
    return Finding(
        rule=result["shape"] or "",
        message=result["message"] or "",
        severity=_SEVERITIES[result["severity"] or ""],
        cell=cell_of(store, node, path, columns) if node else None,
        value=result["value"],
        node=node,
        path=path,
    )


def cell_of(store: Store, node: str, path: str | None, columns: Columns) -> Cell | None:
    """The cell that a node's property was made from: the row that has a column for the property, else its first row."""
    places = []
    for quad in store.quads_for_pattern(NamedNode(node), NamedNode(PROV_DERIVED), None, None):
        if isinstance(quad.object, NamedNode) and "#row=" in quad.object.value:
            file, row = quad.object.value.removeprefix(DATA).split("#row=")
            places.append(Cell(unquote(file), int(row)))
    places.sort(key=lambda cell: (cell.file, cell.row or 0))
    for place in places:
        column = columns.get((place.file, path or ""))
        if column:
            return Cell(place.file, place.row, column)
    return places[0] if places else None


def check_ontology(store: Store, checks: Path) -> list[Finding]:
    """What the rule queries of the ontology (`<rule>-violation.rq`) return over the ontology graph."""
    return [finding for path in _checks(checks) for finding in _breaches(store, path, path.read_text("utf-8"))]


def check_outside(file: Path, checks: Path) -> list[Finding]:
    """What the same rules find in the ontology of someone else, taking the namespace of most of its terms for its own.

    Raises:
        InputError: the file is not there, is no RDF, or declares no class or property.
    """
    store = _read(file)
    own = _namespace(store)
    if own is None:
        raise InputError(f"{file} declares no class and no property.", "An ontology in OWL or RDF Schema is wanted.")
    ontologies = sorted(name.value for name in _instances(store, "Ontology"))
    names = {NS: own, ONTOLOGY: ontologies[0] if ontologies else own}
    found: list[Finding] = []
    for path in _checks(checks):
        text = path.read_text("utf-8")
        for ours, theirs in names.items():
            text = text.replace(f"<{ours}>", f"<{theirs}>")
        found += _breaches(store, path, text, Cell(file.name))
    return found


def _checks(folder: Path) -> list[Path]:
    return sorted(folder.glob("*-violation.rq"))


def _breaches(store: Store, path: Path, query: str, cell: Cell | None = None) -> Iterator[Finding]:
    rule = path.stem.removesuffix("-violation")
    said = dict(line.removeprefix("# ").split(": ", 1) for line in query.splitlines()[:3])
    solutions = store.query(query, default_graph=NamedNode(GRAPH_ONTOLOGY))
    if not isinstance(solutions, QuerySolutions):
        raise MilidipError(f"The check {path.name} is not a SELECT query.")
    names = {variable.value for variable in solutions.variables}
    for solution in solutions:
        entity, prop, value = (
            getattr(solution[name], "value", None) if name in names else None
            for name in ("entity", "property", "value")
        )
        yield Finding(
            rule=f"ontology.{rule}",
            message=f"{entity} breaks the rule {rule!r} of ontology/STYLE.md.",
            severity=Severity(said["Severity"]),
            cell=cell,
            value=value,
            fix=said["Rule"],
            node=entity,
            path=prop,
        )


def _read(file: Path) -> Store:
    """The file as an ontology graph; its format is that of the extension, `.owl` being RDF/XML."""
    extension = file.suffix.removeprefix(".")
    form = RdfFormat.from_extension("rdf" if extension == "owl" else extension)
    if form is None:
        raise InputError(
            f"{file} has no extension of an RDF format.", "Known: ttl, nt, nq, trig, rdf, owl, n3, jsonld."
        )
    store = Store()
    try:
        for quad in parse(path=str(file), format=form, rename_blank_nodes=True):
            store.add(Quad(quad.subject, quad.predicate, quad.object, NamedNode(GRAPH_ONTOLOGY)))
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{file} cannot be read: {error}") from error
    return store


def _instances(store: Store, *kinds: str) -> Iterator[NamedNode]:
    for kind in kinds:
        for space in (_OWL, _RDFS, _RDF):
            for quad in store.quads_for_pattern(None, NamedNode(RDF_TYPE), NamedNode(space + kind), None):
                if isinstance(quad.subject, NamedNode):
                    yield quad.subject


def _namespace(store: Store) -> str | None:
    """The namespace in which most classes and properties are declared; the first by name of several."""
    kinds = ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty", "Property")
    terms = {term.value for term in _instances(store, *kinds)}
    counts = Counter(re.sub(r"[^/#]*$", "", term) for term in terms)
    return min(counts, key=lambda space: (-counts[space], space), default=None)
