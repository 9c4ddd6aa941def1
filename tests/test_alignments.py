"""Each aligned term exists in its target, is declared as the target declares it, and is not spoken about.

Where the target is not at hand as a file, `alignments/targets.csv` names its terms and where each was read.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from conftest import shared
from milidip_kg import classify as dl
from milidip_kg import ontology
from milidip_kg.namespaces import NS, RDF_TYPE, VOCAB

OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
WORLD = Path(__file__).parent / "shapes" / "world.ttl"
FILES = {path.stem.removeprefix("milidip-").removesuffix("-alignment"): path for path in ontology.alignment_files()}

#: Target -> its namespace, and its file where one is at hand.
TARGETS = {
    "bfo": ("http://purl.obolibrary.org/obo/BFO_", "bfo-core.ttl"),
    "cameo": (VOCAB + "cameo-event/", ""),
    "cco": ("https://www.commoncoreontologies.org/", "cco-merged.ttl"),
    "dcat": ("http://www.w3.org/ns/dcat#", "dcat3.ttl"),
    "dcterms": ("http://purl.org/dc/terms/", "dcterms.ttl"),
    "eli": ("http://data.europa.eu/eli/ontology#", ""),
    "geosparql": ("http://www.opengis.net/ont/geosparql#", ""),
    "gist": ("https://w3id.org/semanticarts/ns/ontology/gist/", "gistCore.ttl"),
    "ies": ("http://informationexchangestandard.org/ont/ies/common/", "ies-common.ttl"),
    "org": ("http://www.w3.org/ns/org#", "org.ttl"),
    "plover": (VOCAB + "plover-event/", ""),
    "prov": ("http://www.w3.org/ns/prov#", "prov-o.ttl"),
    "schema": ("https://schema.org/", ""),
    "skos": (SKOS, "skos.ttl"),
    "sosa": ("http://www.w3.org/ns/sosa/", "sosa.ttl"),
    "time": ("http://www.w3.org/2006/time#", "owl-time.ttl"),
    "wikidata": ("http://www.wikidata.org/entity/", ""),
}
AT_HAND = [name for name, (_, file) in TARGETS.items() if file]
LISTED = {"eli", "geosparql", "schema", "wikidata"}
EVENTS = ("cameo", "plover")

#: What a target may call a term that is declared as this here: some are written in RDF Schema alone.
KINDS = {
    OWL + "Class": {OWL + "Class", RDFS + "Class"},
    OWL + "ObjectProperty": {OWL + "ObjectProperty", RDF + "Property"},
    OWL + "DatatypeProperty": {OWL + "DatatypeProperty", RDF + "Property"},
}
#: The relations that an alignment may state: two of logic, the rest annotations.
RELATIONS = {
    RDFS + "subClassOf",
    RDFS + "subPropertyOf",
    OWL + "equivalentClass",
    OWL + "equivalentProperty",
    SKOS + "closeMatch",
    SKOS + "broadMatch",
}


@cache
def named(path: Path) -> list[tuple[str, str, str]]:
    """The statements of a file between IRIs."""
    return [
        (quad.subject.value, quad.predicate.value, quad.object.value)
        for quad in ontology.quads(path)
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode)
    ]


def aligned(target: str) -> set[str]:
    """The terms of the target that its alignment names."""
    namespace = TARGETS[target][0]
    return {iri for triple in named(FILES[target]) for iri in triple if iri.startswith(namespace)}


def kinds(path: Path, namespace: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for subject, predicate, value in named(path):
        if predicate == RDF_TYPE and subject.startswith(namespace):
            found.setdefault(subject, set()).add(value)
    return found


@cache
def ours() -> set[str]:
    return {quad.subject.value for quad in ontology.ontology_quads() if isinstance(quad.subject, ox.NamedNode)}


@cache
def listed() -> dict[str, dict[str, str]]:
    with (ontology.ontology_dir() / "alignments" / "targets.csv").open(encoding="utf-8", newline="") as file:
        return {row["term"]: row for row in csv.DictReader(file)}


def test_every_target_has_one_file() -> None:
    assert set(FILES) == set(TARGETS)
    assert set(TARGETS) == {*AT_HAND, *LISTED, *EVENTS}


@pytest.mark.parametrize("target", FILES)
def test_alignment_names_terms_of_both_sides(target: str) -> None:
    assert aligned(target)
    mine = {iri for triple in named(FILES[target]) for iri in triple if iri.startswith((NS, VOCAB))}
    assert mine
    assert mine - ours() == set()


@pytest.mark.parametrize("target", FILES)
def test_alignment_only_aligns(target: str) -> None:
    """It declares foreign terms, relates ours to them, and says nothing else: nothing is copied or redefined."""
    header = {"imports", "versionIRI", "license"}
    for subject, predicate, value in named(FILES[target]):
        if re.split("[/#]", predicate)[-1] in header:
            continue
        if predicate == RDF_TYPE:
            assert not subject.startswith(NS), f"{subject} is declared in its module"
            continue
        assert predicate in RELATIONS, predicate
        assert subject in ours(), f"{subject} is not ours to speak about"
        assert value.startswith(TARGETS[target][0]), value


@pytest.mark.parametrize("target", AT_HAND)
def test_aligned_terms_exist_in_the_target(target: str) -> None:
    namespace, file = TARGETS[target]
    known = {subject for subject, _, _ in named(shared("ontologies", file))}
    assert aligned(target) - known == set()
    theirs = kinds(shared("ontologies", file), namespace)
    for term, declared in kinds(FILES[target], namespace).items():
        for kind in declared & set(KINDS):
            assert KINDS[kind] & theirs[term], f"{term} is not declared as {kind} by the target"


@pytest.mark.parametrize("target", sorted(LISTED))
def test_terms_of_a_target_that_is_not_at_hand_are_listed(target: str) -> None:
    namespace = TARGETS[target][0]
    rows = {term: row for term, row in listed().items() if term.startswith(namespace)}
    assert set(rows) == aligned(target)
    assert all(row["read_at"] for row in rows.values())
    names = {"class": "Class", "object property": "ObjectProperty", "datatype property": "DatatypeProperty"}
    declared = kinds(FILES[target], namespace)
    for term, row in rows.items():
        if row["kind"] in names:
            assert declared[term] == {OWL + names[row["kind"]]}
        else:
            assert re.fullmatch(r"[QP]\d+", term.removeprefix(namespace))
            assert row["kind"] == ("item" if "/Q" in term else "property")


def test_the_list_holds_no_other_terms() -> None:
    namespaces = tuple(TARGETS[target][0] for target in LISTED)
    assert list(listed()) == sorted(listed())
    assert all(term.startswith(namespaces) for term in listed())


@pytest.mark.parametrize("target", ["schema", "geosparql"])
def test_listed_terms_are_known_to_rdflib(target: str) -> None:
    from rdflib.namespace import GEO, SDO

    namespace, copy = TARGETS[target][0], {"schema": SDO, "geosparql": GEO}[target]
    assert str(copy) == namespace
    assert {term for term in aligned(target) if term.removeprefix(namespace) not in copy} == set()


# Event codes


def codes(target: str) -> set[str]:
    return {iri.removeprefix(TARGETS[target][0]) for iri in ours() if iri.startswith(TARGETS[target][0])}


def conversion() -> dict[str, set[str]]:
    """Event of CAMEO -> event types of PLOVER, by the table of the PLOVER manual."""
    text = shared("sources", "event-codes", "CAMEO2PLOVER-2021.txt").read_text("utf-8")
    table: dict[str, set[str]] = {}
    for code, kind in re.findall(r"(?m)^(\d+): *([A-Z]+)", text):
        table.setdefault(code, set()).add(kind)
    return table


def test_event_codes_are_those_of_the_schemes() -> None:
    table = conversion()
    text = shared("sources", "event-codes", "CAMEO.eventcodesfull.txt").read_text("utf-8")
    cameo = {cell for line in text.splitlines()[1:] for cell in line.split("\t")[0::2]}
    assert codes("cameo") - cameo == set()
    assert codes("cameo") - set(table) == set()
    assert codes("plover") == {kind for kinds_ in table.values() for kind in kinds_}


def test_event_codes_stand_under_the_first_digits() -> None:
    """CAMEO counts in levels: the broader event of 0312 is 031, that of 031 is 03."""
    broader = {
        s: o for s, p, o in named(ontology.ontology_dir() / "vocab" / "cameo-event.ttl") if p == SKOS + "broader"
    }
    for code in codes("cameo"):
        up = broader.get(TARGETS["cameo"][0] + code)
        assert up == (TARGETS["cameo"][0] + code[:-1] if len(code) > 2 else None)


def test_each_event_falls_under_the_type_of_the_conversion_table() -> None:
    stated: dict[str, set[str]] = {}
    for subject, predicate, value in named(FILES["plover"]):
        if predicate == SKOS + "broadMatch":
            stated.setdefault(subject.rsplit("/", 1)[-1], set()).add(value.rsplit("/", 1)[-1])
    table = conversion()
    assert stated == {code: table[code] for code in codes("cameo")}


def test_event_definitions_are_our_own_words() -> None:
    theirs = (
        shared("sources", "event-codes", "CAMEO.eventcodesfull.txt").read_text("utf-8")
        + shared("sources", "event-codes", "cameo-codes.csv").read_text("latin-1")
    ).lower()
    for target in EVENTS:
        for quad in ontology.quads(ontology.ontology_dir() / "vocab" / f"{target}-event.ttl"):
            if quad.predicate.value == SKOS + "definition":
                assert getattr(quad.object, "value", "").lower() not in theirs


# Merged with the targets


@pytest.fixture
def pellet() -> dl.Reasoner:
    try:
        dl.find_java("pellet")
    except dl.JavaMissingError as missing:
        pytest.skip(str(missing))
    return "pellet"


#: Targets that are merged at once, and what has no member in them by the targets' own doing.
MERGES = {
    "bfo and cco": (("bfo", "cco"), set()),
    # time:January has the month "--01", a string where OWL-Time wants a gMonth.
    "w3c": (("prov", "org", "sosa", "time"), {"http://www.w3.org/2006/time#January"}),
    "gist and ies": (("gist", "ies"), set()),
}


@pytest.mark.parametrize(("targets", "empty"), MERGES.values(), ids=MERGES.keys())
def test_merged_with_the_targets_every_class_can_have_a_member(
    targets: tuple[str, ...], empty: set[str], pellet: dl.Reasoner
) -> None:
    merged = [shared("ontologies", TARGETS[target][1]) for target in targets]
    found = dl.classify([*FILES.values(), *merged, WORLD], pellet)
    assert found.consistent, found.explanation
    assert set(found.unsatisfiable) == empty


def test_a_wrong_alignment_is_found(pellet: dl.Reasoner, tmp_path: Path) -> None:
    """An actor that lasts cannot be a process: the alignment to BFO is strong enough to say so."""
    wrong = tmp_path / "wrong.nt"
    wrong.write_text(f"<{NS}Actor> <{RDFS}subClassOf> <http://purl.obolibrary.org/obo/BFO_0000015> .\n", "utf-8")
    found = dl.classify([FILES["bfo"], shared("ontologies", "bfo-core.ttl"), wrong], pellet)
    assert NS + "State" in found.unsatisfiable
    assert "'continuant'" in found.explanation
