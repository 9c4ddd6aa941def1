"""The Python face: examples that run, imports that cost nothing, reads from several threads, errors with fields."""

from __future__ import annotations

import doctest
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

import milidip_kg.graph
import milidip_kg.rows
from milidip_kg import KnowledgeGraph
from milidip_kg.errors import FindingsError, InputError, UnknownNameError, UsageError
from milidip_kg.namespaces import ID


@pytest.mark.parametrize("module", [milidip_kg.graph, milidip_kg.rows])
def test_the_examples_in_the_docstrings_run(
    kg: KnowledgeGraph, module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They build the graph of the packaged tables; that is the curated graph, built once."""
    monkeypatch.setattr(KnowledgeGraph, "build", classmethod(lambda _: kg))
    done = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert done.failed == 0
    assert done.attempted >= 4


def test_each_public_method_that_answers_has_an_example() -> None:
    names = (
        "open",
        "query",
        "sparql",
        "resolve",
        "explain",
        "connect",
        "central_states",
        "export",
        "rdflib",
        "neighbourhood",
        "label",
    )
    assert [name for name in names if ">>>" not in (getattr(KnowledgeGraph, name).__doc__ or "")] == []


def test_importing_opens_no_data_and_loads_no_engine_that_is_not_asked_for() -> None:
    code = """
import sys
opened = []
def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[0].endswith((".csv", ".ttl", ".rq", ".json", ".sst")):
        opened.append(arguments[0])
    if event.startswith("socket."):
        opened.append(event)
sys.addaudithook(hook)
import milidip_kg, milidip_kg.cli
early = {"pyoxigraph", "rdflib", "duckdb"} & set(sys.modules)
from milidip_kg import KnowledgeGraph
heavy = {"duckdb", "rdflib", "networkx", "numpy", "pandas", "polars", "owlready2", "pyshacl", "matplotlib"} & set(sys.modules)
print(sorted(early), sorted(heavy), opened)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] [] []\n"


def test_threads_read_one_graph_at_once(kg: KnowledgeGraph, tmp_path: Path) -> None:
    kg.save(tmp_path)
    opened = KnowledgeGraph.open(tmp_path)

    def work(number: int) -> tuple[object, ...]:
        on = f"{1950 + 5 * number}-01-01"
        return (
            opened.query("organisation-members", organisation="nato", date=on).rows,
            str(opened.explain("membership/nato/SWE/member/2024-03-07")),
            opened.resolve("Germany").key,
            opened.connect("FRA", "DEU", ["agreement"], limit=2).rows,
            opened.label(ID + "state/FRA"),
        )

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(work, range(10)))
    assert together == [work(number) for number in range(10)]
    assert len({len(found[0]) for found in together}) > 1  # type: ignore[arg-type]


def test_an_unknown_name_has_fields(kg: KnowledgeGraph) -> None:
    with pytest.raises(UnknownNameError) as caught:
        kg.query("organisation-membrs")
    assert (caught.value.what, caught.value.name) == ("canned query", "organisation-membrs")
    assert "organisation-members" in caught.value.known
    assert caught.value.hint
    assert caught.value.hint.startswith("Did you mean organisation-members or")
    assert isinstance(caught.value, UsageError)


def test_a_failed_build_has_its_findings(tmp_path: Path) -> None:
    (tmp_path / "states.csv").write_text("state\n")
    with pytest.raises(FindingsError) as caught:
        KnowledgeGraph.build(tmp_path)
    assert caught.value.findings[0].message in str(caught.value)
    assert caught.value.exit_status == 1
    with pytest.raises(InputError):
        KnowledgeGraph.open(tmp_path)


def test_the_graph_shows_itself_in_numbers_with_links(kg: KnowledgeGraph) -> None:
    shown = kg._repr_html_()
    assert f"{len(kg.store):,} statements" in shown
    assert '<a href="https://w3id.org/milidip/ns/State">' in shown


@pytest.mark.parametrize("node", ["organisation/nato", "state/USA", "agreement/npt", "mdp:Agreement"])
def test_a_picture_never_draws_more_than_its_limit(kg: KnowledgeGraph, node: str) -> None:
    picture = kg.neighbourhood(node, limit=7)
    assert len(picture.edges) == 7
    tree = ElementTree.fromstring(picture._repr_svg_())
    boxes = tree.findall(".//{http://www.w3.org/2000/svg}rect")
    assert len(boxes) == 8
    assert picture.left_out > 0
    assert f"{picture.left_out:,} more are not drawn" in picture.svg()


def test_a_picture_shows_some_of_each_property(kg: KnowledgeGraph) -> None:
    picture = kg.neighbourhood("organisation/nato", limit=8)
    assert len({(edge.prop, edge.incoming) for edge in picture.edges}) >= 4
    with pytest.raises(UsageError, match="no node"):
        kg.neighbourhood("organisation/natto")
