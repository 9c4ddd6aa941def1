"""Common properties and notes: the small JSON-LD that may stand anywhere in CSVW metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Final
from urllib.parse import urljoin

from milidip_kg.csvw.terms import ABSOLUTE, CSVW, DATATYPES, LANGUAGE, PREFIXES, RDF, XSD, expand, iri

_KEYWORDS: Final = ("@id", "@type", "@value", "@language")
_CLASSES: Final = frozenset(
    ("TableGroup", "Table", "Schema", "Column", "Row", "Cell", "Dialect", "Template", "Datatype", "Direction")
)


def property_iri(name: str) -> str | None:
    """The IRI of a common property; None if the name is none."""
    prefix, colon, _ = name.partition(":")
    if not colon:
        return None
    if prefix in PREFIXES:
        return iri(expand(name))
    return iri(name) if "//" in name or prefix == "urn" else None


def check(value: object, error: Callable[[str], Exception]) -> None:
    """Raise what `error` makes of a message if the value breaks the rules for JSON-LD in metadata."""
    if isinstance(value, list):
        for item in value:
            check(item, error)
    if not isinstance(value, dict):
        return
    if strange := [name for name in value if name.startswith("@") and name not in _KEYWORDS]:
        raise error(f"{strange[0]} may not be used in a common property")
    if "@value" in value:
        if set(value) - {"@value", "@type", "@language"} or {"@type", "@language"} <= set(value):
            raise error("A @value may only have either @type or @language beside it")
        if not isinstance(value["@value"], (str, int, float)):
            raise error("@value must be a string, a number or a boolean")
    elif "@language" in value:
        raise error("@language may only stand beside @value")
    language = value.get("@language")
    if language is not None and not (isinstance(language, str) and LANGUAGE.fullmatch(language)):
        raise error("@language must be a language tag such as en")
    identifier = value.get("@id", "")
    if not isinstance(identifier, str) or identifier.startswith("_:"):
        raise error("@id must be a URL and no blank node")
    if "@type" in value:
        types = value["@type"] if isinstance(value["@type"], list) else [value["@type"]]
        for name in types:
            if not isinstance(name, str) or name.startswith("_:") or type_iri(name) is None:
                raise error(f"@type {name} is neither a term, a prefixed name nor an absolute URL")
    for name, item in value.items():
        if not name.startswith("@"):
            if property_iri(name) is None:
                raise error(f"{name} is neither a prefixed name nor an absolute URL")
            check(item, error)


def type_iri(name: str) -> str | None:
    """The IRI of a @type; None if the name is no term, prefixed name or absolute URL."""
    if name in DATATYPES:
        return DATATYPES[name]
    if name in _CLASSES:
        return CSVW + name
    return iri(expand(name)) if ABSOLUTE.match(name) else None


def normalise(value: object, base: str, language: str) -> object:
    """The value with IRIs for names, absolute URLs, and every text as an object with its language."""
    if isinstance(value, list):
        return [normalise(item, base, language) for item in value]
    if isinstance(value, str):
        return {"@value": value} if language == "und" else {"@value": value, "@language": language}
    if not isinstance(value, dict) or "@value" in value:
        return value
    found: dict[str, object] = {}
    for name, item in value.items():
        if name == "@id":
            found[name] = iri(urljoin(base, expand(str(item))))
        elif name == "@type":
            found[name] = [type_iri(str(kind)) for kind in (item if isinstance(item, list) else [item])]
        else:
            found[property_iri(name) or name] = normalise(item, base, language)
    return found


class Triples:
    """N-Triples terms and lines of normalised common properties; numbers its own blank nodes."""

    def __init__(self, prefix: str = "_:n") -> None:
        self._fresh = (f"{prefix}{number}" for number in count())

    def of(self, subject: str, annotations: dict[str, object]) -> Iterator[str]:
        """The lines of an object's properties."""
        for name, value in annotations.items():
            for item in value if isinstance(value, list) else [value]:
                term, lines = self.term(item)
                yield f"{subject} <{name}> {term} ."
                yield from lines

    def term(self, value: object) -> tuple[str, list[str]]:
        """The term that stands for a value, and the lines that describe it."""
        if isinstance(value, bool):
            return f'"{str(value).lower()}"^^<{XSD}boolean>', []
        if isinstance(value, int):
            return f'"{value}"^^<{XSD}integer>', []
        if isinstance(value, float):
            return f'"{value}"^^<{XSD}double>', []
        if not isinstance(value, dict):
            return quoted(str(value)), []
        if "@value" in value:
            return self._literal(value), []
        node = f"<{value['@id']}>" if "@id" in value else next(self._fresh)
        lines = [f"{node} <{RDF}type> <{kind}> ." for kind in value.get("@type", [])]
        rest = {name: item for name, item in value.items() if not name.startswith("@")}
        return node, [*lines, *self.of(node, rest)]

    def _literal(self, value: dict[str, object]) -> str:
        if language := value.get("@language"):
            return f"{quoted(str(value['@value']))}@{language}"
        if kind := value.get("@type"):
            return f"{quoted(str(value['@value']))}^^<{type_iri(str(kind))}>"
        content = value["@value"]
        return quoted(content) if isinstance(content, str) else self.term(content)[0]


def quoted(text: str) -> str:
    """A text between quotes, escaped for N-Triples."""
    for letter, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(letter, escape)
    return f'"{text}"'
