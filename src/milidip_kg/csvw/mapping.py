"""CSVW mapping to RDF in SQL: one SELECT a table, one text of N-Quads a row.

The mapping is that of csv2rdf. A table that carries the annotation `https://w3id.org/milidip/ns/graph` is mapped with
four extensions, which the W3C tests never meet:

1. the annotation is a URI template for the named graph of the row's quads (of a list-valued column, the first item);
2. a list-valued column whose valueUrl uses its own name gives one IRI an item;
3. an EDTF column with property P also gives P+"Earliest" and P+"Latest", the days that bound it, as xsd:date;
4. every subject of a row is prov:wasDerivedFrom the row, and a template of a virtual column that needs a null cell
   gives no triple.
"""

# ruff: noqa: S608 - what goes into a statement is quoted by csvw.sql or is SQL of this package.
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urldefrag, urljoin

from milidip_kg import namespaces
from milidip_kg.csvw import lexical, sql, template
from milidip_kg.csvw.model import Column, Table
from milidip_kg.csvw.terms import ABSOLUTE, CSVW, RDF, expand

GRAPH: Final = namespaces.NS + "graph"


@dataclass(frozen=True, slots=True)
class Relation:
    """Where the rows of a table are: columns named as in the metadata, and `_row`, `_origin` and `_number`.

    `_row` counts from the header on, `_number` counts the rows of data, `_origin` is the path of the file under the
    base of the data.
    """

    name: str
    table: Table
    number: int = 0

    @property
    def sql(self) -> str:
        """The quoted name."""
        return sql.identifier(self.name)


@dataclass(slots=True)
class _Line:
    """A line of N-Quads, or several: the columns that must not be NULL, and the SQL."""

    needs: tuple[str, ...]
    text: str
    each: bool = False

    @property
    def certain(self) -> bool:
        """Whether every row gives it."""
        return not self.needs and not self.each

    @property
    def sql(self) -> str:
        if not self.needs:
            return self.text
        present = sql.all_of(f"{name} IS NOT NULL" for name in self.needs)
        return f"CASE WHEN {present} THEN {self.text} END"


@dataclass(slots=True)
class _Mapper:
    relation: Relation
    node: str | None = None  # the table, in standard mode
    lenient: bool = False
    aliases: dict[str, str] = field(default_factory=dict)  # SQL -> name in the inner SELECT

    @property
    def table(self) -> Table:
        return self.relation.table

    # --- names for what is computed once a row

    def alias(self, expression: str) -> str:
        return self.aliases.setdefault(expression, f"_v{len(self.aliases)}")

    # --- templates

    @property
    def extended(self) -> bool:
        return graph_template(self.table) is not None

    def variable(self, name: str, own: Column | None) -> str | None:
        """SQL for the text of a variable of a template."""
        if name in ("_row", "_sourceRow"):
            return "_number::VARCHAR" if name == "_row" else "_row::VARCHAR"
        if own and name == "_name":
            return sql.literal(own.name)
        if own and name in ("_column", "_sourceColumn"):
            return sql.literal(str(1 + self.table.columns.index(own)))
        columns = {column.name: column for column in self.table.columns}
        column = columns.get(name)
        if column is None or column.virtual:
            return None
        value = sql.identifier(name)
        if column.separator is None:
            return lexical.canonical(value, column.datatype)
        items = lexical.canonical("_x", column.datatype)
        items = value if items == "_x" else f"list_transform({value}, lambda _x: {items})"
        return f"array_to_string({items}, ',')"

    def iri(self, text: str, own: Column | None, values: dict[str, str] | None = None) -> list[str]:
        """SQL parts of an IRI, without the angle brackets; `values` are variables that stand for something else."""
        parsed = template.parse(expand(text))
        replaced = values or {}

        def variable(name: str) -> str | None:
            return replaced.get(name) or self.variable(name, own)

        first = parsed.parts[0] if parsed.parts else ""
        if isinstance(first, str):
            lead = first if ABSOLUTE.match(first) else urljoin(self.table.url, first)
            return template.compile_parts(parsed.with_lead(lead), variable)
        if first.operator == "#":
            lead = urldefrag(self.table.url).url
            return template.compile_parts(parsed.with_lead(lead), variable)
        whole = sql.concat(template.compile_parts(parsed, variable))
        return [_resolve(whole, self.table.url)]

    def needed(self, text: str) -> tuple[str, ...]:
        """The columns that a template uses, in SQL."""
        names = {column.name for column in self.table.cells}
        return tuple(sql.identifier(name) for name in template.parse(expand(text)).variables if name in names)

    # --- terms

    def subject(self, column: Column) -> str:
        if column.about_url is None:
            return self.alias(f"concat('_:t{self.relation.number}r', _number)")
        return self.alias(sql.concat(["'<'", *self.iri(column.about_url, column), "'>'"]))

    def predicate(self, column: Column) -> list[str]:
        if column.property_url is None:
            return [sql.literal(f"{urldefrag(self.table.url).url}#{column.name}")]
        return self.iri(column.property_url, column)

    def graph(self) -> str:
        text = graph_template(self.table)
        if text is None:
            return "' .'"
        first = {column.name: f"{sql.identifier(column.name)}[1]" for column in self.table.cells if column.separator}
        return self.alias(sql.concat(["' <'", *self.iri(text, None, first), "'> .'"]))

    def literal(self, value: str, column: Column) -> list[str]:
        datatype = column.datatype
        text = lexical.canonical(value, datatype)
        if not lexical.is_plain(datatype):
            text = escape(text)
        if datatype.base != "string" or datatype.iri:
            typed = ["'\"'", text, sql.literal(f'"^^<{datatype.rdf}>')]
            return self.or_plain(value, column, typed) if self.lenient else typed
        return ["'\"'", text, sql.literal('"' if column.lang == "und" else f'"@{column.lang}')]

    def or_plain(self, value: str, column: Column, typed: list[str]) -> list[str]:
        """The literal, or a text without a datatype if the value is none of it."""
        wrong = lexical.invalid(value, column.datatype)
        mismatch = lexical.mismatch(value, column.datatype)
        tests = [test for test in (wrong, mismatch) if test]
        if not tests:
            return typed
        plain = _concat(["'\"'", escape(value), "'\"'"])
        return [f"CASE WHEN {sql.any_of(tests)} THEN {plain} ELSE {_concat(typed)} END"]

    # --- lines

    def quad(self, subject: str, predicate: list[str], value: list[str]) -> str:
        return _concat([subject, "' <'", *predicate, "'> '", *value, self.graph()])

    def lines(self) -> Iterator[_Line]:
        subjects: dict[str, None] = {}
        for position, column in enumerate(self.table.columns):
            if column.suppress:
                continue
            subject = self.subject(column)
            found = list(self.cell(column, subject, position))
            if found:
                subjects[subject] = None
            yield from found
        if self.extended:
            row = f"'<{namespaces.DATA}', _origin, '#row=', _row, '>'"
            for subject in subjects:
                yield _Line((), self.quad(subject, [sql.literal(namespaces.PROV_DERIVED)], [row]))
        if self.node is not None:
            yield from self.row(self.node, subjects)

    def cell(self, column: Column, subject: str, position: int) -> Iterator[_Line]:
        value = sql.identifier(column.name)
        predicate = self.predicate(column)
        if column.value_url is not None:
            yield self.linked(column, subject, predicate, value)
        elif column.virtual:
            if column.default:
                yield _Line((), self.quad(subject, predicate, self.literal(sql.literal(column.default), column)))
        elif column.separator is None:
            yield _Line((value,), self.quad(subject, predicate, self.literal(value, column)))
            if self.extended and lexical.is_edtf(column.datatype):
                yield from self.bounds(column, subject, value)
        elif column.ordered:
            yield self.ordered(column, subject, predicate, value, position)
        else:
            yield _each(value, self.quad(subject, predicate, self.literal("_x", column)))

    def linked(self, column: Column, subject: str, predicate: list[str], value: str) -> _Line:
        url = column.value_url or ""
        if self.extended and column.separator is not None and value in self.needed(url):
            item = lexical.canonical("_x", column.datatype)
            iri = ["'<'", *self.iri(url, column, {column.name: item}), "'>'"]
            return _each(value, self.quad(subject, predicate, iri))
        iri = ["'<'", *self.iri(url, column), "'>'"]
        if not column.virtual:
            return _Line((value,), self.quad(subject, predicate, iri))
        return _Line(self.needed(url) if self.extended else (), self.quad(subject, predicate, iri))

    def bounds(self, column: Column, subject: str, value: str) -> Iterator[_Line]:
        for side in ("Earliest", "Latest"):
            day = self.alias(f"edtf_{side.lower()}({value})::VARCHAR")
            predicate = [*self.predicate(column), sql.literal(side)]
            yield _Line((day,), self.quad(subject, predicate, ["'\"'", day, sql.literal(f'"^^<{namespaces.XSD}date>')]))

    def ordered(self, column: Column, subject: str, predicate: list[str], value: str, position: int) -> _Line:
        """An rdf:List, its nodes numbered by row, column and place."""
        node = f"'_:t{self.relation.number}r', _number, 'c{position}i'"
        first = _concat(["' <'", sql.literal(RDF + "first"), "'> '", *self.literal("_x", column), self.graph()])
        rest = f"CASE WHEN _i < len({value}) THEN concat({node}, _i + 1) ELSE '<{RDF}nil>' END"
        link = _concat([node, "_i", "' <'", sql.literal(RDF + "rest"), "'> '", rest, self.graph()])
        items = (
            f"array_to_string(list_transform({value}, lambda _x, _i: "
            f"{_concat([node, '_i', first, _NEWLINE, link])}), {_NEWLINE})"
        )
        head = self.quad(
            subject, predicate, [f"CASE WHEN len({value}) = 0 THEN '<{RDF}nil>' ELSE concat({node}, 1) END"]
        )
        return _Line((value,), f"concat_ws({_NEWLINE}, {head}, nullif({items}, ''))")

    def row(self, table: str, subjects: Iterable[str]) -> Iterator[_Line]:
        """What standard mode says of the row."""
        node = f"concat('_:t{self.relation.number}row', _number)"

        def say(subject: str, predicate: str, value: list[str]) -> _Line:
            return _Line((), self.quad(subject, [sql.literal(predicate)], value))

        yield say(sql.literal(table), CSVW + "row", [node])
        yield say(node, namespaces.RDF_TYPE, [sql.literal(f"<{CSVW}Row>")])
        yield say(node, CSVW + "rownum", ["'\"'", "_number", sql.literal(f'"^^<{namespaces.XSD}integer>')])
        url = sql.literal(urldefrag(self.table.url).url + "#row=")
        yield say(node, CSVW + "url", ["'<'", url, "_row", "'>'"])
        for subject in subjects:
            yield say(node, CSVW + "describes", [subject])
        for name in self.table.row_titles:
            column = self.table.column(name)
            title = self.quad(node, [sql.literal(CSVW + "title")], self.literal(sql.identifier(name), column))
            yield _Line((sql.identifier(name),), title)


_NEWLINE: Final = "E'\\n'"


def graph_template(table: Table) -> str | None:
    """The template of the named graph of a row, if the table has one."""
    value = table.annotations.get(GRAPH)
    text = value.get("@value") if isinstance(value, dict) else value
    return text if isinstance(text, str) else None


def select(relation: Relation, *, node: str | None = None, lenient: bool = False) -> str | None:
    """SQL: for each row of the table its quads, one a line; None if the table gives none.

    With the `node` of the table also what standard mode says of the row; if `lenient`, a wrong value is a plain text.
    """
    mapper = _Mapper(relation, node, lenient)
    lines = list(mapper.lines())
    if not lines:
        return None
    computed = "".join(f", {expression} AS {name}" for expression, name in mapper.aliases.items())
    quads = f"concat_ws({_NEWLINE}, {', '.join(line.sql for line in lines)})"
    query = f"SELECT {quads} AS quads FROM (SELECT *{computed} FROM {relation.sql})"
    # A row that may give nothing must not leave a blank line.
    return query if any(line.certain for line in lines) else f"SELECT quads FROM ({query}) WHERE quads <> ''"


def subject(relation: Relation) -> str | None:
    """SQL for the main subject of a row; None if the table names none."""
    about = next((column.about_url for column in relation.table.columns if column.about_url), None)
    if about is None:
        return None
    mapper = _Mapper(relation)
    return sql.concat(mapper.iri(about, None))


def escape(text: str) -> str:
    """SQL for a text as it stands between the quotes of an N-Quads literal."""
    for letter, written in (("'\\'", "'\\\\'"), ("'\"'", "'\\\"'"), ("E'\\n'", "'\\n'"), ("E'\\r'", "'\\r'")):
        text = f"replace({text}, {letter}, {written})"
    return text


def _each(value: str, line: str) -> _Line:
    """One line for each item of a list."""
    items = f"list_transform(list_filter({value}, lambda _x: _x IS NOT NULL), lambda _x: {line})"
    return _Line((), f"nullif(array_to_string({items}, {_NEWLINE}), '')", each=True)


def _concat(parts: Iterable[str]) -> str:
    """Concatenation with neighbouring constants made one."""
    merged: list[str] = []
    for part in parts:
        if merged and _is_constant(part) and _is_constant(merged[-1]):
            merged[-1] = merged[-1][:-1] + part[1:]
        else:
            merged.append(part)
    return sql.concat(merged)


def _is_constant(part: str) -> bool:
    return len(part) > 1 and part[0] == part[-1] == "'" and "'" not in part[1:-1].replace("''", "")


def _resolve(iri: str, base: str) -> str:
    """SQL for an IRI that a cell gives whole, made absolute against the table's own."""
    host = sql.literal(urljoin(base, "/").rstrip("/"))
    folder, document = sql.literal(urljoin(base, ".")), sql.literal(urldefrag(base).url)
    return (
        f"CASE WHEN regexp_matches({iri}, '^[A-Za-z][A-Za-z0-9+.-]*:') THEN {iri}"
        f" WHEN starts_with({iri}, '#') THEN concat({document}, {iri})"
        f" WHEN starts_with({iri}, '/') THEN concat({host}, {iri}) ELSE concat({folder}, {iri}) END"
    )
