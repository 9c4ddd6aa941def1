"""Peacekeeping operations: the list of the United Nations against our operations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from milidip_kg.reconcile.base import Comparison, Result, Sides, Verdict, compare_dates, month_if_first


def _compare(sides: Sides) -> Iterator[Result]:
    """Start and end of each operation, by its acronym."""
    theirs = {row["mission_acronym"]: row for row in sides.theirs("mission_acronym", "start_date", "end_date")}
    ours = {row["operation"]: row for row in sides.ours() if row["organisation"] == "un"}
    acronyms = {key: sides.matches.get(key, row["abbreviation"]) for key, row in ours.items()}
    for key, row in sorted(ours.items()):
        about = sides.from_row(row)
        found = theirs.get(acronyms[key])
        if found is None:
            yield Result(key, "", "began", Verdict.ONLY_OURS, row["began"], reason="no such acronym", **about)
            continue
        about["their_row"] = found.number
        for field, column in (("began", "start_date"), ("ended", "end_date")):
            day = month_if_first(found[column])
            if not row[field] and not day:
                continue
            verdict, reason = compare_dates(row[field], day, sides.comparison.until)
            yield Result(key, "", field, verdict, row[field], found[column], reason=reason, **about)
    for acronym, found in sorted(theirs.items()):
        if acronym not in acronyms.values():
            day = found["start_date"]
            yield Result(acronym, "", "began", Verdict.ONLY_THEIRS, theirs=day, their_row=found.number)


UN_MISSIONS: Final = Comparison(
    dataset="un-missions",
    table="operations",
    title="Peacekeeping operations (DPPADPOSS-PKO), United Nations Peace and Security Data Hub",
    reads="DPPADPOSS-PKO.csv",
    until="2024-02-19",
    cited_as=frozenset({"un-psdata-pko-2024"}),
    how=(
        "Operations are matched by acronym. A date on the first of a month is read as that month, since the list writes"
        " months so; where something did happen on such a day it agrees within precision."
    ),
    compare=_compare,
)
