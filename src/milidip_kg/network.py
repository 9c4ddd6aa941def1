"""States as a network: the shortest chains of shared instruments between two, and who is central."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import combinations, count
from typing import Any, Final

from pyoxigraph import QuerySolutions, Store

from milidip_kg.namespaces import NS, PREFIXES, PROV_DERIVED
from milidip_kg.rows import Answer, Value

_PREFIX: Final = f"PREFIX mdp: <{NS}>\n"

#: How a state comes to have a part in an instrument: the instrument, the state, what says so, from and until when.
#: An end that is not known is open, but for what lasts days, which then ends when it began.
LINKS: Final = {
    "agreement": """
        VALUES ?act { mdp:Signature mdp:ConsentToBeBound }
        ?evidence a ?act ; mdp:underAgreement ?instrument ; mdp:hasActor ?state ; mdp:occurredOnEarliest ?first .
        OPTIONAL {
          ?exit a mdp:Withdrawal ; mdp:underAgreement ?instrument ; mdp:hasActor ?state ; mdp:occurredOnLatest ?left ;
            mdp:hasStanding <https://w3id.org/milidip/vocab/standing/accepted> .
          FILTER(?left >= ?first)
        }
        OPTIONAL { ?instrument mdp:endedLatest ?over }
        BIND(COALESCE(?left, ?over) AS ?last)""",
    "exercise": """
        ?evidence mdp:inExercise ?instrument ; mdp:hasActor ?state .
        ?instrument mdp:beganEarliest ?first ; mdp:beganLatest ?began .
        OPTIONAL { ?instrument mdp:endedLatest ?ended }
        BIND(COALESCE(?ended, ?began) AS ?last)""",
    "operation": """
        { ?evidence mdp:inOperation ?instrument ; mdp:hasActor ?state }
        UNION { ?evidence mdp:ledBy ?state . BIND(?evidence AS ?instrument) }
        ?instrument mdp:beganEarliest ?first .
        OPTIONAL { ?instrument mdp:endedLatest ?last }""",
    "organisation": """
        ?evidence mdp:inOrganisation ?instrument ; mdp:hasActor ?state ; mdp:beganEarliest ?first .
        OPTIONAL { ?evidence mdp:endedLatest ?last }""",
    "post": """
        VALUES ?end { mdp:sentBy mdp:receivedBy }
        ?evidence a mdp:AttachePost ; ?end ?state .
        BIND(?evidence AS ?instrument)
        OPTIONAL { ?evidence mdp:beganEarliest ?began }
        OPTIONAL { ?evidence mdp:attestedOnEarliest ?attested }
        OPTIONAL { ?evidence mdp:endedLatest ?last }
        BIND(COALESCE(?began, ?attested) AS ?first)""",
    "session": """
        { ?evidence mdp:inSession ?instrument ; mdp:hasActor ?state }
        UNION { VALUES ?part { mdp:hasHost mdp:hasChair } ?evidence ?part ?state . BIND(?evidence AS ?instrument) }
        ?instrument mdp:beganEarliest ?first ; mdp:beganLatest ?began .
        OPTIONAL { ?instrument mdp:endedLatest ?ended }
        BIND(COALESCE(?ended, ?began) AS ?last)""",
}

#: What `central-states` counts, as its canned query does: the class of the instrument and the date that places it.
CENTRAL: Final = {
    "exercise": ("ExerciseEdition", "beganEarliest"),
    "operation": ("Operation", "beganEarliest"),
    "session": ("DialogueSession", "beganEarliest"),
    "agreement": ("BilateralAgreement", "signedOnEarliest"),
}


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """The part of a state in an instrument; the days are ISO dates, empty where the period is open."""

    first: str
    last: str
    state: str
    instrument: str
    kind: str
    evidence: str

    def meets(self, other: Link, first: str, last: str) -> bool:
        """Whether both may hold on one day of the period."""
        start = max(self.first, other.first, first)
        ends = [end for end in (self.last, other.last, last) if end]
        return not ends or start <= min(ends)


Step = tuple[Link, Link]


def connect(
    store: Store,
    label: Callable[[str], str | None],
    one: str,
    other: str,
    kinds: Iterable[str] = (),
    period: tuple[date | None, date | None] = (None, None),
    limit: int = 10,
) -> Answer:
    """The shortest chains of shared instruments between two states, those through the smallest instruments first.

    Two states are a step apart where both may have had a part in one instrument on one day of the period. One row a
    step; no row at all if no chain connects them.
    """
    first, last = (day.isoformat() if day else "" for day in period)
    network = _Network(_links(store, kinds or LINKS), first, last)
    rows: list[list[Value]] = []
    for number, chain in enumerate(network.chains(one, other, limit), 1):
        for place, (left, right) in enumerate(chain, 1):
            ends = [end for end in (left.last, right.last) if end]
            sources = dict.fromkeys(_source(store, node) for node in (left.evidence, right.evidence))
            row: list[Value] = [number, place, left.state, label(left.state), left.kind]
            row += [left.instrument, label(left.instrument), right.state, label(right.state)]
            row += [_day(max(left.first, right.first)), _day(min(ends, default=""))]
            rows.append([*row, left.evidence, right.evidence, "; ".join(sources)])
    columns = ["chain", "step", "state", "name", "kind", "instrument", "instrument_name", "other", "other_name"]
    return Answer.of([*columns, "since", "until", "evidence", "other_evidence", "sources"], rows, label)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _source(store: Store, node: str) -> str:
    """The key of the primary source of what is said of a node."""
    text = f"""SELECT ?source WHERE {{
        GRAPH ?graph {{ <{node}> <{PROV_DERIVED}> ?row }} ?graph <{PREFIXES["dcterms"]}source> ?source }}"""
    return "; ".join(sorted(row["source"].value.rpartition("/")[2] for row in _solutions(store, text)))


def _links(store: Store, kinds: Iterable[str]) -> list[Link]:
    states = {
        row["state"] for row in _solutions(store, f"{_PREFIX}SELECT ?state WHERE {{ ?state mdp:inRegion ?region }}")
    }
    found = set()
    for kind in kinds:
        for row in _solutions(store, f"{_PREFIX}SELECT * WHERE {{ {LINKS[kind]} }}"):
            if row["state"] not in states:
                continue
            first, last = (row[name].value if row[name] else "" for name in ("first", "last"))
            found.add(Link(first, last, row["state"].value, row["instrument"].value, kind, row["evidence"].value))
    return sorted(found)


def _solutions(store: Store, text: str) -> Iterator[Any]:
    solutions = store.query(text, use_default_graph_as_union=True)
    assert isinstance(solutions, QuerySolutions)
    yield from solutions


class _Network:
    """States, joined by instruments."""

    def __init__(self, links: list[Link], first: str, last: str) -> None:
        self._first, self._last = first, last
        self._of_state: dict[str, list[Link]] = defaultdict(list)
        self._of_instrument: dict[str, list[Link]] = defaultdict(list)
        for link in links:
            self._of_state[link.state].append(link)
            self._of_instrument[link.instrument].append(link)

    def chains(self, one: str, other: str, limit: int) -> Iterator[list[Step]]:
        """The shortest chains, by the number of states that their instruments join, then by name."""
        away = self._distances(other, one)
        if one not in away or one == other:
            return
        open_ = [(0, [""], one, list[Step]())]
        while open_ and limit:
            cost, names, state, chain = heapq.heappop(open_)
            if state == other:
                limit -= 1
                yield chain
                continue
            for step in self._steps(state):
                if away.get(step[1].state) == away[state] - 1:
                    size = len({link.state for link in self._of_instrument[step[0].instrument]})
                    named = [*names, step[0].instrument, step[1].state]
                    heapq.heappush(open_, (cost + size, named, step[1].state, [*chain, step]))

    def _distances(self, start: str, goal: str) -> dict[str, int]:
        """How many steps each state is away from the start, as far as the goal."""
        away = {start: 0}
        edge = [start]
        for steps in count(1):
            reached = {step[1].state for state in edge for step in self._steps(state)}
            edge = sorted(reached - away.keys())
            away |= dict.fromkeys(edge, steps)
            if goal in away or not edge:
                break
        return away

    def _steps(self, state: str) -> Iterator[Step]:
        """Each instrument that joins the state to another, with the earliest parts that meet."""
        seen = set()
        for link in self._of_state[state]:
            for found in self._of_instrument[link.instrument]:
                step = (found.instrument, found.state)
                if found.state != state and step not in seen and link.meets(found, self._first, self._last):
                    seen.add(step)
                    yield link, found


def central_states(
    store: Store,
    label: Callable[[str], str | None],
    kind: str,
    period: tuple[date, date],
    limit: int = 20,
) -> Answer:
    """The most central states in the network of those who share instruments of a kind that began in the period.

    `degree` counts the other states, `ties` the instruments, as the canned query of that name does; `betweenness` is
    the share of shortest paths between others that lead through the state, `eigenvector` its score where a tie to a
    central state counts more (scaled to length 1, empty where it is not defined).
    """
    import networkx

    parts: dict[str, set[str]] = defaultdict(set)
    made, when = CENTRAL[kind]
    first, last = (f'"{day.isoformat()}"^^<{PREFIXES["xsd"]}date>' for day in period)
    text = f"""{_PREFIX}SELECT DISTINCT ?thing ?state WHERE {{
        ?thing a mdp:{made} ; mdp:{when} ?day ; mdp:involves ?state . ?state mdp:inRegion ?region
        FILTER(?day >= {first} && ?day <= {last}) }}"""
    for row in _solutions(store, text):
        parts[row["thing"].value].add(row["state"].value)
    graph: Any = networkx.Graph()
    graph.add_edges_from(sorted({pair for states in parts.values() for pair in combinations(sorted(states), 2)}))
    between = networkx.betweenness_centrality(graph)
    scores: dict[str, float] = {}
    with suppress(networkx.PowerIterationFailedConvergence):
        scores = networkx.eigenvector_centrality(graph, max_iter=1000) if graph else {}
    ties = {state: sum(state in states for states in parts.values()) for state in graph}
    ranked = sorted(graph, key=lambda state: (-graph.degree[state], -ties[state], state))[:limit]
    rows: list[list[Value]] = []
    for state in ranked:
        score = round(scores[state], 6) if scores else None
        rows.append([state, label(state), graph.degree[state], ties[state], round(between[state], 6), score])
    return Answer.of(["state", "name", "degree", "ties", "betweenness", "eigenvector"], rows, label)
