"""SHACL compiled to SPARQL: each constraint of a shape is one query over all of its focus nodes at once.

An engine that walks from node to node takes seconds for what a store answers in milliseconds as a set. Covered are the
constraint components that the project's shapes use; a shape with any other is refused, never passed over. pyshacl and
pyshifty are the reference: `tests/test_shapes.py` holds all three to the same results on every example.

Types count only where they are stated, not where they were inferred: a range would give a wrong value the very type
that is asked of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store, Triple

from milidip_kg.errors import MilidipError
from milidip_kg.namespaces import GRAPH_INFERRED

SH: Final = "http://www.w3.org/ns/shacl#"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SUBCLASS: Final = NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"

#: How a target of a shape selects its focus nodes.
TARGETS: Final = {
    "targetClass": "VALUES ?class {{ {} }} GRAPH ?stated {{ ?this a ?class }} FILTER(?stated != <"
    + GRAPH_INFERRED
    + ">)",
    "targetSubjectsOf": "?this {} ?targetObject",
    "targetObjectsOf": "?targetSubject {} ?this",
}

#: What a condition may be about: the step that it needs from the focus node, and the names that it binds.
_SCOPES: Final = {
    "node": ("", "?this"),
    "value": ("?this {} ?value .", "?this ?value"),
    "pair": ("?this {} ?value .", "?this ?value"),
    "presence": ("", "?this"),
    "number": ("", "?this"),
}

#: Where something may break a condition at all, whatever its shape: one pass over a property, and no walk from node to
#: node, tells that nearly always nothing does.
_SUSPECTS: Final = {
    "value": "{{ SELECT DISTINCT ?value {{ ?this {} ?value }} }}",
    "pair": "?this {} ?value .",
    "number": "?this {0} ?value . ?this {0} ?other . FILTER(!sameTerm(?value, ?other))",
}

#: Datatypes whose values an engine can tell from text that only looks like one.
_CAST: Final = ("date", "dateTime", "integer", "decimal", "boolean")

_KINDS: Final = {"IRI": "isIRI({})", "Literal": "isLiteral({})", "BlankNode": "isBlank({})"}

#: What a shape may state besides its constraints.
_SILENT: Final = {"severity", "message", "name", "description", "order", "group", "sparql", *TARGETS}

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal | Triple

#: A solution by variable name.
Row = dict[str, Term | None]

#: A result by node, path, value, shape, severity and message.
Result = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class _Check:
    """One constraint: the query for whatever breaks it, and what each row of the answer says."""

    query: str
    read: Callable[[Row], Result]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Checks that belong together, and what is asked first: they are made only if each question is answered yes."""

    checks: list[_Check]
    questions: list[str] = field(default_factory=list)


def check(data: Store, model: Store) -> list[Result]:
    """All results of validating the named graphs of a store against the shapes of another.

    Raises:
        MilidipError: a shape has a part that is not covered.
    """
    shapes = Shapes(model, data)

    @cache
    def true(question: str) -> bool:
        return bool(data.query(question, use_default_graph_as_union=True))

    def results(batch: _Batch) -> list[Result]:
        if not all(map(true, batch.questions)):
            return []
        return [check.read(row) for check in batch.checks for row in _rows(data, check.query)]

    # The engine evaluates without Python's lock, so that two threads keep two cores busy.
    with ThreadPoolExecutor(2) as pool:
        batches = [*_sparql_batches(shapes), *_core_batches(shapes)]
        return [result for found in pool.map(results, batches) for result in found]


def _core_batches(shapes: Shapes) -> Iterator[_Batch]:
    """The constraints of each shape on the same nodes or values: asked together first, one by one where that fails."""
    for shape in shapes.targeted():
        focus = shapes.focus(shape)
        batches: dict[tuple[str, str | None], list[tuple[str, _Check]]] = {}
        for owner, path, condition, about in shapes.constraints(shape):
            step, names = _SCOPES[about]

            def read(row: Row, owner: Term = owner, path: str | None = path, about: str = about) -> Result:
                where = path[1:-1] if path and path.startswith("<") else None
                value = row["this"] if about == "node" else row.get("value")
                return shapes.result(owner, row["this"], where, value, row)

            query = f"SELECT DISTINCT {names} WHERE {{ {focus} {step.format(path)} FILTER(!({condition})) }}"
            place = None if about in ("node", "presence") else path
            batches.setdefault((about, place), []).append((condition, _Check(query, read)))
        for (about, path), parts in batches.items():
            broken = "FILTER(!(" + " && ".join(f"({condition})" for condition, _ in parts) + "))"
            patterns = [f"{focus} {_SCOPES[about][0].format(path)}"]
            if about in _SUSPECTS:
                patterns.insert(0, _SUSPECTS[about].format(path))
            yield _Batch([check for _, check in parts], [f"ASK {{ {pattern} {broken} }}" for pattern in patterns])


def _sparql_batches(shapes: Shapes) -> Iterator[_Batch]:
    """Each SPARQL constraint as one query over all of its focus nodes, instead of one query a node."""
    for shape in shapes.targeted():
        for rule in shapes.values(shape, "sparql"):
            prefixes = " ".join(
                f"PREFIX {text(prefix)}: <{text(namespace)}>"
                for source in shapes.values(rule, "prefixes")
                for declared in shapes.values(source, "declare")
                for prefix in shapes.values(declared, "prefix")
                for namespace in shapes.values(declared, "namespace")
            )
            (select,) = shapes.values(rule, "select")

            def read(row: Row, shape: Term = shape, rule: Term = rule) -> Result:
                return shapes.result(shape, row["this"], text(row.get("path")), row.get("value"), row, rule)

            query = f"{prefixes} SELECT DISTINCT * WHERE {{ {{ {text(select)} }} {shapes.focus(shape)} }}"
            yield _Batch([_Check(query, read)])


def _rows(data: Store, query: str) -> Iterator[Row]:
    solutions = data.query(query, use_default_graph_as_union=True)
    assert isinstance(solutions, QuerySolutions)
    names = [variable.value for variable in solutions.variables]
    for solution in solutions:
        yield {name: solution[name] for name in names}


def text(term: object) -> str | None:
    """The value of a term, or None."""
    return None if term is None else str(getattr(term, "value", term))


class Shapes:
    """The shapes graph, read as conditions in SPARQL."""

    def __init__(self, model: Store, data: Store) -> None:
        self._model = model
        self._data = data
        self._fresh = count()
        self._stated = {
            row["class"]
            for row in _rows(
                data, f"SELECT DISTINCT ?class {{ GRAPH ?g {{ ?s a ?class }} FILTER(?g != <{GRAPH_INFERRED}>) }}"
            )
        }

    def values(self, subject: Term, name: str) -> list[Term]:
        """The values of a SHACL property of a shape."""
        assert not isinstance(subject, Literal)
        quads = self._model.quads_for_pattern(subject, NamedNode(SH + name), None, None)
        return sorted((quad.object for quad in quads), key=str)

    def targeted(self) -> list[NamedNode]:
        """The shapes with a target, by IRI."""
        found = {
            quad.subject
            for name in TARGETS
            for quad in self._model.quads_for_pattern(None, NamedNode(SH + name), None, None)
            if isinstance(quad.subject, NamedNode)
        }
        return sorted(found, key=str)

    def focus(self, shape: Term) -> str:
        """The SPARQL pattern that selects the focus nodes of a shape as ?this."""
        patterns = [
            pattern.format(self._classes(one) if name == "targetClass" else one)
            for name, pattern in TARGETS.items()
            for one in self.values(shape, name)
        ]
        if len(patterns) == 1:
            return f"{{ {patterns[0]} }}"
        return "{ SELECT DISTINCT ?this { " + " UNION ".join(f"{{ {pattern} }}" for pattern in patterns) + " } }"

    def result(
        self, owner: Term, node: Term | None, path: str | None, value: Term | None, row: Row, rule: Term | None = None
    ) -> Result:
        """A result of a shape; in its message the names in braces stand for the values of the row."""
        message = next((text(one) or "" for one in self.values(rule or owner, "message")), "The shape is not met.")
        severity = next(iter(self.values(owner, "severity")), NamedNode(SH + "Violation"))
        return {
            "node": text(node),
            "path": path,
            "value": text(value),
            "shape": text(owner),
            "severity": text(severity),
            "message": re.sub(r"\{[?$](\w+)\}", lambda found: text(row.get(found[1])) or "", message),
        }

    def constraints(self, shape: Term) -> Iterator[tuple[Term, str | None, str, str]]:
        """Each constraint of a shape: whose it is, its path, its condition, and what that is about (see _SCOPES)."""
        for condition in self._on_value(shape, "?this"):
            yield shape, None, condition, "node"
        for prop in self.values(shape, "property"):
            path = self._path(prop)
            for about, conditions in (
                ("value", self._on_value(prop, "?value")),
                ("presence", self._present(prop, "?this", path)),
                ("number", self._once(prop, "?this", path)),
                ("pair", self._on_pair(prop, "?this", "?value")),
            ):
                # Few names, and the same ones for the same question: each row of an answer has a place for every
                # variable of its query, and a question is asked once.
                self._fresh = count()
                for condition in conditions:
                    yield prop, path, condition, about

    def _conforms(self, shape: Term, node: str) -> str:
        """The condition that a node conforms to a shape with all of its parts."""
        parts = list(self._on_value(shape, node))
        for prop in self.values(shape, "property"):
            path, value = self._path(prop), self._variable()
            parts += [*self._present(prop, node, path), *self._once(prop, node, path)]
            for condition in [*self._on_value(prop, value), *self._on_pair(prop, node, value)]:
                parts.append(f"NOT EXISTS {{ {node} {path} {value} FILTER(!({condition})) }}")
        return " && ".join(f"({part})" for part in parts) or "true"

    def _on_value(self, shape: Term, node: str) -> Iterator[str]:
        """The conditions on one node or value."""
        self._refuse_unknown(shape)
        for target in self.values(shape, "class"):
            kind, graph = self._variable(), self._variable()
            stated = f"GRAPH {graph} {{ {node} a {kind} }} FILTER({graph} != <{GRAPH_INFERRED}>)"
            yield f"EXISTS {{ VALUES {kind} {{ {self._classes(target)} }} {stated} }}"
        for datatype in self.values(shape, "datatype"):
            iri = text(datatype) or ""
            yield f"isLiteral({node}) && DATATYPE({node}) = <{iri}>"
            if iri.removeprefix(_XSD) in _CAST:
                other = f"!isLiteral({node}) || DATATYPE({node}) != <{iri}>"
                yield f"{other} || COALESCE(<{iri}>(STR({node})) = {node}, false)"
        for kind_of in self.values(shape, "nodeKind"):
            names = (text(kind_of) or "").removeprefix(SH).split("Or")
            yield " || ".join(_KINDS[name].format(node) for name in names)
        for pattern in self.values(shape, "pattern"):
            yield f"!isBlank({node}) && REGEX(STR({node}), {pattern})"
        for name, sign in (("minInclusive", ">="), ("maxInclusive", "<=")):
            for bound in self.values(shape, name):
                yield f"COALESCE({node} {sign} {bound}, false)"
        for part in self.values(shape, "node"):
            yield self._conforms(part, node)
        for head in self.values(shape, "or"):
            yield " || ".join(f"({self._conforms(item, node)})" for item in self._items(head))

    def _present(self, prop: Term, node: str, path: str) -> Iterator[str]:
        """The conditions that there is a value."""
        if self.values(prop, "minCount"):
            self._only(prop, "minCount", "1")
            yield f"EXISTS {{ {node} {path} {self._variable()} }}"
        for value in self.values(prop, "hasValue"):
            yield f"EXISTS {{ {node} {path} {value} }}"

    def _once(self, prop: Term, node: str, path: str) -> Iterator[str]:
        """The conditions that there is no second value."""
        one, two = self._variable(), self._variable()
        if self.values(prop, "maxCount"):
            self._only(prop, "maxCount", "1")
            yield f"NOT EXISTS {{ {node} {path} {one} , {two} FILTER(!sameTerm({one}, {two})) }}"
        if self.values(prop, "uniqueLang"):
            same = f"!sameTerm({one}, {two}) && LANG({one}) != '' && LCASE(LANG({one})) = LCASE(LANG({two}))"
            yield f"NOT EXISTS {{ {node} {path} {one} , {two} FILTER({same}) }}"

    def _on_pair(self, prop: Term, node: str, value: str) -> Iterator[str]:
        """The conditions that compare a value with those of another property."""
        other = self._variable()
        for less in self.values(prop, "lessThanOrEquals"):
            yield f"NOT EXISTS {{ {node} {less} {other} FILTER(!COALESCE({value} <= {other}, false)) }}"
        for apart in self.values(prop, "disjoint"):
            yield f"NOT EXISTS {{ {node} {apart} {other} FILTER(sameTerm({value}, {other})) }}"

    def _only(self, prop: Term, name: str, expected: str) -> None:
        if [text(value) for value in self.values(prop, name)] != [expected]:
            raise MilidipError(f"{text(prop)}: sh:{name} is covered for {expected} only.")

    def _refuse_unknown(self, shape: Term) -> None:
        assert not isinstance(shape, Literal)
        for quad in self._model.quads_for_pattern(shape, None, None, None):
            name = quad.predicate.value.removeprefix(SH)
            if quad.predicate.value.startswith(SH) and name not in _SILENT | _COVERED:
                raise MilidipError(f"{text(shape)}: sh:{name} is not covered.")

    def _path(self, prop: Term) -> str:
        (path,) = self.values(prop, "path")
        if isinstance(path, NamedNode):
            return str(path)
        (alternatives,) = self.values(path, "alternativePath")
        return "(" + "|".join(str(step) for step in self._items(alternatives)) + ")"

    def _items(self, head: Term) -> list[Term]:
        found = []
        while isinstance(head, NamedNode | BlankNode) and head != NamedNode(_RDF + "nil"):
            first, rest = (
                next(quad.object for quad in self._model.quads_for_pattern(head, NamedNode(_RDF + name), None, None))
                for name in ("first", "rest")
            )
            found.append(first)
            head = rest
        return found

    def _classes(self, target: Term) -> str:
        """A class and, by the hierarchy in the data, all classes under it of which the data state a member."""
        found, todo = {target}, [target]
        while todo:
            for quad in self._data.quads_for_pattern(None, _SUBCLASS, todo.pop(), None):
                if isinstance(quad.subject, NamedNode) and quad.subject not in found:
                    found.add(quad.subject)
                    todo.append(quad.subject)
        return " ".join(sorted(map(str, found & self._stated | {target})))

    def _variable(self) -> str:
        return f"?v{next(self._fresh)}"


_COVERED: Final = {
    *("property", "path", "class", "datatype", "nodeKind", "pattern", "minInclusive", "maxInclusive", "node", "or"),
    *("minCount", "maxCount", "uniqueLang", "hasValue", "lessThanOrEquals", "disjoint"),
}
