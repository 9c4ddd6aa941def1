"""What the value of one metadata property may be: a check a kind of value, a table a kind of object.

A check returns the value to use or raises RejectedError (the property is ignored with a warning) or MetadataError.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Final

from milidip_kg.csvw.errors import MetadataError, RejectedError
from milidip_kg.csvw.terms import LANGUAGE

Check = Callable[[object], object]

_NAME: Final = re.compile(r"(?!_)(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*")


def string(value: object) -> str:
    """Any string."""
    if not isinstance(value, str):
        raise RejectedError("must be a string")
    return value


def boolean(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise RejectedError("must be true or false")
    return value


def count(value: object) -> int:
    """A whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise RejectedError("must be a whole number, 0 or more")
    return value


def language(value: object) -> str:
    """A BCP 47 language tag."""
    if not isinstance(value, str) or not LANGUAGE.fullmatch(value):
        raise RejectedError("must be a language tag such as en")
    return value


def one_of(*allowed: str) -> Check:
    """One of some words."""

    def check(value: object) -> object:
        if value not in allowed:
            raise RejectedError("must be one of " + ", ".join(allowed))
        return value

    return check


def optional(check: Check) -> Check:
    """Null, or what another check allows."""
    return lambda value: None if value is None else check(value)


def strings(value: object) -> tuple[str, ...]:
    """A string or an array of strings."""
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in values):
        raise RejectedError("must be a string or an array of strings")
    return tuple(values)


def some_strings(value: object) -> tuple[str, ...]:
    """A string or an array of strings, at least one."""
    found = strings(value)
    if not found:
        raise RejectedError("must name at least one")
    return found


def column_name(value: object) -> str:
    """A name that a URI template can use as a variable."""
    name = string(value)
    if not _NAME.fullmatch(name):
        raise RejectedError("must be a name of letters, digits, '_' and '.', not beginning with '_'")
    return name


def link(value: object) -> str:
    """An @id: a URL that is no blank node."""
    url = string(value)
    if url.startswith("_:"):
        raise MetadataError("An @id must not be a blank node.")
    return url


def encoding(value: object) -> str:
    """The name of a character encoding."""
    name = string(value)
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise RejectedError("must be the name of a character encoding") from None


def character(value: object) -> str:
    """A single character."""
    if not isinstance(value, str) or len(value) != 1:
        raise RejectedError("must be one character")
    return value


def trim(value: object) -> str:
    """Where space around a cell is cut off."""
    word = str(value).lower() if isinstance(value, bool) else value
    if word not in ("true", "false", "start", "end"):
        raise RejectedError("must be true, false, start or end")
    return str(word)


DIRECTION: Final = one_of("ltr", "rtl", "auto")

INHERITED: Final[dict[str, Check]] = {
    "aboutUrl": string,
    "default": string,
    "lang": language,
    "null": strings,
    "ordered": boolean,
    "propertyUrl": string,
    "required": boolean,
    "separator": optional(string),
    "textDirection": one_of("ltr", "rtl", "auto", "inherit"),
    "valueUrl": string,
}

COLUMN: Final[dict[str, Check]] = {"name": column_name, "suppressOutput": boolean, "virtual": boolean}

DIALECT: Final[dict[str, Check]] = {
    "commentPrefix": optional(string),
    "delimiter": character,
    "doubleQuote": boolean,
    "encoding": encoding,
    "header": boolean,
    "headerRowCount": count,
    "lineTerminators": some_strings,
    "quoteChar": optional(character),
    "skipBlankRows": boolean,
    "skipColumns": count,
    "skipInitialSpace": boolean,
    "skipRows": count,
    "trim": trim,
}
