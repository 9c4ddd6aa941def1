"""Where a statement comes from: the cell and the mapping that made it, or the rule and the premises, and the sources.

Nothing is recorded for this while building but `prov:wasDerivedFrom`, which leads every subject to its rows. The
metadata of the tables say which column gives which property, so a statement is led back by reading the row again and
seeing which of its cells says what is stated. An inferred statement is led back by running the rules of the ontology
backwards until only stated ones are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store, Triple

from milidip_kg.answers import aligned, iris, short
from milidip_kg.errors import InputError, UsageError
from milidip_kg.namespaces import (
    GRAPH_CATALOGUE,
    GRAPH_INFERRED,
    GRAPH_ONTOLOGY,
    NS,
    PREFIXES,
    PROV_DERIVED,
)
from milidip_kg.origin import Model, Origin, Subject, Tables, Term, cell_named, value_of
from milidip_kg.reason import Derivation, Rule, compile_rules

if TYPE_CHECKING:
    from milidip_kg.findings import Cell

_ABOUT_DATE: Final = NamedNode(NS + "aboutDate")
_ABOUT_RECORD: Final = NamedNode(NS + "aboutRecord")
_CLAIMED_DATE: Final = NamedNode(NS + "claimedDate")
_DERIVED: Final = NamedNode(PROV_DERIVED)
_LICENCE: Final = NamedNode(PREFIXES["dcterms"] + "license")
_SOURCE: Final = NamedNode(PREFIXES["dcterms"] + "source")


@dataclass(frozen=True, slots=True)
class Source:
    """A document that a statement rests on, with the terms of use as stated."""

    key: str
    title: str
    publisher: str = ""
    authority: str = ""
    licence: str = ""
    url: str = ""
    retrieved: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """One statement with all that it rests on; `derivation` and `premises` are those of an inferred one."""

    quad: Quad
    origins: tuple[Origin, ...]
    sources: tuple[Source, ...]
    derivation: Derivation | None = None
    premises: tuple[Explained, ...] = ()

    @property
    def kind(self) -> str:
        """stated, inferred, or model (of the ontology)."""
        return {GRAPH_INFERRED: "inferred", GRAPH_ONTOLOGY: "model"}.get(value_of(self.quad.graph_name), "stated")

    def as_dict(self) -> dict[str, object]:
        """The explanation as plain JSON values."""
        made: dict[str, object] = {
            "subject": value_of(self.quad.subject),
            "predicate": self.quad.predicate.value,
            "object": value_of(self.quad.object),
            "graph": value_of(self.quad.graph_name),
            "kind": self.kind,
        }
        if self.derivation:
            made["rule"] = {"name": self.derivation.rule, "axiom": [term.value for term in self.derivation.axiom]}
            made["premises"] = [premise.as_dict() for premise in self.premises]
        else:
            made["origins"] = [
                {"file": one.cell.file, "row": one.cell.row, "column": one.cell.column}
                | {"text": one.text, "mapping": one.mapping}
                for one in self.origins
            ]
        return made | {"sources": [source.key for source in self.sources]}


@dataclass(frozen=True, slots=True)
class Claim:
    """What another record, or another source, says of the same matter."""

    node: str
    says: str
    cell: Cell | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """All that was asked for: the statements with what they rest on, and what others say of the same."""

    about: str
    statements: tuple[Explained, ...]
    claims: tuple[Claim, ...] = ()
    uses: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def sources(self) -> list[Source]:
        """Every source named, each once."""
        found = [source for one in self.statements for source in one.sources]
        found += [source for claim in self.claims for source in claim.sources]
        return list(dict.fromkeys(found))

    def as_dict(self) -> dict[str, object]:
        """The explanation as plain JSON values."""
        return {
            "about": self.about,
            "statements": [one.as_dict() for one in self.statements],
            "claims": [
                {"node": claim.node, "says": claim.says, "cell": str(claim.cell) if claim.cell else None}
                | {"sources": [source.key for source in claim.sources]}
                for claim in self.claims
            ],
            "uses": list(self.uses),
            "sources": [{name: getattr(source, name) for name in Source.__slots__} for source in self.sources],
            "left_out": self.left_out,
        }

    def __str__(self) -> str:
        parts = [self.about + "\n", "".join(_statements(self.statements))]
        if self.left_out:
            parts.append(f"... and {self.left_out:,} statements more.\n")
        if self.uses:
            parts.append("Used in the mapping by:\n" + "".join(f"  {use}\n" for use in self.uses))
        if self.sources:
            header = ["source", "title", "publisher", "authority", "licence"]
            rows = [[one.key, one.title, one.publisher, one.authority, one.licence] for one in self.sources]
            parts.append(aligned(header, rows))
        if self.claims:
            rows = [
                [short(NamedNode(one.node)), one.says, str(one.cell or ""), _keys(one.sources)] for one in self.claims
            ]
            parts.append(aligned(["other claims of the same", "say", "from", "sources"], rows))
        return "\n".join(parts)

    def __repr__(self) -> str:
        return f"<Explanation of {self.about}: {len(self.statements):,} statements>"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def _statements(found: Iterable[Explained]) -> Iterator[str]:
    """The statements by subject: each with its value, and under that where it comes from."""
    subject: object = None
    sources: tuple[Source, ...] = ()
    for one in found:
        if one.quad.subject != subject:
            subject, sources = one.quad.subject, ()
            yield f"{short(subject)}\n"
        yield f"  {short(one.quad.predicate)} {short(one.quad.object)}\n"
        if one.derivation:
            yield f"    inferred: {_plain(one.derivation)}\n"
            yield from (f"    because {words}\n" for words in _grounds(one))
        for origin in one.origins:
            text = "" if origin.text in (None, value_of(one.quad.object)) else f" {origin.text!r}"
            yield f"    {origin.place}:{text} by {origin.mapping}\n"
        if one.kind == "stated" and one.sources != sources:
            sources = one.sources
            yield f"    sources: {_keys(sources)}\n"


def _grounds(one: Explained) -> Iterator[str]:
    """The stated statements on which an inferred one rests, each with its place."""
    for premise in one.premises:
        if premise.derivation:
            yield from _grounds(premise)
            continue
        place = premise.origins[0].place if premise.origins else "?"
        terms = (premise.quad.subject, premise.quad.predicate, premise.quad.object)
        yield f"{' '.join(short(term) for term in terms)} ({place})"


def _plain(derivation: Derivation) -> str:
    return re.sub(r"<([^<>]*)>", lambda found: short(NamedNode(found[1])), str(derivation))


def _keys(sources: Iterable[Source]) -> str:
    return "; ".join(source.key for source in sources)


class Explainer:
    """Leads statements of a store back to the tables of a folder and to the files of the ontology.

    The tables must be those from which the store was built.
    """

    def __init__(self, store: Store, data: Path) -> None:
        self._store = store
        self._tables = Tables(data)
        self._sources: dict[str, Source] = {}

    # --- what may be asked

    def explain(self, *words: str, limit: int = 200) -> Explanation:
        """Explain a node, a row of a table (`data/states.csv#row=2`), or a pattern of three terms (`?` is any).

        A term is an IRI, a name as answers write it (`agreement/npt`, `mdp:began`), or the text of a literal.

        Raises:
            UsageError: nothing in the graph is or has what is named, or it is neither one term nor three.
        """
        if len(words) == 1:
            return self._node(words[0], limit)
        if len(words) != 3:
            raise UsageError("explain takes one IRI, or subject, predicate and object.", "A ? stands for any term.")
        return self._pattern(words, limit)

    def explain_row(self, row: Mapping[str, object], limit: int = 200) -> Explanation:
        """Explain every node in a row of an answer.

        Raises:
            UsageError: no cell of the row is a node of the graph.
        """
        nodes = [str(value) for value in row.values() if isinstance(value, str) and self._known(value)]
        if not nodes:
            raise UsageError("No cell of the row is a node of the graph.", "Ask for a column that holds IRIs.")
        found = [self._node(node, limit) for node in dict.fromkeys(nodes)]
        return Explanation(
            "; ".join(one.about for one in found),
            tuple(statement for one in found for statement in one.statements),
            tuple(claim for one in found for claim in one.claims),
            tuple(use for one in found for use in one.uses),
            sum(one.left_out for one in found),
        )

    def _known(self, text: str) -> bool:
        if not text.startswith("http"):
            return False
        return next(self._store.quads_for_pattern(NamedNode(text), None, None, None), None) is not None

    def statement(self, quad: Quad) -> Explained:
        """All that one statement of the store rests on."""
        if value_of(quad.graph_name) == GRAPH_INFERRED:
            found = self._prove(quad.triple, frozenset())
            if found is None:
                raise InputError(f"Nothing gives {quad.triple}.", "Build the graph again: milidip build")
            return found
        return Explained(quad, tuple(self.origins(quad)), tuple(self.sources_of(quad)))

    # --- stated: from the statement to the cell

    def origins(self, quad: Quad) -> list[Origin]:
        """The cells (lines, for a statement of the ontology) that give a stated statement."""
        if value_of(quad.graph_name) == GRAPH_ONTOLOGY:
            return [self._model.origin(self._store, quad)]
        if quad.predicate == _DERIVED:
            rows = [quad.object]
        else:
            quads = self._store.quads_for_pattern(quad.subject, _DERIVED, None, quad.graph_name)
            rows = [found.object for found in quads]
        found = []
        unsure = []
        for row in rows:
            place = cell_named(row)
            if place is None:
                continue
            if quad.predicate == _DERIVED:
                found.append(Origin(place, None, "every subject of a row is derived from the row"))
                continue
            sure, maybe = self._tables.origins(place, quad)
            found += sure
            unsure += maybe
        return found or unsure

    def sources_of(self, quad: Quad) -> list[Source]:
        """The sources of a stated statement, the primary one (that of its named graph) first."""
        graph = value_of(quad.graph_name)
        if graph == GRAPH_ONTOLOGY:
            return self._meant(quad.subject)
        cited = self._objects(quad.subject, _SOURCE, quad.graph_name)
        primary = self._objects(quad.graph_name, _SOURCE, NamedNode(GRAPH_CATALOGUE))
        named = [*primary, *sorted(cited, key=str)] or [quad.subject]
        return [self._source(node) for node in dict.fromkeys(named) if isinstance(node, NamedNode)]

    def _meant(self, term: Subject) -> list[Source]:
        """What a term of the model names as the source of its meaning; the words are ours and have our licence."""
        graph = NamedNode(GRAPH_ONTOLOGY)
        licences = {quad.object for quad in self._store.quads_for_pattern(None, _LICENCE, None, graph)}
        licence = ", ".join(sorted(value_of(one) for one in licences))
        named = [value_of(one) for one in self._objects(term, _SOURCE, graph)] if isinstance(term, NamedNode) else []
        return [Source(key=name, title=name, licence=f"of the definition: {licence}") for name in named]

    def _source(self, node: NamedNode) -> Source:
        if node.value not in self._sources:
            said = {
                quad.predicate.value: quad.object
                for quad in self._store.quads_for_pattern(node, None, None, NamedNode(GRAPH_CATALOGUE))
            }

            def text(name: str) -> str:
                return value_of(said[name]) if name in said else ""

            dcterms = PREFIXES["dcterms"]
            self._sources[node.value] = Source(
                key=node.value.rpartition("/")[2],
                title=text(dcterms + "title"),
                publisher=text(dcterms + "publisher"),
                authority=text(NS + "hasAuthority").rpartition("/")[2],
                licence=text(NS + "rights"),
                url=text(PREFIXES["rdfs"] + "seeAlso"),
                retrieved=text(NS + "retrievedOn"),
            )
        return self._sources[node.value]

    def _objects(self, subject: Any, predicate: NamedNode, graph: Any) -> list[Term]:  # noqa: ANN401
        return [quad.object for quad in self._store.quads_for_pattern(subject, predicate, None, graph)]

    # --- inferred: from the statement to its premises

    @cached_property
    def rules(self) -> list[Rule]:
        """The rules that made the inferred statements."""
        return compile_rules(self._store)

    def _prove(self, triple: Triple, above: frozenset[Triple]) -> Explained | None:
        """The statement with a proof that does not go in circles, stated premises first."""
        quads = list(self._store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None))
        if stated := [quad for quad in quads if value_of(quad.graph_name) != GRAPH_INFERRED]:
            return self.statement(stated[0])
        if not quads or triple in above:
            return None
        steps = [step for rule in self.rules for step in rule.derivations(self._store, triple)]
        for step in sorted(steps, key=lambda step: (self._inferred(step), str(step), str(step.premises))):
            premises = [self._prove(premise, above | {triple}) for premise in step.premises]
            proved = [premise for premise in premises if premise]
            if len(proved) == len(premises):
                sources = dict.fromkeys(source for premise in proved for source in premise.sources)
                return Explained(quads[0], (), tuple(sources), step, tuple(proved))
        return None

    def _inferred(self, step: Derivation) -> int:
        """How many of the premises are themselves inferred."""
        inferred = NamedNode(GRAPH_INFERRED)
        return sum(
            Quad(premise.subject, premise.predicate, premise.object, inferred) in self._store
            for premise in step.premises
        )

    # --- one node, one pattern

    def _node(self, name: str, limit: int) -> Explanation:
        for iri in iris(name):
            node = NamedNode(iri)
            quads = list(self._store.quads_for_pattern(node, None, None, None))
            if "#row=" in iri:
                quads = list(self._of_row(node))
            if quads:
                claims = () if "#row=" in iri else self._claims(node, quads)
                return self._explained(_about(node, quads), quads, limit, claims, tuple(self._tables.uses(iri)))
        raise UsageError(f"The graph holds nothing about {name!r}.", "Write an IRI, or a name such as agreement/npt.")

    def _of_row(self, row: NamedNode) -> Iterator[Quad]:
        """The statements that a row gives: those about its subjects that it, and not only another row, gives."""
        for quad in self._store.quads_for_pattern(None, _DERIVED, row, None):
            place = cell_named(row)
            for each in self._store.quads_for_pattern(quad.subject, None, None, quad.graph_name):
                if any((one.cell.file, one.cell.row) == (place.file, place.row) for one in self.origins(each) if place):
                    yield each

    def _pattern(self, words: Sequence[str], limit: int) -> Explanation:
        subjects, predicates = (_nodes(word) for word in words[:2])
        quads: dict[Quad, None] = {}
        for subject in subjects:
            for predicate in predicates:
                for found in self._store.quads_for_pattern(subject, predicate, None, None):
                    if _matches(words[2], found.object):
                        quads[found] = None
        if not quads:
            raise UsageError("The graph holds no such statement.", "A ? stands for any term.")
        claims: tuple[Claim, ...] = ()
        if len({quad.subject for quad in quads}) == 1:
            claims = self._claims(next(iter(quads)).subject, list(quads))
        return self._explained(" ".join(words), list(quads), limit, claims)

    def _explained(
        self,
        about: str,
        quads: list[Quad],
        limit: int,
        claims: tuple[Claim, ...] = (),
        uses: tuple[str, ...] = (),
    ) -> Explanation:
        quads.sort(key=lambda quad: (value_of(quad.graph_name) == GRAPH_INFERRED, str(quad)))
        chosen = quads[:limit]
        return Explanation(about, tuple(map(self.statement, chosen)), claims, uses, len(quads) - len(chosen))

    # --- what others say

    def _claims(self, node: Subject, quads: list[Quad]) -> tuple[Claim, ...]:
        return (*self._other_dates(node, quads), *self._other_records(node, quads))

    def _other_dates(self, node: Subject, quads: list[Quad]) -> Iterator[Claim]:
        """Claims of sources that give another date than what is to be explained says."""
        said = {(quad.predicate, value_of(quad.object)) for quad in quads}
        asked = {predicate for predicate, _ in said}
        found = {quad.subject for quad in self._store.quads_for_pattern(None, _ABOUT_RECORD, node, None)}
        for claim in sorted(found, key=str):
            for date in self._objects(claim, _CLAIMED_DATE, None):
                for prop in self._objects(claim, _ABOUT_DATE, None):
                    if prop in asked and (prop, value_of(date)) not in said:
                        yield self._claim(claim, f"{short(prop).removeprefix('ns/')} {value_of(date)}")

    def _other_records(self, node: Subject, quads: list[Quad]) -> Iterator[Claim]:
        """Other records of the same matter: the same who, what and kind, whatever the date and the source."""
        matter: dict[tuple[NamedNode, Term], None] = {}
        for row in self._objects(node, _DERIVED, None):
            place = cell_named(row)
            keys = self._tables.matter(place) if place else set()
            matter |= {
                (quad.predicate, quad.object): None
                for quad in self._store.quads_for_pattern(node, None, None, None)
                if quad.predicate.value in keys and value_of(quad.graph_name) != GRAPH_INFERRED
            }
        if len(matter) < 2:
            return
        pattern = " ".join(f"?other {predicate} {value} ." for predicate, value in matter)
        text = f"SELECT DISTINCT ?other WHERE {{ {pattern} ?other {_DERIVED} ?row }} ORDER BY ?other"
        solutions = self._store.query(text, use_default_graph_as_union=True)
        assert isinstance(solutions, QuerySolutions)
        for solution in solutions:
            other = solution["other"]
            if other != node and isinstance(other, NamedNode):
                dates = [
                    f"{short(quad.predicate).removeprefix('ns/')} {value_of(quad.object)}"
                    for quad in sorted(self._store.quads_for_pattern(other, None, None, None), key=str)
                    if isinstance(quad.object, Literal) and quad.object.datatype.value.endswith("/EDTF")
                ]
                yield self._claim(other, ", ".join(dates))

    def _claim(self, node: Subject, says: str) -> Claim:
        derived = next(self._store.quads_for_pattern(node, _DERIVED, None, None))
        return Claim(value_of(node), says, cell_named(derived.object), tuple(self.sources_of(derived)))

    @cached_property
    def _model(self) -> Model:
        return Model()


def _about(node: NamedNode, quads: Iterable[Quad]) -> str:
    """The node with its label, where it has one."""
    labels = {PREFIXES["rdfs"] + "label", PREFIXES["skos"] + "prefLabel", PREFIXES["dcterms"] + "title"}
    found = sorted(value_of(quad.object) for quad in quads if quad.subject == node and quad.predicate.value in labels)
    return f"{found[0]} <{node.value}>" if found else f"<{node.value}>"


def _nodes(word: str) -> list[NamedNode | None]:
    """The nodes that a word of a pattern may stand for; None is any."""
    return [None] if word == "?" else [NamedNode(iri) for iri in iris("rdf:type" if word == "a" else word)]


def _matches(word: str, term: Term) -> bool:
    if word == "?":
        return True
    if isinstance(term, NamedNode):
        return term.value in iris(word)
    return value_of(term) == word.removeprefix('"').removesuffix('"')
