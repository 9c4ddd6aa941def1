"""A CSVW processor as the W3C tests ask for one: find the metadata, validate the tables, convert them to RDF.

The cells go through the same SQL as those of the graph's own tables; what differs is that a file may come in any
dialect, that metadata are looked for, and that a cell with a wrong value is kept as plain text with a warning.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from milidip_kg.csvw import describe, embedded, load, mapping, parse
from milidip_kg.csvw.check import Checker, broken_keys
from milidip_kg.csvw.errors import MetadataError
from milidip_kg.csvw.locate import WELL_KNOWN, Fetch, locate
from milidip_kg.csvw.mapping import Relation
from milidip_kg.csvw.model import Table, TableGroup
from milidip_kg.csvw.reader import UndecodableError, UnparsableError

if TYPE_CHECKING:
    import duckdb


@dataclass(slots=True)
class Outcome:
    """What a run gave: N-Triples, and what was wrong."""

    triples: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Processor:
    """Runs one document after another in one database; `fetch` reads a URL or raises OSError."""

    connection: duckdb.DuckDBPyConnection
    fetch: Fetch
    well_known: Callable[[str], tuple[str, ...]] = lambda _: WELL_KNOWN

    def validate(self, url: str, *, metadata: str | None = None, link: str | None = None) -> Outcome:
        """Check a CSV file, or the tables of a metadata document."""
        outcome = Outcome()
        self._run(url, metadata, link, outcome, validating=True)
        return outcome

    def convert(
        self, url: str, *, metadata: str | None = None, link: str | None = None, minimal: bool = False
    ) -> Outcome:
        """Map a CSV file, or the tables of a metadata document, to RDF."""
        outcome = Outcome()
        relations = self._run(url, metadata, link, outcome, validating=False)
        if relations is None:
            return outcome
        group, tables = relations
        if not minimal:
            outcome.triples += describe.table_group(group)
        for relation in tables:
            if relation.table.suppress:
                continue
            node = None if minimal else describe.node(relation.table, relation.number)
            query = mapping.select(relation, node=node, lenient=True)
            if query is not None:
                outcome.triples += [row for (row,) in self.connection.execute(query).fetchall()]
        return outcome

    def _run(
        self, url: str, metadata: str | None, link: str | None, outcome: Outcome, *, validating: bool
    ) -> tuple[TableGroup, list[Relation]] | None:
        try:
            group = self._group(url, metadata, link, outcome)
            with tempfile.TemporaryDirectory() as scratch:
                tables = [
                    self._load(table, number, Path(scratch), outcome, validating=validating)
                    for number, table in enumerate(group.tables)
                ]
            known = [relation.table for relation in tables]
            if broken := [message for table in known for message in broken_keys(table, known)]:
                raise MetadataError(broken[0])
        except (MetadataError, OSError, UndecodableError, UnparsableError) as error:
            outcome.errors.append(str(error))
            return None
        group = replace(group, tables=tuple(relation.table for relation in tables))
        shown = {relation.name: relation.table.url for relation in tables}
        findings = Checker(self.connection, tables, shown).run()
        (outcome.errors if validating else outcome.warnings).extend(str(finding.message) for finding in findings)
        return group, tables

    def _group(self, url: str, metadata: str | None, link: str | None, outcome: Outcome) -> TableGroup:
        """The metadata that were handed over, that the URL is, or that can be found for it; or none but the file's."""
        document = metadata or (url if url.endswith(".json") else None)
        if document is not None:
            group, warnings = parse.parse(self.fetch(document), document, self.fetch)
            outcome.warnings += warnings
            return group
        found = locate(url, self.fetch, link=link, well_known=self.well_known(url))
        outcome.warnings += found.warnings
        return found.group or TableGroup((Table(url),))

    def _load(self, table: Table, number: int, scratch: Path, outcome: Outcome, *, validating: bool) -> Relation:
        content = embedded.read(self.fetch(table.url), table.dialect)
        if not table.described and not table.columns:
            table = embedded.described(table, content)
        else:
            wrong = embedded.incompatible(table, content, validating=validating)
            (outcome.errors if validating else outcome.warnings).extend(wrong)
            table = embedded.widened(table, content)
        relation = Relation(f"t{number}", table, number)
        load.create(self.connection, relation)
        width = len(table.cells)
        file = scratch / f"{number}.csv"
        header = [*(column.name for column in table.cells), load.ORIGIN_ROW]
        load.write(file, [header, *([*(row.cells + [""] * width)[:width], row.number] for row in content.rows)])
        if content.rows:
            load.insert(self.connection, relation, load.Source(file, relation.name, table.url, adapted=True), file)
        return relation
