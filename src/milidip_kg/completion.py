"""What the shell offers at a press of Tab: names of queries, their parameters, and the values that those can take."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import typer

from milidip_kg import resources
from milidip_kg.query import CannedQuery, read_queries

#: The table and column with the keys that a parameter of a type takes.
_KEYS = {
    "state": ("states", "state", "name"),
    "organisation": ("organisations", "organisation", "name"),
    "agreement": ("agreements", "agreement", "name"),
}


def _queries() -> dict[str, CannedQuery]:
    return read_queries(resources.folder("queries"))


def query_names(incomplete: str) -> list[tuple[str, str]]:
    """The canned queries that begin so, each with its summary."""
    return [(name, one.summary) for name, one in _queries().items() if name.startswith(incomplete)]


def parameters(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The parameters of the query on the line as NAME=, or after NAME= the values that it takes."""
    # Behind an option without its value the line cannot be parsed to the end, and the name is still among the words.
    words = [context.params.get("name"), *context.args]
    query = next((one for name, one in _queries().items() if name in words), None)
    if query is None:
        return []
    name, sign, begun = incomplete.partition("=")
    given = {word.partition("=")[0] for word in context.params.get("param") or ()}
    if not sign:
        return [
            (f"{one.name}=", one.description)
            for one in query.parameters
            if one.name.startswith(name) and one.name not in given
        ]
    for one in query.parameters:
        if one.name == name:
            choices = [(choice, "") for choice in one.choices] or list(_keys(one.type))
            fit = [(key, help_) for key, help_ in choices if key.casefold().startswith(begun.casefold())]
            return [(f"{name}={key}", help_) for key, help_ in fit]
    return []


def _keys(kind: str) -> Iterator[tuple[str, str]]:
    if kind in _KEYS:
        table, key, label = _KEYS[kind]
        with (resources.folder("data") / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield row[key], row[label]
