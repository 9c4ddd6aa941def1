"""What standard mode says of a table group and its tables, as N-Triples."""

from __future__ import annotations

from collections.abc import Iterator

from milidip_kg import namespaces
from milidip_kg.csvw.jsonld import Triples
from milidip_kg.csvw.model import Table, TableGroup
from milidip_kg.csvw.terms import CSVW


def node(table: Table, number: int) -> str:
    """The term that stands for a table."""
    return f"<{table.id}>" if table.id else f"_:t{number}"


def table_group(group: TableGroup) -> Iterator[str]:
    """The group with its annotations and notes, and the same of every table that is not suppressed."""
    triples = Triples()
    subject = f"<{group.id}>" if group.id else "_:g"
    yield f"{subject} <{namespaces.RDF_TYPE}> <{CSVW}TableGroup> ."
    yield from triples.of(subject, {**group.annotations, CSVW + "note": list(group.notes)})
    for number, table in enumerate(group.tables):
        if not table.suppress:
            yield f"{subject} <{CSVW}table> {node(table, number)} ."
            yield from _table(table, node(table, number), triples)


def _table(table: Table, subject: str, triples: Triples) -> Iterator[str]:
    yield f"{subject} <{namespaces.RDF_TYPE}> <{CSVW}Table> ."
    yield f"{subject} <{CSVW}url> <{table.url}> ."
    yield from triples.of(subject, {**table.annotations, CSVW + "note": list(table.notes)})
