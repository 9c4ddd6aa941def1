"""CSV in Python, for what DuckDB's reader does not take: it is slow, and knows where each thing stands."""

from __future__ import annotations

import codecs
import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from milidip_kg.csvw.model import Dialect


class UndecodableError(ValueError):
    """The bytes are not text in the encoding, from one of them on; row and byte count from 1."""

    def __init__(self, row: int, byte: int, encoding: str) -> None:
        super().__init__(f"Byte {byte} of the file, in row {row}, is not {encoding.upper()}.")
        self.row = row
        self.byte = byte


class UnparsableError(ValueError):
    """A row is not CSV."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"Row {row} cannot be read as CSV: {reason}.")
        self.row = row
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, with its number in the file."""

    number: int
    cells: list[str]
    comment: bool = False


def decode(data: bytes, encoding: str) -> str:
    """The text of a file; UndecodableError says which row and which byte of it is none."""
    encoding = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        # One letter stands for the bad byte, so that a row that begins with it counts.
        before = data[: error.start].decode(encoding) + "x"
        row = sum(1 for _ in csv.reader(_Lines(before)))
        raise UndecodableError(row, error.start + 1, encoding.removesuffix("-sig")) from None
    return text


def rows(text: str, dialect: Dialect) -> Iterator[Row]:
    """Every row, headers, comments and blank ones included; UnparsableError at the first that is no CSV."""
    csv.field_size_limit(sys.maxsize)
    lines = _Lines(text)
    reader = csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote_char,
        quoting=csv.QUOTE_MINIMAL if dialect.quote_char else csv.QUOTE_NONE,
        doublequote=dialect.double_quote,
        escapechar=None if dialect.double_quote else "\\",
        strict=True,
    )
    for number in count(1):
        if dialect.comment_prefix and lines.starts_with(dialect.comment_prefix):
            yield Row(number, [next(lines).rstrip("\r\n")], comment=True)
            continue
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnparsableError(number, str(error)) from None
        yield Row(number, [_trimmed(cell, dialect.trim) for cell in cells])


@dataclass(slots=True)
class _Lines:
    """The lines of a text with their ends; only CR LF and LF end one."""

    text: str
    position: int = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        start = self.position
        if start >= len(self.text):
            raise StopIteration
        self.position = self.text.find("\n", start) + 1 or len(self.text)
        return self.text[start : self.position]

    def starts_with(self, prefix: str) -> bool:
        """Whether the next line begins so."""
        return self.text.startswith(prefix, self.position)


def _trimmed(cell: str, trim: str) -> str:
    if trim == "true":
        return cell.strip()
    if trim == "start":
        return cell.lstrip()
    return cell.rstrip() if trim == "end" else cell
