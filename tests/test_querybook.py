"""The book of the queries says what the queries say, for people, for tools and for the shell.

`MILIDIP_UPDATE=1 pytest tests/test_querybook.py` writes docs/queries.md anew.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rdflib import RDF, SH, Graph, Namespace, URIRef
from rdflib.plugins.sparql import prepareQuery

from milidip_kg import querybook, resources
from milidip_kg.namespaces import QUERY
from milidip_kg.query import read_queries

QUERIES = read_queries(resources.folder("queries"))
PAGE = Path(__file__).resolve().parents[1] / "docs" / "queries.md"
SCHEMA = Namespace("https://schema.org/")


def test_the_page_is_of_today() -> None:
    if os.environ.get("MILIDIP_UPDATE"):
        PAGE.write_text(querybook.page(QUERIES.values()), "utf-8")
    assert PAGE.read_text("utf-8") == querybook.page(QUERIES.values()), "write it anew: milidip queries page"


def test_every_link_of_the_page_leads_to_a_file_or_a_heading() -> None:
    text = PAGE.read_text("utf-8")
    for link in {part.partition(")")[0] for part in text.split("](")[1:]}:
        if link.startswith("#"):
            assert f"\n### {link[1:]}\n" in text
        else:
            assert (PAGE.parent / link).is_file(), link


@pytest.fixture(scope="module")
def book() -> Graph:
    return Graph().parse(data=querybook.turtle(QUERIES.values()), format="turtle")


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_of_the_book_is_the_query_of_the_file(book: Graph, name: str) -> None:
    subject = URIRef(QUERY + name)
    assert (subject, RDF.type, SH.SPARQLSelectExecutable) in book
    assert str(book.value(subject, SCHEMA.target)) == querybook.ENDPOINT
    prefixes = {
        str(book.value(declared, SH.prefix)): str(book.value(declared, SH.namespace))
        for declared in book.objects(book.value(subject, SH.prefixes), SH.declare)
    }
    whole = "".join(f"PREFIX {prefix}: <{space}>\n" for prefix, space in sorted(prefixes.items()))
    told = prepareQuery(whole + str(book.value(subject, SH.select)))
    assert str(told.algebra) == str(prepareQuery(QUERIES[name].text).algebra)


def test_the_book_names_each_query_and_no_other(book: Graph) -> None:
    found = {str(one).removeprefix(QUERY) for one in book.subjects(RDF.type, SH.SPARQLExecutable)}
    assert found == set(QUERIES)


@pytest.mark.parametrize(
    ("line", "offered", "not_offered"),
    [
        ("milidip query organisation-m", "organisation-members", "treaty-status"),
        ("milidip queries show treaty-s", "treaty-status", "organisation-members"),
        ("milidip query treaty-status --param ", "state=", "agreement="),
        ("milidip query treaty-status --param state=FR", "state=FRA", "state=USA"),
        ("milidip query organisation-members --param organisation=asea", "organisation=asean", "organisation=nato"),
        ("milidip query organisation-members --param role=obs", "role=observer", "role=member"),
    ],
)
def test_the_shell_offers_what_fits(line: str, offered: str, not_offered: str) -> None:
    words = line.split(" ")
    environment = {
        **os.environ,
        "_MILIDIP_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    command = [sys.executable, "-c", "from milidip_kg.cli import app; app(prog_name='milidip')"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert offered in done.stdout.split(), done.stderr
    assert not_offered not in done.stdout.split()
