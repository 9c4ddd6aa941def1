"""The Python face: one object that opens, builds, asks, exports and checks the graph."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store

from milidip_kg import resources
from milidip_kg.build import build
from milidip_kg.errors import FindingsError, UsageError, did_you_mean
from milidip_kg.export import export, format_named, graphs_named
from milidip_kg.namespaces import XSD
from milidip_kg.query import CannedQuery, read_queries, run
from milidip_kg.store import open_store
from milidip_kg.store import replace_store as _replace

if TYPE_CHECKING:
    import rdflib

    from milidip_kg.explain import Explainer, Explanation
    from milidip_kg.resolve import Resolution, StateIndex

Value = str | int | float | bool | date | None


@dataclass(frozen=True, slots=True)
class Row(Mapping[str, Value]):
    """One row of an answer: Python values by column name; an IRI is a string."""

    values_: Mapping[str, Value]

    def __getitem__(self, name: str) -> Value:
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


class KnowledgeGraph:
    """The knowledge graph of military diplomacy.

    >>> kg = KnowledgeGraph.build()
    >>> len(kg.query("organisation-members", organisation="nato", date="1999-03-12"))
    19
    """

    def __init__(self, store: Store, data: Path | None = None) -> None:
        self._store = store
        self._data = data

    @classmethod
    def open(cls, directory: str | Path = "build/store", data: str | Path | None = None) -> KnowledgeGraph:
        """Open, read-only, a graph that `milidip build` has put into a directory.

        `data` is the folder of tables it was built from, where that is not the packaged one.

        Raises:
            InputError: there is no graph there.
        """
        return cls(open_store(Path(directory)), Path(data) if data else None)

    @classmethod
    def build(cls, data: str | Path | None = None, **datasets: str | Path) -> KnowledgeGraph:
        """Build the graph in memory from the packaged tables or those of another folder, with published datasets.

        `KnowledgeGraph.build(dcad="DCAD-v1.0-main.csv")` adds the agreements of that dataset.

        Raises:
            FindingsError: the tables or the graph break a rule; the message names the first finding.
        """
        made = build(Path(data) if data else None, {name: Path(file) for name, file in datasets.items()})
        if not made.ok:
            raise FindingsError(
                f"{len(made.findings)} findings; the first: {made.findings[0].cell}: {made.findings[0].message}"
            )
        return cls(made.store, Path(data) if data else None)

    @property
    def store(self) -> Store:
        """The Oxigraph store underneath."""
        return self._store

    @cached_property
    def queries(self) -> dict[str, CannedQuery]:
        """The canned queries by name."""
        return read_queries(resources.folder("queries"))

    def canned(self, name: str) -> CannedQuery:
        """The canned query of that name.

        Raises:
            UsageError: there is none.
        """
        if name not in self.queries:
            raise UsageError(f"There is no canned query {name!r}.", did_you_mean(name, self.queries))
        return self.queries[name]

    def query(self, name: str, **parameters: object) -> list[Row]:
        """The rows of a canned query; parameters not given take their defaults.

        Raises:
            UsageError: the query or a parameter is unknown, or a value is of the wrong type.
        """
        solutions = self.ask(name, {key: str(value) for key, value in parameters.items()})
        assert isinstance(solutions, QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        return [Row(dict(zip(names, map(python_value, solution), strict=True))) for solution in solutions]

    def ask(self, name: str, parameters: Mapping[str, str]) -> QuerySolutions | QueryBoolean | QueryTriples:
        """The engine's own answer to a canned query."""
        return run(self._store, self.canned(name).bind(parameters, self))

    def sparql(self, text: str) -> QuerySolutions | QueryBoolean | QueryTriples:
        """The engine's own answer to any read-only SPARQL 1.1 query, over the union of all named graphs.

        Raises:
            UsageError: the query does not parse, is an update, or asks for a foreign service.
        """
        return run(self._store, text)

    def resolve(self, text: str, system: str | None = None, on: date | None = None) -> Resolution:
        """What state or organisation a name or code stands for, with the reason; it refuses to guess."""
        return self._index.resolve(text, system, on)

    def explain(self, *what: str | Mapping[str, Any], limit: int = 200) -> Explanation:
        """Where what is said of something comes from: cell, mapping or rule, sources, licences, other claims.

        `what` is a node (an IRI, or a name such as `agreement/npt`), a row of a table (`data/states.csv#row=2`), a term
        of the model (`mdp:began`), three terms of a statement (`?` is any), or a row of an answer. At most `limit`
        statements are explained; the answer says how many are left out.

        >>> kg = KnowledgeGraph.build()
        >>> fact = kg.explain("organisation/nato", "rdfs:label", "?").statements[0]
        >>> fact.origins[0].cell.file, fact.origins[0].cell.column
        ('organisations.csv', 'name')

        Raises:
            UsageError: the graph holds no such thing.
        """
        if len(what) == 1 and isinstance(what[0], Mapping):
            return self._explainer.explain_row(what[0], limit)
        return self._explainer.explain(*map(str, what), limit=limit)

    def export(self, path: str | Path, form: str | None = None, graphs: Collection[str] = ()) -> int:
        """Write an RDF file (`form`: ttl, trig, nt, nq, jsonld or rdf; else by the file's ending); statements written.

        Raises:
            UsageError: there is no such format or named graph.
        """
        from milidip_kg.store import write_whole

        path = Path(path)
        chosen = format_named(form or path.suffix.removeprefix("."))
        named = graphs_named(self._store, graphs)
        written = 0

        def write(out: Any) -> None:  # noqa: ANN401
            nonlocal written
            written = export(self._store, out, chosen, named)

        write_whole(path, write)
        return written

    def rdflib(self) -> rdflib.Dataset:
        """The graph as an rdflib dataset over the same store (its default graph is the union of all)."""
        import rdflib
        from oxrdflib import OxigraphStore

        return rdflib.Dataset(store=OxigraphStore(store=self._store), default_union=True)

    def save(self, directory: str | Path) -> None:
        """Put the graph into a directory in one step; a reader sees the old graph or the new one."""
        from pyoxigraph import RdfFormat

        quads = self._store.dump(format=RdfFormat.N_QUADS)
        assert quads is not None
        _replace(Path(directory), lambda store: store.bulk_load(input=quads, format=RdfFormat.N_QUADS))

    # What binding parameters needs (query.Names).

    def has_node(self, iri: str) -> bool:
        """Whether the graph describes this node."""
        return next(self._store.quads_for_pattern(NamedNode(iri), None, None, None), None) is not None

    def keys(self, start: str) -> list[str]:
        """The keys of all typed nodes whose IRI begins with `start`."""
        text = f"SELECT DISTINCT ?s WHERE {{ ?s a ?c FILTER(STRSTARTS(STR(?s), {Literal(start)})) }}"
        solutions = self._store.query(text, use_default_graph_as_union=True)
        assert isinstance(solutions, QuerySolutions)
        return sorted(solution["s"].value.removeprefix(start) for solution in solutions)

    def state_named(self, text: str, on: date | None) -> str | None:
        """The key of the one state so named or coded on that day, if there is just one."""
        found = self._index.resolve(text, None, on)
        return found.key if found.kind == "state" and found.key else None

    @cached_property
    def _explainer(self) -> Explainer:
        from milidip_kg.explain import Explainer

        return Explainer(self._store, self._data or resources.folder("data"))

    @cached_property
    def _index(self) -> StateIndex:
        from milidip_kg.resolve import StateIndex

        return StateIndex(self._data or resources.folder("data"))


def python_value(term: object) -> Value:
    """A term as a Python value: numbers, dates and booleans typed, everything else as text."""
    if term is None:
        return None
    if isinstance(term, Literal):
        kind = term.datatype.value.removeprefix(XSD)
        if kind in ("integer", "nonNegativeInteger", "int", "long"):
            return int(term.value)
        if kind in ("decimal", "double", "float"):
            return float(term.value)
        if kind == "boolean":
            return term.value == "true"
        if kind == "date":
            return date.fromisoformat(term.value[:10])
        return term.value
    return str(getattr(term, "value", term))
