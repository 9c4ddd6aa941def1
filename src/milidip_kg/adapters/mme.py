"""Multinational Military Exercises: exercises of two or more states from 1980 to 2010, with their participants.

How its columns are read:

- Dates are stated twice, as text in two formats (`m/d/yy`, and `yyyy-mm-xx` where the day is not known) and as parts.
  What both say is taken; the year of the parts gives the century to the text. An end before the start is dropped.
- Three identifiers cover two exercises each: their keys carry the start date as well.
- The dataset does not tell hosts from guests: every role is `participant`.
- Participants are English names, mostly of today's states. A name is read at the date of the start; `CORRECTIONS` lists
  those by which the dataset means another state than the name does. Unnamed participants (`-9`), `NOT_STATES` and those
  that were not states at the time are left out, each with its reason; what the dataset adds on further participants is
  in the note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from milidip_kg.adapters.base import Adapter, Columns, Row, Run, UnusableRowError, not_a_code, slug
from milidip_kg.adapters.dates import PartialDate, partial_date
from milidip_kg.resolve import Span, Spell

MISSING: Final = "-9"
UNKNOWN_PART: Final = "xx"
SHARED_IDS: Final = frozenset({"mme3457", "mme3458", "mme3460"})
"""Identifiers that the dataset gives to two exercises each."""

KINDS: Final = {"CPX": "command-post"}
DOMAINS: Final = {"Air": "air", "Land": "land", "Sea": "maritime", "Amphibious": "amphibious", "Cyber": "cyber"}
SCENARIOS: Final = {
    "Warfighting": "warfighting",
    "Peacekeeping": "peacekeeping",
    "Humanitarian": "humanitarian-assistance",
}


@dataclass(frozen=True, slots=True)
class Correction:
    """A name by which the dataset means, at some time, another state than the name does, and why that is certain."""

    name: str
    state: str
    spell: Spell
    reason: str


CORRECTIONS: Final = (
    Correction(
        "Russia",
        "SUN",
        Spell.of("", "1991-12-25"),
        "The dataset has no Soviet Union: the partner of Warsaw Pact exercises is called Russia from 1980 on.",
    ),
    Correction(
        "Serbia",
        "SCG",
        Spell.of("1992-04-27", "2006-06-04"),
        "Serbia was part of the Federal Republic of Yugoslavia, then of Serbia and Montenegro, not a state of its own.",
    ),
    Correction(
        "Yugoslavia",
        "SCG",
        Spell.of("1992-04-27", "2006-06-04"),
        "Serbia and Montenegro was the Federal Republic of Yugoslavia to 2003, and the dataset keeps that name.",
    ),
    Correction(
        "st. christopher",
        "KNA",
        Spell.of("1983-09-19", ""),
        "Saint Christopher and Nevis is the other name of Saint Kitts and Nevis in its constitution.",
    ),
)

ORGANISATIONS: Final[Mapping[str, str]] = MappingProxyType({"NATO": "nato"})
NOT_STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Baltic States": "a group of states, which is not said to have taken part as a whole",
        "Bermuda": "a territory of the United Kingdom",
        "Hong Kong SAR China": "a territory, of the United Kingdom to 1997-06-30 and of China since",
        "Netherlands Antilles": "a country of the Kingdom of the Netherlands",
        "New Caledonia": "a territory of France",
    }
)
"""Participants that are no states, and no organisation of the tables."""

_DECIMAL: Final = re.compile(r"-?\d+(\.\d+)?")
_TEXT: Final = re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<yy>\d\d)|(?P<year>\d{4})-(?P<month>\d\d)-xx")


def _adapt(run: Run, row: Row) -> None:
    """Make an exercise and its participations, and its series where the row is the first to name it."""
    began = _start(run, row)
    exercise = _key(row, began)
    run.claim(row, "MMEID", exercise)
    ended = _end(run, row, began)
    latitude, longitude = _position(row)
    flags = {column: _flag(row, column) for column in (*KINDS, *DOMAINS, *SCENARIOS)}
    place = "" if row["Location"] == MISSING else _line(row["Location"])
    name = "" if row["Ex_Name"] == MISSING else _line(row["Ex_Name"])
    cells = [(column, row[column]) for column in run.repeated if row[column]]
    unnamed = sum(value == MISSING for _, value in cells)
    run.add(
        "exercises",
        row,
        exercise=exercise,
        name=name or ", ".join(filter(None, ("Unnamed exercise", place, began.edtf[:7]))),
        series=_series(run, row),
        began=began.edtf,
        ended=ended.edtf if ended else "",
        as_stated=f"{row['StartDate']} to {row['EndDate']}",
        kind=_chosen(KINDS, flags),
        domain=_chosen(DOMAINS, flags),
        scenario=_chosen(SCENARIOS, flags),
        place=place,
        latitude=latitude,
        longitude=longitude,
        note=_note(unnamed, _line(row["AdditionalParticipantInfo"])),
    )
    present: set[tuple[str, str]] = set()
    for column, value in cells:
        participant = _participant(run, row, column, value, began.span)
        if participant in present:
            run.leave_out(row, column, value, "named twice in the row")
        elif participant:
            present.add(participant)
            kind, key = participant
            run.add("exercise_participations", row, exercise=exercise, role="participant", **{kind: key})


def _key(row: Row, began: PartialDate) -> str:
    number = row.record.removeprefix("mme")
    if number == row.record or not (number.isascii() and number.isdecimal()):
        raise not_a_code(row, "MMEID", "mme and a number")
    return f"mme-{number}-{began.edtf}" if row.record in SHARED_IDS else f"mme-{number}"


def _start(run: Run, row: Row) -> PartialDate:
    began = _stated(run, row, "StartDate", "s")
    if began is None:
        reason = f"contradicts s.year {row['s.year']}: no start is certain"
        raise UnusableRowError("StartDate", row["StartDate"], reason)
    return began


def _end(run: Run, row: Row, began: PartialDate) -> PartialDate | None:
    ended = _stated(run, row, "EndDate", "e")
    if ended is None:
        run.leave_out(row, "EndDate", row["EndDate"], f"contradicts e.year {row['e.year']}: no end is certain")
    elif ended.span[1] < began.span[0]:
        run.leave_out(row, "EndDate", row["EndDate"], f"before the start, {row['StartDate']}: one of the two is wrong")
        return None
    return ended


def _stated(run: Run, row: Row, column: str, prefix: str) -> PartialDate | None:
    """What the text and the parts of a date both say; nothing if they name different years."""
    year, month, day = (_part(row, f"{prefix}.{part}") for part in ("year", "month", "day"))
    text = _TEXT.fullmatch(row[column])
    if not text:
        raise not_a_code(row, column, "m/d/yy, or yyyy-mm-xx")
    if year is None:
        raise not_a_code(row, f"{prefix}.year", "a year of four digits")
    try:
        from_parts, problem = partial_date(year, month, day)
    except ValueError:
        raise not_a_code(row, f"{prefix}.year", "a year of four digits") from None
    if text["yy"] is None:
        from_text, _ = partial_date(int(text["year"]), int(text["month"]))
    else:
        century = year - year % 100
        from_text, _ = partial_date(century + int(text["yy"]), int(text["m"]), int(text["d"]))
    both = from_parts.shared(from_text)
    if both and (problem or from_parts != from_text):
        parts = "-".join(row[f"{prefix}.{part}"] for part in ("year", "month", "day"))
        reason = problem or f"contradicts the parts, {parts}"
        run.leave_out(row, column, row[column], f"{reason}; {both.edtf} is kept")
    return both


def _part(row: Row, column: str) -> int | None:
    value = row[column]
    if value == UNKNOWN_PART:
        return None
    if not value.isdecimal():
        raise not_a_code(row, column, "a number, or xx")
    return int(value)


def _position(row: Row) -> tuple[str, str]:
    latitude, longitude = row["lat"], row["lon"]
    for column, value, limit in (("lat", latitude, 90), ("lon", longitude, 180)):
        known = bool(_DECIMAL.fullmatch(value)) and abs(float(value)) <= limit
        if not known and (latitude or longitude):
            raise not_a_code(row, column, f"degrees from -{limit} to {limit}, or neither latitude nor longitude")
    return latitude, longitude


def _flag(row: Row, column: str) -> bool:
    if row[column] not in ("0", "1"):
        raise not_a_code(row, column, "0 or 1")
    return row[column] == "1"


def _chosen(codes: Mapping[str, str], flags: Mapping[str, bool]) -> str:
    return ";".join(code for column, code in codes.items() if flags[column])


def _series(run: Run, row: Row) -> str:
    """The key of the series, which is added to the tables when a row first names it."""
    name = _line(row["Series_Name"])
    if not name:
        return ""
    key = f"mme-series-{slug(name)}"
    if key not in run.labels:
        run.labels[key] = name
        run.add("exercise_series", row, series=key, name=name)
    elif name != run.labels[key]:
        run.leave_out(row, "Series_Name", name, f"an earlier row calls the series {run.labels[key]}")
    return key


def _note(unnamed: int, further: str) -> str:
    parts = []
    if unnamed:
        parts.append("One participant is not named." if unnamed == 1 else f"{unnamed} participants are not named.")
    if further:
        parts.append(f"On participants the dataset adds: “{further}”")
    return " ".join(parts)


def _participant(run: Run, row: Row, column: str, name: str, when: Span) -> tuple[str, str] | None:
    """The column and the key of a participant, or nothing if it is left out."""
    if organisation := run.states.organisation(ORGANISATIONS.get(name, "")):
        return "organisation", organisation.key
    if name == MISSING:
        reason = "the dataset does not name the participant"
    elif name in NOT_STATES:
        reason = NOT_STATES[name]
    elif name in ORGANISATIONS:
        reason = f"the tables have no organisation {ORGANISATIONS[name]}"
    else:
        for correction in CORRECTIONS:
            if correction.name == name and correction.spell.covers(when):
                return "state", correction.state
        found = run.states.by_name(name, when)
        straddled = [each.state for each in CORRECTIONS if each.name == name and each.spell.touches(when)]
        if found.key and not straddled:
            return "state", found.key
        reason = found.reason
        if straddled:
            reason = f"the day is not known, and {name} may mean {' or '.join([*straddled, found.key or 'no state'])}"
        elif not found.candidates:
            meant = f" Perhaps {' or '.join(found.suggestions)}?" if found.suggestions else ""
            run.not_understood(row, column, name, f"Expected the name of a state.{meant}")
    run.leave_out(row, column, name, reason)
    return None


def _line(text: str) -> str:
    return " ".join(text.split())


MME: Final = Adapter(
    id="mme",
    title="Multinational Military Exercises, 1980-2010 (MME, version 7)",
    publisher="Harvard Dataverse",
    published="2021",
    url="https://doi.org/10.7910/DVN/KHFODX",
    licence="not stated in the copy read; the terms are those of the deposit in Harvard Dataverse",
    citation=(
        "D'Orazio, Vito and Galambos, Kevin. 2021. Multinational Military Exercises, 1980-2010. "
        "Harvard Dataverse, doi:10.7910/DVN/KHFODX."
    ),
    reads="mme_v7.csv",
    sha256="e6356ed4b8569133841723ad4bc6fe436b49b28570dd721940d61edb771d8719",
    checked="2026-11-22",
    covers=(
        ("exercise_series", "The series to which the dataset assigns its exercises."),
        ("exercises", "Exercises of the forces of two or more states from 1980 to 2010, as the coders found them."),
        (
            "exercise_participations",
            "The participants that the dataset names, all in the role of participant: it does not tell the host.",
        ),
    ),
    began="1980",
    ended="2010",
    columns=Columns(
        record="MMEID",
        read=(
            *("Ex_Name", "Series_Name", "Location", "lat", "lon", "StartDate", "s.year", "s.month", "s.day"),
            *("EndDate", "e.year", "e.month", "e.day", *KINDS, *DOMAINS, *SCENARIOS, "AdditionalParticipantInfo"),
        ),
        ignored={"FocusDescription": "free text from press reports, whose copyright is not the dataset's"},
        repeated=re.compile(r"State[A-Z]{1,2}"),
    ),
    adapt=_adapt,
)
