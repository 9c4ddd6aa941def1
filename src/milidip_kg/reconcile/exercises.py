"""Exercises: Multinational Military Exercises, as its adapter reads it, against our editions."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from milidip_kg.adapters import adapt
from milidip_kg.adapters.mme import MME as ADAPTER
from milidip_kg.errors import InputError
from milidip_kg.reconcile.base import Comparison, Result, Row, Sides, Verdict, compare_dates, compare_presence, read_csv


def _compare(sides: Sides) -> Iterator[Result]:
    """Dates and participants of each edition that the map ties to a published record."""
    with tempfile.TemporaryDirectory(prefix="milidip-") as scratch:
        report = adapt(ADAPTER.id, sides.file, Path(scratch), sides.states, sides.data)
        if report.findings:
            raise InputError(report.findings[0].message, f"Run milidip source check {ADAPTER.id}=FILE.")
        theirs = {row["exercise"]: row for row in read_csv(Path(scratch) / "exercises.csv")}
        partners = _participants(list(read_csv(Path(scratch) / "exercise_participations.csv")))
    ours = {row["exercise"]: row for row in sides.ours()}
    our_partners = _participants(sides.ours("exercise_participations"))
    for key, record in sorted(sides.matches.items()):
        row, found = ours[key], theirs[record]
        about = {**sides.from_row(row), "their_row": int(found["origin_row"])}
        for field in ("began", "ended"):
            if row[field] or found[field]:
                verdict, reason = compare_dates(row[field], found[field])
                yield Result(key, "", field, verdict, row[field], found[field], reason=reason, **about)
        yield from _compare_participants(key, our_partners[key], partners[record], about)
    for key, row in sorted(ours.items()):
        if key not in sides.matches and ADAPTER.began <= row["began"][:4] <= ADAPTER.ended:
            reason = "no record of theirs is known to be the same exercise"
            yield Result(key, "", "began", Verdict.ONLY_OURS, row["began"], reason=reason, **sides.from_row(row))
    for record, found in sorted(theirs.items()):
        if record not in sides.matches.values():
            where: dict[str, Any] = {"their_row": int(found["origin_row"]), "unmatched": True}
            yield Result(record, "", "began", Verdict.ONLY_THEIRS, theirs=found["began"], **where)


def _compare_participants(key: str, ours: set[str], theirs: set[str], about: dict[str, Any]) -> Iterator[Result]:
    if not ours or not theirs:
        reason = "one side names no participant"
        yield Result(key, "", "participant", Verdict.NOT_COMPARABLE, reason=reason, **about)
        return
    for actor in sorted(ours | theirs):
        mine, yours = (actor if actor in side else "" for side in (ours, theirs))
        yield Result(key, actor, "participant", compare_presence(mine, yours), mine, yours, **about)


def _participants(rows: list[Row]) -> dict[str, set[str]]:
    found = defaultdict(set)
    for row in rows:
        if row["role"] != "observer":
            found[row["exercise"]].add(row["state"] or row["organisation"])
    return found


MME: Final = Comparison(
    dataset=ADAPTER.id,
    table="exercises",
    title=ADAPTER.title,
    reads=ADAPTER.reads,
    until=ADAPTER.ended,
    cited_as=frozenset(),
    how=(
        "The file is read by its adapter. Editions are matched by the map alone; participants are compared but for"
        " observers, which the dataset does not tell apart. It ends with 2010 and holds far more exercises than our"
        " series; those of theirs that no edition of ours is matched with are only counted here."
    ),
    compare=_compare,
)
