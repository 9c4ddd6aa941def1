"""The canned queries: SPARQL files with `#+` front matter whose parameters are typed terms, never pasted text.

A query file runs unchanged in any SPARQL 1.1 engine, because each parameter is a line `VALUES ?name { default }` (one
in each subquery that needs it, since subqueries are evaluated on their own). To bind a parameter, its value is parsed
to its type, made an RDF term by the engine's own constructors (which check IRIs and escape literals), and the lines are
written anew. A parameter of type limit, which SPARQL knows only as a bare number, is the line `LIMIT n`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from milidip_kg.answers import iris
from milidip_kg.errors import InputError, UsageError, did_you_mean
from milidip_kg.namespaces import ID, VOCAB, XSD

if TYPE_CHECKING:
    from pyoxigraph import QueryBoolean, QuerySolutions, QueryTriples, Store

_LINE: Final = re.compile(r"^(?P<head>\s*VALUES \?(?P<name>\w+) \{ ).*(?P<tail> \}\s*)$")
_LIMIT: Final = re.compile(r"^(?P<head>\s*LIMIT )[0-9]+(?P<tail>\s*)$")
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")

#: The parameter types that name a node, each with the start of the node's IRI.
NODES: Final = {
    "state": ID + "state/",
    "organisation": ID + "organisation/",
    "agreement": ID + "agreement/",
    "programme": ID + "programme/",
    "case": ID + "case-study/",
    "outcome-claim": ID + "outcome-claim/",
}


class Names(Protocol):
    """What binding needs of a graph: which keys there are, and what a name stands for."""

    def has_node(self, iri: str) -> bool:
        """Whether the graph describes this node."""

    def keys(self, start: str) -> list[str]:
        """The keys of all nodes whose IRI begins with `start`."""

    def state_named(self, text: str, on: date | None) -> str | None:
        """The key of the one state that is so named or coded on that day, if there is just one."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typed parameter of a canned query.

    `type` is one of state, organisation, agreement, programme, case, outcome-claim, node (anything that the graph
    describes), date (a day), from and to (the first and last day of an EDTF date), integer, limit (the number of rows),
    or choice (one of `choices`; `scheme` makes it a concept of that vocabulary).
    """

    name: str
    type: str
    description: str
    default: str | None = None
    sample: str | None = None
    choices: tuple[str, ...] = ()
    scheme: str | None = None


@dataclass(frozen=True, slots=True)
class CannedQuery:
    """A question with a name: its file, its words, its parameters, its columns."""

    name: str
    topic: str
    summary: str
    question: str
    text: str
    parameters: tuple[Parameter, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()

    def bind(self, values: Mapping[str, str], names: Names) -> str:
        """The SPARQL text with these parameter values in place of the defaults.

        Raises:
            UsageError: a parameter is unknown, missing or of the wrong type.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                hint = did_you_mean(name, known) if known else "It takes none."
                raise UsageError(f"The query {self.name} has no parameter {name!r}.", hint)
        day = _day_of(values, known)
        terms = {name: term(known[name], value, names, day) for name, value in values.items()}
        lines = []
        for line in self.text.splitlines(keepends=True):
            place = _parameter_of(line, self.parameters)
            found = _LINE.match(line) or _LIMIT.match(line)
            if place in terms and found:
                line = f"{found['head']}{terms[place]}{found['tail']}"
            lines.append(line)
        return "".join(lines)


def term(parameter: Parameter, value: str, names: Names, day: date | None = None) -> str:
    """The RDF term, as SPARQL writes it, that a parameter value stands for.

    Raises:
        UsageError: the value is not of the parameter's type, or names nothing in the graph.
    """
    from pyoxigraph import Literal, NamedNode

    value = value.strip()
    kind = parameter.type
    if kind in NODES:
        return str(NamedNode(_node(parameter, value, names, day)))
    if kind == "node":
        return str(NamedNode(_any_node(parameter, value, names)))
    if kind in ("date", "from", "to"):
        return str(Literal(day_of(parameter, value).isoformat(), datatype=NamedNode(XSD + "date")))
    if kind in ("integer", "limit"):
        if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
            raise UsageError(f"Parameter {parameter.name} takes a whole number, not {value!r}.")
        return str(int(value)) if kind == "limit" else str(Literal(int(value)))
    if kind == "choice":
        if value not in parameter.choices:
            raise UsageError(
                f"Parameter {parameter.name} does not take {value!r}.", did_you_mean(value, parameter.choices)
            )
        return str(NamedNode(f"{VOCAB}{parameter.scheme}/{value}") if parameter.scheme else Literal(value))
    raise InputError(
        f"Parameter {parameter.name} has the unknown type {kind!r}.", "Mend the front matter of the query."
    )


def _node(parameter: Parameter, value: str, names: Names, day: date | None) -> str:
    start = NODES[parameter.type]
    key = value.removeprefix(start)
    if _WORD.fullmatch(key):
        candidates = [key.upper(), key.lower()] if parameter.type == "state" else [key.lower()]
        for candidate in candidates:
            if names.has_node(start + candidate):
                return start + candidate
    if parameter.type == "state" and (state := names.state_named(value, day)):
        return start + state
    known = names.keys(start)
    hint = did_you_mean(key.upper() if len(key) == 3 and parameter.type == "state" else key.lower(), known)
    raise UsageError(f"There is no {parameter.type} {value!r} in the graph.", hint)


def _any_node(parameter: Parameter, value: str, names: Names) -> str:
    candidates = [*iris(value), *(iri for start in NODES.values() for iri in iris(start + value))]
    for iri in candidates:
        if names.has_node(iri):
            return iri
    raise UsageError(
        f"Parameter {parameter.name}: there is no node {value!r} in the graph.",
        "Write its IRI, or its name as answers do: agreement/npt, mdp:began, membership-role/member.",
    )


def day_of(parameter: Parameter, value: str) -> date:
    """The day that a value of type date, from or to stands for.

    Raises:
        UsageError: it is no such date.
    """
    if parameter.type == "date":
        try:
            return date.fromisoformat(value if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII) else "")
        except ValueError:
            raise UsageError(f"Parameter {parameter.name} takes a day as YYYY-MM-DD, not {value!r}.") from None
    from milidip_kg.edtf import parse

    try:
        bounds = parse(value)
    except ValueError as error:
        raise UsageError(
            f"Parameter {parameter.name} takes a date such as 1999, 1999-03 or 1999-03-12.", str(error)
        ) from None
    day = bounds.earliest if parameter.type == "from" else bounds.latest
    if day is None:
        raise UsageError(f"Parameter {parameter.name} needs a date with a beginning and an end, not {value!r}.")
    return day


def _day_of(values: Mapping[str, str], known: Mapping[str, Parameter]) -> date | None:
    """The day for which names are resolved: the `date` parameter, where it is given."""
    for name, value in values.items():
        if known[name].type == "date":
            return day_of(known[name], value.strip())
    return None


def read_queries(folder: Path) -> dict[str, CannedQuery]:
    """All canned queries of a folder (topic/name.rq), by name, in order of topic and name.

    Raises:
        InputError: a file is malformed, or two have one name.
    """
    found: dict[str, CannedQuery] = {}
    for path in sorted(folder.glob("*/*.rq")):
        query = read_query(path)
        if query.name in found:
            raise InputError(f"Two queries are named {query.name}: in {found[query.name].topic} and in {query.topic}.")
        found[query.name] = query
    return found


def read_query(path: Path) -> CannedQuery:
    """One canned query from its file.

    Raises:
        InputError: the front matter does not say what it must, or a parameter has no VALUES line.
    """
    import yaml

    # The loader in C is ten times as fast; not every installation of PyYAML has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = path.read_text("utf-8")
    front = "".join(line[2:].removeprefix(" ") for line in text.splitlines(keepends=True) if line.startswith("#+"))
    try:
        matter: dict[str, Any] = yaml.load(front, loader) or {}  # noqa: S506 (either is safe)
        parameters = tuple(_parameter(name, about) for name, about in (matter.get("parameters") or {}).items())
        query = CannedQuery(
            name=path.stem,
            topic=path.parent.name,
            summary=matter["summary"],
            question=matter["question"],
            text=text,
            parameters=parameters,
            columns=matter["columns"],
            tags=tuple(matter.get("tags") or ()),
            rows=tuple(matter.get("rows") or ()),
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"The front matter of {path.name} is malformed: {error!r}.") from error
    lines = [name for line in text.splitlines(keepends=True) if (name := _parameter_of(line, parameters))]
    if missing := [parameter.name for parameter in parameters if parameter.name not in lines]:
        raise InputError(f"{path.name}: the parameter {missing[0]} needs a line VALUES ?{missing[0]} {{ default }}.")
    return query


def _parameter_of(line: str, parameters: Iterable[Parameter]) -> str | None:
    """The name of the parameter whose default stands in this line."""
    found = _LINE.match(line)
    for parameter in parameters:
        if _LIMIT.match(line) if parameter.type == "limit" else found and found["name"] == parameter.name:
            return parameter.name
    return None


def _parameter(name: str, about: Mapping[str, Any]) -> Parameter:
    def text(key: str) -> str | None:
        return None if about.get(key) is None else str(about[key])

    return Parameter(
        name=name,
        type=str(about["type"]),
        description=str(about["description"]),
        default=text("default"),
        sample=text("sample"),
        choices=tuple(str(choice) for choice in about.get("choices") or ()),
        scheme=text("scheme"),
    )


def run(store: Store, text: str) -> QuerySolutions | QueryBoolean | QueryTriples:
    """Evaluate a read-only query over the union of all graphs.

    Raises:
        UsageError: the query does not parse, is an update, or asks for a foreign service.
    """
    refuse_service(text)
    try:
        return store.query(text, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise UsageError(f"The query is not SPARQL 1.1: {error}") from error


_TOKENS: Final = re.compile(
    r"""\#[^\n\r]* | <[^<>"{}|^`\\\x00-\x20]*>
      | \"{3}(?:(?:\"|\"\")?(?:[^"\\]|\\.))*\"{3} | '{3}(?:(?:'|'')?(?:[^'\\]|\\.))*'{3}
      | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*' | [?$@]\w[\w-]*
      | (?P<word>\w+)(?::[\w.:%\\-]*)? | .""",
    re.VERBOSE | re.DOTALL,
)


def refuse_service(text: str) -> None:
    """Refuse a query that would reach out of the machine.

    The text is cut into tokens, so that a string, a comment, an IRI or a variable may hold the word; any other token
    that has it is refused, since the engine's parser does not need a space after a keyword. An engine may resolve
    `\\u` escapes before it cuts, or after: both readings are looked at.

    Raises:
        UsageError: the query has a SERVICE clause.
    """
    for reading in {text, _ESCAPE.sub(_character, text)}:
        if "SERVICE" not in reading.upper():
            continue
        for found in _TOKENS.finditer(reading):
            if found["word"] and "SERVICE" in found["word"].upper():
                raise UsageError("SERVICE is refused: no query leaves the machine.")


_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


def _character(found: re.Match[str]) -> str:
    code = int(found[1] or found[2], 16)
    return chr(code) if code <= 0x10FFFF else found[0]


def by_tag(queries: Iterable[CannedQuery], tag: str) -> list[CannedQuery]:
    """The queries with that tag."""
    return [query for query in queries if tag in query.tags]
