"""Memberships: the state-year table of the Correlates of War against our spells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from milidip_kg.reconcile.base import Comparison, Result, Row, Sides, compare_dates

ROLES: Final = {1: "member", 2: "associate", 3: "observer"}
MISSING: Final = -9


@dataclass(frozen=True, slots=True)
class Spell:
    """A run of years with one status, as the bounds that it sets to joining and leaving."""

    began: str
    ended: str
    row: int


def _compare(sides: Sides) -> Iterator[Result]:
    """Beginning and end of each spell of a matched organisation, by state and role, in order of time."""
    codes = {theirs: ours for ours, theirs in sides.matches.items()}
    theirs = _spells(sides, codes)
    ours: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in sides.ours():
        if row["organisation"] in sides.matches and row["state"] and row["role"] in ROLES.values():
            ours[row["organisation"], row["state"], row["role"]].append(row)
    for key in sorted({*ours, *theirs}):
        organisation, state, role = key
        rows = sorted(ours.get(key, []), key=lambda row: row["began"])
        spells = theirs.get(key, [])
        for number in range(max(len(rows), len(spells))):
            ours_now = rows[number] if number < len(rows) else None
            theirs_now = spells[number] if number < len(spells) else None
            about = sides.from_row(ours_now) if ours_now else {}
            if theirs_now:
                about["their_row"] = theirs_now.row
            for field in ("began", "ended"):
                mine = ours_now[field] if ours_now else ""
                yours = getattr(theirs_now, field) if theirs_now else ""
                if not mine and not yours:
                    continue
                verdict, reason = compare_dates(mine, yours, sides.comparison.until)
                yield Result(organisation, f"{state} {role}", field, verdict, mine, yours, reason=reason, **about)


def _spells(sides: Sides, codes: dict[str, str]) -> dict[tuple[str, str, str], list[Spell]]:
    """The runs of years of each state in each matched organisation; a state keeps its run through a change of code."""
    years: dict[str, dict[int, Row]] = defaultdict(dict)
    last = 0
    for row in sides.theirs("ccode", "year", *codes):
        year = int(float(row["year"]))
        state = sides.states.by_code("cow", str(int(float(row["ccode"]))), date(year, 12, 31)).key
        if state:
            years[state].setdefault(year, row)
            last = max(last, year)
    found: dict[tuple[str, str, str], list[Spell]] = {}
    for state, rows in years.items():
        for code, organisation in codes.items():
            seen = [(year, int(float(row[code])), row.number) for year, row in sorted(rows.items())]
            known = [each for each in seen if each[1] != MISSING]
            for status, role in ROLES.items():
                if spells := list(_runs(known, status, last)):
                    found[organisation, state, role] = spells
    return found


def _runs(seen: list[tuple[int, int, int]], status: int, last: int) -> Iterator[Spell]:
    """The runs of one status, with what the years around them leave open."""
    start: tuple[int, int | None, int] | None = None
    before: int | None = None
    for year, value, row in seen:
        if value == status and start is None:
            start = (year, before, row)
        elif value != status and start is not None:
            yield Spell(_since(start[0], start[1]), f"{before}/{year}", start[2])
            start = None
        before = year
    if start is not None and before is not None:
        yield Spell(_since(start[0], start[1]), "" if before == last else f"{before}/{before + 1}", start[2])


def _since(first: int, before: int | None) -> str:
    if before is None:
        return f"../{first}"
    return str(first) if before == first - 1 else f"{before + 1}/{first}"


COW_IGO: Final = Comparison(
    dataset="cow-igo",
    table="memberships",
    title="Correlates of War, Intergovernmental Organizations, version 3 (state-year)",
    reads="state_year_format3.csv, which may be compressed by gzip",
    until="2014",
    cited_as=frozenset(),
    how=(
        "Statuses 1, 2 and 3 of a state-year are member, associate and observer. A run of years gives the time in which"
        " the state must have joined (after the last year without that status) and left (in the last year with it or"
        " the next); years coded as missing are no observation. State codes are resolved at the end of each year. The"
        " spells of one state are compared in order of time."
    ),
    compare=_compare,
)
