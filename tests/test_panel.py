"""Panels for statistics: who is in them when, what is counted, what is empty, and that the canned queries agree."""

from __future__ import annotations

import csv
import io
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from milidip_kg import KnowledgeGraph, resources
from milidip_kg.edtf import parse
from milidip_kg.errors import FindingsError, UnknownNameError, UsageError
from milidip_kg.panel import VARIABLES, Panel, panel, years
from milidip_kg.tables import Tables, read_tables

COUNTED = [variable.column for variable in VARIABLES.values()]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return read_tables(resources.folder("data"))


@pytest.fixture(scope="module")
def sample() -> list[str]:
    """Forty states drawn once, and some with a history."""
    keys = sorted(row["state"] for row in texts("states"))
    return sorted(
        {*random.Random(7).sample(keys, 40), "USA", "DEU", "DDR", "SUN", "RUS", "YUG", "CSK", "CZE", "PRK", "SSD"}
    )


def texts(table: str) -> list[dict[str, str]]:
    with (resources.folder("data") / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def by_key(made: Panel, *names: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = {tuple(row[name] for name in names): dict(row) for row in made.rows}
    assert len(found) == len(made.rows), "a key stands for one row"
    return found


@pytest.mark.parametrize("system", ["iso", "cow", "gw"])
def test_no_state_is_in_before_it_exists_or_after_it_ended(tables: Tables, system: str) -> None:
    lives = {row["state"]: (row["began"], row["ended"]) for row in texts("states")}
    made = panel(tables, 1945, 2025, variables=["alliance"], system=system, unit="state-year")
    assert len(made.rows) > 10_000
    for row in made.rows:
        began, ended = lives[str(row["state"])]
        year = int(str(row["year"]))
        assert not began or (latest := parse(began).latest) is None or latest.year <= year
        assert not ended or (earliest := parse(ended).earliest) is None or earliest.year >= year


def test_the_systems_differ_as_they_do(tables: Tables) -> None:
    def codes(system: str, state: str) -> dict[int, str]:
        made = panel(tables, 1985, 1995, states=[state], variables=["alliance"], system=system, unit="state-year")
        return {int(str(row["year"])): str(row["code"]) for row in made.rows}

    assert codes("cow", "DEU")[1989] == "260"
    assert codes("cow", "DEU")[1990] == "255"
    assert set(codes("gw", "DEU").values()) == {"260"}
    assert max(codes("cow", "DDR")) == 1990
    assert (max(codes("cow", "SUN")), min(codes("cow", "RUS"))) == (1991, 1991)
    assert codes("iso", "SUN")[1990] == "SUN"


def test_directed_dyads_are_the_undirected_ones_twice(tables: Tables, sample: list[str]) -> None:
    one_way = by_key(panel(tables, 1985, 1995, states=sample), "state", "other", "year")
    both = by_key(panel(tables, 1985, 1995, states=sample, unit="directed-dyad-year"), "state", "other", "year")
    assert len(both) == 2 * len(one_way)
    for (state, other, year), row in one_way.items():
        assert state < other
        there, back = both[state, other, year], both[other, state, year]
        assert (there["code"], there["name"]) == (back["other_code"], back["other_name"])
        for name in COUNTED:
            if name == "posts":
                assert (there[name] or 0) + (back[name] or 0) == (row[name] or 0)
            else:
                assert there[name] == back[name] == row[name]


def test_a_dyad_shares_no_more_than_each_of_its_states_has(tables: Tables, sample: list[str]) -> None:
    alone = by_key(panel(tables, 2000, 2005, states=sample, unit="state-year"), "state", "year")
    for (state, other, year), row in by_key(panel(tables, 2000, 2005, states=sample), "state", "other", "year").items():
        for name in set(COUNTED) - {"posts"}:
            for one in (state, other):
                assert (row[name] or 0) <= (alone[one, year][name] or 0)


def test_zero_is_written_only_where_a_complete_list_covers_the_year(tables: Tables, sample: list[str]) -> None:
    made = panel(tables, 1940, 2026, states=sample)
    for name in COUNTED:
        zeros = {int(str(row["year"])) for row in made.rows if row[name] == 0}
        if name in made.covered:
            assert zeros
            assert 2026 not in zeros, "the year is not over"
        else:
            assert not zeros


def test_zero_is_written_only_for_states_of_which_all_lists_speak(tables: Tables) -> None:
    """Exactly: the United Nations list neither Taiwan nor Kosovo, and lists of today no state that has ended."""

    def zeros(name: str, first: int, states: list[str]) -> set[str]:
        made = panel(tables, first, first, states=states, variables=[name], unit="directed-dyad-year")
        return {f"{row['state']}-{row['other']}" for row in made.rows if row[name] == 0}

    assert zeros("treaties", 1950, ["USA", "FRA", "TWN"]) == {"USA-FRA", "FRA-USA"}
    assert zeros("treaties", 1950, ["USA", "SUN", "CSK"]) == set()
    assert zeros("organisations", 1950, ["FRA", "CHE", "CSK"]) == {"FRA-CHE", "CHE-FRA"}
    assert zeros("organisations", 2010, ["USA", "TWN", "XKX"]) == {
        f"{one}-{two}" for one in ("USA", "TWN", "XKX") for two in ("USA", "TWN", "XKX") if one != two
    }
    assert zeros("treaties", 2010, ["USA", "TWN", "XKX"]) == set()
    assert zeros("alliance", 2010, ["USA", "TWN", "IND"]) == set(), "no list of alliances is stated to be complete"


def test_no_zero_without_a_scope_that_a_machine_can_read(tmp_path: Path) -> None:
    data = Path(shutil.copytree(resources.folder("data"), tmp_path / "data"))
    path = data / "coverage.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))

    def treaties(**cells: str) -> list[object]:
        with path.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, rows[0])
            writer.writeheader()
            writer.writerows(row | cells if row["table"] == "treaty_actions" else row for row in rows)
        made = panel(read_tables(data), 1950, 1950, states=["USA", "FRA", "TWN"], variables=["treaties"])
        return [row["treaties"] for row in made.rows]

    assert treaties() == [None, 0, None]
    assert treaties(states="every-state") == [0, 0, 0]
    assert treaties(states="") == [None, None, None]
    assert treaties(completeness="partial") == [None, None, None]
    assert treaties(state="USA") == [None, None, None]
    assert treaties(began="1950-01-02") == [None, None, None]
    assert treaties(ended="1950-12-30") == [None, None, None]
    assert treaties(began="1950-01-01", ended="1950-12-31") == [None, 0, None]


def test_a_partial_list_is_not_covered(tables: Tables) -> None:
    made = panel(tables, 2010, 2012, states=["USA", "GBR"])
    assert "npt" in made.covered["treaties"]
    assert "outer-space-treaty" not in made.covered["treaties"]
    assert "nato-partnership-for-peace" not in made.covered["organisations"]


def test_party_status_agrees_with_the_canned_query(kg: KnowledgeGraph, tables: Tables) -> None:
    states = ["USA", "DEU", "IND", "PAK", "ISR", "PRK", "BRA", "KAZ", "SSD", "FJI"]
    made = panel(tables, 2012, 2012, states=states, variables=["treaties"], unit="state-year")
    in_force = {row["agreement"] for row in texts("agreements") if row["in_force"] and row["in_force"] <= "2012"}
    for row in made.rows:
        asked = kg.query("treaty-status", state=row["state"], date="2012-12-31")
        parties = {
            str(one["agreement"]).rpartition("/")[2]
            for one in asked
            if one["status"] == "party" and one["held"] == "certainly"
        }
        assert row["treaties"] == len(parties & in_force & set(made.covered["treaties"])), row["state"]


def test_exercises_agree_with_the_canned_query(kg: KnowledgeGraph, tables: Tables) -> None:
    made = panel(tables, 2000, 2019, states=["FRA"], variables=["exercises"], unit="state-year")
    asked = kg.query("exercises-of-state", state="FRA", **{"from": "2000", "to": "2019"})
    certain = {one["exercise"]: parse(str(one["began"])) for one in asked if one["role"] != "observer" and one["began"]}
    wanted = Counter(
        days.earliest.year
        for days in certain.values()
        if days.earliest and days.latest and days.earliest.year == days.latest.year
    )
    assert {row["year"]: row["exercises"] for row in made.rows if row["exercises"]} == dict(wanted)
    assert sum(wanted.values()) > 50


def test_alliances_agree_with_the_canned_query(kg: KnowledgeGraph, tables: Tables) -> None:
    for state in ("POL", "JPN", "AUS"):
        asked = kg.query("defence-obligations", state=state, date="2024-12-31")
        allies = {str(row["ally"]).rpartition("/")[2] for row in asked if row["held"] == "certainly"}
        assert allies
        made = panel(tables, 2024, 2024, variables=["alliance"], unit="directed-dyad-year")
        found = {row["other"] for row in made.rows if row["state"] == state and row["alliance"] == 1}
        assert found == allies, state


def test_shared_organisations_agree_with_members_on_the_day(kg: KnowledgeGraph, tables: Tables) -> None:
    made = panel(tables, 2004, 2004, states=["EST", "FRA", "CHE"], variables=["organisations"])
    pairs = {(row["state"], row["other"]): row["organisations"] for row in made.rows}
    for (state, other), number in pairs.items():
        shared = 0
        for organisation in made.covered["organisations"]:
            rows = kg.query("organisation-members", organisation=organisation, date="2004-12-31")
            members = {str(row["member"]).rpartition("/")[2] for row in rows if row["held"] == "certainly"}
            shared += {str(state), str(other)} <= members
        assert number == shared, (state, other)


def test_agreements_of_a_kind(tables: Tables) -> None:
    made = panel(tables, 2000, 2000, states=["USA", "JPN"], variables=["agreements", "agreements-mutual-defence"])
    (row,) = made.rows
    assert row["agreements_mutual_defence"] == 1
    assert int(str(row["agreements"])) > 1


def test_a_published_dataset_is_counted_with_the_rest(kg: KnowledgeGraph, dcad_rows: Path) -> None:
    def agreements(datasets: dict[str, str | Path]) -> int:
        made = kg.panel(1980, 2010, variables=["agreements"], unit="state-year", datasets=datasets)
        return sum(int(str(row["agreements"] or 0)) for row in made.rows)

    assert agreements({"dcad": dcad_rows}) > agreements({})
    with pytest.raises(FindingsError):
        agreements({"dcad": Path(__file__).parent / "fixtures/dcad/dcad.csv"})


def test_the_codebook_names_every_column_and_what_was_covered(tables: Tables) -> None:
    made = panel(tables, 2000, 2001, states=["USA", "JPN"])
    book = made.codebook()
    for variable in VARIABLES.values():
        assert f"| {variable.column} | {variable.means} |" in book
    assert "npt" in book
    assert "The key of a row is state, other, year" in book


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"unit": "dyad"}, "no unit 'dyad'. Did you mean dyad-year"),
        ({"system": "un"}, "state system"),
        ({"variables": ["exercise"]}, "Did you mean exercises"),
        ({"variables": ["agreements-entent"]}, "agreements-entente"),
        ({"states": ["XYZ"]}, "no state"),
    ],
)
def test_an_unknown_name_is_refused(tables: Tables, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(UnknownNameError, match=says):
        panel(tables, 2000, 2001, **arguments)


def test_years_are_years() -> None:
    assert years("1990", "2000") == (1990, 2000)
    with pytest.raises(UsageError, match="whole years"):
        years("1990-01", "2000")
    with pytest.raises(UsageError, match="first year before its last"):
        panel(read_tables(resources.folder("data")), 2000, 1999)


def test_csv_and_parquet_hold_the_same_with_types(tmp_path: Path) -> None:
    """The command needs no graph that is built."""
    words = ["--states", "FRA,Germany,SUN", "--from", "1988", "--to", "1992"]

    def milidip(*more: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "milidip_kg", "panel", *words, *more], capture_output=True, check=False
        )

    done = milidip("--codebook", str(tmp_path / "book.md"))
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode("utf-8"))))
    assert [row["state"] + row["other"] for row in rows if row["year"] == "1988"] == ["DEUFRA", "DEUSUN", "FRASUN"]
    assert (tmp_path / "book.md").read_text("utf-8").startswith("# Codebook: dyad-year panel, 1988 to 1992")
    out = tmp_path / "panel.parquet"
    assert milidip("--format", "parquet", "-o", str(out)).returncode == 0
    read = duckdb.connect().read_parquet(str(out))
    kinds = dict(zip(read.columns, map(str, read.types), strict=True))
    assert {kinds[name] for name in ("year", *COUNTED)} == {"BIGINT"}
    assert kinds["state"] == "VARCHAR"
    assert len(read.fetchall()) == len(rows)
    assert milidip("--from", "x").returncode == 2
    refused = milidip("--states", "Ruritania")
    assert (refused.returncode, b"Ruritania" in refused.stderr) == (2, True)
