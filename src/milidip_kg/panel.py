"""State-year and dyad-year tables for statistics, counted in DuckDB over the tables of the graph.

A number says what certainly held at some time of the year, by the dates of the rows: what is dated too loosely to be
certain is not counted. Where nothing is counted, 0 is written only if `coverage.csv` says that the list is complete for
the whole year and for such states; else the cell is empty, since absence of a row is no absence of the thing.
"""

# ruff: noqa: S608 - what goes into a statement is quoted by csvw.sql or is SQL of this module.
from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from milidip_kg.csvw import sql
from milidip_kg.errors import FindingsError, UnknownNameError, UsageError
from milidip_kg.findings import Severity
from milidip_kg.rows import Answer

if TYPE_CHECKING:
    from milidip_kg.tables import Tables

UNITS: Final = ("dyad-year", "directed-dyad-year", "state-year")

#: The state systems: which code system says from when to when a state is a member.
SYSTEMS: Final = {"iso": "iso-3166-1-alpha-3", "cow": "cow", "gw": "gleditsch-ward"}

_ALLIANCE_DUTIES: Final = ("mutual-defence", "military-assistance")
_ARMS_CONTROL: Final = ("arms-control", "non-proliferation", "disarmament", "nuclear-weapon-free-zone")
_CONSENT: Final = (
    "consent-to-be-bound", "definitive-signature", "ratification", "accession", "acceptance", "approval", "succession",
    "confirmation",
)  # fmt: skip
_EXIT: Final = ("withdrawal", "revocation-of-ratification")

#: Which states a list may speak of, each scope wider than the one before: the codes of the vocabulary state-scope.
_SCOPES: Final = ("united-nations-states", "present-states", "every-state")

#: Views on the tables. The first and last days are those between which something certainly held; `last` is exclusive.
_VIEWS: Final = f"""
CREATE OR REPLACE TEMP VIEW panel_membership AS
  SELECT organisation, state, edtf_latest(began) AS first, edtf_earliest(ended) AS last
  FROM memberships WHERE state IS NOT NULL AND role = 'member';
CREATE OR REPLACE TEMP VIEW panel_act AS
  SELECT agreement, state, action, standing, coalesce(edtf_latest(effective), edtf_latest(date)) AS sure,
    coalesce(edtf_earliest(effective), edtf_earliest(date)) AS maybe
  FROM treaty_actions WHERE state IS NOT NULL;
CREATE OR REPLACE TEMP VIEW panel_entry AS
  SELECT agreement, state, sure FROM panel_act
  WHERE standing = 'accepted' AND action IN ({sql.literals(_CONSENT)})
  UNION SELECT agreement, state, sure FROM panel_act JOIN agreements USING (agreement)
  WHERE standing = 'accepted' AND action = 'signature' AND participation = 'bilateral'
  UNION SELECT act.agreement, state, greatest(sure, first) FROM panel_act AS act
    JOIN organisations ON founding_agreement = act.agreement
    JOIN panel_membership AS member USING (organisation, state)
  WHERE standing = 'accepted' AND action = 'signature' AND (last IS NULL OR sure < last);
CREATE OR REPLACE TEMP VIEW panel_party AS
  SELECT agreement, state, greatest(min(sure), edtf_latest(any_value(in_force))) AS first,
    least(exit, edtf_earliest(any_value(ended))) AS last
  FROM (
    SELECT *, (SELECT min(maybe) FROM panel_act AS act WHERE act.agreement = entry.agreement
      AND act.state = entry.state AND act.action IN ({sql.literals(_EXIT)}) AND maybe >= sure) AS exit
    FROM panel_entry AS entry
  ) JOIN agreements USING (agreement)
  WHERE in_force IS NOT NULL AND sure IS NOT NULL
  GROUP BY agreement, state, exit;
CREATE OR REPLACE TEMP VIEW panel_party_year AS
  SELECT DISTINCT agreement AS thing, state, year FROM panel_party, panel_year
  WHERE year(first) <= year AND (last IS NULL OR (last > first AND last > make_date(year, 1, 1)));
CREATE OR REPLACE TEMP VIEW panel_coverage AS
  SELECT "table", organisation, agreement, year, list_position([{sql.literals(_SCOPES)}], states) AS reach
  FROM coverage, panel_year WHERE completeness = 'complete' AND states IS NOT NULL AND state IS NULL
    AND coalesce(edtf_latest(began), DATE '0001-01-01') <= make_date(year, 1, 1)
    AND coalesce(edtf_earliest(ended), checked::DATE) >= make_date(year, 12, 31);
"""


@dataclass(frozen=True, slots=True)
class Variable:
    """What a panel can count: instruments of which states have a part, year by year.

    `parts` is SQL for (state, thing, year); of a dyad the things are counted in which both have a part. `covered` is
    SQL for (thing, year, reach): only things in it are counted, and a year with any of them has zeros for the states
    that all of their lists reach. A flag is 1 if there is any. `exchange` is SQL for (state, other, thing, year), for
    what leads from one state to another.
    """

    name: str
    means: str
    parts: str = ""
    covered: str = ""
    flag: bool = False
    exchange: str = ""

    @property
    def column(self) -> str:
        """The name of its column."""
        return self.name.replace("-", "_")

    @property
    def empty(self) -> str:
        """What an empty cell says."""
        if self.covered:
            return "no list is stated to be complete for the whole year and for such states"
        return "none is recorded; the sources are not stated to be complete, so it is not 0"


_PARTY: Final = "SELECT state, thing, year FROM panel_party_year"
_ALLIANCES: Final = f"""SELECT agreement FROM agreements WHERE list_contains(kind, 'mutual-defence')
    UNION SELECT agreement FROM provisions WHERE obligation IN ({sql.literals(_ALLIANCE_DUTIES)})"""
_TREATIES: Final = f"""SELECT agreement FROM agreements
    WHERE participation = 'multilateral' AND list_has_any(kind, [{sql.literals(_ARMS_CONTROL)}])"""

VARIABLES: Final = {
    variable.name: variable
    for variable in (
        Variable(
            "alliance",
            "1 if an agreement with an obligation of mutual defence or military assistance is in force",
            f"{_PARTY} WHERE thing IN ({_ALLIANCES})",
            flag=True,
        ),
        Variable("agreements", "agreements in force, of any kind", _PARTY),
        Variable(
            "exercises",
            "exercises that began in the year and in which they take part other than as observers",
            """SELECT DISTINCT state, exercise AS thing, year(edtf_earliest(began)) AS year
            FROM exercise_participations JOIN exercises USING (exercise)
            WHERE state IS NOT NULL AND role <> 'observer' AND year(edtf_earliest(began)) = year(edtf_latest(began))""",
        ),
        Variable(
            "organisations",
            "organisations of which they are members, among those whose list of members is complete",
            """SELECT DISTINCT state, organisation AS thing, year FROM panel_membership, panel_year
            WHERE year(first) <= year AND (last IS NULL OR last > make_date(year, 1, 1))""",
            """SELECT DISTINCT organisation AS thing, year, reach FROM panel_coverage
            WHERE "table" = 'memberships' AND organisation IS NOT NULL""",
        ),
        Variable(
            "operations",
            "operations to which they contribute, by the days for which a contribution is stated",
            """SELECT DISTINCT state, operation AS thing, year FROM contributions, panel_year
            WHERE state IS NOT NULL AND ((year = year(edtf_earliest(as_of)) AND year = year(edtf_latest(as_of)))
              OR year BETWEEN year(edtf_latest(began)) AND year(edtf_earliest(ended)))""",
        ),
        Variable(
            "posts",
            "attaché posts and offices of defence cooperation that a source shows in the year",
            exchange="""SELECT DISTINCT sending AS state, receiving AS other, post AS thing, year
            FROM attache_posts, panel_year WHERE year
              BETWEEN year(coalesce(edtf_latest(began), edtf_earliest(attested)))
              AND year(coalesce(edtf_earliest(ended), edtf_latest(attested), edtf_latest(began)))""",
        ),
        Variable(
            "treaties",
            "multilateral treaties of arms control, non-proliferation and disarmament in force for them, among"
            " those whose list of acts is complete",
            f"{_PARTY} WHERE thing IN ({_TREATIES})",
            f"""SELECT DISTINCT agreement AS thing, year, reach FROM panel_coverage
            WHERE "table" = 'treaty_actions' AND agreement IN ({_TREATIES})""",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: what was asked for, its rows, and by variable the things that were covered."""

    unit: str
    system: str
    first: int
    last: int
    variables: tuple[Variable, ...]
    rows: Answer
    covered: dict[str, tuple[str, ...]]

    def codebook(self) -> str:
        """What each column says, as Markdown."""
        frame = [
            f"# Codebook: {self.unit} panel, {self.first} to {self.last}",
            f"{len(self.rows):,} rows. The key of a row is {', '.join(_keys(self.unit)[0])}. A state is in the panel in"
            f" each year in which it certainly exists and has a code of the system {SYSTEMS[self.system]} on at least"
            " one day; its code is the last one of the year.",
            "A number says what certainly held at some time of the year. 0 is written only where a list is stated to be"
            " complete for the whole year and for such states; an empty cell is no 0. Without such a list a number is a"
            " lower bound.",
            "| column | means | filled | least | most | empty |\n|---|---|---|---|---|---|",
        ]
        for variable in self.variables:
            values = [int(str(row[variable.column])) for row in self.rows if row[variable.column] is not None]
            cells = [variable.column, variable.means, f"{len(values):,}"]
            cells += [str(min(values)), str(max(values)), variable.empty] if values else ["", "", variable.empty]
            frame[-1] += f"\n| {' | '.join(cells)} |"
        for name, things in self.covered.items():
            frame.append(f"Covered for `{name}` in at least one of the years: {', '.join(things) or 'nothing'}.")
        frame.append("Sources: those of the rows in `data/`, each with its licence; `milidip explain` leads to them.")
        return "\n\n".join(frame) + "\n"


def variables_named(names: Sequence[str], tables: Tables) -> list[Variable]:
    """The variables of these names; `agreements-KIND` counts the agreements of one kind.

    Raises:
        UnknownNameError: there is none of that name.
    """
    found = tables.connection.execute("SELECT DISTINCT unnest(kind) FROM agreements").fetchall()
    kinds = {f"agreements-{kind}": kind for (kind,) in found}
    chosen = []
    for name in dict.fromkeys(names):
        if name in VARIABLES:
            chosen.append(VARIABLES[name])
        elif name in kinds:
            of_kind = f"SELECT agreement FROM agreements WHERE list_contains(kind, {sql.literal(kinds[name])})"
            means = f"agreements of the kind {kinds[name]} in force"
            chosen.append(Variable(name, means, f"{_PARTY} WHERE thing IN ({of_kind})"))
        else:
            raise UnknownNameError("variable", name, [*VARIABLES, *sorted(kinds)])
    return chosen


def read_panel(
    data: Path,
    datasets: Mapping[str, Path],
    first: int,
    last: int,
    *,
    states: Sequence[str] = (),
    variables: Sequence[str] = tuple(VARIABLES),
    system: str = "iso",
    unit: str = "dyad-year",
) -> Panel:
    """A panel over a folder of tables and published datasets (id to file); `states` are keys, codes or names.

    Raises:
        UsageError: a name is unknown, or the years are in the wrong order.
        FindingsError: the tables or a dataset break a rule.
    """
    from milidip_kg.build import adapt_all
    from milidip_kg.resolve import StateIndex
    from milidip_kg.tables import AdaptedDataset, read_tables

    index = StateIndex(data)
    keys = []
    for found in map(index.resolve, states):
        if found.key is None or found.kind != "state":
            raise UsageError(f"{found.query!r} is not one state of the tables.", found.reason)
        keys.append(found.key)
    with tempfile.TemporaryDirectory(prefix="milidip-") as scratch:
        reports = adapt_all(datasets, data, Path(scratch))
        added = [AdaptedDataset(report.dataset, report.file, report.folder) for report in reports]
        tables = read_tables(data, datasets=added)
    findings = [*(finding for report in reports for finding in report.findings), *tables.findings]
    if any(finding.severity is Severity.VIOLATION for finding in findings):
        raise FindingsError(findings)
    return panel(tables, first, last, states=keys, variables=variables, system=system, unit=unit)


def panel(
    tables: Tables,
    first: int,
    last: int,
    *,
    states: Sequence[str] = (),
    variables: Sequence[str] = tuple(VARIABLES),
    system: str = "iso",
    unit: str = "dyad-year",
) -> Panel:
    """Count what the tables hold, for each state or pair of states and each year from first to last.

    `states` are keys (all, if none is named).

    Raises:
        UsageError: a name is unknown, or the years are in the wrong order.
    """
    if unit not in UNITS:
        raise UnknownNameError("unit", unit, UNITS)
    if system not in SYSTEMS:
        raise UnknownNameError("state system", system, SYSTEMS)
    if not 1 <= first <= last <= 9999:
        raise UsageError(f"A panel needs its first year before its last, not {first} to {last}.")
    connection = tables.connection
    known = {state for (state,) in connection.execute("SELECT state FROM states").fetchall()}
    for state in states:
        if state not in known:
            raise UnknownNameError("state", state, known)
    chosen = variables_named(variables, tables)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE panel_year AS SELECT unnest(range({first}, {last + 1}))::INTEGER AS year"
    )
    connection.execute(_VIEWS)
    _make_frame(tables, states, system)
    columns, joins, covered = [], [], {}
    for variable in chosen:
        name = sql.identifier(f"panel_{variable.column}")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {_counts(variable, unit)}")
        number = f"CASE WHEN {name}.number > 0 THEN 1 END" if variable.flag else f"{name}.number"
        columns.append(f"coalesce({number}, {_zero(variable)}) AS {sql.identifier(variable.column)}")
        joins.append(f"LEFT JOIN {name} USING ({', '.join(_ids(unit))}, year)")
        if variable.covered:
            things = connection.execute(f"SELECT DISTINCT thing FROM ({variable.covered}) ORDER BY thing").fetchall()
            covered[variable.column] = tuple(thing for (thing,) in things)
    keys, frame = _keys(unit)
    wanted, order = ", ".join([*keys, *frame[1], *columns]), ", ".join(keys)
    found = connection.execute(f"SELECT {wanted} FROM ({frame[0]}) {' '.join(joins)} ORDER BY {order}")
    names = [column[0] for column in found.description or ()]
    types = {"year": int, **{variable.column: int for variable in chosen}}
    return Panel(unit, system, first, last, tuple(chosen), Answer.of(names, found.fetchall(), types=types), covered)


def _ids(unit: str) -> list[str]:
    return ["state"] if unit == "state-year" else ["state", "other"]


def _keys(unit: str) -> tuple[list[str], tuple[str, list[str]]]:
    """The columns of the key; SQL for the rows of the panel, and its further columns."""
    if unit == "state-year":
        return ["state", "year"], ("SELECT * FROM panel_frame", ["code", "name"])
    order = "one.state <> two.state" if unit.startswith("directed") else "one.state < two.state"
    pairs = f"""SELECT one.state, two.state AS other, one.year, one.code, two.code AS other_code, one.name,
        two.name AS other_name, greatest(one.needs, two.needs) AS needs
        FROM panel_frame AS one JOIN panel_frame AS two ON one.year = two.year AND {order}"""
    return ["state", "other", "year"], (pairs, ["code", "other_code", "name", "other_name"])


def _make_frame(tables: Tables, states: Sequence[str], system: str) -> None:
    """The state-years: existence and membership of the system, both certain, with the last code of the year.

    `needs` is the least reach of a list that speaks of the state.
    """
    named = f"AND state IN ({sql.literals(states)})" if states else ""
    tables.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE panel_frame AS
        SELECT state, year, arg_max(code, coalesce(edtf_latest(codes.began), DATE '0001-01-01')) AS code,
          any_value(name) AS name, CASE WHEN any_value(states.ended) IS NOT NULL THEN 3 WHEN state IN
            (SELECT state FROM memberships WHERE organisation = 'un' AND ended IS NULL AND state IS NOT NULL)
            THEN 1 ELSE 2 END AS needs
        FROM state_codes AS codes JOIN states USING (state), panel_year
        WHERE system = {sql.literal(SYSTEMS[system])} {named}
          AND {_touches("codes")} AND {_touches("states")}
        GROUP BY state, year""")


def _touches(relation: str) -> str:
    """SQL: the spell of a row certainly has a day in the year; an empty beginning or end is open."""
    return (
        f"coalesce(year(edtf_latest({relation}.began)), 0) <= year"
        f" AND coalesce(year(edtf_earliest({relation}.ended)), 9999) >= year"
    )


def _counts(variable: Variable, unit: str) -> str:
    """SQL for the numbers of a variable: the ids of the unit, year, number."""
    if variable.exchange:
        return _exchanged(variable.exchange, unit)
    parts = f"SELECT part.* FROM ({variable.parts}) AS part SEMI JOIN panel_frame USING (state, year)"
    if variable.covered:
        parts += (
            f" SEMI JOIN ({variable.covered}) AS covered ON covered.thing = part.thing AND covered.year = part.year"
        )
    if unit == "state-year":
        return f"SELECT state, year, count(*) AS number FROM ({parts}) GROUP BY state, year"
    order = "<>" if unit.startswith("directed") else "<"
    return f"""WITH part AS MATERIALIZED ({parts})
        SELECT one.state, two.state AS other, one.year, count(*) AS number
        FROM part AS one
        JOIN part AS two ON one.thing = two.thing AND one.year = two.year AND one.state {order} two.state
        GROUP BY one.state, two.state, one.year"""


def _exchanged(text: str, unit: str) -> str:
    """What leads from state to other: of a directed dyad that way, of an undirected one both ways, of a state sent."""
    ids = {
        "directed-dyad-year": "state, other",
        "dyad-year": "least(state, other) AS state, greatest(state, other) AS other",
        "state-year": "state",
    }[unit]
    return f"SELECT {ids}, year, count(*) AS number FROM ({text}) GROUP BY ALL"


def _zero(variable: Variable) -> str:
    """SQL: 0 in the years that have lists, if all of them reach the states of the row."""
    if not variable.covered:
        return "NULL"
    reached = f"SELECT (year, unnest(range(1, min(reach) + 1))) FROM ({variable.covered}) GROUP BY year"
    return f"CASE WHEN (year, needs) IN ({reached}) THEN 0 END"


def years(first: str, last: str) -> tuple[int, int]:
    """Two years as written.

    Raises:
        UsageError: they are not four digits.
    """
    if not all(re.fullmatch(r"\d{4}", text, re.ASCII) for text in (first, last)):
        raise UsageError(f"A panel takes whole years such as 1990, not {first!r} and {last!r}.")
    return int(first), int(last)
