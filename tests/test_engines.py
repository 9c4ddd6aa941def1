"""Every canned query gives the same rows in Virtuoso as in Oxigraph, and in rdflib where that is fast enough.

Rows are compared one by one in their order, with the types of their terms; numbers by value, since engines differ in
integer, decimal and double.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import virtuoso
from engines import Rows, dataset, rdflib_rows, rows
from pyoxigraph import QuerySolutions
from rdflib import Dataset

from milidip_kg import KnowledgeGraph, resources
from milidip_kg.build import Build
from milidip_kg.export import sorted_quads
from milidip_kg.query import CannedQuery, read_queries

QUERIES = read_queries(resources.folder("queries"))
pytestmark = pytest.mark.filterwarnings("ignore:Dataset.default_context:DeprecationWarning")
SECONDS = 10.0  # for one query

#: Queries that rdflib 7 answers otherwise, each with what is wrong.
OTHER_IN_RDFLIB: dict[str, str] = {
    "attache-network": "one state without a post (Slovenia) is missing; cause not found",
}

#: Queries for which rdflib needs too long for CI, with the seconds once measured, or the limit after which it was stopped.
SLOW_IN_RDFLIB: dict[str, float] = {
    "adherence-by-region": 11,
    "adherence-by-year": 25,
    "agreement-to-first-exercise": 14,
    "agreements-between": 41,
    "allies-on-opposite-sides": 3,
    "arsenals-around-agreement": 3,
    "burden-sharing": 3,
    "capability-balance": 3,
    "capability-disagreements": 3,
    "capability-ratio": 3,
    "central-states": 60,
    "challenges-of-case": 3,
    "claims-about-agreement": 3,
    "claims-of-case": 3,
    "common-organisations": 24,
    "confidence-measures-between": 8,
    "coverage-gaps": 3,
    "defence-obligations": 29,
    "disagreements": 60,
    "disputed-acts": 3,
    "disputed-claims": 3,
    "disputes-around-agreement": 3,
    "ended-agreements": 3,
    "enlargement-rounds": 36,
    "evidence-for-claim": 3,
    "exercise-observers": 4,
    "exercise-partners": 60,
    "exercise-partners-without-alliance": 60,
    "exercise-trends": 12,
    "exercises-of-state": 55,
    "graph-statistics": 60,
    "hotlines-on-date": 3,
    "influence-claims": 3,
    "influence-of-case": 3,
    "inspections-of-state": 3,
    "instruments-by-kind": 42,
    "instruments-for-outcome": 3,
    "ministries-of-defence": 3,
    "missions-with-both": 60,
    "never-in-force": 37,
    "new-ties-by-year": 60,
    "nuclear-limits": 60,
    "nuclear-weapon-free-zones": 17,
    "organisation-activities": 4,
    "parties-of-agreement": 60,
    "programme-to-membership": 3,
    "reciprocal-posts": 3,
    "recommendations-for-challenge": 3,
    "recommendations-for-organisation": 3,
    "recommendations-for-state": 3,
    "security-assistance": 60,
    "signed-not-ratified": 11,
    "single-source-facts": 23,
    "sources-about-state": 25,
    "sources-by-licence": 3,
    "sources-most-used": 16,
    "sourcing-by-class": 60,
    "states-outside-treaty": 19,
    "successors-of-state": 3,
    "threats-addressed": 60,
    "time-to-consent": 3,
    "top-contributors": 3,
    "treaty-status": 6,
    "trend-claims": 3,
    "trends-by-decade": 3,
    "uncertain-dates": 60,
}


@pytest.fixture(scope="module")
def server(curated: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtuoso.Loaded]:
    if not virtuoso.available():
        if os.environ.get("CI"):
            pytest.fail("Debian's virtuoso-opensource must be there in CI")
        pytest.skip("needs Debian's virtuoso-opensource")
    folder: Path = tmp_path_factory.mktemp("virtuoso")
    (folder / "graph.nq").write_bytes(sorted_quads(curated.store))
    with closing(virtuoso.Loaded(folder / "graph.nq", SECONDS)) as server:
        yield server


@pytest.fixture(scope="module")
def rdflib(curated: Build) -> Dataset:
    return dataset(curated.store)


def samples(query: CannedQuery) -> dict[str, str]:
    """The sample values of its parameters."""
    return {parameter.name: parameter.sample for parameter in query.parameters if parameter.sample}


def here(kg: KnowledgeGraph, name: str) -> Rows:
    return rows(kg.sparql(QUERIES[name].text))


@pytest.mark.parametrize("name", QUERIES)
def test_virtuoso_gives_the_same_rows(kg: KnowledgeGraph, server: virtuoso.Loaded, name: str) -> None:
    assert server.rows(QUERIES[name].text) == here(kg, name)


@pytest.mark.parametrize("name", [name for name, query in QUERIES.items() if samples(query)])
def test_virtuoso_gives_the_same_rows_for_the_sample_values(
    kg: KnowledgeGraph, server: virtuoso.Loaded, name: str
) -> None:
    text = QUERIES[name].bind(samples(QUERIES[name]), kg)
    assert server.rows(text) == rows(kg.sparql(text))


@pytest.mark.parametrize("name", [name for name in QUERIES if name not in SLOW_IN_RDFLIB | OTHER_IN_RDFLIB])
def test_rdflib_gives_the_same_rows(kg: KnowledgeGraph, rdflib: Dataset, name: str) -> None:
    found = kg.sparql(QUERIES[name].text)
    assert isinstance(found, QuerySolutions)
    try:
        there = rdflib_rows(rdflib, QUERIES[name].text, found.variables, SECONDS)
    except TimeoutError:
        pytest.fail(f"{name} takes rdflib more than {SECONDS:g} s: make it faster, or list it in SLOW_IN_RDFLIB")
    assert there == rows(found)


def test_the_exceptions_are_few_and_name_queries() -> None:
    exceptions = OTHER_IN_RDFLIB.keys() | SLOW_IN_RDFLIB.keys()
    assert exceptions <= QUERIES.keys()
    assert len(QUERIES.keys() - OTHER_IN_RDFLIB.keys() - SLOW_IN_RDFLIB.keys()) >= 80
