"""Datatypes in metadata: a built-in name, or an object that narrows one."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Final

from milidip_kg.csvw import dates, numbers, terms
from milidip_kg.csvw.errors import RejectedError
from milidip_kg.csvw.model import Datatype
from milidip_kg.csvw.terms import ABSOLUTE, DATATYPES, expand

INTEGER_RANGES: Final[dict[str, tuple[int | None, int | None]]] = {
    "integer": (None, None),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-128, 127),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 255),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
}
DOUBLES: Final = frozenset({"double", "float", "number"})
NUMBERS: Final = frozenset(INTEGER_RANGES) | DOUBLES | {"decimal"}
BINARIES: Final = frozenset({"base64Binary", "binary", "hexBinary"})
DURATIONS: Final = frozenset({"duration", "dayTimeDuration", "yearMonthDuration"})
MARKUP: Final = frozenset({"html", "json", "xml"})
STRINGS: Final = (
    frozenset({"string", "normalizedString", "token", "language", "Name", "NMTOKEN", "anyURI", "QName"}) | MARKUP
)
# What the format of these may say is a regular expression.
_BY_PATTERN: Final = STRINGS | BINARIES | DURATIONS | {"any", "anyAtomicType"}

_LENGTHS: Final = {"length": "length", "minLength": "min_length", "maxLength": "max_length"}
_LIMITS: Final = {
    "minimum": "minimum",
    "minInclusive": "minimum",
    "maximum": "maximum",
    "maxInclusive": "maximum",
    "minExclusive": "min_exclusive",
    "maxExclusive": "max_exclusive",
}
_LOOKAROUND: Final = re.compile(r"\(\?[=!<]|\\[1-9]")

MakeError = Callable[[str], Exception]


def parse_datatype(value: object, error: MakeError) -> tuple[Datatype | None, list[str]]:
    """The datatype that a property states, with warnings; raises what `error` makes of a message."""
    if isinstance(value, str):
        if value in DATATYPES:
            return Datatype(base=value), []
        return None, [f"{value} is not a built-in datatype; string is used"]
    if not isinstance(value, dict):
        return None, ["a datatype must be a name or an object; string is used"]
    warnings: list[str] = []
    base = value.get("base", "string")
    if not isinstance(base, str) or base not in DATATYPES:
        warnings.append(f"{base} is not a built-in datatype; string is used")
        base = "string"
    found: dict[str, object] = {"base": base, "iri": _identifier(value.get("@id"), error)}
    known = {"@id", "@type", "base", "format", "name", *_LENGTHS, *_LIMITS}
    warnings += [
        f"{name} is not a property of a datatype; it is ignored"
        for name in value
        if name not in known and ":" not in name
    ]
    try:
        found |= _format(base, value.get("format"))
    except RejectedError as rejected:
        warnings.append(f"format {rejected}; it is ignored")
    found |= _lengths(base, value, error)
    found |= _limits(base, value, error)
    return Datatype(**found), warnings  # type: ignore[arg-type]


def _identifier(value: object, error: MakeError) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or value.startswith("_:"):
        raise error("The @id of a datatype must be a URL and no blank node")
    iri = expand(value)
    if not ABSOLUTE.match(iri) or iri != terms.iri(iri):
        raise error("The @id of a datatype must be an absolute URL")
    if iri in DATATYPES.values():
        raise error("The @id of a datatype must not be that of a built-in one")
    return iri


def _format(base: str, value: object) -> dict[str, object]:
    """The format, if it can be used; RejectedError if it cannot."""
    if value is None:
        return {}
    if base in NUMBERS:
        return _number_format(value)
    if isinstance(value, dict) and base in dates.BASES:
        value = value.get("pattern")
    if not isinstance(value, str):
        raise RejectedError("must be a string")
    if base == "boolean":
        yes, bar, no = value.partition("|")
        if not (yes and bar and no) or yes == no or "|" in no:
            raise RejectedError("of a boolean must be what is true, a |, and what is false")
    elif base in dates.BASES:
        dates.compile_format(value, base)
    elif base in _BY_PATTERN:
        if _LOOKAROUND.search(value):
            raise RejectedError("uses a lookaround or a back reference, which are not supported")
        try:
            re.compile(value)
        except re.error as wrong:
            raise RejectedError(f"is not a regular expression ({wrong})") from None
    return {"format": value}


def _number_format(value: object) -> dict[str, object]:
    given = {"pattern": value} if isinstance(value, str) else value
    if not isinstance(given, dict):
        raise RejectedError("must be a string or an object")
    found = {
        "format": given.get("pattern"),
        "decimal_char": given.get("decimalChar"),
        "group_char": given.get("groupChar"),
    }
    if not all(part is None or isinstance(part, str) for part in found.values()):
        raise RejectedError("must hold strings")
    for name in ("decimal_char", "group_char"):
        part = found[name]
        if isinstance(part, str) and len(part) != 1:
            raise RejectedError("must give one character as decimalChar and groupChar")
    if isinstance(found["format"], str):
        numbers.pattern(found["format"], ".", ",")
    return found


def _lengths(base: str, value: dict[str, object], error: MakeError) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, attribute in _LENGTHS.items():
        if name in value:
            given = value[name]
            if base not in STRINGS | BINARIES:
                raise error(f"A {base} cannot have a {name}")
            if isinstance(given, bool) or not isinstance(given, int) or given < 0:
                raise error(f"{name} must be a whole number, 0 or more")
            found[attribute] = given
    exact = found.get("length")
    low, high = found.get("min_length", exact), found.get("max_length", exact)
    if (low is not None and high is not None and low > high) or (
        exact is not None and ((low is not None and exact < low) or (high is not None and exact > high))
    ):
        raise error("length, minLength and maxLength contradict one another")
    return found


def _limits(base: str, value: dict[str, object], error: MakeError) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, attribute in _LIMITS.items():
        if name in value:
            if base not in NUMBERS | dates.BASES | DURATIONS:
                raise error(f"A {base} cannot have a {name}")
            found[attribute] = str(value[name])
    if {"minimum", "min_exclusive"} <= set(found) or {"maximum", "max_exclusive"} <= set(found):
        raise error("A limit is either inclusive or exclusive, not both")
    low, high = found.get("minimum", found.get("min_exclusive")), found.get("maximum", found.get("max_exclusive"))
    if low is not None and high is not None:
        order = _compare(base, low, high, error)
        exclusive = "min_exclusive" in found or "max_exclusive" in found
        both = {"min_exclusive", "max_exclusive"} <= set(found)
        if order > 0 or (order == 0 and exclusive and not both):
            raise error("The lower limit is above the upper one")
    elif low is not None or high is not None:
        _compare(base, str(low or high), str(low or high), error)
    return found


def _compare(base: str, low: str, high: str, error: MakeError) -> int:
    if base in NUMBERS:
        try:
            first, second = Decimal(low), Decimal(high)
        except InvalidOperation:
            raise error(f"A limit is not a {base}") from None
        return (first > second) - (first < second)
    return (low > high) - (low < high)
