"""What a CSV file says of itself: its rows as the dialect has them, and the titles in its header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from milidip_kg.csvw import columns as naming
from milidip_kg.csvw import reader
from milidip_kg.csvw.model import Column, Dialect, Table
from milidip_kg.csvw.reader import Row


@dataclass(slots=True)
class Content:
    """The rows of data of one file, the titles of its columns, and its comments."""

    titles: list[list[str]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def read(data: bytes, dialect: Dialect) -> Content:
    """The content of a file; UndecodableError or UnparsableError if it has none."""
    content = Content()
    headers = dialect.header_row_count
    for row in reader.rows(reader.decode(data, dialect.encoding), dialect):
        cells = row.cells[dialect.skip_columns :]
        if row.number <= dialect.skip_rows or row.comment:
            comment = dialect.delimiter.join(row.cells).removeprefix(dialect.comment_prefix or "").strip()
            content.comments += [comment] if comment else []
        elif not any(row.cells) and (dialect.skip_blank_rows or not row.cells):
            continue
        elif headers:
            headers -= 1
            for number, title in enumerate(cells):
                if number == len(content.titles):
                    content.titles.append([])
                content.titles[number] += [title] if title else []
        else:
            content.rows.append(Row(row.number, cells))
    return content


def described(table: Table, content: Content) -> Table:
    """A table without columns of its own, with those of the file: named by their titles."""
    width = len(content.titles) or max((len(row.cells) for row in content.rows), default=0)
    columns = []
    for number in range(1, width + 1):
        titles = tuple(content.titles[number - 1]) if content.titles else ()
        name = naming.name_from_title(titles[0]) if titles else f"_col.{number}"
        columns.append(naming.column_of(name, {"und": titles} if titles else {}, table.inherited))
    return replace(table, columns=tuple(columns))


def incompatible(table: Table, content: Content, *, validating: bool) -> list[str]:
    """What in the header of a file contradicts the metadata, in sentences."""
    if not content.titles:
        return []
    columns = table.cells
    if len(columns) != len(content.titles):
        return [f"{table.url} has {len(content.titles)} columns where the metadata have {len(columns)}."]
    return [
        f"The column {column.name} of {table.url} is headed {', '.join(titles)!r}, which is not one of its titles."
        for column, titles in zip(columns, content.titles, strict=True)
        if not _match(column, titles, validating=validating)
    ]


def _match(column: Column, titles: Sequence[str], *, validating: bool) -> bool:
    if not titles:
        return True
    if not column.titles:
        return column.name.startswith("_col.") or not validating
    return any(
        title in texts for language, texts in column.titles.items() if _same(language, column.lang) for title in titles
    )


def _same(one: str, other: str) -> bool:
    """Whether one language tag is the beginning of the other; `und` is every language."""
    shorter, longer = sorted((one.lower(), other.lower()), key=len)
    return "und" in (one, other) or longer == shorter or longer.startswith(shorter + "-")


def widened(table: Table, content: Content) -> Table:
    """The table with a nameless column for every cell that the metadata do not describe."""
    width = max([len(content.titles), *(len(row.cells) for row in content.rows)])
    known = table.cells
    extra = tuple(
        naming.column_of(f"_col.{number}", {}, table.inherited) for number in range(len(known) + 1, width + 1)
    )
    virtual = tuple(column for column in table.columns if column.virtual)
    return replace(table, columns=(*known, *extra, *virtual))
