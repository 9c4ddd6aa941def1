"""Alliances: the member table of Alliance Treaty Obligations and Provisions against our agreements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from milidip_kg.adapters.dates import partial_date
from milidip_kg.edtf import parse
from milidip_kg.reconcile.base import Comparison, Result, Row, Sides, Verdict, beyond, compare_dates, compare_presence

OBLIGATIONS: Final = {
    "defense": "mutual-defence",
    "neutral": "neutrality",
    "nonagg": "non-aggression",
    "consul": "consultation",
}
"""The obligation columns that have a code of ours; it is a kind of agreement or the obligation of a provision."""

BOUND: Final = frozenset(
    {"ratification", "accession", "acceptance", "approval", "succession", "signature", "definitive-signature"}
)
OPEN: Final = "0"
"""No end: the alliance or the membership holds."""


def _compare(sides: Sides) -> Iterator[Result]:
    """Dates, members and obligations of each agreement that the map ties to an alliance."""
    alliances: dict[str, list[Row]] = defaultdict(list)
    columns = [f"{part}{what}" for what in ("ent", "exit") for part in ("yr", "mo", "day")]
    for row in sides.theirs("atopid", "member", *columns, *OBLIGATIONS):
        alliances[row["atopid"]].append(row)
    ours = {row["agreement"]: row for row in sides.ours()}
    parties: dict[str, dict[str, str]] = defaultdict(dict)
    for row in sides.ours("treaty_actions"):
        if row["action"] in BOUND and row["state"]:
            first = parties[row["agreement"]].get(row["state"], row["date"])
            parties[row["agreement"]][row["state"]] = min(first, row["date"])
    duties: dict[str, set[str]] = defaultdict(set)
    for row in sides.ours("provisions"):
        duties[row["agreement"]].add(row["obligation"])
    for key, alliance in sorted(sides.matches.items()):
        row, members = ours[key], alliances[alliance]
        about = {**sides.from_row(row), "their_row": members[0].number}
        began = min(filter(None, (_date(member, "ent") for member in members)))
        ends = [_date(member, "exit") for member in members]
        ended = "" if "" in ends else max(ends)
        for field, mine, yours in (("signed", row["signed"] or row["adopted"], began), ("ended", row["ended"], ended)):
            if mine or yours:
                verdict, reason = compare_dates(mine, yours, sides.comparison.until)
                yield Result(key, "", field, verdict, mine, yours, reason=reason, **about)
        yield from _members(sides, key, parties[key], members, about)
        yield from _obligations(key, duties[key] | set(row["kind"].split(";")), members, about)
    for alliance, members in sorted(alliances.items()):
        if alliance not in sides.matches.values():
            where: dict[str, Any] = {"their_row": members[0].number, "unmatched": True}
            yield Result(alliance, "", "signed", Verdict.ONLY_THEIRS, theirs=_date(members[0], "ent"), **where)


def _members(
    sides: Sides, key: str, parties: dict[str, str], members: list[Row], about: dict[str, Any]
) -> Iterator[Result]:
    """Our parties, with the date of their first act, against their members."""
    if not parties:
        yield Result(key, "", "party", Verdict.NOT_COMPARABLE, reason="our tables have no acts of parties", **about)
        return
    theirs: dict[str, int] = {}
    for row in members:
        day = parse(_date(row, "ent")).earliest
        state = sides.states.by_code("cow", row["member"], day)
        if state.key:
            theirs.setdefault(state.key, row.number)
        else:
            where = {**about, "their_row": row.number, "reason": state.reason}
            yield Result(key, row["member"], "party", Verdict.NOT_COMPARABLE, theirs=row["member"], **where)
    for party in sorted({*parties, *theirs}):
        mine, yours = (party if party in side else "" for side in (parties, theirs))
        verdict, reason = compare_presence(mine, yours), ""
        if verdict is Verdict.ONLY_OURS and parties[party] > sides.comparison.until:
            verdict, reason = Verdict.NOT_COMPARABLE, beyond(sides.comparison.until)
        where = {**about, "their_row": theirs.get(party), "reason": reason}
        yield Result(key, party, "party", verdict, mine, yours, **where)


def _obligations(key: str, ours: set[str], members: list[Row], about: dict[str, Any]) -> Iterator[Result]:
    for column, code in OBLIGATIONS.items():
        mine = code if code in ours else ""
        yours = code if any(row[column] == "1" for row in members) else ""
        if mine or yours:
            yield Result(key, code, "obligation", compare_presence(mine, yours), mine, yours, **about)


def _date(row: Row, what: str) -> str:
    """A date of three columns as EDTF; empty where there is none."""
    year, month, day = (row[f"{part}{what}"] for part in ("yr", "mo", "day"))
    if year in ("", OPEN):
        return ""
    numbers = [int(part) if part not in ("", OPEN) else None for part in (month, day)]
    return partial_date(int(year), *numbers)[0].edtf


ATOP: Final = Comparison(
    dataset="atop",
    table="agreements",
    title="Alliance Treaty Obligations and Provisions, version 5.1 (members)",
    reads="atop5_1m.csv",
    until="2018-12-31",
    cited_as=frozenset(),
    how=(
        "An alliance begins with its first member's entry, which the dataset puts at signature, and ends with its last"
        " member's exit. Its members are compared with the states whose signature or consent we have; its obligations"
        " with the kinds and provisions of ours, where a code of ours means the same. When an alliance ended is a"
        " judgement of the coders. Most of their alliances are not in our selection and are only counted."
    ),
    compare=_compare,
)
