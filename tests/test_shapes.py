"""The SHACL shapes: each has examples that pass and fail, and both engines report exactly what the failures expect."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import shifty
from rdflib import OWL, RDF, RDFS, SH, SKOS, Graph, URIRef
from rdflib.namespace import Namespace
from rdflib.term import Node

from milidip_kg import ontology
from milidip_kg.namespaces import NS, PREFIXES, SHAPE
from milidip_kg.validate import check_shapes

EXAMPLES = Path(__file__).parent / "shapes"
PASS = sorted(EXAMPLES.glob("*-pass-*.ttl"))
FAIL = sorted(EXAMPLES.glob("*-fail-*.ttl"))
MDP = Namespace(NS)

Result = tuple[str, str, str]
"""Focus node, path ('-' for none or a complex one) and source shape."""


def load(*paths: Path) -> Graph:
    graph = Graph()
    for path in paths:
        graph.parse(path, format="turtle")
    return graph


@cache
def shapes() -> Graph:
    return load(*ontology.shape_files())


@cache
def background() -> Graph:
    """The class hierarchy, which code is in which scheme, and the world to which the examples refer.

    The concepts have no type here, so that the shapes of concepts look only at those of the example.
    """
    graph = load(EXAMPLES / "world.ttl")
    model = load(*ontology.files())
    for predicate in (RDFS.subClassOf, SKOS.inScheme):
        graph += ((s, predicate, o) for s, o in model.subject_objects(predicate) if isinstance(o, URIRef))
    return graph


def results(report: Graph) -> set[Result]:
    found = set()
    for result in report.objects(None, SH.result):
        path = report.value(result, SH.resultPath)
        message = report.value(result, SH.resultMessage)
        assert message, "a result without a message"
        found.add(
            (
                str(report.value(result, SH.focusNode)),
                str(path) if isinstance(path, URIRef) else "-",
                str(report.value(result, SH.sourceShape)),
            )
        )
    return found


def by_pyshacl(data: Graph) -> set[Result]:
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes_for_pyshacl(), inference="none", do_owl_imports=False)
    assert isinstance(report, Graph)
    return results(report)


@cache
def shapes_for_pyshacl() -> Graph:
    """A copy of its own, because pyshacl adds statements to the shapes that it is given."""
    return load(*ontology.shape_files())


def by_shifty(data: Graph) -> set[Result]:
    _, report, _ = shifty.validate(data, shapes(), graph_mode="data", infer=False, on_unsupported="error")
    assert isinstance(report, Graph)
    return results(report)


def by_milidip(data: Graph) -> set[Result]:
    """The way `milidip validate` goes: each constraint as one query over all nodes."""
    store = ox.Store()
    graph = ox.NamedNode("https://w3id.org/milidip/graph/example")
    store.load(data.serialize(format="nt", encoding="utf-8"), format=ox.RdfFormat.N_TRIPLES, to_graph=graph)
    findings = check_shapes(store, ontology.ontology_dir() / "shapes", {})
    return {(f.node or "", f.path if f.path and ":" in f.path else "-", f.rule) for f in findings}


ENGINES: list[Callable[[Graph], set[Result]]] = [by_pyshacl, by_shifty, by_milidip]


def expected(path: Path) -> set[Result]:
    """What the `# expect: <focus> path shape` lines of a failing example say."""
    found = set()
    for line in path.read_text("utf-8").splitlines():
        if match := re.fullmatch(r"# expect: <(\S+)> (\S+) (\S+)", line):
            focus, way, shape = match.groups()
            node = ox.parse(f"@base <https://w3id.org/milidip/id/> . <{focus}> <p:p> <p:p> .", ox.RdfFormat.TURTLE)
            found.add((next(iter(node)).subject.value, way if way == "-" else iri(way), iri(shape)))
    return found


def iri(name: str) -> str:
    prefix, local = name.split(":", 1)
    return (PREFIXES | {"shape": SHAPE})[prefix] + local


def node_shapes() -> set[str]:
    """The shapes with a target; those without are parts of others."""
    targets = (SH.targetClass, SH.targetSubjectsOf)
    return {str(shape) for target in targets for shape in shapes().subjects(target)}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", PASS, ids=lambda p: p.stem)
def test_good_example_passes(path: Path, engine: Callable[[Graph], set[Result]]) -> None:
    assert engine(background() + load(path)) == set()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", FAIL, ids=lambda p: p.stem)
def test_bad_example_fails_exactly_as_it_says(path: Path, engine: Callable[[Graph], set[Result]]) -> None:
    assert expected(path)
    assert engine(background() + load(path)) == expected(path)


@pytest.mark.parametrize("path", FAIL, ids=lambda p: p.stem)
def test_bad_example_breaks_the_shape_of_its_name(path: Path) -> None:
    name = SHAPE + path.stem.split("-fail-")[0]
    assert any(shape == name or shape.startswith(name + "-") for _, _, shape in expected(path))


def test_every_shape_has_a_passing_and_a_failing_example() -> None:
    for examples in (PASS, FAIL):
        named = {SHAPE + re.split("-(?:pass|fail)-", path.stem)[0] for path in examples}
        assert node_shapes() == named


def test_every_property_shape_is_broken_by_an_example() -> None:
    broken = {shape for path in FAIL for _, _, shape in expected(path)}
    assert {str(shape) for shape in property_shapes()} - broken == set()


def property_shapes() -> set[URIRef]:
    """The property shapes that report by themselves: not those inside a code of a vocabulary."""
    shapes_graph = shapes()
    return {
        part
        for shape, part in shapes_graph.subject_objects(SH.property)
        if isinstance(part, URIRef) and str(shape) in node_shapes()
    }


def test_every_constraint_says_in_a_sentence_what_to_do() -> None:
    graph = shapes()
    carriers = {
        *graph.subjects(RDF.type, SH.PropertyShape),
        *graph.subjects(RDF.type, SH.SPARQLConstraint),
        *(shape for shape in graph.subjects(SH.pattern) if (shape, RDF.type, SH.NodeShape) in graph),
    }
    for carrier in carriers:
        messages = list(graph.objects(carrier, SH.message))
        assert len(messages) == 1, carrier
        assert re.fullmatch(r"[A-Z].*[.]", str(messages[0])), messages
        assert getattr(messages[0], "language", None) == "en"


def test_every_shape_has_an_iri_of_its_own_and_a_severity() -> None:
    graph = shapes()
    for kind in (SH.NodeShape, SH.PropertyShape, SH.SPARQLConstraint):
        for shape in graph.subjects(RDF.type, kind):
            assert str(shape).startswith(SHAPE), shape
    for shape in graph.subjects(RDF.type, SH.PropertyShape):
        assert graph.value(shape, SH.severity) in {SH.Violation, SH.Warning, SH.Info}, shape
    for shape, part in graph.subject_objects(SH.property):
        assert str(part).startswith(f"{shape}-"), part


def test_no_shape_uses_what_an_engine_ignores_in_silence() -> None:
    used = {str(term).removeprefix(str(SH)) for triple in shapes() for term in triple if str(term).startswith(str(SH))}
    assert not used & {"expression", "js", "target", "rule", "values", "SPARQLFunction", "SPARQLTarget", "JSConstraint"}


@pytest.mark.parametrize("path", ontology.shape_files(), ids=lambda p: p.stem)
def test_shapes_pass_the_shapes_of_shapes(path: Path) -> None:
    conforms, _, text = pyshacl.validate(Graph(), shacl_graph=load(path), meta_shacl=True, inference="none")
    assert conforms, text


def test_the_real_vocabularies_pass() -> None:
    data = load(*ontology.files())
    assert by_shifty(data) == set()
    assert by_pyshacl(data) == set()


def test_every_class_of_the_tables_has_a_shape() -> None:
    targeted = {str(c) for c in shapes().objects(None, SH.targetClass)}
    assert {NS + name for name in table_classes()} - targeted == set()


def table_classes() -> set[str]:
    data = ontology.ontology_dir().parent / "data"
    text = "".join(path.read_text("utf-8") for path in data.glob("*.csv-metadata.json"))
    return set(re.findall(r'"propertyUrl": "rdf:type", "valueUrl": "' + re.escape(NS) + r'(\w+)"', text))


def test_shapes_name_only_declared_terms() -> None:
    model = load(*ontology.files())
    declared = {
        s for kind in (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty) for s in model.subjects(RDF.type, kind)
    }
    used = {term for triple in shapes() for term in triple if isinstance(term, URIRef) and str(term).startswith(NS)}
    text = "".join(path.read_text("utf-8") for path in ontology.shape_files())
    used |= {MDP[name] for name in re.findall(r"\bmdp:([A-Za-z]+)", text)}
    assert used - declared == set()


def test_shapes_name_only_existing_vocabularies() -> None:
    schemes = {str(o) for o in shapes().objects(None, SH.hasValue)}
    assert schemes <= {f"https://w3id.org/milidip/vocab/{name}" for name in ontology.concepts()}


# Mutation: take any constraint away, and an example must notice

NO_CONSTRAINT = {
    *(RDF.type, RDF.first, RDF.rest, RDFS.label),
    *(SH.message, SH.severity, SH.path, SH.alternativePath, SH.property, SH.targetClass, SH.targetSubjectsOf),
    *(SH.select, SH.prefixes, SH.declare, SH.prefix, SH.namespace),
}


def examples_of(node: Node) -> list[Path]:
    """The examples of the shape to which a node belongs, or of the shapes that refer to it."""
    name = owner(node)
    users = {owner(user) for user in shapes().subjects(SH.node, URIRef(SHAPE + name))}
    named = {name, *users}
    return [path for path in (*FAIL, *PASS) if re.split("-(?:pass|fail)-", path.stem)[0] in named] or FAIL


def owner(node: Node) -> str:
    """The name of the node shape in the IRI of a shape."""
    return str(node).removeprefix(SHAPE).split("-")[0]


def notices(path: Path, mutant: bytes) -> bool:
    try:
        _, report, _ = shifty.validate(example(path), mutant, graph_mode="data", infer=False)
    except ValueError:  # no shapes graph any more
        return True
    return results(report) != expected(path)


@cache
def example(path: Path) -> bytes:
    return (background() + load(path)).serialize(format="nt", encoding="utf-8")


def test_every_constraint_is_missed_by_an_example_when_it_is_taken_away() -> None:
    lines = {triple: " ".join(term.n3() for term in triple) + " ." for triple in shapes()}
    survivors = []
    for triple in sorted(lines):
        if triple[1] not in NO_CONSTRAINT:
            mutant = "\n".join(line for other, line in lines.items() if other != triple).encode()
            if not any(notices(path, mutant) for path in examples_of(triple[0])):
                survivors.append(triple)
    assert survivors == []
