"""Numbers as people write them: UAX 35 number patterns as regular expressions, and back to the XSD form in SQL."""

from __future__ import annotations

import re
from typing import Final

from milidip_kg.csvw import sql
from milidip_kg.csvw.errors import RejectedError

_PATTERN: Final = re.compile(
    r"(?P<prefix>[+\-%‰]*)(?P<whole>[#0,]*)(?:\.(?P<fraction>[#0,]*))?(?:E(?P<exponent>[+\-]?[#0]+))?(?P<suffix>[%‰]?)"
)
_SIGN: Final = "[+-]?"


def pattern(text: str, decimal: str, group: str) -> str:
    """A regular expression for what a number pattern allows; RejectedError if it is no pattern."""
    found = _PATTERN.fullmatch(text)
    if not found or not re.search("[#0]", text):
        raise RejectedError(f"{text!r} is not a number pattern")
    whole, fraction = found["whole"], found["fraction"] or ""
    if re.search("0,*#", whole) or re.search("#,*0", fraction) or re.search("^,|,,|,$", whole + "." + fraction):
        raise RejectedError(f"{text!r} is not a number pattern")
    expression = _prefix(found["prefix"])
    if found["exponent"] is None:
        expression += _whole(whole, re.escape(group))
    else:
        expression += f"[0-9]{{{whole.count('0')},{len(whole)}}}"
    if found["fraction"] is not None:
        expression += _fraction(fraction, re.escape(decimal), re.escape(group))
    if found["exponent"] is not None:
        expression += f"[Ee]{_SIGN}[0-9]{{{max(1, found['exponent'].count('0'))},}}"
    return expression + re.escape(found["suffix"])


def _prefix(prefix: str) -> str:
    scale = re.escape(prefix.strip("+-"))
    return scale + _SIGN if scale else _SIGN


def _whole(part: str, group: str) -> str:
    groups = part.split(",")
    least = part.count("0")
    if len(groups) == 1:
        return f"[0-9]{{{least},}}" if least else "[0-9]*"
    last = len(groups[-1])
    size = len(groups[-2]) if len(groups) > 2 else last
    # Every length up to the one at which only full groups are added is written out.
    longest = last
    while longest < least:
        longest += size
    written = [_grouped(length, last, size, group) for length in range(max(1, least), longest + 1)]
    full = (longest - last) // size
    written.append(f"[0-9]{{1,{size}}}(?:{group}[0-9]{{{size}}}){{{full},}}{group}[0-9]{{{last}}}")
    return f"(?:{'|'.join(written)})"


def _grouped(length: int, last: int, size: int, group: str) -> str:
    if length <= last:
        return f"[0-9]{{{length}}}"
    lead, full = (length - last) % size, (length - last) // size
    head = f"[0-9]{{{lead}}}" if lead else ""
    groups = [head] * bool(head) + [f"[0-9]{{{size}}}"] * full + [f"[0-9]{{{last}}}"]
    return group.join(groups)


def _fraction(part: str, decimal: str, group: str) -> str:
    digits = part.replace(",", "")
    least, most = digits.count("0"), len(digits)
    size = part.index(",") if "," in part else most
    written = []
    for length in range(max(1, least), most + 1):
        full, rest = divmod(length, size)
        written.append(group.join([f"[0-9]{{{size}}}"] * full + [f"[0-9]{{{rest}}}"] * bool(rest)))
    if not written:
        return ""
    return f"{decimal}(?:{'|'.join(written)})" if least else f"(?:{decimal}(?:{'|'.join(written)}))?"


def plain(decimal: str, group: str | None, *, whole: bool, exponent: bool) -> str:
    """A regular expression for numbers without a pattern; groups may have any size but none may be empty."""
    digits = f"[0-9]+(?:{re.escape(group)}[0-9]+)*" if group else "[0-9]+"
    point = re.escape(decimal)
    number = digits if whole else f"(?:{digits}(?:{point}[0-9]*)?|{point}[0-9]+)"
    return _SIGN + number + (f"(?:[Ee]{_SIGN}[0-9]+)?" if exponent else "") + "[%‰]?"


def to_xsd(value: str, decimal: str, group: str | None, *, scaled: bool) -> str:
    """SQL for the number without groups, with a point, and without a percent sign if it can have one."""
    if group:
        value = f"replace({value}, {sql.literal(group)}, '')"
    if decimal != ".":
        value = f"replace({value}, {sql.literal(decimal)}, '.')"
    if not scaled:
        return value
    number = f"translate({value}, '%‰', '')::DECIMAL(30, 6)"
    return (
        f"CASE WHEN contains({value}, '%') THEN {shortest(f'({number} * 0.01)::VARCHAR')}"
        f" WHEN contains({value}, '‰') THEN {shortest(f'({number} * 0.001)::VARCHAR')} ELSE {value} END"
    )


def whole(value: str) -> str:
    """SQL for an integer without a plus sign and leading zeros; what no number of the database holds goes as a text."""
    return f"coalesce(try_cast({value} AS HUGEINT)::VARCHAR, {shortest(value)})"


def shortest(value: str) -> str:
    """SQL for a decimal without a plus sign and without zeros that say nothing."""
    zeros = rf"regexp_replace({value}, '^([+]|(-))?0*([0-9]+)([.]0*$|([.][0-9]*[1-9])0*$)?', '\2\3\5')"
    return rf"regexp_replace({zeros}, '^([+]|(-))?[.]', '\20.')"
