"""Materialisation: what follows from the ontology, computed into its own named graph.

The axioms are read once and compiled to SPARQL CONSTRUCT rules over their closure (decision 13: reason over the model
once, over the data little). Class and property hierarchies are closed while compiling, so one round derives all of
their consequences; rounds repeat until nothing new follows. Covered: subclass, subproperty, equivalent class and
property, hasValue and someValuesFrom restrictions and intersections on the defining side, hasValue on the defined side,
domain, range, inverse, symmetric and transitive properties, and property chains. `tests/test_reason.py` proves the
result equal to what owlrl derives on a small graph.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pyoxigraph import BlankNode, NamedNode, QuerySolutions, QueryTriples, RdfFormat, Store, Triple, Variable

from milidip_kg.namespaces import GRAPH_INFERRED, GRAPH_ONTOLOGY, RDF_TYPE

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_OWL = "http://www.w3.org/2002/07/owl#"

_IRI = re.compile(r"<([^<>]*)>")
_TYPE = f"<{RDF_TYPE}>".encode()
_TERM = r"(?:\?\w+|<[^<>]*>|a)"
_TRIPLE = re.compile(rf"{_TERM} {_TERM} {_TERM}(?= \.)")

#: What each kind of axiom says, for people.
_WORDS = {
    "subproperty": "{} is a subproperty of {}",
    "inverse": "{} is the inverse of {}",
    "transitive": "{} is transitive",
    "chain": "{} follows from a chain of properties",
    "domain": "what has {} is a {}",
    "range": "what {} leads to is a {}",
    "subclass": "every {} is a {}",
    "definition": "what has {} with the value {} is a {}",
    "expression": "what meets its definition is a {1}",
    "value": "every {} has {} with the value {}",
}

Node = NamedNode | BlankNode
Pattern = tuple[NamedNode | Variable, NamedNode | Variable, NamedNode | Variable]


def triple(text: str) -> Pattern:
    """Three terms or variables as a pattern of SPARQL writes them."""

    def term(word: str) -> NamedNode | Variable:
        if word.startswith("?"):
            return Variable(word[1:])
        return NamedNode(RDF_TYPE if word == "a" else word[1:-1])

    subject, predicate, found = text.split()
    return term(subject), term(predicate), term(found)


@dataclass(frozen=True, slots=True)
class Rule:
    """One CONSTRUCT rule: the name of the axiom kind it stands for, and the triples and filters of its pattern.

    A rule that many axioms share has a row of `table` for each; the first IRI of a row is the property or class that
    the row reads. `reads` says so for the rule. A closed rule finds nothing new in what it has written itself. Where
    `shortcut` is set, it is run in place of the pattern, since it gives the same at the fixpoint in one round.
    """

    name: str
    construct: str
    pattern: str
    reads: frozenset[str]
    variables: str = ""
    table: tuple[tuple[str, ...], ...] = ()
    closed: bool = False
    shortcut: str = ""

    @property
    def premises(self) -> list[Pattern]:
        """The triples of the pattern."""
        return [triple(found[0]) for found in _TRIPLE.finditer(self.pattern)]

    def query(self, fresh: Collection[str] | None = None) -> str:
        """The rule as SPARQL; given the properties and classes with new statements, for those alone."""
        table = self._values([row for row in self.table if fresh is None or row[0] in fresh])
        new = f"FILTER NOT EXISTS {{ {self.construct} }}"
        return f"CONSTRUCT {{ {self.construct} }} WHERE {{ {table} {self.shortcut or self.pattern} {new} }}"

    def _values(self, rows: Iterable[tuple[str, ...]]) -> str:
        body = " ".join("(" + " ".join(f"<{iri}>" for iri in row) + ")" for row in rows)
        return f"VALUES ({self.variables}) {{ {body} }}" if self.variables else ""

    def derivations(self, store: Store, conclusion: Triple | None = None) -> Iterator[Derivation]:
        """Each way in which the rule gives the conclusion (any, if none is named) from what is in the store."""
        pattern = triple(self.construct)
        known: dict[Variable, Any] = {}
        for part, term in zip(pattern, conclusion or (), strict=False):
            if isinstance(part, Variable):
                known[part] = term
            elif part != term:
                return
        found = store.query(
            f"SELECT * WHERE {{ {self._values(self.table)} {self.pattern} }}",
            use_default_graph_as_union=True,
            substitutions=known,
        )
        assert isinstance(found, QuerySolutions)
        names = {variable for variable in found.variables if variable not in known}
        axiom: list[NamedNode | Variable] = [Variable(name[1:]) for name in self.variables.split()]
        axiom = axiom or [part for part in pattern if isinstance(part, NamedNode)]
        premises = self.premises
        for solution in found:
            bound = known | {name: solution[name] for name in names}

            def filled(parts: Iterable[Any], bound: dict[Variable, Any] = bound) -> tuple[Any, ...]:
                return tuple(bound[part] if isinstance(part, Variable) else part for part in parts)

            made = [Triple(*filled(premise)) for premise in premises]
            yield Derivation(self.name, Triple(*filled(pattern)), filled(axiom), tuple(made))


@dataclass(frozen=True, slots=True)
class Derivation:
    """One step of reasoning: the kind of axiom, what follows, the terms of the axiom, and from what it follows."""

    rule: str
    conclusion: Triple
    axiom: tuple[NamedNode, ...]
    premises: tuple[Triple, ...]

    def __str__(self) -> str:
        return _WORDS.get(self.rule, self.rule + ": {}").format(*(f"<{term.value}>" for term in self.axiom))


@dataclass(slots=True)
class Materialisation:
    """How many statements were added, in how many rounds, by how many rules."""

    added: int = 0
    rounds: int = 0
    rules: int = 0
    names: list[str] = field(default_factory=list)


def materialise(store: Store) -> Materialisation:
    """Replace the inferred graph of the store by all that follows from its ontology graph and its data."""
    inferred = NamedNode(GRAPH_INFERRED)
    store.remove_graph(inferred)
    stated = len(store)
    rules = compile_rules(store)
    done = Materialisation(rules=len(rules), names=[rule.name for rule in rules])
    due: dict[int, set[str] | None] = dict.fromkeys(range(len(rules)))
    while due:
        done.rounds += 1
        for place, rule in enumerate(rules):
            if place not in due:
                continue
            triples = store.query(rule.query(due.pop(place)), use_default_graph_as_union=True)
            assert isinstance(triples, QueryTriples)
            found = triples.serialize(format=RdfFormat.N_TRIPLES)
            if not found:
                continue
            store.bulk_load(input=found, format=RdfFormat.N_TRIPLES, to_graph=inferred, lenient=True)
            written = _written(found)
            for other, reader in enumerate(rules):
                fresh = written & reader.reads
                if fresh and not (reader is rule and rule.closed):
                    before = due.get(other, set())
                    due[other] = None if before is None else before | fresh
    done.added = len(store) - stated
    return done


def _written(triples: bytes) -> set[str]:
    """The properties of these statements, and the classes where the property is rdf:type."""
    found = set()
    for line in triples.splitlines():
        _, predicate, rest = line.split(b" ", 2)
        found.add(rest.removesuffix(b" .") if predicate == _TYPE else predicate)
    return {term[1:-1].decode() for term in found}


def compile_rules(store: Store) -> list[Rule]:
    """The rules that the ontology graph of the store calls for, in the order in which they feed each other."""
    model = _Model(store)
    rules = [
        *_property_rules(model),
        *(_transitive(prop) for prop in model.instances("TransitiveProperty")),
        *_chain_rules(model),
        *_defining_rules(model),
        *_type_rules(model),
        *_value_rules(model),
    ]
    return [rule for rule in rules if rule.reads]


class _Model:
    """The ontology graph, read by what the rules need of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._graph = NamedNode(GRAPH_ONTOLOGY)

    def pairs(self, predicate: str) -> Iterator[tuple[Node, Node]]:
        for quad in self._store.quads_for_pattern(None, NamedNode(predicate), None, self._graph):
            if isinstance(quad.subject, NamedNode | BlankNode) and isinstance(quad.object, NamedNode | BlankNode):
                yield quad.subject, quad.object

    def named_pairs(self, *predicates: str) -> set[tuple[str, str]]:
        return {
            (subject.value, found.value)
            for predicate in predicates
            for subject, found in self.pairs(predicate)
            if isinstance(subject, NamedNode) and isinstance(found, NamedNode)
        }

    def value(self, node: Node, predicate: str) -> Node | None:
        for quad in self._store.quads_for_pattern(node, NamedNode(predicate), None, self._graph):
            if isinstance(quad.object, NamedNode | BlankNode):
                return quad.object
        return None

    def items(self, head: Node | None) -> list[Node]:
        found = []
        while head is not None and head != NamedNode(_RDF + "nil"):
            first = self.value(head, _RDF + "first")
            if first is not None:
                found.append(first)
            head = self.value(head, _RDF + "rest")
        return found

    def instances(self, kind: str) -> list[str]:
        quads = self._store.quads_for_pattern(None, NamedNode(RDF_TYPE), NamedNode(_OWL + kind), self._graph)
        return sorted(quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode))


def _closure(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The transitive closure, without the reflexive pairs."""
    above: dict[str, set[str]] = defaultdict(set)
    for low, high in pairs:
        above[low].add(high)
    closed: set[tuple[str, str]] = set()
    for start in list(above):
        seen: set[str] = set()
        todo = list(above[start])
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo.extend(above.get(node, ()))
        closed.update((start, node) for node in seen if node != start)
    return sorted(closed)


def _both_ways(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return pairs | {(b, a) for a, b in pairs}


def _rule(name: str, construct: str, variables: str, rows: Iterable[tuple[str, ...]], pattern: str) -> Rule:
    """A rule driven by a table of IRIs; with an empty table it reads nothing."""
    table = tuple(sorted(rows))
    return Rule(name, construct, pattern, frozenset(row[0] for row in table), variables, table, closed=True)


def _property_rules(model: _Model) -> Iterator[Rule]:
    hierarchy = model.named_pairs(_RDFS + "subPropertyOf") | _both_ways(model.named_pairs(_OWL + "equivalentProperty"))
    yield _rule("subproperty", "?s ?q ?o", "?p ?q", _closure(hierarchy), "?s ?p ?o .")
    inverses = _both_ways(model.named_pairs(_OWL + "inverseOf")) | {
        (p, p) for p in model.instances("SymmetricProperty")
    }
    yield _rule("inverse", "?o ?q ?s", "?p ?q", inverses, "?s ?p ?o . FILTER(!isLiteral(?o))")


def _transitive(prop: str) -> Rule:
    pattern = f"?s <{prop}> ?between . ?between <{prop}> ?o ."
    return Rule("transitive", f"?s <{prop}> ?o", pattern, frozenset({prop}), closed=True, shortcut=f"?s <{prop}>+ ?o .")


def _chain_rules(model: _Model) -> Iterator[Rule]:
    for prop, chain in sorted(model.pairs(_OWL + "propertyChainAxiom"), key=str):
        steps = model.items(chain)
        nodes = ["?s", *(f"?between{number}" for number in range(1, len(steps))), "?o"]
        links = [_link(model, step, *ends) for step, ends in zip(steps, pairwise(nodes), strict=False)]
        if isinstance(prop, NamedNode) and links and all(links):
            pattern = " ".join(links)
            yield Rule("chain", f"?s <{prop.value}> ?o", pattern, frozenset(_IRI.findall(pattern)))


def _link(model: _Model, step: Node, start: str, end: str) -> str:
    """A step of a chain as a pattern: along a property, or against it where the step is an anonymous inverse."""
    if isinstance(step, NamedNode):
        return f"{start} <{step.value}> {end} ."
    against = model.value(step, _OWL + "inverseOf")
    return f"{end} <{against.value}> {start} ." if isinstance(against, NamedNode) else ""


def _type_rules(model: _Model) -> Iterator[Rule]:
    domains, ranges = (sorted(model.named_pairs(_RDFS + name)) for name in ("domain", "range"))
    yield _rule("domain", "?s a ?c", "?p ?c", domains, "?s ?p ?o .")
    yield _rule("range", "?o a ?c", "?p ?c", ranges, "?s ?p ?o . FILTER(!isLiteral(?o))")
    hierarchy = model.named_pairs(_RDFS + "subClassOf") | _both_ways(model.named_pairs(_OWL + "equivalentClass"))
    # What is equivalent to, or under, an intersection is under each of its named parts.
    for name, expression in [*model.pairs(_OWL + "equivalentClass"), *model.pairs(_RDFS + "subClassOf")]:
        if isinstance(name, NamedNode):
            parts = model.items(model.value(expression, _OWL + "intersectionOf"))
            hierarchy |= {(name.value, part.value) for part in parts if isinstance(part, NamedNode)}
    yield _rule("subclass", "?s a ?d", "?c ?d", _closure(hierarchy), "?s a ?c .")


def _value_rules(model: _Model) -> Iterator[Rule]:
    """Members of a class that is under `p value v` have that value."""
    rows = set()
    for name, expression in [*model.pairs(_OWL + "equivalentClass"), *model.pairs(_RDFS + "subClassOf")]:
        if not isinstance(name, NamedNode):
            continue
        for part in [expression, *model.items(model.value(expression, _OWL + "intersectionOf"))]:
            prop, value = model.value(part, _OWL + "onProperty"), model.value(part, _OWL + "hasValue")
            if isinstance(prop, NamedNode) and isinstance(value, NamedNode):
                rows.add((name.value, prop.value, value.value))
    yield _rule("value", "?s ?p ?v", "?c ?p ?v", rows, "?s a ?c .")


def _defining_rules(model: _Model) -> Iterator[Rule]:
    """Whatever meets a defining expression belongs to the class; the many plain `p value v` go in one table."""
    definitions = [(name, expression) for name, expression in model.pairs(_OWL + "equivalentClass")]
    definitions += [(name, expression) for expression, name in model.pairs(_RDFS + "subClassOf")]
    table = []
    for name, expression in sorted(definitions, key=str):
        if not isinstance(name, NamedNode) or not isinstance(expression, BlankNode):
            continue
        prop, value = model.value(expression, _OWL + "onProperty"), model.value(expression, _OWL + "hasValue")
        if isinstance(prop, NamedNode) and isinstance(value, NamedNode):
            table.append((prop.value, value.value, name.value))
            continue
        for pattern in _patterns(model, expression, "?s"):
            yield Rule("expression", f"?s a <{name.value}>", pattern, frozenset(_IRI.findall(pattern)))
    yield _rule("definition", "?s a ?c", "?p ?v ?c", table, "?s ?p ?v .")


def _patterns(model: _Model, expression: Node, subject: str) -> list[str]:
    """The graph patterns of a class expression, one for each alternative of a union; none if it is not covered."""
    if isinstance(expression, NamedNode):
        return [f"{subject} a <{expression.value}> ."]
    if parts := model.items(model.value(expression, _OWL + "intersectionOf")):
        combined = [""]
        for part in parts:
            found = _patterns(model, part, subject)
            combined = [f"{left} {right}" for left in combined for right in found]
        return combined
    if parts := model.items(model.value(expression, _OWL + "unionOf")):
        return [pattern for part in parts for pattern in _patterns(model, part, subject)]
    prop = model.value(expression, _OWL + "onProperty")
    if not isinstance(prop, NamedNode):
        return []
    value = model.value(expression, _OWL + "hasValue")
    if isinstance(value, NamedNode):
        return [f"{subject} <{prop.value}> <{value.value}> ."]
    some = model.value(expression, _OWL + "someValuesFrom")
    if some is not None:
        target = f"?{expression.value}"
        step = f"{subject} <{prop.value}> {target} ."
        if some == NamedNode(_OWL + "Thing"):
            return [step]
        return [f"{step} {pattern}" for pattern in _patterns(model, some, target)]
    return []
