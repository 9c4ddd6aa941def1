"""National Material Capabilities of the Correlates of War: what each member of the state system had, year by year.

How its columns are read:

- A state is given by its code, which is read at the year and must mean the same state as the abbreviation beside it.
  Where the code changes hands within the year (365 in 1991) or is not in use in it (255 in 1945), the row is left out:
  the dataset does not say whom it means. Germany has two codes in 1990; the key of a measurement carries the code.
- `milper` is in thousands of people, `milex` in thousands of current dollars, `cinc` a share of all members' means from
  0 to 1. They become persons, dollars and points of the index.
- `-9` is missing and becomes no row; 0 is a figure like any other.
- Years before `FIRST_YEAR` are left out: the tables hold states since then, and `milex` is in pounds before 1914.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final, NamedTuple

from milidip_kg.adapters.base import Adapter, Columns, Row, Run, UnusableRowError, not_a_code, whole_number
from milidip_kg.resolve import Span

MISSING: Final = "-9"
FIRST_YEAR: Final = 1945
NOT_YET: Final = "The dataset counts the state in a year in which, by the tables, it was none."
TOO_EARLY: Final = f"before {FIRST_YEAR}, when the tables of states begin"


class Indicator(NamedTuple):
    """What a column measures, in which unit, and how many of the unit one of the column is."""

    indicator: str
    unit: str
    factor: int


INDICATORS: Final[Mapping[str, Indicator]] = MappingProxyType(
    {
        "milex": Indicator("expenditure", "us-dollar-current", 1000),
        "milper": Indicator("personnel", "person", 1000),
        "cinc": Indicator("composite-index", "index-point", 1),
    }
)


def _adapt(run: Run, row: Row) -> None:
    """Make a measurement of each indicator that is not missing."""
    year = whole_number(row, "year")
    if not 1816 <= year <= 9999:
        raise not_a_code(row, "year", "a year from 1816")
    if year < FIRST_YEAR:
        raise UnusableRowError("year", row["year"], TOO_EARLY)
    state = _state(run, row, year)
    thing = run.states.state(state)
    note = NOT_YET if thing and not thing.life.touches(_days(year)) else ""
    run.claim(row, "ccode", f"{row['ccode']}-{year}")
    figures = {column: _figure(row, column, each.factor) for column, each in INDICATORS.items()}
    if not any(figures.values()):
        raise UnusableRowError(None, "", "the dataset has none of the three figures")
    for column, each in INDICATORS.items():
        if figure := figures[column]:
            run.add(
                "capability_measurements",
                row,
                series=f"cow-nmc-{row['ccode']}",
                state=state,
                indicator=each.indicator,
                unit=each.unit,
                as_of=str(year),
                figure=figure,
                measurer="Correlates of War Project, National Material Capabilities",
                note=note,
            )
        else:
            run.leave_out(row, column, MISSING, "missing in the dataset")


def _state(run: Run, row: Row, year: int) -> str:
    """The state that the code means in a year, which the abbreviation beside it must not contradict."""
    when = _days(year)
    found = run.states.by_code("cow", row["ccode"], when)
    named = run.states.by_code("cow-abbreviation", row["stateabb"], when)
    for column, answer in (("ccode", found), ("stateabb", named)):
        if answer.key is None and not answer.candidates:
            raise not_a_code(row, column, "a state code of the Correlates of War")
    if found.key is None or found.outside:
        raise UnusableRowError("ccode", row["ccode"], found.reason)
    if found.key not in (named.key, *(candidate.key for candidate in named.candidates)):
        reason = f"the code means {found.label}, the abbreviation {row['stateabb']} means {named.label}"
        raise UnusableRowError("ccode", row["ccode"], reason)
    return found.key


def _days(year: int) -> Span:
    return date(year, 1, 1), date(year, 12, 31)


def _figure(row: Row, column: str, factor: int) -> str:
    """The value of a column in its unit, or nothing where it is missing."""
    if row[column] == MISSING:
        return ""
    try:
        value = Decimal(row[column])
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0:
        raise not_a_code(row, column, f"a number that is not negative, or {MISSING} for a missing one")
    return f"{value * factor:f}"


NMC: Final = Adapter(
    id="nmc",
    title="National Material Capabilities, version 6.0 (abridged)",
    publisher="Correlates of War Project",
    published="2021",
    url="https://correlatesofwar.org/data-sets/national-material-capabilities/",
    licence="not stated; the publisher asks users to cite the article of record",
    citation=(
        "Singer, J. David. 1987. Reconstructing the Correlates of War Dataset on Material Capabilities of States, "
        "1816-1985. International Interactions 14: 115-132. Version 6.0."
    ),
    reads="NMC-60-abridged.csv",
    sha256="989920cc06ccb652bf8b0c537f78220463ecfe14c41295a8876e9f263e78f323",
    checked="2026-11-22",
    covers=(
        (
            "capability_measurements",
            "Military personnel, military expenditure in current dollars and the composite index of every member of the"
            f" Correlates of War state system from {FIRST_YEAR} on. What the dataset marks as missing has no row. The"
            f" years 1816 to {FIRST_YEAR - 1} are left out, since the tables of states begin later, and so are the few"
            " years in which a code passes from one state to another.",
        ),
    ),
    began=str(FIRST_YEAR),
    ended="2016",
    columns=Columns(
        record="ccode",
        read=("stateabb", "year", *INDICATORS),
        ignored={
            "irst": "iron and steel: a part of the index, no measure of forces",
            "pec": "energy: a part of the index, no measure of forces",
            "tpop": "population: a part of the index, no measure of forces",
            "upop": "population of towns: a part of the index, no measure of forces",
            "version": "the same in every row",
        },
    ),
    adapt=_adapt,
)
