"""Validation of the graph: SHACL over the facts, and the ontology's own rules; each finding leads to its source cell.

The rules of the tables (CSVW) are checked where the tables are read, in `tables`. SHACL runs in pyshifty, or in
pyshacl, the reference; tests hold the two to the same answers.
"""

from __future__ import annotations

import json
import re
import tempfile
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
    serialize,
)

from milidip_kg import worker
from milidip_kg.errors import MilidipError, UsageError
from milidip_kg.findings import Cell, Finding, Severity, in_order
from milidip_kg.namespaces import DATA, GRAPH_INFERRED, GRAPH_ONTOLOGY, PROV_DERIVED, RDF_TYPE

if TYPE_CHECKING:
    from rdflib import Graph

    from milidip_kg.tables import Tables

ENGINES: Final = ("shifty", "pyshacl")
_SH: Final = "http://www.w3.org/ns/shacl#"
_SMALL: Final = 20_000  # statements
_SUBCLASS: Final = "http://www.w3.org/2000/01/rdf-schema#subClassOf"
_SEVERITIES: Final = {
    _SH + "Violation": Severity.VIOLATION,
    _SH + "Warning": Severity.WARNING,
    _SH + "Info": Severity.INFO,
}

#: How a target of a shape selects its focus nodes.
_TARGETS: Final = {
    "targetClass": "?this a {}",
    "targetSubjectsOf": "?this {} ?targetObject",
    "targetObjectsOf": "?targetSubject {} ?this",
}

Subject = NamedNode | BlankNode | Triple
Term = NamedNode | BlankNode | Literal | Triple

#: A result by node, path, value, shape, severity and message.
Result = dict[str, str | None]

#: (table file, property IRI) -> column name
Columns = Mapping[tuple[str, str], str]


def validate(store: Store, ontology: Path, columns: Columns, engine: str = "shifty") -> list[Finding]:
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
                    found.setdefault((f"{table.name}.csv", column.property_url + end), column.name)
    return found


def check_shapes(store: Store, shapes: Path, columns: Columns, engine: str = "shifty") -> list[Finding]:
    """The results of validating the union of all graphs against the shapes of a folder.

    With `pyshacl` the reference engine does all of it. With `shifty` that engine checks SHACL Core, in two processes
    that share the shapes, while the SPARQL constraints are run here, one query each over the whole store instead of
    one a node, which takes a hundredth of the time. `tests/test_shapes.py` holds all to the same results.
    """
    if engine not in ENGINES:
        raise UsageError(f"There is no SHACL engine {engine!r}.", f"Known: {', '.join(ENGINES)}.")
    model = _load(shapes)
    with tempfile.TemporaryDirectory(prefix="milidip-") as folder:
        data = Path(folder) / "data.nt"
        data.write_bytes(_relevant(store, model))
        try:
            found = _pyshacl(data, model) if engine == "pyshacl" else _beside(store, data, model)
        except Exception as error:
            raise MilidipError(f"The SHACL engine {engine} failed: {error}", "Nothing was validated.") from error
    return [_finding(store, result, columns) for result in found]


def _relevant(store: Store, model: Store) -> bytes:
    """The statements that a shape can look at: those whose property the shapes name, and the types.

    No shape is closed. What was inferred stays out: a range would give a wrong value the very type that is asked of it.
    """
    kept = {quad.object for quad in model if isinstance(quad.object, NamedNode)} | {
        NamedNode(RDF_TYPE),
        NamedNode(_SUBCLASS),
    }
    values = " ".join(sorted(map(str, kept)))
    triples = store.query(
        f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ VALUES ?p {{ {values} }} ?s ?p ?o }}",
        default_graph=[
            DefaultGraph(),
            *(graph for graph in store.named_graphs() if graph != NamedNode(GRAPH_INFERRED)),
        ],
    )
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


def _beside(store: Store, data: Path, model: Store) -> list[Result]:
    """SHACL Core in two processes, each with half of the shapes, and the SPARQL constraints here meanwhile.

    A graph too small to pay for new processes is checked in this one.
    """
    if len(store) < _SMALL:
        return [*check_sparql_constraints(store, model), *run_shifty(data, _turtle(_core(model, ())))]
    targets = (NamedNode(_SH + name) for name in _TARGETS)
    shapes = sorted({str(quad.subject) for target in targets for quad in model.quads_for_pattern(None, target, None)})
    halves = []
    for half in (0, 1):
        path = data.with_name(f"shapes-{half}.ttl")
        path.write_bytes(_turtle(_core(model, shapes[1 - half :: 2])))
        halves.append(worker.start("shapes", data, path))
    found = list(check_sparql_constraints(store, model))
    for process in halves:
        found += json.loads(worker.finish(process))
    return found


def _core(model: Store, without: Collection[str]) -> Store:
    """The shapes without their SPARQL constraints, and without the targets of some of them."""
    targets = {NamedNode(_SH + name) for name in _TARGETS}
    core = Store()
    core.bulk_extend(
        quad
        for quad in model
        if quad.predicate != NamedNode(_SH + "sparql")
        and not (quad.predicate in targets and str(quad.subject) in without)
    )
    return core


def run_shifty(data: Path, shapes: bytes) -> list[Result]:
    """The results of pyshifty; anything that it does not support is an error."""
    import shifty

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, report, _ = shifty.validate(data, shapes, graph_mode="data", infer=False, on_unsupported="error")
    return list(_results(report))


def _pyshacl(data: Path, model: Store) -> list[Result]:
    import pyshacl
    from rdflib import Graph

    shapes = Graph().parse(data=_turtle(model), format="turtle")
    _, report, _ = pyshacl.validate(Graph().parse(data), shacl_graph=shapes, inference="none", do_owl_imports=False)
    if not isinstance(report, Graph):
        raise TypeError(str(report))
    return list(_results(report))


def check_sparql_constraints(store: Store, model: Store) -> Iterator[Result]:
    """The results of the shapes' SPARQL constraints, each evaluated as one query over all of its focus nodes.

    Raises:
        MilidipError: a constraint has no target of its own, which this evaluation does not cover.
    """

    def value(node: Subject, name: str) -> Term | None:
        return next((quad.object for quad in model.quads_for_pattern(node, NamedNode(_SH + name), None, None)), None)

    for quad in sorted(model.quads_for_pattern(None, NamedNode(_SH + "sparql"), None, None), key=str):
        shape, rule = quad.subject, quad.object
        assert isinstance(rule, NamedNode | BlankNode)
        targets = [
            pattern.format(target.object)
            for name, pattern in _TARGETS.items()
            for target in model.quads_for_pattern(shape, NamedNode(_SH + name), None, None)
        ]
        select, message = value(rule, "select"), value(rule, "message")
        if not targets or not isinstance(select, Literal) or not isinstance(message, Literal):
            raise MilidipError(f"The SPARQL constraint of {shape} needs a target, a query and a message.")
        focus = " UNION ".join(f"{{ {pattern} }}" for pattern in targets)
        text = f"{_prefixes(model, rule)} SELECT DISTINCT * WHERE {{ {{ {select.value} }} {{ {focus} }} }}"
        severity = value(shape, "severity") or NamedNode(_SH + "Violation")
        solutions = store.query(text, use_default_graph_as_union=True)
        assert isinstance(solutions, QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        for solution in solutions:
            row = {name: solution[name] for name in names}
            yield {
                "node": _text(row["this"]),
                "path": _text(row.get("path")),
                "value": _text(row.get("value")),
                "shape": _text(shape),
                "severity": _text(severity),
                "message": re.sub(r"\{[?$](\w+)\}", lambda found: _text(row.get(found[1])) or "", message.value),  # noqa: B023
            }


def _prefixes(model: Store, rule: NamedNode | BlankNode) -> str:
    text = f"""SELECT ?prefix ?namespace WHERE {{ {rule} <{_SH}prefixes>/<{_SH}declare> ?one .
        ?one <{_SH}prefix> ?prefix ; <{_SH}namespace> ?namespace }} ORDER BY ?prefix"""
    solutions = model.query(text)
    assert isinstance(solutions, QuerySolutions)
    return " ".join(f"PREFIX {row['prefix'].value}: <{row['namespace'].value}>" for row in solutions)


def _text(term: object) -> str | None:
    return None if term is None else str(getattr(term, "value", term))


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
    found = []
    for path in sorted(checks.glob("*-violation.rq")):
        rule = path.stem.removesuffix("-violation")
        solutions = store.query(path.read_text("utf-8"), default_graph=NamedNode(GRAPH_ONTOLOGY))
        if not isinstance(solutions, QuerySolutions):
            raise MilidipError(f"The check {path.name} is not a SELECT query.")
        names = {variable.value for variable in solutions.variables}
        for solution in solutions:
            entity, prop, value = (
                getattr(solution[name], "value", None) if name in names else None
                for name in ("entity", "property", "value")
            )
            message = f"{entity} breaks the rule {rule!r} of ontology/STYLE.md."
            found.append(Finding(f"ontology.{rule}", message, node=entity, path=prop, value=value))
    return found
