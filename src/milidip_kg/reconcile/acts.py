"""Acts of parties: the status lists of the United Nations, per treaty and state, against our treaty actions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from milidip_kg.edtf import parse
from milidip_kg.reconcile.base import Comparison, Result, Row, Sides, Verdict, compare_dates

CONSENTS: Final = frozenset(
    {"ratification", "accession", "acceptance", "approval", "succession", "consent-to-be-bound", "definitive-signature"}
)
STAGES: Final = {
    "signature": "signature",
    "provisional-application": "provisional application",
    "withdrawal": "withdrawal",
    "revocation-of-ratification": "withdrawal",
} | dict.fromkeys(CONSENTS, "consent")
"""What an act is one of: a state has at most one of each under a treaty, but for further depositaries."""

UNTC_SUFFIXES: Final = {
    "a": "accession",
    "d": "succession",
    "A": "acceptance",
    "AA": "approval",
    "n": "provisional-application",
    "P": "consent-to-be-bound",
}
LISTED: Final = {
    "signed": "signature",
    "ratified": "ratification",
    "acceded to": "accession",
    "succeeded": "succession",
    "accepted": "acceptance",
    "withdrew from": "withdrawal",
}
"""The words of the list of acts as our codes; only withdrawal stands for more than one of ours."""


@dataclass(frozen=True, slots=True)
class Act:
    """An act as a status list has it."""

    treaty: str
    actor: str
    stage: str
    """One of `STAGES`."""
    action: str
    """The code of our vocabulary; empty if the list does not tell."""
    date: str
    row: int


def _compare(sides: Sides, acts: list[Act], until: Mapping[str, str]) -> Iterator[Result]:
    """Each act of ours under a matched agreement against theirs of the same actor and stage.

    `until` is the last day of which the list knows, by treaty.
    """
    agreements = {theirs: ours for ours, theirs in sides.matches.items()}
    theirs: dict[tuple[str, str, str], list[Act]] = defaultdict(list)
    for act in acts:
        theirs[agreements[act.treaty], act.actor, act.stage].append(act)
    ended = {row["state"] for row in sides.ours("states") if row["ended"]}
    successions = [(row["predecessor"], row["successor"]) for row in sides.ours("state_successions")]
    ours: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in sides.ours():
        agreement, actor, stage = row["agreement"], row["state"] or row["organisation"], STAGES.get(row["action"], "")
        if agreement in sides.matches and stage:
            for shown_under in (successor for state, successor in successions if state == actor and state in ended):
                if any(act.date == row["date"] for act in theirs.get((agreement, shown_under, stage), [])):
                    actor = shown_under
            ours[agreement, actor, stage].append(row)
    for key in sorted({*ours, *theirs}):
        agreement, actor, stage = key
        for mine, yours in _pairs(ours.get(key, []), theirs.get(key, [])):
            about = sides.from_row(mine) if mine else {}
            if yours:
                about["their_row"] = yours.row
            dates = mine["date"] if mine else "", yours.date if yours else ""
            verdict, reason = compare_dates(*dates, until[sides.matches[agreement]])
            if verdict is Verdict.ONLY_OURS and mine:
                reason = _beyond_the_list(mine, actor in ended)
                verdict = Verdict.NOT_COMPARABLE if reason else verdict
            yield Result(agreement, f"{actor} {stage}", "date", verdict, *dates, reason=reason, **about)
            if mine and yours and yours.action:
                same = Verdict.AGREE if mine["action"] == yours.action else Verdict.DIFFER
                yield Result(agreement, f"{actor} {stage}", "action", same, mine["action"], yours.action, **about)


def _beyond_the_list(row: Row, ended: bool) -> str:
    """Why a status list cannot have an act that it lacks."""
    if ended:
        return "the act of a state that ended: the list shows it, if at all, under a successor"
    return "a deposit with one of several depositaries: the list has one date an act" if row["depositary"] else ""


def _pairs(rows: list[Row], acts: list[Act]) -> Iterator[tuple[Row | None, Act | None]]:
    """Rows and acts of one actor and stage: those of the same date, then of the same kind, then any; the rest alone."""
    rows, acts = list(rows), list(acts)
    for same in (_same_date, _same_action, _any):
        for act in list(acts):
            if found := next((row for row in rows if same(row, act)), None):
                rows.remove(found)
                acts.remove(act)
                yield found, act
    yield from ((row, None) for row in rows)
    yield from ((None, act) for act in acts)


def _same_date(row: Row, act: Act) -> bool:
    return row["date"] == act.date


def _same_action(row: Row, act: Act) -> bool:
    return row["action"] == act.action


def _any(_row: Row, _act: Act) -> bool:
    return True


def _untc(sides: Sides) -> Iterator[Result]:
    """The tables of the Treaty Collection: one act a row, participants by the names of the day of the copy."""
    actors = {theirs: ours for ours, theirs in sides.matches.items()}
    on = parse(sides.comparison.until).latest
    acts = []
    last: dict[str, str] = dict.fromkeys(sides.matches.values(), "")
    for row in sides.theirs("chapter_no", "treaty_no", "participant", "column", "date", "action_suffix", "raw"):
        treaty = f"{row['chapter_no']}-{row['treaty_no']}"
        if treaty not in last:
            continue
        last[treaty] = max(last[treaty], row["date"])
        named = sides.states.by_name(row["participant"], on)
        actor = actors.get(row["participant"]) or named.key
        reason = "" if actor else named.reason
        column, suffix = row["column"], row["action_suffix"]
        signed = column.startswith("Signature")  # by succession too
        action = "signature" if signed else UNTC_SUFFIXES.get(suffix, "ratification")
        if not reason and (not row["date"] or (suffix and suffix not in UNTC_SUFFIXES)):
            reason = "not understood"
        if reason:
            yield Result(
                actors[treaty],
                row["participant"],
                "date",
                Verdict.NOT_COMPARABLE,
                theirs=row["raw"],
                their_row=row.number,
                reason=reason,
            )
        else:
            acts.append(Act(treaty, str(actor), STAGES[action], action, row["date"], row.number))
    yield from _compare(sides, acts, last)


def _list_of_acts(sides: Sides) -> Iterator[Result]:
    """The list of the Office for Disarmament Affairs: one act a row, states by ISO codes."""
    agreements = {theirs: ours for ours, theirs in sides.matches.items()}
    on = parse(sides.comparison.until).latest
    acts = []
    for row in sides.theirs("date", "iso2", "action", "treaty"):
        if row["treaty"] not in agreements:
            continue
        state = sides.states.by_code("iso-3166-1-alpha-2", row["iso2"], on)
        action = LISTED.get(row["action"])
        if state.key and action:
            stage = STAGES[action]
            told = "" if stage == "withdrawal" else action
            acts.append(Act(row["treaty"], state.key, stage, told, row["date"], row.number))
        else:
            yield Result(
                agreements[row["treaty"]],
                row["iso2"],
                "date",
                Verdict.NOT_COMPARABLE,
                theirs=row["date"],
                their_row=row.number,
                reason=f"{row['action']!r} is not understood" if state.key else state.reason,
            )
    yield from _compare(sides, acts, dict.fromkeys(agreements, sides.comparison.until))


UNTC: Final = Comparison(
    dataset="untc",
    table="treaty_actions",
    title="Multilateral Treaties Deposited with the Secretary-General, participation tables (copy of March 2015)",
    reads="untc_participation_long.csv",
    until="2015-03-14",
    cited_as=frozenset(
        {"untc-participation-2015-03", "untc-vcdr-participation-2015", "untc-charter-declarations-2015"}
    ),
    how=(
        "One act a row. Participants go by their names on the day of the copy; the list shows the acts of states that"
        " ended under their successors. An act of ours later than the last one in their table of the treaty is not"
        " compared: each table stops somewhere between 2012 and 2014."
    ),
    compare=_untc,
)

ARMS_CONTROL_STATUS: Final = Comparison(
    dataset="arms-control-status",
    table="treaty_actions",
    title="Disarmament Treaties Database of the United Nations, acts by date (copy of August 2026)",
    reads="arms_control_events_timeline_2026-08-22.csv",
    until="2026-08-22",
    cited_as=frozenset({"unoda-status-survivalscores-2026-08-22"}),
    how=(
        "One act a row, with one date though some treaties have three depositaries. States go by their ISO 3166-1 codes"
        " on the day of the copy."
    ),
    compare=_list_of_acts,
)
