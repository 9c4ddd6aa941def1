"""Chains of shared instruments are the shortest there are, and each step is evidenced; centrality agrees with its query."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import networkx
import pytest
from pyoxigraph import NamedNode

from milidip_kg import KnowledgeGraph
from milidip_kg.errors import UsageError
from milidip_kg.namespaces import ID, PROV_DERIVED
from milidip_kg.network import LINKS, _links

STATE = ID + "state/"


def chains(answer: list[dict[str, object]]) -> list[list[str]]:
    """Each chain as its states and instruments, in turn."""
    found: dict[object, list[str]] = defaultdict(list)
    for row in answer:
        found[row["chain"]] += [str(row["state"]), str(row["instrument"])]
        last = str(row["other"])
        if sum(other["chain"] == row["chain"] for other in answer) == row["step"]:
            found[row["chain"]].append(last)
    return list(found.values())


def test_two_parties_of_a_bilateral_treaty_are_one_step_apart(kg: KnowledgeGraph) -> None:
    rows = kg.connect("FRA", "DEU", kinds=["agreement"], limit=2)
    assert [row["instrument_name"] for row in rows] == ["Élysée Treaty", "Treaty of Aachen"]
    assert rows[0]["since"] == date(1963, 1, 22)
    assert rows[0]["evidence"] == ID + "treaty-action/elysee-treaty/FRA/signature/1963-01-22"
    assert rows[0]["sources"]


def test_names_codes_and_periods_are_understood(kg: KnowledgeGraph) -> None:
    assert kg.connect("France", "deu", kinds=["agreement"], limit=2) == kg.connect("FRA", "DEU", ["agreement"], limit=2)
    before = kg.connect("FRA", "DEU", kinds=["agreement"], from_="1963", to="2018", limit=5)
    assert "Treaty of Aachen" not in [row["instrument_name"] for row in before]
    assert "Élysée Treaty" in [row["instrument_name"] for row in before]


def test_who_left_before_the_other_came_is_not_joined(kg: KnowledgeGraph) -> None:
    """The German Democratic Republic and Estonia were never members of the United Nations on one day."""
    direct = kg.connect("DDR", "EST", kinds=["organisation"], limit=50)
    assert ID + "organisation/un" not in {
        row["instrument"] for row in direct if row["other"] == STATE + "EST" and row["step"] == 1
    }


@pytest.mark.parametrize(
    ("one", "other", "kinds"),
    [("PRK", "ISR", ["exercise", "session"]), ("FIN", "JPN", ["exercise"]), ("TUV", "BTN", ["operation", "post"])],
)
def test_a_chain_is_as_short_as_a_graph_library_finds_it(
    kg: KnowledgeGraph, one: str, other: str, kinds: list[str]
) -> None:
    graph = networkx.Graph()
    of_instrument = defaultdict(list)
    for link in _links(kg.store, kinds):
        of_instrument[link.instrument].append(link)
    for links in of_instrument.values():
        graph.add_edges_from(
            (a.state, b.state) for a in links for b in links if a.state < b.state and a.meets(b, "", "")
        )
    joined = one in {node.removeprefix(STATE) for node in graph} and other in {
        node.removeprefix(STATE) for node in graph
    }
    found = chains([dict(row) for row in kg.connect(one, other, kinds, limit=4)])
    if not joined or not networkx.has_path(graph, STATE + one, STATE + other):
        assert found == []
        return
    steps = networkx.shortest_path_length(graph, STATE + one, STATE + other)
    assert found
    assert len({tuple(chain) for chain in found}) == len(found)
    for chain in found:
        assert len(chain) == 2 * steps + 1
        assert (chain[0], chain[-1]) == (STATE + one, STATE + other)


def test_each_step_is_evidenced_by_a_node_of_the_graph(kg: KnowledgeGraph) -> None:
    for kind in LINKS:
        for row in kg.connect("USA", "GBR", [kind], limit=3):
            assert row["sources"], kind
            for name in ("evidence", "other_evidence"):
                node = NamedNode(str(row[name]))
                assert any(kg.store.quads_for_pattern(node, NamedNode(PROV_DERIVED), None, None))


def test_no_chain_is_no_row(kg: KnowledgeGraph) -> None:
    assert len(kg.connect("USA", "GBR", ["session"], from_="1900", to="1901")) == 0
    assert len(kg.connect("USA", "USA")) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("USA", "Ruritania"), "There is no state"),
        (("USA", "GBR", ["treaty"]), "no kind of instrument"),
        (("USA", "GBR", (), "soon"), "1999-03"),
    ],
)
def test_what_is_not_understood_is_refused(kg: KnowledgeGraph, arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        kg.connect(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["exercise", "operation", "session", "agreement"])
@pytest.mark.parametrize("period", [("2000", "2026"), ("1945", "1999")])
def test_degree_and_ties_are_those_of_the_canned_query(kg: KnowledgeGraph, kind: str, period: tuple[str, str]) -> None:
    found = kg.central_states(kind, *period, limit=1000)
    asked = kg.query("central-states", kind=kind, **{"from": period[0], "to": period[1], "limit": 1000})
    columns = ("state", "name", "degree", "ties")
    assert [[row[name] for name in columns] for row in found] == [[row[name] for name in columns] for row in asked]


def test_betweenness_and_eigenvector_are_in_their_range(kg: KnowledgeGraph) -> None:
    rows = kg.central_states("exercise", "2000", "2026", limit=1000)
    assert all(0 <= float(str(row["betweenness"])) <= 1 for row in rows)
    assert sum(float(str(row["eigenvector"])) ** 2 for row in rows) == pytest.approx(1, abs=1e-3)
    assert rows[0]["state"] == STATE + "USA"
    assert len(kg.central_states("session", "1900", "1901")) == 0
    with pytest.raises(UsageError, match="no kind of tie"):
        kg.central_states("visit")
