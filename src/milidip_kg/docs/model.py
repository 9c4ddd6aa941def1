"""What the reference says, read from the files in their own order: modules, terms, concepts, and who uses them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from milidip_kg.namespaces import NS, ONTOLOGY, PREFIXES, SHAPE, VOCAB
from milidip_kg.query import CannedQuery
from milidip_kg.querybook import sparql

_METADATA: Final = ".csv-metadata.json"
_TERM: Final = re.compile(rf"(?:\bmdp:|{re.escape(NS)})([A-Za-z][A-Za-z0-9]*)")
_SCHEME: Final = re.compile(rf"{re.escape(VOCAB)}([a-z0-9-]+)")

#: The types of a term, and what the reference calls them.
KINDS: Final = {
    PREFIXES["owl"] + "Class": "class",
    PREFIXES["owl"] + "ObjectProperty": "object property",
    PREFIXES["owl"] + "DatatypeProperty": "datatype property",
    PREFIXES["owl"] + "AnnotationProperty": "annotation property",
}

Node = NamedNode | BlankNode
Value = Node | Literal


def iri(name: str) -> NamedNode:
    """The IRI of a prefixed name."""
    prefix, local = name.split(":", 1)
    return NamedNode(PREFIXES[prefix] + local)


@dataclass(frozen=True, slots=True)
class Module:
    """One file of the ontology."""

    name: str
    node: NamedNode


@dataclass(frozen=True, slots=True)
class Term:
    """A class or property of the ontology."""

    node: NamedNode
    name: str
    kind: str
    label: str
    module: str


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept of a vocabulary."""

    node: NamedNode
    anchor: str
    label: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A shape, or a constraint of one, that has a message."""

    name: str
    message: str


@dataclass(slots=True)
class Facts:
    """Statements by subject and property, and by property and object, in the order of the files."""

    forward: dict[Node, dict[NamedNode, list[Value]]] = field(default_factory=dict)
    backward: dict[Value, dict[NamedNode, list[Node]]] = field(default_factory=dict)

    @classmethod
    def of(cls, quads: Iterable[Quad]) -> Facts:
        """The statements of these quads."""
        facts = cls()
        for quad in quads:
            subject, predicate, value = quad.subject, quad.predicate, quad.object
            assert isinstance(subject, NamedNode | BlankNode)
            assert isinstance(value, NamedNode | BlankNode | Literal)
            facts.forward.setdefault(subject, {}).setdefault(predicate, []).append(value)
            facts.backward.setdefault(value, {}).setdefault(predicate, []).append(subject)
        return facts

    def values(self, node: Node, prop: str) -> list[Value]:
        """What the property says of a node."""
        return self.forward.get(node, {}).get(iri(prop), [])

    def nodes(self, node: Node, prop: str) -> list[Node]:
        """What the property says of a node, without literals."""
        return [value for value in self.values(node, prop) if not isinstance(value, Literal)]

    def named(self, node: Node, prop: str) -> list[NamedNode]:
        """What the property says of a node, if it has a name."""
        return [value for value in self.values(node, prop) if isinstance(value, NamedNode)]

    def subjects(self, prop: str, value: Value) -> list[Node]:
        """The nodes of which the property says this."""
        return self.backward.get(value, {}).get(iri(prop), [])

    def text(self, node: Node, prop: str) -> str:
        """The first value as text, or nothing."""
        return next((value.value for value in self.values(node, prop)), "")

    def members(self, head: Node) -> list[Node]:
        """The items of a list."""
        found: list[Node] = []
        rest: list[Node] = [head]
        while rest and rest[0] != iri("rdf:nil"):
            found += self.nodes(rest[0], "rdf:first")
            rest = self.nodes(rest[0], "rdf:rest")
        return found


@dataclass(slots=True)
class Model:
    """All that the reference describes."""

    facts: Facts
    modules: list[Module]
    terms: dict[Node, Term]
    schemes: dict[Node, list[Concept]]
    concepts: dict[Node, Concept]
    rules: dict[Node, list[Rule]]
    queries: dict[Node, list[CannedQuery]]
    tables: dict[Node, list[str]]

    def of_kind(self, module: Module, kind: str) -> list[Term]:
        """The terms of one kind that a module owns."""
        return [term for term in self.terms.values() if term.module == module.name and term.kind == kind]

    def superclasses(self, term: Term) -> list[Term]:
        """The direct superclasses that are ours."""
        return [self.terms[node] for node in self.facts.named(term.node, "rdfs:subClassOf") if node in self.terms]


def read_model(ontology: Iterable[Quad], shapes: Iterable[Quad], queries: Iterable[CannedQuery], data: Path) -> Model:
    """What the files of the ontology, its shapes, the canned queries and the metadata of a folder of tables say."""
    facts = Facts.of(ontology)
    modules = [
        Module(node.value.removeprefix(ONTOLOGY), node)
        for node in facts.subjects("rdf:type", iri("owl:Ontology"))
        if isinstance(node, NamedNode) and facts.subjects("rdfs:isDefinedBy", node)
    ]
    terms: dict[Node, Term] = {term.node: term for node in facts.forward if (term := _term(facts, node))}
    schemes: dict[Node, list[Concept]] = {}
    for scheme in facts.subjects("rdf:type", iri("skos:ConceptScheme")):
        schemes[scheme] = [
            Concept(node, node.value.removeprefix(VOCAB), facts.text(node, "skos:prefLabel"))
            for node in facts.subjects("skos:inScheme", scheme)
            if isinstance(node, NamedNode)
        ]
    asked: dict[Node, list[CannedQuery]] = {}
    for query in queries:
        for node in _mentioned(sparql(query)):
            asked.setdefault(node, []).append(query)
    tables: dict[Node, list[str]] = {}
    for path in sorted(data.glob(f"*{_METADATA}")):
        for node in _mentioned(path.read_text("utf-8")):
            tables.setdefault(node, []).append(path.name.removesuffix(_METADATA))
    concepts: dict[Node, Concept] = {one.node: one for members in schemes.values() for one in members}
    return Model(facts, modules, terms, schemes, concepts, _rules(Facts.of(shapes)), asked, tables)


def _mentioned(text: str) -> set[NamedNode]:
    """The terms and vocabularies whose names stand in a query or in the metadata of a table."""
    terms = {NamedNode(NS + name) for name in _TERM.findall(text)}
    return terms | {NamedNode(VOCAB + name) for name in _SCHEME.findall(text)}


def _term(facts: Facts, node: Node) -> Term | None:
    owner = facts.text(node, "rdfs:isDefinedBy").removeprefix(ONTOLOGY)
    kinds = [KINDS[value.value] for value in facts.values(node, "rdf:type") if value.value in KINDS]
    if not (owner and kinds and isinstance(node, NamedNode)):
        return None
    return Term(node, node.value.removeprefix(NS), kinds[0], facts.text(node, "rdfs:label"), owner)


def _rules(shapes: Facts) -> dict[Node, list[Rule]]:
    """The rules about each class that a shape targets, and about each property that one targets or has in its path."""
    found: dict[Node, list[Rule]] = {}
    for shape in list(shapes.forward):
        about = [
            node
            for prop in ("targetClass", "targetSubjectsOf", "targetObjectsOf")
            for node in shapes.named(shape, f"sh:{prop}")
        ]
        about += [node for path in shapes.nodes(shape, "sh:path") for node in _in_path(shapes, path)]
        stated = [shape, *shapes.nodes(shape, "sh:sparql"), *shapes.nodes(shape, "sh:property")]
        for target in about:
            rules = found.setdefault(target, [])
            for part in stated:
                named = part if isinstance(part, NamedNode) else shape
                rule = Rule(named.value.removeprefix(SHAPE), shapes.text(part, "sh:message"))
                if rule.message and rule not in rules:
                    rules.append(rule)
    return found


def _in_path(shapes: Facts, path: Node) -> list[NamedNode]:
    if isinstance(path, NamedNode):
        return [path]
    below = [node for values in shapes.forward.get(path, {}).values() for node in values]
    return [one for node in below if not isinstance(node, Literal) for one in _in_path(shapes, node)]
