"""CSVW metadata as Python objects: what a table group, a table, a column and a datatype state once everything is read.

Inherited properties are already on the columns, prefixed names and relative URLs are already absolute.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from milidip_kg.csvw.terms import DATATYPES

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the bytes of a CSV file become rows; no line is a comment unless the metadata say so, as in RFC 4180."""

    comment_prefix: str | None = None
    delimiter: str = ","
    double_quote: bool = True
    encoding: str = "utf-8"
    header_row_count: int = 1
    line_terminators: tuple[str, ...] = ("\r\n", "\n")
    quote_char: str | None = '"'
    skip_blank_rows: bool = False
    skip_columns: int = 0
    skip_rows: int = 0
    trim: str = "false"


@dataclass(frozen=True, slots=True)
class Datatype:
    """What a cell may hold: a built-in type, narrowed."""

    base: str = "string"
    iri: str | None = None
    format: str | None = None
    decimal_char: str | None = None
    group_char: str | None = None
    length: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    min_exclusive: str | None = None
    max_exclusive: str | None = None

    @property
    def rdf(self) -> str:
        """IRI of the datatype of the literals."""
        return self.iri or DATATYPES[self.base]


@dataclass(frozen=True, slots=True)
class Column:
    """One column, virtual or not."""

    name: str
    titles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    virtual: bool = False
    suppress: bool = False
    required: bool = False
    null: tuple[str, ...] = ("",)
    default: str = ""
    lang: str = "und"
    ordered: bool = False
    separator: str | None = None
    datatype: Datatype = field(default_factory=Datatype)
    about_url: str | None = None
    property_url: str | None = None
    value_url: str | None = None
    annotations: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns whose cells name a row of another table, given by its URL or that of its schema."""

    columns: tuple[str, ...]
    reference: tuple[str, ...]
    resource: str | None = None
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table: where it is, how it is read and what its columns say."""

    url: str
    columns: tuple[Column, ...] = ()
    id: str | None = None
    schema_id: str | None = None
    dialect: Dialect = field(default_factory=Dialect)
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    row_titles: tuple[str, ...] = ()
    suppress: bool = False
    notes: tuple[object, ...] = ()
    annotations: Json = field(default_factory=dict)
    inherited: Json = field(default_factory=dict)
    described: bool = False  # whether metadata, not only the file itself, state the columns

    @property
    def cells(self) -> tuple[Column, ...]:
        """The columns that are in the file."""
        return tuple(column for column in self.columns if not column.virtual)

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True, slots=True)
class TableGroup:
    """Tables that belong together; foreign keys point from one to another."""

    tables: tuple[Table, ...]
    id: str | None = None
    notes: tuple[object, ...] = ()
    annotations: Json = field(default_factory=dict)
