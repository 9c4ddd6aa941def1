"""From the text of a cell to its value, in SQL: whitespace, default, separator and nulls of a column."""

from __future__ import annotations

from typing import Final

from milidip_kg.csvw import sql
from milidip_kg.csvw.datatypes import MARKUP
from milidip_kg.csvw.model import Column

_VERBATIM: Final = MARKUP | {"string", "any", "anyAtomicType"}


def value(column: Column, text: str) -> str:
    """SQL for the value of a cell from its text: VARCHAR, or VARCHAR[] if the column has a separator.

    The reader gives NULL for an empty cell.
    """
    spaced = _spaces(column, text)
    if column.separator is None:
        if spaced == text and not column.default and column.null == ("",):
            return text
        return _null(column, _default(column, spaced))
    text = f"coalesce({_default(column, spaced)}, '')"
    item = _spaces(column, "_x")
    if column.datatype.base == "normalizedString":
        item = f"trim({item})"  # As the W3C tests have it for the items of a list, though not for a whole cell.
    item = _null(column, _default(column, item))
    items = f"string_split({text}, {sql.literal(column.separator)})"
    if item != "_x":
        items = f"list_transform({items}, lambda _x: {item})"
    nulls = [null for null in column.null if null]
    gone = f" WHEN {text} IN ({sql.literals(nulls)}) THEN NULL" if nulls else ""
    return f"CASE WHEN {text} = '' THEN []{gone} ELSE {items} END"


def _spaces(column: Column, text: str) -> str:
    base = column.datatype.base
    if base in _VERBATIM:
        return text
    if base == "normalizedString":
        return rf"regexp_replace({text}, '[\t\r\n]', ' ', 'g')"
    if base == "token":
        return rf"trim(regexp_replace({text}, '[ \t\r\n]+', ' ', 'g'))"
    # No other value may have space inside, so only what is around it matters.
    # Most values have none, and a look at both ends costs a third of trimming them.
    return rf"CASE WHEN {text} >= '!' AND right({text}, 1) >= '!' THEN {text} ELSE trim({text}, E' \t\r\n') END"


def _default(column: Column, text: str) -> str:
    return f"coalesce(nullif({text}, ''), {sql.literal(column.default)})" if column.default else text


def _null(column: Column, text: str) -> str:
    """An empty cell comes from the reader as NULL, so it stays NULL unless empty is a value here."""
    if column.null == ("",):
        return f"nullif({text}, '')"
    if "" in column.null:
        return f"CASE WHEN {text} NOT IN ({sql.literals(column.null)}) THEN {text} END"
    if not column.null:
        return f"coalesce({text}, '')"
    return f"CASE WHEN coalesce({text}, '') NOT IN ({sql.literals(column.null)}) THEN coalesce({text}, '') END"
