"""What a finding about a cell says, and what would be right."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from milidip_kg import edtf
from milidip_kg.csvw import lexical
from milidip_kg.csvw.model import Column

_EXAMPLES: Final = {
    "date": "a day of the calendar, as 1949-04-04",
    "anyURI": "a URL without spaces, as https://example.org/page",
    "boolean": "true or false",
    "nonNegativeInteger": "a whole number, 0 or more, without separators",
    "positiveInteger": "a whole number, 1 or more, without separators",
    "integer": "a whole number, without separators",
    "decimal": "a number, as 12.5, without separators",
}


def expected(column: Column) -> str:
    """What a cell of the column should hold."""
    if lexical.is_edtf(column.datatype):
        return edtf.EXPECTED
    return _EXAMPLES.get(column.datatype.base, "a value")


def not_a_value(text: str, column: Column) -> tuple[str, str]:
    """Message and fix for a text that is no value of the datatype."""
    datatype = column.datatype
    limits = (
        ("at least", datatype.minimum),
        ("at most", datatype.maximum),
        ("more than", datatype.min_exclusive),
        ("less than", datatype.max_exclusive),
        ("of length", datatype.length),
        ("of length at least", datatype.min_length),
        ("of length at most", datatype.max_length),
    )
    fix = _EXAMPLES.get(datatype.base, f"a value of the datatype {datatype.base}")
    fix += f", written as {datatype.format}" if datatype.format else ""
    fix += "".join(f", {word} {limit}" for word, limit in limits if limit is not None)
    return f"{text!r} in {column.name} is not a value of the datatype {datatype.base} as the metadata have it.", fix


def not_of_form(text: str, column: Column) -> tuple[str, str]:
    """Message and fix for a text that does not match the format."""
    message = f"{text!r} in {column.name} does not have the form that the metadata ask for."
    return message, f"a text that matches the regular expression {column.datatype.format}"


@dataclass(slots=True)
class Suggestions:
    """Says what was probably meant; only so often, as each costs a look at every known word."""

    left: int = 50

    def closest(self, text: str, known: Collection[str]) -> str | None:
        """A question, or nothing if no known word is near."""
        if self.left <= 0:
            return None
        self.left -= 1
        close = get_close_matches(text, sorted(known), n=1, cutoff=0.6)
        return f"did you mean {close[0]}?" if close else None
