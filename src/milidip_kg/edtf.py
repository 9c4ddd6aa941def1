"""Dates as sources state them: EDTF level 1 (ISO 8601-2) and the two days that bound it.

What is read: YYYY, YYYY-MM, YYYY-MM-DD; a season YYYY-21 (spring) to YYYY-24 (winter); digits left open from the right
(201X, 20XX, YYYY-XX, YYYY-MM-XX, YYYY-XX-XX); one qualifier after it (? uncertain, ~ approximate, % both); intervals of
two such dates, either end open (..) or unknown (empty). Years are 0001 to 9999.

The bounds are the first and the last day on which the date can be. A qualifier does not widen them: `1969~` is bounded
as `1969`, and the qualifier stays in the verbatim value. Seasons are those of the northern hemisphere by the month
(spring from March, winter from December to February). An open or unknown end of an interval has no bound.

`parse` is the definition; `MACROS` say the same in SQL for whole tables, and a test proves that the two agree.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import duckdb

_YEAR: Final = r"(?:[0-9]{4}|[0-9]{3}X|[0-9]{2}XX)"
_POINT: Final = r"(?:[0-9]{4}-(?:[0-9]{2}|XX)|[0-9]{4}-[0-9]{2}-(?:[0-9]{2}|XX)|[0-9]{4}-XX-XX|" + _YEAR + r")[?~%]?"
_QUALIFIERS: Final = "?~%"
_ABSENT: Final = ("", "..")

EXPECTED: Final = (
    "an EDTF date such as 1949, 1949-04, 1949-04-04, 194X, 1949-04-XX, 1949-21 (spring), 1949~ or 1949-04/1955"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first and last possible day; None where the date is open or unknown on that side."""

    earliest: date | None
    latest: date | None


def parse(text: str) -> Bounds:
    """The bounds of an EDTF date; ValueError says what is wrong and what would be right."""
    start, slash, end = text.partition("/")
    if not slash:
        return _point(text)
    if start in _ABSENT and end in _ABSENT:
        raise ValueError(f"The interval {text!r} has no date on either side; at least one end must be {EXPECTED}.")
    earliest = None if start in _ABSENT else _point(start).earliest
    latest = None if end in _ABSENT else _point(end).latest
    if earliest and latest and earliest > latest:
        raise ValueError(f"The interval {text!r} ends before it begins; put the earlier date first.")
    return Bounds(earliest, latest)


def _point(text: str) -> Bounds:
    if not re.fullmatch(_POINT, text):
        raise ValueError(f"{text!r} is not a date; write {EXPECTED}.")
    plain = text.rstrip(_QUALIFIERS)
    year, month, day = (*plain.split("-"), "XX", "XX")[:3]
    first, last = int(year.replace("X", "0")), int(year.replace("X", "9"))
    if first == 0:
        raise ValueError(f"{text!r} reaches back to a year 0; years count from 0001.")
    if "X" in year or month == "XX":
        return Bounds(date(first, 1, 1), date(last, 12, 31))
    number = int(month)
    if number in range(21, 25) and day == "XX" and len(plain) == 7:
        return _season(first, number, text)
    if number not in range(1, 13):
        raise ValueError(f"{text!r} has no month {month}; write 01 to 12, or 21 to 24 for a season without a day.")
    days = monthrange(first, number)[1]
    if day == "XX":
        return Bounds(date(first, number, 1), date(first, number, days))
    if int(day) not in range(1, days + 1):
        raise ValueError(f"{text!r} is no day of the calendar; {year}-{month} has the days 01 to {days}.")
    exact = date(first, number, int(day))
    return Bounds(exact, exact)


def _season(year: int, season: int, text: str) -> Bounds:
    first = date(year, (season - 20) * 3, 1)
    if season < 24:
        return Bounds(first, date(year, first.month + 3, 1) - timedelta(days=1))
    if year == date.max.year:
        raise ValueError(f"{text!r} ends after the year 9999.")
    return Bounds(first, date(year + 1, 3, 1) - timedelta(days=1))


# The same in SQL. Whether a text is a date is one regular expression, calendar included; the bounds of a valid point p
# are text work on p. Each macro names its argument few times: DuckDB copies the argument into every place.
_LEAP: Final = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
_DAY: Final = (
    "[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8]|XX)"
    "|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31|XX-XX)"
)
_MONTH: Final = "[0-9]{4}-(?:0[1-9]|1[0-2]|2[1-4]|XX)"
_VALID: Final = f"(?:{_YEAR}|{_MONTH}|{_DAY}|{_LEAP}-02-29)[?~%]?"
_IMPOSSIBLE: Final = "(?:^|/)0(?:000|00X|0XX)|9999-24"
_SEASON: Final = "^[0-9]{4}-2[1-4][?~%]?$"
_EXACT: Final = "length(p) >= 10 AND NOT contains(p, 'X')"
_SEASON_START: Final = "concat(left(p, 5), lpad((3 * substr(p, 7, 1)::INT)::VARCHAR, 2, '0'), '-01')"
_WRITTEN: Final = "regexp_replace(p, '(-XX)*[?~%]?$', '')"

MACROS: Final = (
    f"""edtf_first(p) AS try_cast(CASE WHEN {_EXACT} THEN left(p, 10)
        WHEN regexp_matches(p, '{_SEASON}') THEN {_SEASON_START}
        ELSE rpad(replace({_WRITTEN}, 'X', '0'), 10, '-01-01') END AS DATE)""",
    f"""edtf_last(p) AS CASE WHEN {_EXACT} THEN try_cast(left(p, 10) AS DATE)
        WHEN regexp_matches(p, '{_SEASON}') THEN last_day(try_cast({_SEASON_START} AS DATE) + INTERVAL 2 MONTH)
        ELSE last_day(try_cast(rpad(replace({_WRITTEN}, 'X', '9'), 10, '-12-01') AS DATE)) END""",
    # An open or unknown end is no date to the cast either, so it comes out as NULL.
    "edtf_earliest(v) AS edtf_first(split_part(v, '/', 1))",
    "edtf_latest(v) AS edtf_last(split_part(v, '/', -1))",
    f"""edtf_valid(v) AS
        regexp_full_match(v, '{_VALID}|{_VALID}/(?:{_VALID}|[.][.])?|(?:[.][.])?/{_VALID}')
        AND NOT regexp_matches(v, '{_IMPOSSIBLE}')
        AND (NOT contains(v, '/') OR coalesce(edtf_earliest(v) <= edtf_latest(v), true))""",
)


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the SQL macros known to a connection: edtf_valid, edtf_earliest and edtf_latest of a text."""
    for macro in MACROS:
        connection.execute(f"CREATE OR REPLACE MACRO {macro}")
