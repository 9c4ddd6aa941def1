"""The facts are as many as were promised: each floor of the mission, counted in the tables."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from functools import cache

import pytest

from milidip_kg import resources
from milidip_kg.build import Build

DATA = resources.folder("data")


@cache
def rows(table: str) -> list[dict[str, str]]:
    with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of_kind(table: str, *kinds: str) -> int:
    return sum(bool(set(row["kind"].split(";")) & set(kinds)) for row in rows(table))


DEFENCE_TREATIES = ("mutual-defence", "consultation", "neutrality", "non-aggression", "entente")
COOPERATION = ("defence-cooperation", "status-of-forces", "logistics-support", "information-security", "base-access")
ARMS_CONTROL = (
    *("arms-control", "non-proliferation", "disarmament", "nuclear-weapon-free-zone", "humanitarian-law"),
    *("safeguards", "space-law", "confidence-building", "incidents-at-sea", "hotline"),
)


@pytest.mark.parametrize(
    ("table", "kinds", "floor"),
    [
        ("agreements", DEFENCE_TREATIES, 100),
        ("agreements", COOPERATION, 60),
        ("agreements", ARMS_CONTROL, 45),
        ("agreements", ("peace-agreement", "ceasefire"), 25),
        ("confidence_measures", ("hotline",), 12),
        ("confidence_measures", ("rules-of-encounter",), 12),
        ("state_organs", ("ministry-of-defence",), 100),
        ("state_organs", ("armed-forces",), 100),
    ],
)
def test_rows_of_a_kind(table: str, kinds: tuple[str, ...], floor: int) -> None:
    assert of_kind(table, *kinds) >= floor


@pytest.mark.parametrize(
    ("table", "floor"),
    [
        ("states", 200),
        ("treaty_actions", 3500),
        ("exercise_series", 60),
        ("exercises", 500),
        ("visits", 80),
        ("exchanges", 20),
        ("capacity_programmes", 40),
        ("programme_participations", 150),
        ("confidence_measures", 40),
        ("verification_mechanisms", 20),
        ("inspections", 50),
        ("compliance_findings", 25),
        ("quantitative_limits", 40),
        ("confrontations", 70),
        ("case_studies", 12),
        ("outcome_claims", 80),
        ("challenge_claims", 40),
        ("influence_claims", 12),
        ("trend_claims", 12),
        ("recommendations", 40),
        ("date_claims", 60),
    ],
)
def test_rows_of_a_table(table: str, floor: int) -> None:
    assert len(rows(table)) >= floor


def test_operations_of_the_united_nations_and_of_others() -> None:
    by = Counter(row["organisation"] for row in rows("operations"))
    assert by["un"] >= 71
    assert min(by[name] for name in ("nato", "eu", "african-union", "ecowas", "osce", "mfo")) >= 1
    assert {"isaf", "kfor", "inherent-resolve"} <= {row["operation"] for row in rows("operations")}


ORGANISATIONS = (
    *("nato", "eu", "csto", "asean", "sco", "african-union", "ecowas", "osce", "weu", "warsaw-treaty-organization"),
    *("seato", "cento", "anzus", "tiar", "gcc", "league-of-arab-states", "five-power-defence-arrangements"),
    *("quad", "aukus"),
)


@pytest.mark.parametrize("organisation", ORGANISATIONS)
def test_an_organisation_has_dated_members(organisation: str) -> None:
    members = [row for row in rows("memberships") if row["organisation"] == organisation and row["role"] == "member"]
    assert len(members) >= 3
    assert all(row["began"] for row in members)


def test_organisations_without_armed_groups() -> None:
    assert sum(row["kind"] != "armed-group" for row in rows("organisations")) >= 60


TREATIES = (
    *("npt", "cwc", "bwc", "ctbt", "tpnw", "att", "ccw", "ccw-protocol-2-amended", "ccw-protocol-4", "ccw-protocol-5"),
    *("ottawa-convention", "ccm", "enmod", "treaty-of-tlatelolco", "treaty-of-rarotonga", "treaty-of-bangkok"),
    *("treaty-of-pelindaba", "treaty-of-semipalatinsk", "open-skies-treaty", "cfe-treaty"),
)


@pytest.mark.parametrize("agreement", TREATIES)
def test_a_treaty_has_its_acts(agreement: str) -> None:
    assert sum(row["agreement"] == agreement for row in rows("treaty_actions")) >= 10


SERIES = (
    *("rimpac", "cobra-gold", "malabar", "balikatan", "talisman-sabre", "baltops", "trident-juncture"),
    *("defender-europe", "zapad", "vostok", "peace-mission", "joint-sea", "african-lion", "flintlock", "unitas"),
    *("khaan-quest", "garuda", "milan", "aman", "bersama-lima"),
)


@pytest.mark.parametrize("series", SERIES)
def test_a_series_has_editions(series: str) -> None:
    assert any(row["series"] == series for row in rows("exercises"))


def test_some_capability_of_most_states_over_a_decade() -> None:
    years: dict[str, set[int]] = defaultdict(set)
    for row in rows("capability_measurements"):
        if row["indicator"] == "expenditure-share":
            years[row["state"]].add(int(row["as_of"][:4]))
    assert len(years) >= 165
    assert sum(max(found) - min(found) >= 10 for found in years.values()) >= 100


def test_visits_and_posts_reach_many_states() -> None:
    assert len({row["host"] for row in rows("visits")} - {""}) >= 20
    assert len({row["receiving"] for row in rows("attache_posts") if row["sending"] == "USA"}) >= 30


def test_every_table_says_what_it_covers() -> None:
    tables = {path.stem for path in DATA.glob("*.csv")} - {"coverage", "sources"}
    assert tables <= {row["table"] for row in rows("coverage")}


def test_every_source_is_used() -> None:
    used = set()
    for path in DATA.glob("*.csv"):
        for row in rows(path.stem):
            for column in ("source", "evidence_source"):
                used |= set(row.get(column, "").split(";"))
    assert {row["id"] for row in rows("sources")} <= used


def test_the_curated_graph_is_large(curated: Build) -> None:
    assert curated.statements >= 100_000
