"""The canned queries in other engines than ours, and their rows as values that can be compared."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oxrdflib._converter import from_ox
from pyoxigraph import Literal, QuerySolutions, Store, Variable
from rdflib import Dataset
from rdflib import Literal as RdflibLiteral

if TYPE_CHECKING:
    from types import FrameType

Value = tuple[str, ...] | Decimal | None
Rows = list[tuple[Value, ...]]

_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMBERS = {_XSD + name for name in ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger")}


def value(text: str, datatype: str, language: str | None) -> Value:
    """A literal: numbers by their value, everything else by text and type or language."""
    if datatype in _NUMBERS:
        return Decimal(text).normalize()
    return (text, language.lower()) if language else (text, datatype or _XSD + "string")


def rows(found: object) -> Rows:
    """The rows of an answer of pyoxigraph or of an endpoint."""
    assert isinstance(found, QuerySolutions), found

    def cell(term: object) -> Value:
        if isinstance(term, Literal):
            return value(term.value, term.datatype.value, term.language)
        return None if term is None else (str(term),)

    return [tuple(cell(term) for term in solution) for solution in found]


def dataset(store: Store) -> Dataset:
    """The statements of a store in the memory of rdflib; its default graph is the union of the named graphs."""
    whole = Dataset(default_union=True)
    known: dict[object, Any] = {}

    def term(ox: Any) -> Any:  # noqa: ANN401
        if ox not in known:
            # A string without language is plain there, as rdflib's own parsers make it.
            plain = isinstance(ox, Literal) and ox.datatype.value == _XSD + "string"
            known[ox] = RdflibLiteral(ox.value) if plain else from_ox(ox)
        return known[ox]

    for quad in store:
        graph = whole.graph(term(quad.graph_name))
        whole.store.add((term(quad.subject), term(quad.predicate), term(quad.object)), graph)
    return whole


def rdflib_rows(whole: Dataset, text: str, names: Sequence[Variable], seconds: float) -> Rows:
    """The rows that rdflib's own SPARQL engine gives.

    Raises:
        TimeoutError: it took longer than that many seconds.
    """

    def cell(term: object) -> Value:
        if isinstance(term, RdflibLiteral):
            return value(str(term), str(term.datatype or ""), term.language)
        return None if term is None else (f"<{term}>",)

    with limit(seconds):
        found = list(whole.query(text))
    return [tuple(cell(row.get(name.value)) for name in names) for row in found]  # type: ignore[union-attr]


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the block after that time; for work in Python, in the main thread."""

    def late(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
