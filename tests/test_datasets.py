"""Published datasets land in the same tables and answer the same questions, and no row of them is lost in silence."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode, QuerySolutions

from conftest import shared
from milidip_kg import KnowledgeGraph
from milidip_kg.build import Build, build
from milidip_kg.namespaces import GRAPH, ID


@pytest.fixture(scope="module")
def with_datasets() -> Build:
    files = {
        "dcad": shared("sources", "dcad-v10", "DCAD-v1.0-main.csv"),
        "mme": shared("sources", "jme-dorazio", "mme_v7.csv"),
        "nmc": shared("sources", "cow-nmc", "NMC-60-abridged.csv"),
        "ucdp": shared("sources", "ucdp-conflict", "ucdp-prio-acd-251.csv"),
    }
    made = build(datasets=files)
    assert made.ok, made.findings[:10]
    return made


def number(made: Build, start: str, graph: str) -> int:
    text = f"""SELECT (COUNT(DISTINCT ?s) AS ?n) {{ GRAPH <{GRAPH}{graph}> {{ ?s a ?c }}
        FILTER(STRSTARTS(STR(?s), "{ID}{start}/")) }}"""
    solutions = made.store.query(text)
    assert isinstance(solutions, QuerySolutions)
    return int(next(solutions)["n"].value)


@pytest.mark.parametrize(
    ("dataset", "rows", "table", "things"),
    [
        ("dcad", 1871, "agreements", "agreement"),
        ("mme", 3707, "exercises", "exercise"),
        ("nmc", 15951, "capability_measurements", "measurement"),
    ],
)
def test_every_published_row_is_in_the_graph_or_listed_with_its_reason(
    with_datasets: Build, dataset: str, rows: int, table: str, things: str
) -> None:
    (report,) = [one for one in with_datasets.adapted if one.dataset == dataset]
    assert report.rows_read == rows
    assert report.rows_taken + len(report.rows_left_out) == rows
    assert set(report.rows_left_out) <= {left.row for left in report.left_out if left.reason}
    assert number(with_datasets, things, dataset) == report.written[table] >= report.rows_taken


def test_the_years_of_conflicts_are_episodes(with_datasets: Build) -> None:
    """Several rows make one episode, so that there are fewer confrontations than rows."""
    (report,) = [one for one in with_datasets.adapted if one.dataset == "ucdp"]
    assert number(with_datasets, "confrontation", "ucdp") == report.written["confrontations"] == 618
    assert (
        number(with_datasets, "confrontation-participation", "ucdp") == report.written["confrontation_participations"]
    )


def test_the_graph_of_a_dataset_leads_to_its_rows(with_datasets: Build) -> None:
    derived = NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom")
    quads = with_datasets.store.quads_for_pattern(None, derived, None, NamedNode(GRAPH + "dcad"))
    rows = {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}
    assert all(row.startswith("https://w3id.org/milidip/data/dcad/DCAD-v1.0-main.csv#row=") for row in rows)
    assert len(rows) >= 1800


def test_the_same_query_answers_from_both(with_datasets: Build, kg: KnowledgeGraph) -> None:
    bigger = KnowledgeGraph(with_datasets.store)
    curated = {row["exercise"] for row in kg.query("exercises-of-state", state="USA")}
    everything = {row["exercise"] for row in bigger.query("exercises-of-state", state="USA")}
    assert curated < everything
    assert len(everything) > 1800
    agreements = bigger.query("agreements-between", state="USA", other="IND", date="2006-01-01")
    assert any("dcad" in str(row["agreement"]) for row in agreements)


def test_a_series_of_decades_stands_beside_the_curated_figures(with_datasets: Build) -> None:
    bigger = KnowledgeGraph(with_datasets.store)
    rows = bigger.query("capability-ratio", state="USA", other="SUN", indicator="composite-index")
    assert {str(row["as_of"]) for row in rows} == {str(year) for year in range(1945, 1991)}
    measurers = {str(row["measurer"]) for row in bigger.query("expenditure-by-year", state="POL")}
    assert "Correlates of War Project, National Material Capabilities" in measurers
    assert "North Atlantic Treaty Organization, Defence Expenditure of NATO Countries" in measurers
