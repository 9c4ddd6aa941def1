"""The DL reasoners: the ontology is consistent and without empty classes; planted mistakes are found and explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from milidip_kg import classify as dl
from milidip_kg import ontology
from milidip_kg.errors import UsageError

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
    name: dl.Reasoner = request.param
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
