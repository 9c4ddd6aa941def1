"""URI templates (RFC 6570) as SQL.

A variable that is NULL expands to nothing, as the RFC has it for an undefined one; a list is joined by commas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from milidip_kg.csvw import sql
from milidip_kg.csvw.errors import MetadataError

_RESERVED: Final = ":/?#[]@!$&'()*+,;="
_UNRESERVED: Final = "-._~"
_EXPRESSION: Final = re.compile(r"([+#./;?&]?)([^{}]+)")
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}|.", re.DOTALL)
_VARIABLE: Final = re.compile(r"((?:[A-Za-z0-9_.]|%[0-9A-Fa-f]{2})+)(?::([1-9][0-9]{0,3})|(\*))?")

# Operator: what stands first, what stands between, whether reserved characters stay, and, if the names are written,
# what follows the name of an empty value.
_OPERATORS: Final[dict[str, tuple[str, str, bool, str | None]]] = {
    "": ("", ",", False, None),
    "+": ("", ",", True, None),
    "#": ("#", ",", True, None),
    ".": (".", ".", False, None),
    "/": ("/", "/", False, None),
    ";": (";", ";", False, ""),
    "?": ("?", "&", False, "="),
    "&": ("&", "&", False, "="),
}


@dataclass(frozen=True, slots=True)
class Expression:
    """What stands between braces."""

    operator: str
    variables: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A template in its parts: text, and expressions."""

    parts: tuple[str | Expression, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that it uses, each once."""
        names = [name for part in self.parts if isinstance(part, Expression) for name, _ in part.variables]
        return tuple(dict.fromkeys(names))

    def with_lead(self, lead: str) -> Template:
        """The template with another text before its first expression."""
        rest = self.parts[1:] if self.parts and isinstance(self.parts[0], str) else self.parts
        return Template((lead, *rest) if lead else rest)


@lru_cache(maxsize=4096)
def parse(text: str) -> Template:
    """A template in its parts; MetadataError if it is none."""
    parts: list[str | Expression] = []
    for number, piece in enumerate(re.split(r"\{([^{}]*)\}", text)):
        if number % 2:
            parts.append(_expression(piece, text))
        elif "{" in piece or "}" in piece:
            raise MetadataError(f"{text} is not a URI template: a brace is left open.")
        elif piece:
            parts.append(quote(piece, safe=_RESERVED + _UNRESERVED + "%"))
    return Template(tuple(parts))


def _expression(piece: str, text: str) -> Expression:
    found = _EXPRESSION.fullmatch(piece)
    variables = [_VARIABLE.fullmatch(name) for name in found[2].split(",")] if found else []
    if not found or not all(variables):
        raise MetadataError(f"{text} is not a URI template: {{{piece}}} cannot be read.")
    return Expression(found[1], tuple((match[1], int(match[2]) if match[2] else None) for match in variables if match))


Variable = Callable[[str], str | None]


def compile_parts(template: Template, variable: Variable) -> list[str]:
    """SQL for each part; `variable` gives the text of a variable in SQL, None if there is no such variable."""
    parts = [sql.literal(part) if isinstance(part, str) else _compile(part, variable) for part in template.parts]
    return parts or ["''"]


def _compile(expression: Expression, variable: Variable) -> str:
    first, between, reserved, empty = _OPERATORS[expression.operator]
    values = []
    for name, length in expression.variables:
        value = variable(name)
        if value is None:
            continue
        encoded = encode(f"left({value}, {length})" if length else value, reserved=reserved)
        if empty is not None:
            bare, before = sql.literal(name + empty), sql.literal(name + "=")
            encoded = f"CASE WHEN {value} = '' THEN {bare} ELSE {before} || {encoded} END"
        values.append(encoded)
    if not values:
        return "''"
    joined = values[0] if len(values) == 1 else f"nullif(concat_ws({sql.literal(between)}, {', '.join(values)}), '')"
    return f"{sql.literal(first)} || {joined}" if first else joined


def fill(template: Template, values: Mapping[str, str]) -> str:
    """The template expanded in Python, for one row; an absent value expands to nothing, as NULL does in SQL."""
    return "".join(part if isinstance(part, str) else _fill(part, values) for part in template.parts)


def _fill(expression: Expression, values: Mapping[str, str]) -> str:
    first, between, reserved, empty = _OPERATORS[expression.operator]
    filled = []
    for name, length in expression.variables:
        value = values.get(name)
        if value is None:
            continue
        text = quote(value[:length], safe="") if not reserved else _ESCAPE.sub(_quoted, value[:length])
        filled.append(text if empty is None else f"{name}{'=' + text if value else empty}")
    return first + between.join(filled) if any(filled) else ""


def _quoted(piece: re.Match[str]) -> str:
    return piece[0] if len(piece[0]) > 1 else quote(piece[0], safe=_RESERVED + _UNRESERVED)


def encode(value: str, *, reserved: bool = False) -> str:
    """SQL for a text percent-encoded as a template expands it."""
    if not reserved:
        return f"url_encode({value})"
    allowed = r"[A-Za-z0-9\-._~:/?#\[\]@!$&''()*+,;=]|%[0-9A-Fa-f]{2}"
    # Cut into allowed letters, escapes and everything else, and encode the last; most texts need none of it.
    pieces = f"regexp_extract_all({value}, '(?s){allowed}|.')"
    encoded = f"CASE WHEN regexp_full_match(_p, '{allowed}') THEN _p ELSE url_encode(_p) END"
    return (
        f"CASE WHEN regexp_full_match({value}, '(?:{allowed})*') THEN {value}"
        f" ELSE array_to_string(list_transform({pieces}, lambda _p: {encoded}), '') END"
    )
