"""EDTF level 1: what is read, its bounds, and that SQL and Python say the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milidip_kg import edtf

BOUNDS = {
    "1949": ("1949-01-01", "1949-12-31"),
    "1949-04": ("1949-04-01", "1949-04-30"),
    "1949-04-04": ("1949-04-04", "1949-04-04"),
    "2000-02": ("2000-02-01", "2000-02-29"),
    "201X": ("2010-01-01", "2019-12-31"),
    "20XX": ("2000-01-01", "2099-12-31"),
    "2004-XX": ("2004-01-01", "2004-12-31"),
    "2004-02-XX": ("2004-02-01", "2004-02-29"),
    "2004-XX-XX": ("2004-01-01", "2004-12-31"),
    "1969~": ("1969-01-01", "1969-12-31"),
    "1969-07?": ("1969-07-01", "1969-07-31"),
    "1969-07-20%": ("1969-07-20", "1969-07-20"),
    "2001-21": ("2001-03-01", "2001-05-31"),
    "2001-22": ("2001-06-01", "2001-08-31"),
    "2001-23": ("2001-09-01", "2001-11-30"),
    "2003-24": ("2003-12-01", "2004-02-29"),
    "1949/1955-05": ("1949-01-01", "1955-05-31"),
    "1984~/2004-06?": ("1984-01-01", "2004-06-30"),
    "1949/..": ("1949-01-01", None),
    "1949/": ("1949-01-01", None),
    "../1955": (None, "1955-12-31"),
    "/1955": (None, "1955-12-31"),
    "0001-01-01": ("0001-01-01", "0001-01-01"),
    "9999-12-31": ("9999-12-31", "9999-12-31"),
}
WRONG = {
    "": "is not a date",
    "around 1949": "is not a date",
    "49": "is not a date",
    "1949-4-4": "is not a date",
    "04/04/1949": "is not a date",
    "1949-XX-04": "is not a date",
    "194X-05": "is not a date",
    "1949?~": "is not a date",
    "1949-13": "no month 13",
    "1949-00": "no month 00",
    "1949-21-04": "no month 21",
    "1949-25-XX": "no month 25",
    "1949-02-29": "no day of the calendar; 1949-02 has the days 01 to 28",
    "1949-04-31~": "no day of the calendar",
    "1949-04-00": "no day of the calendar",
    "0000": "year 0",
    "000X": "year 0",
    "00XX": "year 0",
    "9999-24": "after the year 9999",
    "/": "no date on either side",
    "../..": "no date on either side",
    "1955/1949": "ends before it begins",
    "1949/1955/1960": "is not a date",
    "1949/1955-02-30": "no day of the calendar",
    "..": "is not a date",
}


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        edtf.install(connection)
        yield connection


def in_sql(connection: duckdb.DuckDBPyConnection, texts: list[str]) -> list[edtf.Bounds | None]:
    rows = connection.execute(
        "SELECT edtf_valid(v), edtf_earliest(v), edtf_latest(v) FROM (SELECT unnest($1) AS v)",
        [texts],
    ).fetchall()
    return [edtf.Bounds(earliest, latest) if valid else None for valid, earliest, latest in rows]


def in_python(text: str) -> edtf.Bounds | None:
    try:
        return edtf.parse(text)
    except ValueError:
        return None


@pytest.mark.parametrize("text", BOUNDS)
def test_bounds(text: str) -> None:
    earliest, latest = (date.fromisoformat(day) if day else None for day in BOUNDS[text])
    assert edtf.parse(text) == edtf.Bounds(earliest, latest)


@pytest.mark.parametrize("text", WRONG)
def test_wrong_dates_say_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match=WRONG[text]):
        edtf.parse(text)


def test_sql_agrees_on_the_examples(sql: duckdb.DuckDBPyConnection) -> None:
    texts = [*BOUNDS, *WRONG]
    assert in_sql(sql, texts) == [in_python(text) for text in texts]


POINTS = st.from_regex(r"\A[0-2X][09X][0-9X]{1,2}(-([0-2][0-9]|XX|[0-9]))?(-([0-3][0-9]|XX))?[?~%]{0,2}\Z")
TEXTS = st.one_of(
    POINTS,
    st.builds("{}{}".format, st.dates(), st.sampled_from(["", "?", "~", "%"])),
    st.builds("{}/{}".format, POINTS | st.sampled_from(["", ".."]), POINTS | st.sampled_from(["", ".."])),
    st.builds("{}/{}".format, st.dates(), st.dates()),
    st.text(alphabet="0129X-/.~?% \n", max_size=12),
)


@given(st.lists(TEXTS, min_size=20, max_size=60))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sql_agrees_everywhere(sql: duckdb.DuckDBPyConnection, texts: list[str]) -> None:
    assert in_sql(sql, texts) == [in_python(text) for text in texts]
