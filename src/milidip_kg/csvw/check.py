"""What the metadata state, checked in SQL: a query a table for cells, one each for all keys, references and dates."""

# ruff: noqa: S608 - what goes into a statement is quoted by csvw.sql or is SQL of this package.
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from milidip_kg import edtf, namespaces
from milidip_kg.csvw import lexical, sql, wording
from milidip_kg.csvw.mapping import Relation
from milidip_kg.csvw.model import Column, ForeignKey, Table
from milidip_kg.findings import Cell, Finding

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class _Test:
    """One thing that can be wrong with the cells of a column."""

    rule: str
    column: Column
    condition: Callable[[str], str | None]  # SQL of a value -> SQL that is true if it is wrong
    says: Callable[[str], tuple[str, str]]  # value -> message, fix


@dataclass(slots=True)
class Checker:
    """Checks relations that are loaded; `shown` gives the file name that a finding names for an origin."""

    connection: duckdb.DuckDBPyConnection
    relations: Sequence[Relation]
    shown: Mapping[str, str]
    concepts: Mapping[str, Collection[str]] | None = None
    findings: list[Finding] = field(default_factory=list)
    suggestions: wording.Suggestions = field(default_factory=wording.Suggestions)
    known: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def run(self) -> list[Finding]:
        """Everything that is wrong."""
        # The database works without Python's lock: cells are looked at while keys and dates are.
        with ThreadPoolExecutor(1) as pool:
            broken = pool.map(self._broken, self.relations)
            self._dates()
            self._primary_keys()
            self._foreign_keys()
            for required, tests, found in broken:
                self._cells(required, tests, found)
        return self.findings

    def _add(
        self, rule: str, origin: str, row: int, column: str | None, value: str | None, message: str, fix: str | None
    ) -> None:
        cell = Cell(self.shown[origin], row, column)
        self.findings.append(Finding(rule, message, cell=cell, value=value, fix=fix))

    # --- cells

    def _broken(self, relation: Relation) -> tuple[list[Column], list[_Test], list[tuple[Any, ...]]]:
        """What a relation requires, its tests, and the rows with a cell that fails one: which it fails, the values."""
        tests = [test for column in relation.table.cells for test in self._tests(relation, column)]
        required = [column for column in relation.table.cells if column.required]
        conditions = [_missing(column) for column in required] + [_some(test) for test in tests]
        if not conditions:
            return required, tests, []
        flags = ", ".join(conditions)
        values = ", ".join(["NULL"] * len(required) + [_wrong(test) for test in tests])
        with self.connection.cursor() as cursor:
            found = cursor.execute(
                f"SELECT _origin, _row, [{flags}], [{values}] FROM {relation.sql}"
                f" WHERE {sql.any_of(conditions)} ORDER BY _origin, _row"
            ).fetchall()
        return required, tests, found

    def _cells(self, required: list[Column], tests: list[_Test], found: list[tuple[Any, ...]]) -> None:
        for origin, row, wrong, items in found:
            for column, flag in zip(required, wrong, strict=False):
                if flag:
                    message = f"The column {column.name} must not be empty."
                    self._add("csvw.required", origin, row, column.name, None, message, wording.expected(column))
            for test, flag, texts in zip(tests, wrong[len(required) :], items[len(required) :], strict=True):
                for text in texts if flag else ():
                    self._add(test.rule, origin, row, test.column.name, text, *test.says(text or ""))

    def _tests(self, relation: Relation, column: Column) -> Iterator[_Test]:
        if column.separator is not None:
            message = f"The list in {column.name} has an empty item."
            fix = f"items with a single {column.separator!r} between them"
            yield _Test("csvw.format", column, lambda value: f"{value} IS NULL", lambda _: (message, fix))
        datatype = column.datatype
        if not lexical.is_edtf(datatype) and lexical.invalid("", datatype):
            yield _Test(
                "csvw.datatype",
                column,
                lambda value: lexical.invalid(value, datatype),
                lambda text: wording.not_a_value(text, column),
            )
        if lexical.mismatch("", datatype):
            yield _Test(
                "csvw.format",
                column,
                lambda value: lexical.mismatch(value, datatype),
                lambda text: wording.not_of_form(text, column),
            )
        scheme = _scheme(column)
        if scheme is None or self.concepts is None:
            return
        if scheme in self.concepts:
            yield self._in_scheme(column, scheme, sorted(self.concepts[scheme]))
            return
        message = f"The column {column.name} takes its codes from a vocabulary {scheme} that does not exist."
        fix = self.suggestions.closest(scheme, self.concepts) or "one of " + ", ".join(sorted(self.concepts))
        cell = Cell(relation.table.url.rpartition("/")[2] + "-metadata.json", column=column.name)
        self.findings.append(Finding("csvw.metadata", message, cell=cell, value=scheme, fix=fix))

    def _in_scheme(self, column: Column, scheme: str, codes: list[str]) -> _Test:
        def says(text: str) -> tuple[str, str]:
            some = ", ".join(codes[:20]) + (", ..." if len(codes) > 20 else "")
            fix = self.suggestions.closest(text, codes) or f"one of {some}"
            return f"{text!r} is not a code of the vocabulary {scheme}.", fix

        listed = sql.literals(codes) if codes else "''"
        return _Test("vocab.unknown", column, lambda value: f"{value} NOT IN ({listed})", says)

    # --- dates

    def _dates(self) -> None:
        branches = [
            f"SELECT _origin, _row, {sql.literal(column.name)} AS c, {_items(column)} AS v FROM {relation.sql}"
            for relation in self.relations
            for column in relation.table.cells
            if lexical.is_edtf(column.datatype)
        ]
        if not branches:
            return
        union = " UNION ALL ".join(branches)
        found = self.connection.execute(f"SELECT * FROM ({union}) WHERE v IS NOT NULL AND NOT edtf_valid(v)").fetchall()
        for origin, row, column, text in found:
            try:
                edtf.parse(text)
            except ValueError as error:
                self._add("csvw.edtf", origin, row, column, text, str(error), edtf.EXPECTED)

    # --- keys

    def _primary_keys(self) -> None:
        """A key is unique within its file: two sources may each state the same fact."""
        keyed = [relation for relation in self.relations if relation.table.primary_key]
        branches = [
            f"SELECT {number} AS n WHERE EXISTS (SELECT 1 FROM {relation.sql}"
            f" GROUP BY _origin, {_names(relation.table.primary_key)} HAVING count(*) > 1)"
            for number, relation in enumerate(keyed)
        ]
        if not branches:
            return
        for (number,) in self.connection.execute(" UNION ALL ".join(branches)).fetchall():
            self._duplicates(keyed[number])

    def _duplicates(self, relation: Relation) -> None:
        key = relation.table.primary_key
        texts = ", ".join(f"{sql.identifier(name)}::VARCHAR" for name in key)
        found = self.connection.execute(
            f"SELECT _origin, _row, first, texts FROM (SELECT _origin, _row, min(_row) OVER same AS first,"
            f" row_number() OVER (same ORDER BY _row, _number) AS place, [{texts}] AS texts FROM {relation.sql}"
            f" WINDOW same AS (PARTITION BY _origin, {_names(key)})) WHERE place > 1"
        ).fetchall()
        for origin, row, first, values in found:
            text = ", ".join("" if value is None else value for value in values)
            message = f"The key {text!r} ({', '.join(key)}) is already that of row {first}."
            fix = "a key of its own for each row, or one row instead of two"
            self._add("csvw.primary-key", origin, row, key[0], text, message, fix)

    def _foreign_keys(self) -> None:
        tables = [relation.table for relation in self.relations]
        by_url = {relation.table.url: relation for relation in self.relations}
        keys: list[tuple[ForeignKey, Relation]] = []
        branches = []
        for relation in self.relations:
            for key in relation.table.foreign_keys:
                table = target_of(key, tables)
                if table is not None:
                    branches.append(_dangling(len(keys), relation, key, by_url[table.url]))
                    keys.append((key, by_url[table.url]))
        if not branches:
            return
        for number, origin, row, text in sorted(self.connection.execute(" UNION ALL ".join(branches)).fetchall()):
            key, target = keys[number]
            file = target.table.url.rpartition("/")[2]
            message = f"{text!r} is not in the column {', '.join(key.reference)} of {file}."
            fix = None
            if len(key.reference) == 1:
                fix = self.suggestions.closest(text, self._keys(target.name, key.reference[0]))
            fix = fix or f"a key of {file}, or a row there for {text!r}"
            self._add("csvw.foreign-key", origin, row, ", ".join(key.columns), text, message, fix)

    def _keys(self, relation: str, column: str) -> list[str]:
        if (relation, column) not in self.known:
            name = sql.identifier(column)
            found = self.connection.execute(f"SELECT DISTINCT {name}::VARCHAR FROM {sql.identifier(relation)}")
            self.known[relation, column] = [key for (key,) in found.fetchall() if key is not None]
        return self.known[relation, column]


def target_of(key: ForeignKey, tables: Iterable[Table]) -> Table | None:
    """The table that a foreign key leads to, if it is among these."""
    return next(
        (
            table
            for table in tables
            if key.resource == table.url or (key.schema is not None and key.schema == table.schema_id)
        ),
        None,
    )


def broken_keys(table: Table, tables: Collection[Table]) -> Iterator[str]:
    """What is wrong with where the foreign keys of a table lead to, in sentences."""
    for key in table.foreign_keys:
        target = target_of(key, tables)
        if target is None:
            yield f"A foreign key of {table.url} leads to {key.resource or key.schema}, which is not there."
        elif missing := sorted(set(key.reference) - {column.name for column in target.cells}):
            yield f"A foreign key of {table.url} leads to columns that are not there: {', '.join(missing)}."


def _dangling(number: int, relation: Relation, key: ForeignKey, target: Relation) -> str:
    """SQL for the rows whose key is not there, or there more than once."""
    there = _names(key.reference)
    columns = {column.name: column for column in relation.table.cells}
    values = [_items(columns[name]) for name in key.columns]
    names = [f"_k{place}" for place in range(len(values))]
    computed = ", ".join(f"{value} AS {name}" for value, name in zip(values, names, strict=True))
    once = "" if key.reference == target.table.primary_key else f" GROUP BY {there} HAVING count(*) = 1"
    text = names[0] if len(names) == 1 else f"concat_ws(', ', {', '.join(names)})"
    present = sql.any_of(f"{name} IS NOT NULL" for name in names)
    match = sql.all_of(
        f"{name} IS NOT DISTINCT FROM r.{sql.identifier(other)}"
        if len(names) > 1
        else f"{name} = r.{sql.identifier(other)}"
        for name, other in zip(names, key.reference, strict=True)
    )
    return (
        f"SELECT {number}, _origin, _row, {text} FROM (SELECT _origin, _row, {computed} FROM {relation.sql})"
        f" ANTI JOIN (SELECT {there} FROM {target.sql}{once}) r ON {match} WHERE {present}"
    )


def _items(column: Column) -> str:
    value = sql.identifier(column.name)
    return value if column.separator is None else f"unnest({value})"


def _names(columns: Iterable[str]) -> str:
    return ", ".join(sql.identifier(name) for name in columns)


def _missing(column: Column) -> str:
    value = sql.identifier(column.name)
    return f"{value} IS NULL" if column.separator is None else f"coalesce(len({value}), 0) = 0"


def _wrong_items(test: _Test) -> str:
    value = sql.identifier(test.column.name)
    return f"list_filter({value}, lambda _x: {test.condition('_x')})"


def _some(test: _Test) -> str:
    """SQL: the cell, or an item of it, is wrong."""
    if test.column.separator is not None:
        return f"coalesce(len({_wrong_items(test)}), 0) > 0"
    value = sql.identifier(test.column.name)
    return f"{value} IS NOT NULL AND ({test.condition(value)})"


def _wrong(test: _Test) -> str:
    """SQL: what is wrong in a cell in which something is."""
    return _wrong_items(test) if test.column.separator is not None else f"[{sql.identifier(test.column.name)}]"


def _scheme(column: Column) -> str | None:
    url = column.value_url or ""
    if not url.startswith(namespaces.VOCAB):
        return None
    scheme, _, rest = url.removeprefix(namespaces.VOCAB).partition("/")
    return scheme if rest == f"{{{column.name}}}" else None
