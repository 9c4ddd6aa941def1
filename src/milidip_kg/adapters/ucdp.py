"""The UCDP/PRIO Armed Conflict Dataset: armed conflicts with a state on at least one side, by year, from 1946.

How its columns are read:

- A row is a year of a conflict. Years in a row make an episode, which begins at `start_date2` and ends at
  `ep_end_date`; an episode is one confrontation, and every kind that its years have is a kind of it.
- `start_prec2` says how much of a date is known. The copy read does not tell its scale. The dates show it: 1 is the
  day; with 2 and 3 only the month is taken; with 4 and 5 the year; with 6 and 7 the year is marked approximate. The
  column for the precision of the end is empty, so the end is marked approximate.
- Side a and its supporters (`side_a_2nd`) are states by their Gleditsch-Ward codes, and so is side b between states.
  A code is read on the first day of the fighting of that year. Other opponents are groups; they become organisations
  of the kind armed group. Where a row has several, their names and their identifiers stand in different orders, so
  that only the names can be used; a group is then one within a conflict, and the identifiers tell how many there are.
- A participant that is there in each year of a run has one participation with the first and the last year of it.
- `location` has codes as well. A territory before its independence is given by the code of the later state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from milidip_kg.adapters.base import Adapter, Columns, Row, Run, UnusableRowError, not_a_code, slug, whole_number
from milidip_kg.resolve import Span

KINDS: Final = {
    "1": "extrasystemic-conflict",
    "2": "interstate-conflict",
    "3": "intrastate-conflict",
    "4": "internationalised-conflict",
}
ISSUES: Final = {"1": "territory", "2": "government", "3": "territory and government"}
PRECISION: Final = {"1": "day", "2": "month", "3": "month", "4": "year", "5": "year", "6": "about", "7": "about"}
"""How much of a start is taken, by the precision code."""

UNKNOWN_STATES: Final = {"751": "Hyderabad, a state to 1948 that the tables do not have"}

SERBIA: Final = ("345", "SRB", date(2006, 6, 5))
"""The dataset keeps the code of Yugoslavia for Serbia, which the state system gives a code of its own from that day."""
RHODESIA: Final = ("ZWE", date(1980, 4, 18), "Rhodesia, which has the code of Zimbabwe.")
"""The state that a code means in fact before a day, and what must be said of it."""

SIDES: Final = (
    ("a", "party", "gwno_a"),
    ("a", "supporter", "gwno_a_2nd"),
    ("b", "party", "gwno_b"),
    ("b", "supporter", "gwno_b_2nd"),
)
_OUTSIDE_BRACKETS: Final = re.compile(r",\s*(?![^()]*\))")


def _adapt(run: Run, row: Row) -> None:
    """Add a year to its episode: the confrontation when the year is its first, and the participations."""
    year = whole_number(row, "year")
    kind = _code(row, "type_of_conflict", KINDS)
    if row["start_prec2"] not in PRECISION:
        raise not_a_code(row, "start_prec2", "a number from 1 to 7")
    if row["ep_end"] not in ("0", "1"):
        raise not_a_code(row, "ep_end", "0 or 1")
    began = _date(row, "start_date2")
    ended = _date(row, "ep_end_date") if row["ep_end"] == "1" else None
    key = f"ucdp-{whole_number(row, 'conflict_id')}-{row['start_date2']}"
    first = max(began, date(year, 1, 1))
    when = (first, first)
    participants = list(_participants(run, row, when))
    for side in ("a", "b"):
        if side not in [each[2] for each in participants]:
            raise UnusableRowError(f"gwno_{side}", row[f"gwno_{side}"], f"nobody is known of side {side}")
    confrontation = run.open.get(("confrontation", key))
    if confrontation is None:
        confrontation = run.add(
            "confrontations",
            row,
            confrontation=key,
            name=_name(row, began.year),
            kind=kind,
            area_states=";".join(_states(run, row, "gwno_loc", when)),
            area=row["territory_name"],
            began=_start(began, PRECISION[row["start_prec2"]]),
            note=f"Fought over {_code(row, 'incompatibility', ISSUES)}.",
        )
        run.open["confrontation", key] = confrontation
    elif kind not in confrontation["kind"].split(";"):
        confrontation["kind"] += f";{kind}"
    if ended:
        confrontation["ended"] = f"{ended.isoformat()}~"
    for column, role, side, actor in participants:
        _participate(run, row, (key, column, actor), year, role, side)


def _name(row: Row, year: int) -> str:
    opponents = f"{row['side_a']} and {row['side_b']}" if row["type_of_conflict"] == "2" else row["side_b"]
    where = row["territory_name"] or row["location"]
    return f"Conflict over {where}: {opponents} ({year})"


def _start(began: date, precision: str) -> str:
    if precision == "day":
        return began.isoformat()
    if precision == "month":
        return f"{began:%Y-%m}"
    return f"{began:%Y}" + ("~" if precision == "about" else "")


def _date(row: Row, column: str) -> date:
    try:
        return date.fromisoformat(row[column])
    except ValueError:
        raise not_a_code(row, column, "a day as YYYY-MM-DD") from None


def _participants(run: Run, row: Row, when: Span) -> Iterator[tuple[str, str, str, str]]:
    """The column, role, side and key of each participant of the year."""
    for side, role, column in SIDES:
        for key in _states(run, row, column, when):
            yield "state", role, side, key
    if not row["gwno_b"]:
        for key in _groups(run, row):
            yield "organisation", "party", "b", key


def _states(run: Run, row: Row, column: str, when: Span) -> Iterator[str]:
    """The states that a list of Gleditsch-Ward codes means on that day."""
    for code in filter(None, (part.strip() for part in row[column].split(","))):
        found = run.states.by_code("gleditsch-ward", code, when)
        if code == SERBIA[0] and when[0] >= SERBIA[2]:
            yield SERBIA[1]
        elif found.key:
            yield found.key
        else:
            run.leave_out(row, column, code, UNKNOWN_STATES.get(code, found.reason))
            if not found.candidates and code not in UNKNOWN_STATES:
                run.not_understood(row, column, code, "Expected a state code of Gleditsch and Ward.")


def _groups(run: Run, row: Row) -> Iterator[str]:
    """The groups of side b, each of which is added as an organisation when a row first names it."""
    count = row["side_b_id"].count(",") + 1
    names = _OUTSIDE_BRACKETS.split(row["side_b"]) if count > 1 else [row["side_b"]]
    if len(names) != count:
        raise UnusableRowError("side_b", row["side_b"], "not one name for each identifier", "Count them.")
    for name in (name.strip() for name in names):
        key = f"ucdp-group-{row.record}-{slug(name)}"
        if key not in run.labels:
            run.labels[key] = name
            run.add("organisations", row, organisation=key, name=name, kind="armed-group")
        yield key


def _participate(run: Run, row: Row, who: tuple[str, str, str], year: int, role: str, side: str) -> None:
    """Add a participation, or a year to the one that reaches to the year before."""
    confrontation, column, actor = who
    known = run.open.get(("participation", *who, role, side))
    if known and known["ended"] == str(year - 1):
        known["ended"] = str(year)
    elif known is None or known["ended"] != str(year):
        spell = {"began": str(year), "ended": str(year), column: actor}
        if actor == RHODESIA[0] and year < RHODESIA[1].year:
            spell["note"] = RHODESIA[2]
        run.open["participation", *who, role, side] = run.add(
            "confrontation_participations", row, confrontation=confrontation, side=side, role=role, **spell
        )


def _code(row: Row, column: str, known: dict[str, str]) -> str:
    if row[column] not in known:
        raise not_a_code(row, column, " or ".join(known))
    return known[row[column]]


UCDP: Final = Adapter(
    id="ucdp",
    title="UCDP/PRIO Armed Conflict Dataset, version 25.1",
    publisher="Uppsala Conflict Data Program and Peace Research Institute Oslo",
    published="2025",
    url="https://ucdp.uu.se/downloads/",
    licence="CC BY 4.0, as the programme publishes; the copy read states none",
    citation=(
        "Davies, Pettersson, Sollenberg and Öberg. 2025. Organized violence 1989-2024. JPR 62(4). "
        "Gleditsch, Wallensteen, Eriksson, Sollenberg and Strand. 2002. Armed Conflict 1946-2001: A New Dataset. "
        "Journal of Peace Research 39(5)."
    ),
    reads="ucdp-prio-acd-251.csv",
    sha256="a7a2ff6caf6c854f4fafb1b17f616da1ed6bbc00612943ec6e071511ebea7a81",
    checked="2026-11-22",
    covers=(
        (
            "confrontations",
            "Episodes of armed conflicts with a state on at least one side and 25 deaths in battle or more in a year.",
        ),
        ("confrontation_participations", "The parties of these episodes, and the states that sent them troops."),
        ("organisations", "The groups that fought a state in these episodes, by name only."),
    ),
    began="1946",
    ended="2024",
    columns=Columns(
        record="conflict_id",
        read=(
            *("location", "side_a", "side_b", "side_b_id", "incompatibility", "territory_name", "year"),
            *("type_of_conflict", "start_date2", "start_prec2", "ep_end", "ep_end_date"),
            *("gwno_a", "gwno_a_2nd", "gwno_b", "gwno_b_2nd", "gwno_loc"),
        ),
        ignored={
            "side_a_id": "the state code is read",
            "side_a_2nd": "the state codes are read",
            "side_b_2nd": "the state codes are read",
            "intensity_level": "a class of deaths in battle, which the tables do not have",
            "cumulative_intensity": "a class of deaths in battle, which the tables do not have",
            "start_date": "the first episode of the conflict; that of the episode is read",
            "start_prec": "the precision of the date that is not read",
            "ep_end_prec": "empty throughout",
            "region": "said by the location",
            "version": "the version of the file",
        },
    ),
    adapt=_adapt,
)
