"""Every row of the mission has terms, tables, shapes, queries and facts, or a reason why not; `docs/coverage.md` shows it.

The page is written anew with MILIDIP_UPDATE=1.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

import pyoxigraph as ox
import pytest

from milidip_kg import ontology
from milidip_kg.build import Build
from milidip_kg.namespaces import NS

ROOT = ontology.ontology_dir().parent
PAGE = ROOT / "docs" / "coverage.md"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SH = "http://www.w3.org/ns/shacl#"
CELLS = ("terms", "tables", "shapes", "queries", "facts")


@dataclass(frozen=True)
class Row:
    """A row of the mission: what stands for it in each part of the project."""

    id: str
    title: str
    why_empty: str
    terms: tuple[str, ...]
    tables: tuple[str, ...]
    shapes: tuple[str, ...]
    queries: tuple[str, ...]
    #: statements with a property, or instances of a class, for each term that has any
    facts: tuple[tuple[str, int], ...]


@cache
def superclasses() -> dict[str, set[str]]:
    """Each class with itself and all above it, by local name."""
    above: dict[str, set[str]] = defaultdict(set)
    for quad in ontology.ontology_quads():
        if quad.predicate.value == RDFS + "subClassOf" and isinstance(quad.subject, ox.NamedNode):
            above[quad.subject.value.removeprefix(NS)].add(getattr(quad.object, "value", "").removeprefix(NS))

    def close(name: str) -> set[str]:
        return {name}.union(*(close(parent) for parent in above.get(name, set())))

    return {name: close(name) for name in list(above)}


def lineage(terms: tuple[str, ...]) -> set[str]:
    return set().union(*(superclasses().get(term, {term}) for term in terms))


@cache
def terms_of_tables() -> dict[str, set[str]]:
    found = {}
    for path in sorted((ROOT / "data").glob("*.csv-metadata.json")):
        columns = json.loads(path.read_text("utf-8"))["tableSchema"]["columns"]
        used = {column.get(key, "") for column in columns for key in ("propertyUrl", "valueUrl")}
        found[path.name.split(".")[0]] = {iri.removeprefix(NS) for iri in used if iri.startswith(NS) and "{" not in iri}
    return found


@cache
def targets_of_shapes() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for quad in ontology.shapes_quads():
        if quad.predicate.value == SH + "targetClass" and isinstance(quad.subject, ox.NamedNode):
            found[quad.subject.value.rsplit("/", 1)[-1]].add(getattr(quad.object, "value", "").removeprefix(NS))
    # What looks after every record says nothing of a row.
    return {name: classes for name, classes in found.items() if len(classes) < 5}


@cache
def rows_of_queries() -> dict[str, set[str]]:
    found = {}
    for path in sorted((ROOT / "queries").glob("*/*.rq")):
        stated = re.search(r"^#\+ rows: *\[(.*)\]", path.read_text("utf-8"), re.MULTILINE)
        found[path.stem] = {name.strip() for name in stated[1].split(",")} if stated else set()
    return found


def count(store: ox.Store, term: str) -> int:
    """How many things are of the class, or how many statements have the property."""
    pattern = f"?s a <{NS}{term}>" if term[0].isupper() else f"?s <{NS}{term}> ?o"
    what = "DISTINCT ?s" if term[0].isupper() else "*"
    rows = store.query(f"SELECT (COUNT({what}) AS ?n) WHERE {{ {pattern} }}", use_default_graph_as_union=True)
    assert isinstance(rows, ox.QuerySolutions)
    return int(next(iter(rows))[0].value)


def stated() -> list[dict[str, str]]:
    with (ontology.ontology_dir() / "coverage.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def rows(curated: Build) -> list[Row]:
    found = []
    for line in stated():
        terms = tuple(line["terms"].split("; "))
        kin = lineage(terms)
        numbers = [(term, count(curated.store, term)) for term in terms]
        found.append(
            Row(
                id=line["row"],
                title=line["title"],
                why_empty=line["why_empty"],
                terms=terms,
                tables=tuple(name for name, used in terms_of_tables().items() if used & kin),
                shapes=tuple(name for name, classes in sorted(targets_of_shapes().items()) if classes & kin),
                queries=tuple(name for name, served in sorted(rows_of_queries().items()) if line["row"] in served),
                facts=tuple((term, number) for term, number in numbers if number),
            )
        )
    return found


def test_rows_are_those_that_the_queries_serve() -> None:
    served = set().union(*rows_of_queries().values())
    assert served <= {line["row"] for line in stated()}
    assert len({line["row"] for line in stated()}) == len(stated()) == 25


def test_terms_of_the_rows_are_declared() -> None:
    declared = {
        quad.subject.value.removeprefix(NS)
        for quad in ontology.ontology_quads()
        if isinstance(quad.subject, ox.NamedNode)
    }
    for line in stated():
        assert set(line["terms"].split("; ")) <= declared, line["row"]


def test_no_cell_is_empty_without_a_reason(rows: list[Row]) -> None:
    for row in rows:
        empty = [cell for cell in CELLS if not getattr(row, cell)]
        assert not empty or row.why_empty, (
            f"{row.id} has no {', '.join(empty)}: fill it, or say why in ontology/coverage.csv"
        )


def test_page_is_up_to_date(rows: list[Row]) -> None:
    text = page(rows)
    if os.environ.get("MILIDIP_UPDATE"):
        PAGE.write_text(text, "utf-8")
    assert PAGE.read_text("utf-8") == text, "write it anew with MILIDIP_UPDATE=1"


def page(rows: list[Row]) -> str:
    lines = [
        "# What covers each row of the mission",
        "",
        "Made by `tests/test_coverage.py` from `ontology/coverage.csv`, the tables, the shapes, the queries and the built graph;",
        "do not edit it. A table or shape is named where it is about a class of the row or one above it. The numbers count",
        "things of a class, inferred ones with them, and statements of a property.",
        "",
    ]
    for row in rows:
        lines += [f"## {row.id}: {row.title}", ""]
        facts = ", ".join(f"{term} {number:,}" for term, number in row.facts)
        without = [term for term in row.terms if term not in dict(row.facts)]
        if facts and without:
            facts += f"; none of {', '.join(without)}"
        cells = {
            "terms": ", ".join(row.terms),
            "tables": ", ".join(row.tables),
            "shapes": ", ".join(row.shapes),
            "queries": ", ".join(row.queries),
            "facts": facts,
        }
        lines += ["| | |", "|---|---|"]
        lines += [f"| {name} | {cell or 'none. ' + row.why_empty} |" for name, cell in cells.items()]
        lines.append("")
    return "\n".join(lines)
