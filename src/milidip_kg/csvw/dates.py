"""Dates and times: their XSD forms, and the UAX 35 formats that CSVW knows, as regular expressions and SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from milidip_kg.csvw import sql
from milidip_kg.csvw.errors import RejectedError

_YEAR, _MONTH, _DAY = "[0-9]{4}", "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_TIME: Final = "(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]+)?|24:00:00(?:[.]0+)?)"
_ZONE: Final = "(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"

XSD: Final[dict[str, str]] = {
    "date": f"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}?",
    "dateTime": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}?",
    "datetime": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}?",
    "dateTimeStamp": f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}",
    "time": f"{_TIME}{_ZONE}?",
    "gDay": f"---{_DAY}{_ZONE}?",
    "gMonth": f"--{_MONTH}{_ZONE}?",
    "gMonthDay": f"--{_MONTH}-{_DAY}{_ZONE}?",
    "gYear": f"{_YEAR}{_ZONE}?",
    "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}?",
}
BASES: Final = frozenset(XSD)
WITH_DAY: Final = frozenset({"date", "dateTime", "datetime", "dateTimeStamp"})

_FIELDS: Final = {
    "yyyy": ("year", "[0-9]{4}"),
    "MM": ("month", "[0-9]{2}"),
    "M": ("month", "[0-9]{1,2}"),
    "dd": ("day", "[0-9]{2}"),
    "d": ("day", "[0-9]{1,2}"),
    "HH": ("hour", "[0-9]{2}"),
    "mm": ("minute", "[0-9]{2}"),
    "ss": ("second", "[0-9]{2}"),
    "XXX": ("zone", "Z|[+-][0-9]{2}:[0-9]{2}"),
    "XX": ("zone", "Z|[+-][0-9]{4}"),
    "X": ("zone", "Z|[+-][0-9]{2}(?:[0-9]{2})?"),
    "xxx": ("zone", "[+-][0-9]{2}:[0-9]{2}"),
    "xx": ("zone", "[+-][0-9]{4}"),
    "x": ("zone", "[+-][0-9]{2}(?:[0-9]{2})?"),
}
_TOKEN: Final = re.compile(r"\.S+|yyyy|MM?|dd?|HH|mm|ss|X{1,3}|x{1,3}|'[^']+'|[-/. :T]")
_NEEDED: Final = {
    "date": {"year", "month", "day"},
    "time": {"hour", "minute"},
    "dateTime": {"year", "month", "day", "hour", "minute"},
    "datetime": {"year", "month", "day", "hour", "minute"},
    "dateTimeStamp": {"year", "month", "day", "hour", "minute", "zone"},
}


@dataclass(frozen=True, slots=True)
class Format:
    """What a date format accepts, and how the XSD form is put together from its groups."""

    expression: str
    groups: dict[str, int]

    def to_xsd(self, value: str) -> str:
        """SQL for the XSD form of a text that the expression matches."""

        def group(name: str, otherwise: str) -> str:
            return rf"\{self.groups[name]}" if name in self.groups else otherwise

        day = "-".join((group("year", ""), "0" + group("month", ""), "0" + group("day", "")))
        time = ":".join((group("hour", ""), group("minute", ""), group("second", "00"))) + group("fraction", "")
        parts = [part for name, part in (("year", day), ("hour", time)) if name in self.groups]
        text = _replace(value, f"^{self.expression}$", "T".join(parts) + "#" + group("zone", ""))
        steps = [("-0([0-9]{2})", r"-\1")] if "day" in self.groups else []
        if "zone" in self.groups:
            steps += [("#([+-][0-9]{2})$", r"\1:00"), ("#([+-][0-9]{2}):?([0-9]{2})$", r"\1:\2")]
        for found, new in [*steps, ("#", "")]:
            text = _replace(text, found, new, everywhere=True)
        return text


def _replace(value: str, found: str, new: str, *, everywhere: bool = False) -> str:
    flags = ", 'g'" if everywhere else ""
    return f"regexp_replace({value}, {sql.literal(found)}, {sql.literal(new)}{flags})"


def compile_format(text: str, base: str) -> Format:
    """What a date format says; RejectedError if it is none for that datatype."""
    expression, position = "", 0
    groups: dict[str, int] = {}
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise RejectedError(f"{text!r} is not a date format")
        position = token.end()
        if token[0].startswith(".S"):
            name, part = "fraction", f"(?:[.][0-9]{{1,{len(token[0]) - 1}}})?"
        elif token[0] in _FIELDS:
            name, part = _FIELDS[token[0]]
        else:
            expression += re.escape(token[0].strip("'"))
            continue
        if name in groups:
            raise RejectedError(f"{text!r} names the {name} twice")
        groups[name] = len(groups) + 1
        expression += f"({part})"
    if not _NEEDED.get(base, set(groups) | {"none"}) <= set(groups):
        raise RejectedError(f"{text!r} is not a format of a {base}")
    return Format(expression, groups)
