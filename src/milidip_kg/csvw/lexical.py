"""A datatype in SQL: whether a text is a value of it, and what its RDF literal says."""

from __future__ import annotations

import re
from typing import Final

from milidip_kg import namespaces
from milidip_kg.csvw import dates, numbers, sql
from milidip_kg.csvw.datatypes import BINARIES, DOUBLES, INTEGER_RANGES, NUMBERS
from milidip_kg.csvw.model import Datatype

_URI: Final = r"[^\x00-\x20<>\"{}|\\^`]*"
_DURATION_DAY: Final = "[0-9]+D"
_DURATION_TIME: Final = (
    "T(?:[0-9]+H(?:[0-9]+M)?(?:[0-9]+(?:[.][0-9]+)?S)?|[0-9]+M(?:[0-9]+(?:[.][0-9]+)?S)?|[0-9]+(?:[.][0-9]+)?S)"
)
_DURATION_MONTHS: Final = "(?:[0-9]+Y(?:[0-9]+M)?|[0-9]+M)"
_NAME_START, _NAME_REST = "[A-Za-z_:\u00c0-\U000effff]", "[-.0-9A-Za-z_:\u00b7-\U000effff]"

_XSD: Final[dict[str, str]] = {
    **dates.XSD,
    "anyURI": _URI,
    "base64Binary": "(?:[A-Za-z0-9+/ ]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "binary": "(?:[A-Za-z0-9+/ ]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "hexBinary": "(?:[0-9A-Fa-f]{2})*",
    "boolean": "true|false|1|0",
    "dayTimeDuration": f"-?P(?:{_DURATION_DAY}(?:{_DURATION_TIME})?|{_DURATION_TIME})",
    "duration": (
        f"-?P(?:{_DURATION_MONTHS}(?:{_DURATION_DAY})?(?:{_DURATION_TIME})?"
        f"|{_DURATION_DAY}(?:{_DURATION_TIME})?|{_DURATION_TIME})"
    ),
    "yearMonthDuration": f"-?P{_DURATION_MONTHS}",
    "language": "[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*",
    "Name": f"{_NAME_START}{_NAME_REST}*",
    "NMTOKEN": f"{_NAME_REST}+",
    "QName": f"{_NAME_START}{_NAME_REST}*",
}


def is_edtf(datatype: Datatype) -> bool:
    """Whether the values are EDTF dates."""
    return datatype.iri == namespaces.EDTF


def matches(value: str, expression: str) -> str:
    """SQL: the whole text matches a regular expression."""
    return f"regexp_full_match({value}, {sql.literal(expression)})"


def invalid(value: str, datatype: Datatype) -> str | None:
    """SQL that is true of a text that is no value of the datatype, its format aside; None if every text is one."""
    wrong = []
    if is_edtf(datatype):
        wrong.append(f"NOT edtf_valid({value})")
    elif datatype.base in NUMBERS:
        wrong += _wrong_number(value, datatype)
    elif datatype.base == "json":
        wrong.append(f"NOT json_valid({value})")
    elif datatype.format and datatype.base in dates.BASES:
        wrong += _wrong_date(value, datatype)
    elif datatype.format and datatype.base == "boolean":
        wrong.append(f"{value} NOT IN ({sql.literals(datatype.format.split('|'))})")
    elif expression := _XSD.get(datatype.base):
        wrong.append(f"NOT {matches(value, expression)}")
        if datatype.base in dates.WITH_DAY:
            wrong.append(f"try_cast(left({value}, 10) AS DATE) IS NULL")
    wrong += _wrong_length(value, datatype)
    wrong += _beyond_limits(value, datatype)
    return sql.any_of(wrong) if wrong else None


def mismatch(value: str, datatype: Datatype) -> str | None:
    """SQL that is true of a text that does not match the format, if that is a regular expression; else None."""
    if datatype.format is None or datatype.base in NUMBERS | dates.BASES | {"boolean"}:
        return None
    return f"NOT {matches(value, datatype.format)}"


def canonical(value: str, datatype: Datatype) -> str:
    """SQL for the lexical form in RDF of a text that is a value of the datatype."""
    if is_edtf(datatype):
        return value
    if datatype.base in NUMBERS:
        number = _number(value, datatype)
        if datatype.base in INTEGER_RANGES:
            return numbers.whole(number)
        return number if datatype.base in DOUBLES else numbers.shortest(number)
    if datatype.base in dates.BASES and datatype.format:
        return dates.compile_format(datatype.format, datatype.base).to_xsd(value)
    if datatype.base == "boolean":
        true = {datatype.format.split("|")[0]} if datatype.format else {"true", "1"}
        return f"CASE WHEN {value} IN ({sql.literals(sorted(true))}) THEN 'true' ELSE 'false' END"
    return value


def is_plain(datatype: Datatype) -> bool:
    """Whether no value of the datatype holds a letter that N-Triples escapes."""
    return datatype.base in NUMBERS | dates.BASES | {"boolean", "anyURI"} or is_edtf(datatype)


def _number(value: str, datatype: Datatype) -> str:
    decimal, group = datatype.decimal_char or ".", _group_char(datatype)
    formatted = datatype.format or datatype.group_char or datatype.decimal_char
    scaled = bool(formatted) and (datatype.format is None or re.search("[%‰]", datatype.format) is not None)
    return numbers.to_xsd(value, decimal, group, scaled=scaled)


def _group_char(datatype: Datatype) -> str | None:
    return datatype.group_char or ("," if datatype.format else None)


def _wrong_number(value: str, datatype: Datatype) -> list[str]:
    decimal, group = datatype.decimal_char or ".", _group_char(datatype)
    if datatype.format:
        expression = numbers.pattern(datatype.format, decimal, group or ",")
    else:
        whole, exponent = datatype.base in INTEGER_RANGES, datatype.base in DOUBLES
        expression = numbers.plain(decimal, group, whole=whole, exponent=exponent)
        if not (datatype.group_char or datatype.decimal_char):
            expression = expression.removesuffix("[%‰]?")
    if datatype.base in DOUBLES:
        expression = f"(?:{expression})|NaN|-?INF"
    wrong = [f"NOT {matches(value, expression)}"]
    low, high = INTEGER_RANGES.get(datatype.base, (None, None))
    if low is not None or high is not None:
        number = f"try_cast({_number(value, datatype)} AS HUGEINT)"
        wrong += [f"{number} < {low}"] * (low is not None) + [f"{number} > {high}"] * (high is not None)
    return wrong


def _wrong_date(value: str, datatype: Datatype) -> list[str]:
    form = dates.compile_format(datatype.format or "", datatype.base)
    wrong = [f"NOT {matches(value, form.expression)}", f"NOT {matches(form.to_xsd(value), _XSD[datatype.base])}"]
    if datatype.base in dates.WITH_DAY:
        wrong.append(f"try_cast(left({form.to_xsd(value)}, 10) AS DATE) IS NULL")
    return wrong


def _wrong_length(value: str, datatype: Datatype) -> list[str]:
    length = f"length({value})"
    if datatype.base == "hexBinary":
        length = f"length({value}) / 2"
    elif datatype.base in BINARIES:
        length = f"(length(rtrim(replace({value}, ' ', ''), '=')) * 3) // 4"
    bounds = ((datatype.length, "<>"), (datatype.min_length, "<"), (datatype.max_length, ">"))
    return [f"{length} {sign} {bound}" for bound, sign in bounds if bound is not None]


def _beyond_limits(value: str, datatype: Datatype) -> list[str]:
    limits = (
        (datatype.minimum, "<"),
        (datatype.maximum, ">"),
        (datatype.min_exclusive, "<="),
        (datatype.max_exclusive, ">="),
    )
    found = [(limit, sign) for limit, sign in limits if limit is not None]
    if datatype.base not in NUMBERS:
        return [f"{canonical(value, datatype)} {sign} {sql.literal(limit)}" for limit, sign in found]
    kind = "DOUBLE" if datatype.base in DOUBLES else "DECIMAL(38, 12)"
    number = f"try_cast({_number(value, datatype)} AS {kind})"
    return [f"{number} {sign} CAST({sql.literal(limit)} AS {kind})" for limit, sign in found]
