"""The canned queries as a book: a page for people, and RDF for tools that list the queries of an endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from milidip_kg.namespaces import BASE, PREFIXES, QUERY, RDF_TYPE, XSD
from milidip_kg.query import CannedQuery, Parameter

ENDPOINT: Final = BASE + "sparql"
"""The address under which the endpoint of the graph is to be found."""

_SCHEMA: Final = "https://schema.org/"
_PREFIX: Final = re.compile(r"^PREFIX (\w*): <([^>]*)>\n", re.MULTILINE)


def sparql(query: CannedQuery) -> str:
    """The SPARQL of a query without its front matter."""
    return "".join(line for line in query.text.splitlines(keepends=True) if not line.startswith("#+"))


def page(queries: Iterable[CannedQuery]) -> str:
    """All queries as a page of Markdown: an overview by topic, then each with parameters, columns and a command."""
    chosen = sorted(queries, key=lambda one: (one.topic, one.name))
    parts = [
        "# The canned queries",
        f"{len(chosen)} questions, each a file that runs unchanged in any SPARQL 1.1 engine. `milidip query NAME` "
        "answers one; `milidip queries page` made this page.",
    ]
    for topic, members in groupby(chosen, key=lambda one: one.topic):
        rows = [f"| [{one.name}](#{one.name}) | {_cell(one.question)} | {', '.join(one.rows)} |" for one in members]
        parts.append(
            "\n".join([f"## {topic.capitalize()}", "", "| query | question | mission |", "|---|---|---|", *rows])
        )
    parts += [_entry(one) for one in chosen]
    return "\n\n".join(parts) + "\n"


def _entry(query: CannedQuery) -> str:
    file = f"{query.topic}/{query.name}.rq"
    words = [f"--param {one.name}={_word(one.sample or one.default or '')}" for one in query.parameters]
    lines = [
        f"### {query.name}",
        "",
        f"{query.question} ([SPARQL](../queries/{file}), [answer](../queries/expected/{query.name}.csv))",
        "",
        "```sh",
        " ".join(["milidip query", query.name, *words]),
        "```",
        "",
    ]
    if query.parameters:
        lines += ["| parameter | takes | default | means |", "|---|---|---|---|"]
        lines += [
            f"| {one.name} | {_takes(one)} | {one.default or ''} | {_cell(one.description)} |"
            for one in query.parameters
        ]
        lines.append("")
    lines += ["| column | means |", "|---|---|"]
    lines += [f"| {name} | {_cell(means)} |" for name, means in query.columns.items()]
    return "\n".join(lines)


def _takes(parameter: Parameter) -> str:
    return "one of " + ", ".join(parameter.choices) if parameter.choices else parameter.type


def _word(text: str) -> str:
    """A value as a shell takes it."""
    return text if re.fullmatch(r"[\w./:-]+", text) else f"'{text}'"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def turtle(queries: Iterable[CannedQuery]) -> bytes:
    """All queries as `sh:SPARQLSelectExecutable` in Turtle, with the endpoint at which each is meant to be asked."""
    triples = sorted({triple for one in queries for triple in _triples(one)}, key=str)
    text = serialize(triples, format=RdfFormat.TURTLE, prefixes={**PREFIXES, "schema": _SCHEMA})
    assert text is not None
    return text


def _triples(query: CannedQuery) -> Iterator[Triple]:
    sh, schema = PREFIXES["sh"], _SCHEMA
    subject, prefixes = NamedNode(QUERY + query.name), NamedNode(QUERY + "prefixes")
    text = sparql(query)
    for kind in ("SPARQLExecutable", "SPARQLSelectExecutable"):
        yield Triple(subject, NamedNode(RDF_TYPE), NamedNode(sh + kind))
    yield Triple(subject, NamedNode(PREFIXES["rdfs"] + "label"), Literal(query.summary, language="en"))
    yield Triple(subject, NamedNode(PREFIXES["rdfs"] + "comment"), Literal(query.question, language="en"))
    yield Triple(subject, NamedNode(sh + "prefixes"), prefixes)
    yield Triple(subject, NamedNode(sh + "select"), Literal(_PREFIX.sub("", text)))
    yield Triple(subject, NamedNode(schema + "target"), NamedNode(ENDPOINT))
    for tag in query.tags:
        yield Triple(subject, NamedNode(schema + "keywords"), Literal(tag, language="en"))
    for name, namespace in _PREFIX.findall(text):
        declared = NamedNode(f"{QUERY}prefix/{name}")
        yield Triple(prefixes, NamedNode(sh + "declare"), declared)
        yield Triple(declared, NamedNode(sh + "prefix"), Literal(name))
        yield Triple(declared, NamedNode(sh + "namespace"), Literal(namespace, datatype=NamedNode(XSD + "anyURI")))
