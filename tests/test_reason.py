"""What is materialised is what follows: equal to owlrl on a small graph, nothing more and nothing less."""

from __future__ import annotations

import re
from pathlib import Path

import owlrl
import pytest
import rdflib
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store
from rdflib import OWL, RDF, RDFS

from milidip_kg import ontology
from milidip_kg.build import Build
from milidip_kg.namespaces import GRAPH_INFERRED, GRAPH_ONTOLOGY, ID, NS, VOCAB
from milidip_kg.reason import materialise

INVERSE = "http://example.org/inverse/"
GRAPHS = Path(__file__).parent / "fixtures" / "graphs"

AXIOMS = """
    @prefix : <http://example.org/> .
    @prefix owl: <http://www.w3.org/2002/07/owl#> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    :Dog rdfs:subClassOf :Mammal . :Mammal rdfs:subClassOf :Animal .
    :Hound owl:equivalentClass :Dog .
    :Owner owl:equivalentClass [ a owl:Restriction ; owl:onProperty :owns ; owl:someValuesFrom :Dog ] .
    :Guarded owl:equivalentClass [ owl:intersectionOf ( :House [ a owl:Restriction ; owl:onProperty :has ; owl:someValuesFrom :Dog ] ) ] .
    :Barker owl:equivalentClass [ a owl:Restriction ; owl:onProperty :sound ; owl:hasValue :bark ] .
    :Dog rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :sound ; owl:hasValue :bark ] .
    :Pet owl:equivalentClass [ owl:unionOf ( :Cat [ a owl:Restriction ; owl:onProperty :ownedBy ; owl:someValuesFrom owl:Thing ] ) ] .
    :owns owl:inverseOf :ownedBy ; rdfs:subPropertyOf :knows ; rdfs:domain :Person .
    :knows a owl:SymmetricProperty . :walks owl:equivalentProperty :strolls .
    :partOf a owl:TransitiveProperty . :inCity rdfs:range :City .
    :lives owl:propertyChainAxiom ( :owns :partOf ) .
    :tendedBy owl:propertyChainAxiom ( [ owl:inverseOf :feeds ] :knows ) .
"""
FACTS = """
    @prefix : <http://example.org/> .
    :rex a :Dog . :ann :owns :rex . :bob :owns :villa . :villa a :House ; :has :rex ; :partOf :street ; :inCity :town .
    :street :partOf :town . :town :partOf :land . :tom a :Cat . :ann :walks :rex ; :feeds :rex . :fido :sound :bark .
"""


def ours(model: list[bytes], facts: bytes) -> set[str]:
    store = Store()
    for text in model:
        store.load(text, RdfFormat.N_TRIPLES, to_graph=NamedNode(GRAPH_ONTOLOGY))
    store.load(facts, RdfFormat.N_TRIPLES, to_graph=NamedNode("http://example.org/facts"))
    materialise(store)
    inferred = store.quads_for_pattern(None, None, None, NamedNode(GRAPH_INFERRED))
    return {str(quad.triple) for quad in inferred}


def reference(model: list[bytes], facts: bytes, individuals: set[str]) -> set[str]:
    """What owlrl adds about the individuals, without what holds of everything."""
    graph = rdflib.Graph()
    for text in [*model, facts]:
        graph.parse(data=text, format="nt")
    name_inverses(graph)
    before = set(graph)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    trivial = {OWL.Thing, RDFS.Resource}
    added = {
        (s, p, o)
        for s, p, o in set(graph) - before
        if str(s) in individuals
        and p not in (OWL.sameAs, OWL.differentFrom)
        and not str(p).startswith(INVERSE)
        and not isinstance(s, rdflib.Literal)
        and not (p == RDF.type and (o in trivial or isinstance(o, rdflib.BNode)))
    }
    return {f"{s.n3()} {p.n3()} {o.n3()}" for s, p, o in added}


def name_inverses(graph: rdflib.Graph) -> None:
    """Name the anonymous inverses, which owlrl knows only by name; what follows for all other terms is the same."""
    for number, (node, _, _) in enumerate(list(graph.triples((None, OWL.inverseOf, None)))):
        if isinstance(node, rdflib.BNode):
            for s, p, o in [*graph.triples((node, None, None)), *graph.triples((None, None, node))]:
                graph.remove((s, p, o))
                name = rdflib.URIRef(f"{INVERSE}{number}")
                graph.add((name if s == node else s, p, name if o == node else o))


def triples(turtle: bytes | str) -> bytes:
    return rdflib.Graph().parse(data=turtle, format="turtle").serialize(format="nt", encoding="utf-8")


def subjects(facts: bytes) -> set[str]:
    graph = rdflib.Graph().parse(data=facts, format="nt")
    return {str(node) for triple in graph for node in (triple[0], triple[2]) if isinstance(node, rdflib.URIRef)}


def test_every_kind_of_axiom_gives_what_owlrl_gives() -> None:
    model, facts = [triples(AXIOMS)], triples(FACTS)
    classes = {"Dog", "Cat", "House"}
    individuals = {node for node in subjects(facts) if node.rsplit("/", 1)[-1] not in classes}
    mine = ours(model, facts)
    assert mine == reference(model, facts, individuals)
    assert (
        "<http://example.org/ann> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.org/Owner>" in mine
    )
    assert "<http://example.org/bob> <http://example.org/lives> <http://example.org/town>" in mine
    assert "<http://example.org/rex> <http://example.org/tendedBy> <http://example.org/rex>" in mine
    assert len(mine) > 25


@pytest.mark.parametrize("path", sorted(GRAPHS.glob("*.ttl")), ids=lambda path: path.stem)
def test_the_ontology_over_a_small_graph_gives_what_owlrl_gives(path: Path) -> None:
    model = [triples(file.read_bytes()) for file in ontology.module_files()]
    vocabulary = [triples(file.read_bytes()) for file in ontology.vocabulary_files()]
    facts = triples(path.read_bytes())
    individuals = {node for node in subjects(facts) if node.startswith(ID)}
    mine = {line for line in ours([*model, *vocabulary], facts) if line.startswith(f"<{ID}")}
    assert mine == reference(model, facts, individuals)
    assert mine, "the small graph must give the reasoner something to do"


def inferred(*names: str) -> set[tuple[str, str, str]]:
    """What follows in a small graph, by the last parts of the names."""
    model = [triples(file.read_bytes()) for file in [*ontology.module_files(), *ontology.vocabulary_files()]]
    found = ours(model, b"".join(triples((GRAPHS / f"{name}.ttl").read_bytes()) for name in names))
    short = (re.findall("<([^>]*)>", line) for line in found)
    return {(s.removeprefix(ID), re.split("[/#]", p)[-1], o.removeprefix(ID).removeprefix(NS)) for s, p, o in short}


def test_a_member_of_an_alliance_is_a_party_to_its_treaty() -> None:
    found = inferred("alliance-parties-and-parts")
    assert {subject for subject, _, kind in found if kind == "AllianceMembership"} == {"membership/nato/POL"}
    under = {(subject, value) for subject, prop, value in found if prop == "underFoundingAgreement"}
    treaty = "agreement/north-atlantic-treaty"
    assert under == {("membership/nato/POL", treaty), ("membership/nato/SWE", treaty)}


def test_an_edition_belongs_to_the_programme_of_its_series() -> None:
    found = inferred("alliance-parties-and-parts")
    assert ("exercise/northern-edition", "partOf", "exercise-series/northern") in found
    assert ("exercise/northern-edition", "partOf", "programme/readiness") in found


def test_a_part_of_a_part_of_an_operation_is_a_part_of_it() -> None:
    found = inferred("alliance-parties-and-parts")
    assert {t for t in found if t[0].startswith("operation/") and t[1] == "partOf"} == {
        ("operation/task", "partOf", "operation/campaign")
    }


def test_built_graph_knows_who_is_a_party_by_alliance(curated: Build) -> None:
    """Each full member of NATO is one, also those whose consent no row records, and the rules stay cheap."""
    query = f"""
        PREFIX mdp: <{NS}>
        SELECT DISTINCT ?state WHERE {{
            ?membership a mdp:AllianceMembership ; mdp:hasActor ?state ;
                mdp:underFoundingAgreement <{ID}agreement/north-atlantic-treaty> .
            CONSENT
        }}"""
    consent = f"?act a mdp:ConsentToBeBound ; mdp:hasActor ?state ; mdp:underAgreement <{ID}agreement/north-atlantic-treaty> ."

    def states(part: str) -> set[str]:
        rows = curated.store.query(query.replace("CONSENT", part), use_default_graph_as_union=True)
        assert isinstance(rows, QuerySolutions)
        return {str(row[0]) for row in rows}

    parties, consenting = states(""), states(consent)
    assert len(parties) == 32
    assert consenting < parties
    graph = NamedNode(GRAPH_INFERRED)
    under = list(curated.store.quads_for_pattern(None, NamedNode(NS + "underFoundingAgreement"), None, graph))
    assert 100 < len(under) < 1500


def test_an_alliance_is_an_organisation_and_a_second_run_changes_nothing() -> None:
    store = Store()
    store.bulk_extend(ontology.ontology_quads(NamedNode(GRAPH_ONTOLOGY)))
    fact = f"<{ID}organisation/x> <{NS}hasKind> <{VOCAB}organisation-kind/alliance> ."
    store.load(fact.encode(), RdfFormat.N_TRIPLES, to_graph=NamedNode("http://example.org/facts"))
    first = materialise(store)
    found = {str(quad.triple) for quad in store.quads_for_pattern(None, None, None, NamedNode(GRAPH_INFERRED))}
    rdf_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    assert f"<{ID}organisation/x> {rdf_type} <{NS}Organisation>" in found
    second = materialise(store)
    assert second.added == first.added
