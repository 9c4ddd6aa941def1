"""From a statement back to the place that says it: the cell of a table, or the line of an ontology file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple

from milidip_kg import edtf, ontology
from milidip_kg.answers import short
from milidip_kg.csvw import lexical, parse, template
from milidip_kg.csvw.terms import expand
from milidip_kg.errors import InputError
from milidip_kg.findings import Cell
from milidip_kg.namespaces import BASE, DATA, NS, VOCAB

if TYPE_CHECKING:
    from milidip_kg.csvw.model import Column, Table

Subject = NamedNode | BlankNode | Triple
Term = NamedNode | BlankNode | Literal | Triple

_SUFFIX: Final = ".csv-metadata.json"
_SIDES: Final = ("Earliest", "Latest")


@dataclass(frozen=True, slots=True)
class Origin:
    """A place that says a statement: the cell and its text, and in words the mapping from there to the statement.

    For a statement of the model the cell is a line of an ontology file. `text` is None where no cell holds the value:
    it is a constant of the mapping, or the published file is not at hand.
    """

    cell: Cell
    text: str | None
    mapping: str

    @property
    def place(self) -> str:
        """The cell in words; what is a row of a table is a line of an ontology file."""
        return str(self.cell).replace(", row ", ", line ") if self.cell.file.endswith(".ttl") else str(self.cell)


def value_of(term: object) -> str:
    """The IRI of a node, the text of a literal."""
    return str(getattr(term, "value", term))


def cell_named(term: object) -> Cell | None:
    """The row that an IRI such as `.../data/states.csv#row=2` names."""
    file, sign, row = value_of(term).removeprefix(DATA).partition("#row=")
    return Cell(unquote(file), int(row)) if sign and row.isdigit() else None


class Tables:
    """The tables of a folder as text, and which column of which gives which property."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[str, list[list[str]]] = {}

    @cached_property
    def _tables(self) -> dict[str, Table]:
        found: dict[str, Table] = {}
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            group, _ = parse.parse(path.read_bytes(), DATA + quote(path.name))
            found |= {unquote(table.url.rpartition("/")[2]): table for table in group.tables}
        return found

    @cached_property
    def _givers(self) -> dict[tuple[str, str], list[tuple[Column, str]]]:
        """(file, property) -> the columns that may give it, each with the side of a date that it gives."""
        found: dict[tuple[str, str], list[tuple[Column, str]]] = {}
        for name, table in self._tables.items():
            for column in table.columns:
                if column.suppress or column.property_url is None:
                    continue
                prop = expand(column.property_url)
                found.setdefault((name, prop), []).append((column, ""))
                if lexical.is_edtf(column.datatype):
                    for side in _SIDES:
                        found.setdefault((name, prop + side), []).append((column, side))
        return found

    def origins(self, place: Cell, quad: Quad) -> tuple[list[Origin], list[Origin]]:
        """What the row gives of a statement: the cells that say it, or else what may have said it.

        The rows of a published dataset are not at hand; the adapter's table and column are named in their stead.
        """
        if place.file not in self._tables:
            name = self._adapted(value_of(quad.subject))
            adapter = f"by the adapter of {place.file.partition('/')[0]} to {name}"
            columns = self._givers.get((name, quad.predicate.value), [])
            one = [
                Origin(place, None, f"{adapter}, column {column.name}: {_mapping(column, side)}")
                for column, side in columns
                if self._may_give(column, quad.object)
            ]
            return one, [Origin(place, None, adapter)]
        cells = self._cells(place)
        sure = []
        for column, side in self._givers.get((place.file, quad.predicate.value), []):
            if cells is not None and _gives(column, side, cells, quad):
                text = None if column.virtual else cells[column.name]
                cell = Cell(place.file, place.row, column.name)
                sure.append(Origin(cell, text, _mapping(column, side)))
        return sure, [Origin(place, None, "no cell of the row says so now: the tables are not those of the build")]

    def _adapted(self, subject: str) -> str:
        """The file of the table whose subjects look like this one."""
        for name, table in self._tables.items():
            for column in table.columns:
                lead = expand(column.about_url or "").partition("{")[0]
                if lead and subject.startswith(lead):
                    return name
        return ""

    @staticmethod
    def _may_give(column: Column, value: Term) -> bool:
        lead = expand(column.value_url).partition("{")[0] if column.value_url else ""
        return isinstance(value, NamedNode) == bool(column.value_url) and value_of(value).startswith(lead)

    def _cells(self, place: Cell) -> Mapping[str, str] | None:
        """The cells of a row by column name, the empty ones left out; None if the file has no such row."""
        if place.file not in self._rows:
            try:
                with (self._folder / place.file).open(encoding="utf-8-sig", newline="") as lines:
                    self._rows[place.file] = list(csv.reader(lines))
            except (OSError, csv.Error, ValueError) as error:
                raise InputError(f"The table {place.file} cannot be read: {error}.") from error
        rows = self._rows[place.file]
        if place.row is None or not 1 < place.row <= len(rows):
            return None
        names = [column.name for column in self._tables[place.file].cells]
        return {name: text for name, text in zip(names, rows[place.row - 1], strict=False) if text}

    def matter(self, place: Cell) -> set[str]:
        """The properties that say what a record is about: those of its key, dates and what is optional left out."""
        table = self._tables.get(place.file)
        if table is None:
            return set()
        columns = [table.column(name) for name in table.primary_key]
        if any(column.suppress for column in columns):
            return set()
        props = {
            expand(column.property_url or ""): column for column in columns if not lexical.is_edtf(column.datatype)
        }
        return {prop for prop, column in props.items() if column.required or prop == NS + "hasActor"}

    def uses(self, iri: str) -> Iterator[str]:
        """The columns whose property, class or vocabulary a term of the model is."""
        for (name, prop), givers in self._givers.items():
            for column, side in givers:
                value = expand(column.value_url or "")
                listed = value.startswith(VOCAB) and iri.startswith(value.partition("{")[0])
                if listed or iri in (prop, value):
                    yield f"{name}, column {column.name}: {_mapping(column, side)}"


def _mapping(column: Column, side: str) -> str:
    """The mapping of a column in words: its property, and the template or the constant of the value."""
    words = short(NamedNode(expand(column.property_url or ""))) + side
    if column.value_url:
        words += f" -> {expand(column.value_url).removeprefix(BASE)}"
    return words + (" (virtual)" if column.virtual else " (a bound of the date)" if side else "")


def _gives(column: Column, side: str, cells: Mapping[str, str], quad: Quad) -> bool:
    """Whether this column of the row says what is stated; the subject counts, since a row may have several."""
    if column.about_url and template.fill(template.parse(expand(column.about_url)), cells) != value_of(quad.subject):
        return False
    stated = value_of(quad.object)
    text = cells.get(column.name, "")
    if column.value_url is not None:
        url = template.parse(expand(column.value_url))
        items = text.split(column.separator) if column.separator else [text]
        return any(template.fill(url, {**cells, column.name: item} if item else cells) == stated for item in items)
    if column.virtual:
        return column.default == stated
    if side:
        bounds = edtf.parse(text) if text else edtf.Bounds(None, None)
        day = bounds.earliest if side == "Earliest" else bounds.latest
        return day is not None and day.isoformat() == stated
    items = text.split(column.separator) if column.separator else [text]
    return any(_same(item.strip(), stated) for item in items if item)


def _same(written: str, stated: str) -> bool:
    """Whether a text of a cell is that of the literal; numbers are compared as numbers."""
    if written == stated.strip():
        return True
    with suppress(InvalidOperation):
        return Decimal(written) == Decimal(stated)
    return False


class Model:
    """Which file of the ontology, and which line, says what."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, ...], Path] = {}
        for path in ontology.files():
            store = Store()
            store.extend(ontology.quads(path))
            for quad in store:
                self._said[_key(store, quad)] = path

    def origin(self, store: Store, quad: Quad) -> Origin:
        """The file, and the line on which the description of the term begins.

        Raises:
            InputError: no file says so.
        """
        path = self._said.get(_key(store, quad))
        if path is None:
            raise InputError(f"No file of the ontology says {quad.triple}.", "Build the graph again: milidip build")
        name = path.relative_to(ontology.ontology_dir().parent).as_posix()
        owner = _owner(store, quad.subject)
        return Origin(Cell(name, _lines(path).get(value_of(owner))), None, "the ontology itself")


def _owner(store: Store, node: Subject) -> Subject:
    """The term in whose description a blank node stands, or the blank node of an axiom that stands alone."""
    while isinstance(node, BlankNode):
        above = next(iter(store.quads_for_pattern(None, None, node, None)), None)
        if above is None:
            return node
        node = above.subject
    return node


def _key(store: Store, quad: Quad) -> tuple[str, ...]:
    """What tells a statement of the ontology from others, blank nodes aside: whose it is, and what it says."""
    owner = _owner(store, quad.subject)
    whose = owner.value if isinstance(owner, NamedNode) else " ".join(sorted(_named(store, owner)))
    return whose, quad.predicate.value, "" if isinstance(quad.object, BlankNode) else str(quad.object)


def _named(store: Store, node: Subject) -> Iterator[str]:
    """The terms within an axiom that has no name."""
    for quad in store.quads_for_pattern(node, None, None, None):
        if isinstance(quad.object, BlankNode):
            yield from _named(store, quad.object)
        else:
            yield value_of(quad.object)


@cache
def _lines(path: Path) -> dict[str, int]:
    """The line on which the description of each term begins, by its IRI."""
    text = path.read_text("utf-8")
    prefixes = dict(re.findall(r"@prefix (\S*): <([^>]*)>", text))
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        word = line.split(" ", 1)[0]
        prefix, sign, name = word.partition(":")
        if word.startswith("<"):
            found.setdefault(word[1:-1], number)
        elif sign and prefix in prefixes:
            found.setdefault(prefixes[prefix] + name, number)
    return found
