"""No parameter value and no query text changes more than it may: hostile values, foreign services, updates."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Store
from rdflib.plugins.sparql import prepareQuery

from milidip_kg import resources
from milidip_kg.errors import UsageError
from milidip_kg.query import CannedQuery, read_queries, refuse_service, run

QUERIES = read_queries(resources.folder("queries"))
HOSTILE = [
    "nato> } } SELECT * WHERE { ?s ?p ?o } #",
    'nato" } #',
    "'; DROP ALL; --",
    "nato\n}",
    "nato\\u003e",
    "\\u003e } {",
    "n\u0430to",  # a Cyrillic a
    "nato\u202e",
    "{}",
    "<x>",
    "?x",
    "_:b",
    "../../etc/passwd",
    "nato/../un",
    "nato#x",
    "nato%3E",
    "",
    " ",
    "\x00",
    "SERVICE",
    "UNDEF",
    "1999-03-12' OR '1'='1",
    "１９９９-03-12",
    "1999-02-30",
    "9" * 400,
    "-1",
    "1e9",
    "NaN",
]


class Everything:
    """A graph in which every node is described, so that only the shape of the value decides."""

    def has_node(self, iri: str) -> bool:
        return True

    def keys(self, start: str) -> list[str]:
        return ["nato"]

    def state_named(self, text: str, on: date | None) -> str | None:
        return None


def shape(text: str) -> str:
    """The parsed query with the terms of its VALUES blocks taken out."""
    algebra = prepareQuery(text).algebra

    def walk(node: object) -> object:
        if hasattr(node, "name") and hasattr(node, "items"):
            if node.name in ("values", "ToMultiSet"):
                return (node.name, "..")
            return (
                node.name,
                tuple((key, walk(value)) for key, value in sorted(node.items()) if key not in ("length", "_vars")),
            )
        if isinstance(node, list | tuple):
            return tuple(walk(one) for one in node)
        return str(node)

    return repr(walk(algebra))


SHAPES = {name: shape(query.text) for name, query in QUERIES.items()}


def attempt(query: CannedQuery, parameter: str, value: str) -> None:
    try:
        bound = query.bind({parameter: value}, Everything())
    except UsageError:
        return
    assert shape(bound) == SHAPES[query.name], (query.name, parameter, value)


@pytest.mark.parametrize("name", QUERIES)
def test_hostile_values_never_change_the_parsed_query(name: str) -> None:
    for parameter in QUERIES[name].parameters:
        for value in HOSTILE:
            attempt(QUERIES[name], parameter.name, value)


@settings(max_examples=1000, deadline=None)
@given(st.data(), st.text(max_size=40))
def test_no_text_at_all_changes_the_parsed_query(data: st.DataObject, value: str) -> None:
    query = data.draw(st.sampled_from([query for query in QUERIES.values() if query.parameters]))
    parameter = data.draw(st.sampled_from(query.parameters))
    attempt(query, parameter.name, value)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "PREFIX : <http://127.0.0.1:9/> SELECT * {SERVICE:foo{?s ?p ?o}}",
        "SELECT * {?s ?p 1SERVICE<http://127.0.0.1:9/>{?s ?p ?o}}",
        'SELECT * {?s ?p "a\\u005C" SERVICE <http://127.0.0.1:9/> {?s ?p ?o} #"\n}',
        "SELECT * {\\u0053ERVICE <http://127.0.0.1:9/> {?s ?p ?o}}",
        'SELECT * {?s ?p "x"SERVICE<http://127.0.0.1:9/>{?s ?p ?o}}',
        "SELECT * {?s ?p ?o FILTER(?o<3)service silent <http://127.0.0.1:9/>{?s ?p ?o}}",
    ],
)
def test_a_foreign_service_is_refused_however_it_is_spelt(text: str) -> None:
    with pytest.raises(UsageError, match="SERVICE is refused"):
        run(Store(), text)


@pytest.mark.parametrize(
    "text",
    [
        'SELECT ?service { ?service <http://x/service> "a SERVICE" # SERVICE\n }',
        'SELECT * { ?s ?p """a "b" SERVICE <http://x/> {} """ }',
        "PREFIX x: <http://x/> SELECT * { ?s x:aService ?o }",
    ],
)
def test_the_word_in_a_string_a_comment_or_a_name_is_no_service(text: str) -> None:
    refuse_service(text)
    run(Store(), text)


@pytest.mark.parametrize(
    "text",
    [
        "DELETE WHERE { ?s ?p ?o }",
        "LOAD <file:///etc/passwd>",
        "INSERT DATA { <a:a> <a:b> <a:c> }",
        "DROP ALL",
        "SELEKT",
    ],
)
def test_an_update_is_no_query(text: str) -> None:
    with pytest.raises(UsageError):
        run(Store(), text)
