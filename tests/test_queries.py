"""Every canned query answers over the curated graph what queries/expected says.

`MILIDIP_UPDATE=1 pytest tests/test_queries.py` writes the answers anew, for a person to read in the diff.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions

from milidip_kg import KnowledgeGraph, resources
from milidip_kg.errors import UsageError
from milidip_kg.query import CannedQuery, read_queries

QUERIES = read_queries(resources.folder("queries"))
EXPECTED = Path(__file__).resolve().parents[1] / "queries" / "expected"
by_name = pytest.mark.parametrize("name", QUERIES)


def answer(kg: KnowledgeGraph, name: str, **parameters: str) -> list[dict[str, str]]:
    solutions = kg.ask(name, parameters)
    assert isinstance(solutions, QuerySolutions)
    text = (solutions.serialize(format=QueryResultsFormat.CSV) or b"").decode("utf-8")
    return list(csv.DictReader(text.splitlines()))


@by_name
def test_the_answer_on_the_defaults_is_the_expected_one(kg: KnowledgeGraph, name: str) -> None:
    solutions = kg.ask(name, {})
    assert isinstance(solutions, QuerySolutions)
    found = (solutions.serialize(format=QueryResultsFormat.CSV) or b"").replace(b"\r\n", b"\n")
    path = EXPECTED / f"{name}.csv"
    if os.environ.get("MILIDIP_UPDATE"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(found)
    assert found.count(b"\n") > 1, "a query with an empty answer on its defaults is a failure"
    assert found.decode("utf-8") == path.read_text("utf-8")


def test_no_expected_answer_is_left_over() -> None:
    assert {path.stem for path in EXPECTED.glob("*.csv")} == set(QUERIES)


@by_name
def test_the_file_is_bound_to_its_own_defaults(kg: KnowledgeGraph, name: str) -> None:
    query = QUERIES[name]
    defaults = {parameter.name: parameter.default for parameter in query.parameters if parameter.default is not None}
    assert query.bind(defaults, kg) == query.text


@by_name
def test_the_sample_values_bind_and_run(kg: KnowledgeGraph, name: str) -> None:
    samples = {parameter.name: parameter.sample for parameter in QUERIES[name].parameters if parameter.sample}
    assert answer(kg, name, **samples) is not None


@by_name
def test_the_front_matter_describes_just_the_columns_there_are(kg: KnowledgeGraph, name: str) -> None:
    query: CannedQuery = QUERIES[name]
    solutions = kg.ask(name, {})
    assert isinstance(solutions, QuerySolutions)
    assert [variable.value for variable in solutions.variables] == list(query.columns)
    assert query.summary
    assert query.question.endswith("?")
    assert query.rows
    assert query.tags
    assert "ORDER BY" in query.text


@pytest.mark.parametrize(
    ("day", "members"),
    [
        ("1949-08-23", 0),
        ("1949-08-24", 12),
        ("1999-03-11", 16),
        ("1999-03-12", 19),
        ("2004-03-29", 26),
        ("2024-03-07", 32),
    ],
)
def test_nato_has_as_many_members_as_on_that_day(kg: KnowledgeGraph, day: str, members: int) -> None:
    rows = answer(kg, "organisation-members", organisation="nato", date=day)
    assert len(rows) == members
    assert {row["held"] for row in rows} <= {"certainly"}


def test_the_states_outside_the_npt_and_the_disputed_withdrawal(kg: KnowledgeGraph) -> None:
    rows = answer(kg, "states-outside-treaty", agreement="npt", date="2020-01-01")
    standing = {row["state"].rsplit("/", 1)[-1]: row["standing"] for row in rows}
    assert standing == {
        "IND": "outside",
        "ISR": "outside",
        "PAK": "outside",
        "SSD": "outside",
        "PRK": "withdrawal disputed",
    }


def test_a_claim_and_its_dissent_stand_side_by_side(kg: KnowledgeGraph) -> None:
    pairs = {
        (row["claim"].rsplit("/", 1)[-1], row["dissent"].rsplit("/", 1)[-1]) for row in answer(kg, "disputed-claims")
    }
    assert ("bernhardt-sukin-exercises-provoke", "dorazio-no-systematic-escalation") in pairs
    assert ("hendrickson-air-power-ended-war", "bosnia-more-a-victory-of-diplomacy") in pairs
    assert all(claim != dissent for claim, dissent in pairs)


def test_every_outcome_has_instruments_and_every_challenge_has_advice(kg: KnowledgeGraph) -> None:
    for outcome in QUERIES["instruments-for-outcome"].parameters[0].choices:
        assert answer(kg, "instruments-for-outcome", outcome=outcome), outcome
    for challenge in QUERIES["recommendations-for-challenge"].parameters[0].choices:
        assert answer(kg, "recommendations-for-challenge", challenge=challenge), challenge


def test_a_challenge_is_answered_by_the_case_or_left_unanswered(kg: KnowledgeGraph) -> None:
    answered = {
        row["challenge"]
        for row in answer(kg, "challenges-of-case", case="nato-russia-relations")
        if row["sort"] == "recommendation"
    }
    unanswered = {
        row["challenge"]
        for row in answer(kg, "unanswered-challenges")
        if row["case"].endswith("/case-study/nato-russia-relations")
    }
    assert "coercive-perception" in answered
    assert not answered & unanswered


def test_a_parameter_takes_what_people_write(kg: KnowledgeGraph) -> None:
    by_key = answer(kg, "identifiers-of-state", state="DEU")
    assert by_key == answer(kg, "identifiers-of-state", state="deu")
    assert by_key == answer(kg, "identifiers-of-state", state="Germany")
    assert by_key == answer(kg, "identifiers-of-state", state="https://w3id.org/milidip/id/state/DEU")


@pytest.mark.parametrize(
    ("subject", "statement", "row"),
    [
        ("npt", "http://purl.org/dc/terms/title", "data/agreements.csv#row="),
        ("membership/nato/SWE/member/2024-03-07", "https://w3id.org/milidip/ns/began", "data/memberships.csv#row="),
        ("source/1gnc-noble-jump-2015", "http://purl.org/dc/terms/title", "data/sources.csv#row="),
        ("graph/1gnc-noble-jump-2015", "http://purl.org/dc/terms/source", "data/sources.csv#row="),
        ("mdp:began", "http://www.w3.org/2004/02/skos/core#definition", "ontology/time-place"),
        ("membership-role/member", "http://www.w3.org/2004/02/skos/core#prefLabel", "vocab/membership-role"),
    ],
)
def test_any_node_leads_to_its_rows_and_sources(kg: KnowledgeGraph, subject: str, statement: str, row: str) -> None:
    rows = answer(kg, "provenance-of", subject=subject)
    assert all(found["source"] and found["row"].startswith("https://w3id.org/milidip/" + row) for found in rows)
    assert statement in {found["statement"] for found in rows}


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("provenance-of", {"subject": "agreement/nptt"}, "no node"),
        ("provenance-of", {"subject": "<bad iri>"}, "no node"),
        ("organisation-members", {"organisation": "natto"}, "Did you mean nato"),
        ("organisation-members", {"organization": "nato"}, "Did you mean organisation"),
        ("organisation-members", {"date": "12.3.1999"}, "YYYY-MM-DD"),
        ("organisation-members", {"date": "1999-02-30"}, "YYYY-MM-DD"),
        ("organisation-members", {"role": "membre"}, "Did you mean member"),
        ("treaty-status", {"state": "XYZ"}, "There is no state 'XYZ'"),
        ("exercise-partners", {"limit": "ten"}, "whole number"),
        ("exercises-of-state", {"from": "next year"}, "1999-03"),
        ("graph-statistics", {"x": "1"}, "It takes none"),
        ("organisation-member", {}, "Did you mean organisation-members"),
        ("partners-of-programme", {"programme": "nato-depe"}, "Did you mean nato-deep"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_would_be_right(
    kg: KnowledgeGraph, name: str, parameters: dict[str, str], says: str
) -> None:
    with pytest.raises(UsageError) as caught:
        kg.ask(name, parameters)
    assert says in str(caught.value)


def test_a_programme_is_asked_by_its_key_whatever_its_sort(kg: KnowledgeGraph) -> None:
    baltic = answer(kg, "partners-of-programme", programme="baltbat")
    assert {row["name"] for row in baltic if row["role"] == "recipient"} == {"Estonia", "Latvia", "Lithuania"}
    pairs = answer(
        kg, "partners-of-programme", programme="https://w3id.org/milidip/id/programme/state-partnership-program"
    )
    assert [row["began"] for row in pairs if row["counterpart"] == "Illinois National Guard"] == ["1993-07-14"]


def test_visits_between_two_states_are_told_both_ways(kg: KnowledgeGraph) -> None:
    rows = answer(kg, "visits-between", state="GBR", other="JPN")
    assert {(row["visitor"][-3:], row["place"]) for row in rows} == {
        ("GBR", "Yokosuka"),
        ("JPN", "London"),
        ("JPN", "Southampton"),
    }
    assert rows == answer(kg, "visits-between", state="JPN", other="GBR")
