"""The tables of the graph: read with DuckDB, and checked against everything that their CSVW metadata state."""

# ruff: noqa: S608 - what goes into a statement is quoted by csvw.sql or is SQL of this package.
from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from milidip_kg import edtf, namespaces
from milidip_kg.csvw import load, mapping, parse, sql, template
from milidip_kg.csvw.check import Checker, broken_keys
from milidip_kg.csvw.errors import MetadataError
from milidip_kg.csvw.mapping import Relation
from milidip_kg.csvw.model import Dialect, Table
from milidip_kg.findings import Cell, Finding, Severity, in_order

if TYPE_CHECKING:
    import duckdb

_SUFFIX = "-metadata.json"
_VARIABLES = {"_name", "_row", "_sourceRow", "_column", "_sourceColumn"}


@dataclass(frozen=True, slots=True)
class AdaptedDataset:
    """A published dataset as an adapter left it: <table>.csv files with the row numbers of the published file."""

    id: str
    file: str
    folder: Path


@dataclass(frozen=True, slots=True)
class LoadedTable:
    """One table: its name, its metadata, how many rows it has and what DuckDB calls them."""

    name: str
    metadata: Table
    rows: int
    relation: str


@dataclass(slots=True)
class Tables:
    """Every table of a folder, in one DuckDB connection, and what is wrong with them.

    A relation has the columns of its table as text (a list of texts where the metadata give a separator; NULL where a
    cell is empty), and `_origin` and `_row`: the file under the base of the data, and the row in it.
    """

    connection: duckdb.DuckDBPyConnection
    tables: list[LoadedTable]
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong that would stop a build."""
        return not any(finding.severity is Severity.VIOLATION for finding in self.findings)

    def __getitem__(self, name: str) -> LoadedTable:
        """The table of that name."""
        return next(table for table in self.tables if table.name == name)


def read_tables(
    data: Path,
    *,
    concepts: Mapping[str, Collection[str]] | None = None,
    datasets: Sequence[AdaptedDataset] = (),
) -> Tables:
    """Read every table that has metadata in a folder, add the rows of adapted datasets, and check it all.

    `concepts` holds the codes of each vocabulary; without it codes are not checked.
    """
    findings: list[Finding] = []
    metadata = _metadata(data, findings)
    relations = {name: Relation(name, table, number) for number, (name, table) in enumerate(metadata.items())}
    sources = {name: _sources(data, name, datasets) for name in relations}
    shown = {source.origin: source.shown for found in sources.values() for source in found}
    whole = []
    with tempfile.TemporaryDirectory(prefix="milidip-") as scratch:
        connection = _connect([data, Path(scratch), *(dataset.folder for dataset in datasets)])

        def load_table(relation: Relation) -> list[Finding]:
            with connection.cursor() as cursor:
                load.create(cursor, relation)
                return [
                    found
                    for source in sources[relation.name]
                    for found in load.load(cursor, relation, source, Path(scratch))
                ]

        with ThreadPoolExecutor(2) as pool:
            for relation, found in zip(relations.values(), pool.map(load_table, relations.values()), strict=True):
                findings += found
                if not found:
                    whole.append(relation)
    findings += _strangers(relations, datasets)
    findings += Checker(connection, whole, shown, concepts).run()
    counts = _counts(connection, relations.values())
    tables = [LoadedTable(name, table, counts[name], name) for name, table in metadata.items()]
    return Tables(connection, tables, in_order(findings))


def _connect(folders: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    """A database in memory that reaches these folders, and nothing else on the machine or the network."""
    import duckdb

    settings: dict[str, Any] = {
        "threads": 2,
        "temp_directory": "",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(config=settings)
    allowed = sql.literals(str(folder.resolve()) for folder in folders)
    connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    edtf.install(connection)
    connection.execute("SET lock_configuration = true")
    return connection


def _metadata(data: Path, findings: list[Finding]) -> dict[str, Table]:
    """The tables by name; metadata that cannot be used are found wrong and left out."""
    found: dict[str, Table] = {}
    unread: set[str] = set()
    for path in sorted(data.glob(f"*{_SUFFIX}")):
        try:
            group, warnings = parse.parse(path.read_bytes(), namespaces.DATA + quote(path.name))
            for table in group.tables:
                name = Path(unquote(table.url)).name.removesuffix(".csv")
                if table.dialect != Dialect():
                    raise MetadataError(f"The tables of the graph have no dialect, but {name} states one.")
                warnings += _unknown_variables(table)
                found[name] = table
        except (MetadataError, OSError) as error:
            findings.append(Finding("csvw.metadata", str(error), cell=Cell(path.name), malformed=True))
            unread.add(namespaces.DATA + quote(path.name.removesuffix(_SUFFIX)))
        else:
            findings += [_warning(path.name, message) for message in warnings]
    if not found and not findings:
        message = f"There is no table in {data}: no file *.csv{_SUFFIX}."
        findings.append(Finding("csvw.missing-file", message, cell=Cell(str(data)), malformed=True))
    for path in sorted(data.glob("*.csv")):
        if path.stem not in found and not path.with_name(path.name + _SUFFIX).exists():
            findings.append(_warning(path.name, f"{path.name} has no metadata beside it, so nobody reads it."))
    return {name: _with_good_keys(name, table, found.values(), unread, findings) for name, table in found.items()}


def _warning(file: str, message: str) -> Finding:
    return Finding("csvw.metadata", message, Severity.WARNING, cell=Cell(file))


def _unknown_variables(table: Table) -> list[str]:
    """A variable that is no column expands to nothing, which is hardly ever meant."""
    known = {column.name for column in table.cells} | _VARIABLES
    texts = {
        text
        for column in table.columns
        for text in (column.about_url, column.property_url, column.value_url, mapping.graph_template(table))
        if text is not None
    }
    return [
        f"The template {text} uses {{{name}}}, which is no column of the table."
        for text in sorted(texts)
        for name in template.parse(text).variables
        if name not in known
    ]


def _with_good_keys(
    name: str, table: Table, tables: Collection[Table], unread: Collection[str], findings: list[Finding]
) -> Table:
    """The table without foreign keys that lead nowhere, or to a table whose metadata could not be read."""
    table = replace(table, foreign_keys=tuple(key for key in table.foreign_keys if key.resource not in unread))
    if not (broken := list(broken_keys(table, tables))):
        return table
    cell = Cell(f"{name}.csv{_SUFFIX}")
    findings += [Finding("csvw.metadata", message, cell=cell, malformed=True) for message in broken]
    return replace(table, foreign_keys=())


def _sources(data: Path, name: str, datasets: Sequence[AdaptedDataset]) -> list[load.Source]:
    sources = [load.Source((data / f"{name}.csv").resolve(), quote(f"{name}.csv"), f"{name}.csv")]
    for dataset in datasets:
        path = (dataset.folder / f"{name}.csv").resolve()
        if path.exists():
            origin = f"{quote(dataset.id)}/{quote(dataset.file)}"
            sources.append(load.Source(path, origin, dataset.file, adapted=True))
    return sources


def _strangers(relations: Mapping[str, Relation], datasets: Sequence[AdaptedDataset]) -> list[Finding]:
    """Files of an adapter that belong to no table."""
    return [
        Finding(
            "csvw.metadata",
            f"The adapter of {dataset.id} wrote a table {path.stem} that the data do not have.",
            cell=Cell(dataset.file),
            fix="one of " + ", ".join(relations),
        )
        for dataset in datasets
        for path in sorted(dataset.folder.glob("*.csv"))
        if path.stem not in relations
    ]


def _counts(connection: duckdb.DuckDBPyConnection, relations: Collection[Relation]) -> dict[str, int]:
    if not relations:
        return {}
    union = " UNION ALL ".join(
        f"SELECT {sql.literal(relation.name)}, count(*) FROM {relation.sql}" for relation in relations
    )
    return dict(connection.execute(union).fetchall())
