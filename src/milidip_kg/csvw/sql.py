"""Text to SQL: the only place where a name or a value becomes a part of a statement."""

from __future__ import annotations

from collections.abc import Iterable


def literal(text: str) -> str:
    """A string constant; DuckDB knows no escapes in it but the doubled quote."""
    if "\0" in text:
        raise ValueError("A text with a NUL character cannot be used.")
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted name of a column or relation."""
    if "\0" in name:
        raise ValueError("A name with a NUL character cannot be used.")
    return '"' + name.replace('"', '""') + '"'


def literals(texts: Iterable[str]) -> str:
    """Several string constants, for a list or an IN."""
    return ", ".join(literal(text) for text in texts)


def concat(parts: Iterable[str]) -> str:
    """The parts as one text; a part that is NULL is empty."""
    parts = list(parts)
    return parts[0] if len(parts) == 1 else f"concat({', '.join(parts)})"


def all_of(conditions: Iterable[str]) -> str:
    """The conjunction."""
    return " AND ".join(f"({condition})" for condition in conditions) or "true"


def any_of(conditions: Iterable[str]) -> str:
    """The disjunction."""
    return " OR ".join(f"({condition})" for condition in conditions) or "false"
