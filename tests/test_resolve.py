"""resolve() answers with a reason, or refuses to guess."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milidip_kg.errors import InputError
from milidip_kg.resolve import How, Kind, StateIndex, plain

TABLES = Path(__file__).parent / "fixtures" / "resolve"
STATES = StateIndex(TABLES)
DAYS = st.dates(date(1000, 1, 1), date(9998, 12, 31))


def year(number: int) -> tuple[date, date]:
    return date(number, 1, 1), date(number, 12, 31)


@pytest.mark.parametrize(
    ("system", "code", "on", "state"),
    [
        ("cow", "365", date(1985, 3, 1), "SUN"),
        ("cow", "365", date(1991, 12, 25), "SUN"),
        ("cow", "365", date(1991, 12, 26), "RUS"),
        ("cow", "365", year(1990), "SUN"),
        ("cow", "345", date(1992, 4, 26), "YUG"),
        ("cow", "345", date(2000, 1, 1), "SCG"),
        ("cow", "345", date(2006, 6, 5), "SRB"),
        ("cow", "260", year(1989), "DEU"),
        ("cow", "255", year(1991), "DEU"),
        ("cow", "2", None, "USA"),
        ("cow-abbreviation", "AUS", date(2000, 1, 1), "AUT"),
        ("iso-3166-1-alpha-3", "aus", None, "AUS"),
    ],
)
def test_a_code_means_the_state_of_its_spell(
    system: str, code: str, on: date | tuple[date, date] | None, state: str
) -> None:
    found = STATES.by_code(system, code, on)
    assert (found.key, found.how, found.outside) == (state, How.CODE, False)


@pytest.mark.parametrize(
    ("code", "on", "candidates"),
    [("365", year(1991), {"SUN", "RUS"}), ("345", year(1992), {"YUG", "SCG"}), ("345", None, {"YUG", "SCG", "SRB"})],
)
def test_a_date_on_both_sides_of_a_change_gets_no_answer(
    code: str, on: tuple[date, date] | None, candidates: set[str]
) -> None:
    found = STATES.by_code("cow", code, on)
    assert found.key is None
    assert {candidate.key for candidate in found.candidates} == candidates
    assert found.reason.endswith("Give a day.")


def test_a_code_outside_its_spells_is_taken_only_if_its_neighbours_agree() -> None:
    early = STATES.by_code("cow", "316", date(1991, 1, 21))
    assert (early.key, early.outside) == ("CZE", True)
    assert "not in use on 1991-01-21" in early.reason
    reused = STATES.by_code("iso-3166-1-alpha-2", "CS", date(1998, 1, 1))
    assert reused.key is None
    assert {candidate.key for candidate in reused.candidates} == {"CSK", "SCG"}


@pytest.mark.parametrize(
    ("name", "on", "state", "how"),
    [
        ("germany", None, "DEU", How.NAME),
        ("Federal Republic of Germany", date(1985, 1, 1), "DEU", How.NAME),
        ("COTE D’IVOIRE", None, "CIV", How.NAME),
        ("St. Kitts & Nevis", None, "KNA", How.NAME),
        ("The United States of America", None, "USA", How.NAME),
        ("Burma", date(1970, 1, 1), "MMR", How.FORMER),
        ("Burma", date(2010, 1, 1), "MMR", How.FORMER),
        ("Myanmar (Burma)", date(2003, 1, 1), "MMR", How.ALIAS),
        ("Yugoslavia", date(1980, 1, 1), "YUG", How.NAME),
        ("Yugoslavia", date(2000, 1, 1), "SCG", How.FORMER),
    ],
)
def test_a_name_is_read_without_case_accents_and_punctuation(name: str, on: date | None, state: str, how: How) -> None:
    found = STATES.by_name(name, on)
    assert (found.key, found.how) == (state, how)


def test_a_name_does_not_mean_a_state_that_did_not_exist() -> None:
    found = STATES.by_name("South Sudan", date(2010, 8, 1))
    assert found.key is None
    assert found.reason == "South Sudan (SSD) existed from 2011-07-09 only: not on 2010-08-01."
    assert [candidate.key for candidate in found.candidates] == ["SSD"]


def test_a_text_of_more_than_one_meaning_is_refused_until_the_system_is_named() -> None:
    found = STATES.resolve("AUS")
    assert found.key is None
    assert found.reason == (
        "'AUS' has more than one meaning: 'AUS' is a key for Australia (AUS); "
        "'AUS' is a cow-abbreviation code for Austria (AUT) from 1955-07-27. Name the code system."
    )
    assert STATES.resolve("AUS", "cow-abbreviation").key == "AUT"


def test_organisations_are_found_by_key_abbreviation_and_name() -> None:
    for text in ("nato", "NATO", "North Atlantic Treaty Organization"):
        found = STATES.resolve(text)
        assert (found.key, found.kind) == ("nato", Kind.ORGANISATION)
    assert STATES.by_name("NATO").key is None
    assert STATES.resolve("nato", on=date(1940, 1, 1)).key is None
    assert STATES.organisation("nato") is not None
    assert STATES.organisation("USA") is None


def test_unknown_texts_get_suggestions_and_no_answer() -> None:
    found = STATES.resolve("Germny")
    assert found.key is None
    assert str(found) == "Nothing is known by the name or code 'Germny'. Did you mean Germany?"
    assert found.suggestions == ("Germany",)
    assert STATES.by_code("cow-abbreviation", "GMX").suggestions == ("GMY",)
    assert STATES.resolve("2", "coww").reason == "There is no code system 'coww'. Did you mean cow?"


def test_an_answer_says_how_and_in_which_spell() -> None:
    found = STATES.resolve("365", "cow", date(1985, 1, 1))
    assert (found.query, found.label, found.kind, found.system) == ("365", "Soviet Union", Kind.STATE, "cow")
    assert found.spell == "1922-12-30/1991-12-25"
    assert found.reason == "'365' is a cow code for Soviet Union (SUN) from 1922-12-30 to 1991-12-25."
    assert str(found) == f"SUN\tSoviet Union\n{found.reason}"
    assert STATES.resolve("Australia").spell is None


def test_tables_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no states in"):
        StateIndex(tmp_path).resolve("USA")
    states = tmp_path / "states.csv"
    states.write_text("state,name,official_name,began,ended\nUSA,United States,,1776-07-4,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"states\.csv, row 2: '1776-07-4' is not a date"):
        StateIndex(tmp_path).resolve("USA")
    states.write_text("state,name\nUSA,United States\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column 'began'"):
        StateIndex(tmp_path).resolve("USA")


@given(text=st.text())
def test_a_plain_name_is_its_own_plain_name(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(text=st.text(), on=st.one_of(st.none(), DAYS))
def test_any_text_gets_an_answer_or_a_reason(text: str, on: date | None) -> None:
    found = STATES.resolve(text, on=on)
    assert found.reason
    assert not (found.key and found.candidates)


@given(code=st.sampled_from(["365", "345", "255", "316"]), days=st.lists(DAYS, min_size=2, max_size=2).map(sorted))
def test_an_answer_for_a_span_is_the_answer_for_each_of_its_days(code: str, days: list[date]) -> None:
    span = STATES.by_code("cow", code, (days[0], days[1]))
    if span.key:
        assert {STATES.by_code("cow", code, day).key for day in days} == {span.key}
