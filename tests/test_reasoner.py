"""The DL reasoners: the ontology is consistent and without empty classes; planted mistakes are found and explained."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from milidip_kg import classify as dl
from milidip_kg import ontology
from milidip_kg.build import Build
from milidip_kg.errors import UsageError
from milidip_kg.namespaces import GRAPH_INFERRED, GRAPH_ONTOLOGY

PREFIXES = """
@prefix mdp: <https://w3id.org/milidip/ns/> .
@prefix id: <https://w3id.org/milidip/id/> .
@prefix v: <https://w3id.org/milidip/vocab/> .
@prefix edtf: <http://id.loc.gov/datatypes/edtf/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
WORLD = Path(__file__).parent / "shapes" / "world.ttl"


@pytest.fixture(params=dl.REASONERS)
def reasoner(request: pytest.FixtureRequest) -> dl.Reasoner:
    return available(request.param)


def available(name: dl.Reasoner) -> dl.Reasoner:
    try:
        dl.find_java(name)
    except dl.JavaMissingError as missing:
        pytest.skip(str(missing))
    return name


def plant(folder: Path, text: str) -> Path:
    path = folder / "planted.ttl"
    path.write_text(PREFIXES + text, "utf-8")
    return path


def test_ontology_is_consistent_and_every_class_can_have_a_member(reasoner: dl.Reasoner) -> None:
    found = dl.classify(reasoner=reasoner)
    assert found.consistent
    assert found.unsatisfiable == {}
    assert found.explanation == ""
    assert found.reasoner == reasoner
    assert Path(found.java).exists()


def test_alignments_are_consistent(reasoner: dl.Reasoner) -> None:
    found = dl.classify([*ontology.alignment_files(), WORLD], reasoner)
    assert found.consistent
    assert found.unsatisfiable == {}


def test_facts_with_dates_are_consistent(reasoner: dl.Reasoner) -> None:
    assert dl.classify([WORLD], reasoner).consistent


MISTAKES = {
    "a state that is an exercise": (
        'id:fra a mdp:State , mdp:ExerciseEdition ; rdfs:label "France"@en .',
        ["France is of the class 'state'.", "France is of the class 'exercise edition'.", "Nothing is of two"],
    ),
    "a state in an exercise series": (
        "id:fra a mdp:State ; mdp:inSeries id:cobra-gold .",
        ["'is in series'", "'exercise edition'"],
    ),
    "a membership of an exercise": (
        "id:x a mdp:ExerciseEdition . id:m a mdp:Membership ; mdp:hasActor id:x .",
        ["'has actor'", "'actor'"],
    ),
    "an agreement both bilateral and multilateral": (
        "id:a mdp:hasParticipation <https://w3id.org/milidip/vocab/participation/bilateral> , "
        "<https://w3id.org/milidip/vocab/participation/multilateral> .",
        ["'bilateral agreement'", "'multilateral agreement'"],
    ),
    "a bilateral agreement with three parties": (
        'id:t a mdp:Agreement ; rdfs:label "Treaty of T"@en ; '
        "mdp:hasParticipation <https://w3id.org/milidip/vocab/participation/bilateral> . "
        'id:fra a mdp:State ; rdfs:label "France"@en . '
        'id:deu a mdp:State ; rdfs:label "Germany"@en . '
        'id:ita a mdp:State ; rdfs:label "Italy"@en . '
        + " ".join(
            f"id:a-{key} a mdp:TreatyAction ; mdp:hasActor id:{key} ; mdp:underAgreement id:t ; "
            "mdp:hasKind <https://w3id.org/milidip/vocab/treaty-action/signature> ."
            for key in ("fra", "deu", "ita")
        ),
        [
            "Whatever is of the class 'bilateral agreement' has 'has party' to 2 things at most.",
            "Treaty of T has 'has party' to Italy.",
            "are not the same.",
        ],
    ),
    "a state with a treaty article": (
        'id:fra a mdp:State ; rdfs:label "France"@en ; mdp:article "5" .',
        ["France has 'article'.", "Whatever has 'article' is of the class 'provision'."],
    ),
    "an alliance founded by an exercise": (
        "id:nato a mdp:Organisation ; mdp:foundedBy id:x . id:x a mdp:ExerciseEdition .",
        ["'is founded by'", "'agreement'", "'exercise edition'"],
    ),
    "a contribution to an agreement": (
        "id:c a mdp:Contribution ; mdp:inOperation id:t . id:t a mdp:Agreement .",
        ["'is in operation'", "'operation'", "'agreement'"],
    ),
    "an agreement of the kind of an organisation": (
        "id:a a mdp:Agreement ; mdp:hasKind <https://w3id.org/milidip/vocab/organisation-kind/alliance> .",
        ["'alliance'", "'organisation'"],
    ),
    "an act under a source instead of an agreement": (
        "id:b a mdp:Source . id:t a mdp:TreatyAction ; mdp:underAgreement id:b .",
        ["'is under agreement'", "'source'"],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_planted_mistake_is_found_and_explained(name: str, reasoner: dl.Reasoner, tmp_path: Path) -> None:
    text, words = MISTAKES[name]
    found = dl.classify([plant(tmp_path, text)], reasoner)
    assert not found.consistent
    if reasoner == "pellet":
        for word in words:
            assert word in found.explanation
        assert "https://" not in found.explanation


def test_a_successor_is_no_third_party(reasoner: dl.Reasoner, tmp_path: Path) -> None:
    kinds = {"usa": "ratification", "sun": "ratification", "rus": "succession"}
    text = "id:t a mdp:Agreement ; mdp:hasParticipation <https://w3id.org/milidip/vocab/participation/bilateral> . "
    for key, kind in kinds.items():
        text += (
            f"id:{key} a mdp:State . id:a-{key} a mdp:TreatyAction ; mdp:hasActor id:{key} ; mdp:underAgreement id:t ;"
        )
        text += f" mdp:hasKind <https://w3id.org/milidip/vocab/treaty-action/{kind}> . "
    assert dl.classify([plant(tmp_path, text)], reasoner).consistent


@pytest.fixture(scope="module")
def facts(curated: Build) -> list[ox.Triple]:
    derived = {ox.NamedNode(GRAPH_INFERRED), ox.NamedNode(GRAPH_ONTOLOGY)}
    return [quad.triple for quad in curated.store if quad.graph_name not in derived]


def test_curated_facts_are_consistent(reasoner: dl.Reasoner, facts: list[ox.Triple]) -> None:
    found = dl.classify(reasoner=reasoner, facts=facts)
    assert found.consistent, found.explanation
    assert found.unsatisfiable == {}


@pytest.mark.parametrize(
    "planted", [MISTAKES["a state that is an exercise"], MISTAKES["a bilateral agreement with three parties"]]
)
def test_a_mistake_among_the_curated_facts_is_found(
    planted: tuple[str, list[str]], facts: list[ox.Triple], tmp_path: Path
) -> None:
    reasoner = available("pellet")
    text, words = planted
    mistake = [*dl._triples([plant(tmp_path, text)])]
    found = dl.classify(reasoner=reasoner, facts=[*facts, *mistake])
    assert not found.consistent
    assert all(word.split("'")[1] in found.explanation for word in words if "'" in word)


def test_class_without_possible_members_is_found_and_explained(reasoner: dl.Reasoner, tmp_path: Path) -> None:
    text = (
        'mdp:FloatingState a owl:Class ; rdfs:label "floating state"@en ; rdfs:subClassOf mdp:State , mdp:Operation .'
    )
    found = dl.classify([plant(tmp_path, text)], reasoner)
    assert found.consistent
    assert found.unsatisfiable == {"https://w3id.org/milidip/ns/FloatingState": "floating state"}
    if reasoner == "pellet":
        assert "The class 'floating state' can have no member" in found.explanation


def test_dates_do_not_reach_the_reasoner(reasoner: dl.Reasoner, tmp_path: Path) -> None:
    text = 'id:m a mdp:Membership ; mdp:began "1949"^^edtf:EDTF ; mdp:beganEarliest "1949-01-01"^^xsd:date .'
    assert dl.classify([plant(tmp_path, text)], reasoner).consistent


def test_nothing_is_left_behind(reasoner: dl.Reasoner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    dl.classify([plant(tmp_path, "id:fra a mdp:State , mdp:Operation .")], reasoner)
    assert list(folder.iterdir()) == []


def test_unknown_reasoner_is_refused() -> None:
    with pytest.raises(UsageError, match="no reasoner 'fact'"):
        dl.classify(reasoner="fact")  # type: ignore[arg-type]


def test_missing_java_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dl, "_javas", lambda: iter(()))
    with pytest.raises(dl.JavaMissingError, match=r"pip install"):
        dl.find_java()


def test_old_java_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dl, "_javas", lambda: iter(["/opt/java"]))
    monkeypatch.setattr(dl, "_java_version", lambda _: 17)
    assert dl.find_java("hermit") == "/opt/java"
    with pytest.raises(dl.JavaMissingError, match=r"Pellet needs Java 25 or newer; found /opt/java \(version 17\)"):
        dl.find_java("pellet")


# The profile


def test_ontology_and_alignments_are_owl_2_dl() -> None:
    available("pellet")
    assert dl.profile() == "OWL 2 DL"
    assert dl.profile(ontology.alignment_files()) == "OWL 2 DL"


#: Datatypes outside the OWL 2 map are not among them: this OWL API lets them pass, and `checks/dl-datatype` finds them.
NOT_DL = {
    "a cardinality on a transitive property": (
        "mdp:Operation rdfs:subClassOf [ a owl:Restriction ; owl:onProperty mdp:partOf ; "
        'owl:maxCardinality "1"^^xsd:nonNegativeInteger ] .'
    ),
    "a property of two kinds": "mdp:hasKind a owl:DatatypeProperty .",
    "a class that is a datatype": "mdp:State a rdfs:Datatype .",
    "a functional property with a chain": "mdp:involves a owl:FunctionalProperty .",
    "a chain that goes round": "mdp:hasActor owl:propertyChainAxiom ( mdp:concerns mdp:involves ) .",
    "an undeclared property in an axiom": (
        "mdp:State rdfs:subClassOf [ a owl:Restriction ; owl:onProperty mdp:rules ; owl:someValuesFrom mdp:State ] ."
    ),
}


@pytest.mark.parametrize("text", NOT_DL.values(), ids=NOT_DL.keys())
def test_what_breaks_owl_2_dl_is_seen(text: str, tmp_path: Path) -> None:
    available("pellet")
    assert dl.profile([plant(tmp_path, text)]) != "OWL 2 DL"
