"""The Python face: one object that opens, builds, asks, exports and checks the graph."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store

from milidip_kg import resources
from milidip_kg.build import build
from milidip_kg.errors import FindingsError, UnknownNameError
from milidip_kg.export import export, format_named, graphs_named
from milidip_kg.namespaces import NS, PREFIXES
from milidip_kg.query import CannedQuery, Parameter, day_of, read_queries, run, term
from milidip_kg.rows import Answer
from milidip_kg.store import open_store
from milidip_kg.store import replace_store as _replace

if TYPE_CHECKING:
    import rdflib

    from milidip_kg.explain import Explainer, Explanation
    from milidip_kg.panel import Panel
    from milidip_kg.picture import Picture
    from milidip_kg.resolve import Resolution, StateIndex

#: What names a node, the best first.
_LABELS: Final = (PREFIXES["rdfs"] + "label", PREFIXES["skos"] + "prefLabel", PREFIXES["dcterms"] + "title")

#: The classes that a notebook counts.
_COUNTED: Final = ("State", "Organisation", "Agreement", "ExerciseEdition", "Operation", "DialogueSession", "Situation")


class KnowledgeGraph:
    """The knowledge graph of military diplomacy.

    >>> kg = KnowledgeGraph.build()
    >>> len(kg.query("organisation-members", organisation="nato", date="1999-03-12"))
    19
    """

    def __init__(self, store: Store, data: Path | None = None, datasets: Mapping[str, Path] | None = None) -> None:
        self._store = store
        self._data = data
        self._datasets = datasets or {}

    @classmethod
    def open(cls, directory: str | Path = "build/store", data: str | Path | None = None) -> KnowledgeGraph:
        """Open, read-only, a graph that `milidip build` has put into a directory; threads may share it.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     KnowledgeGraph.build().save(folder)
        ...     KnowledgeGraph.open(folder).label("https://w3id.org/milidip/id/organisation/nato")
        'North Atlantic Treaty Organization'

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
        files = {name: Path(file) for name, file in datasets.items()}
        made = build(Path(data) if data else None, files)
        if not made.ok:
            raise FindingsError(made.findings)
        return cls(made.store, Path(data) if data else None, files)

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
            raise UnknownNameError("canned query", name, self.queries)
        return self.queries[name]

    def query(self, name: str, **parameters: object) -> Answer:
        """The typed rows of a canned query; parameters not given take their defaults.

        >>> kg = KnowledgeGraph.build()
        >>> rows = kg.query("organisation-members", organisation="nato", date="1999-03-12")
        >>> rows[0]["name"], rows[0]["since"]
        ('Belgium', '1949-08-24')
        >>> rows.to_polars().height
        19

        Raises:
            UsageError: the query or a parameter is unknown, or a value is of the wrong type.
        """
        solutions = self.ask(name, {key: str(value) for key, value in parameters.items()})
        assert isinstance(solutions, QuerySolutions)
        return Answer.of_solutions(solutions, self.label)

    def ask(self, name: str, parameters: Mapping[str, str]) -> QuerySolutions | QueryBoolean | QueryTriples:
        """The engine's own answer to a canned query."""
        return run(self._store, self.canned(name).bind(parameters, self))

    def sparql(self, text: str) -> QuerySolutions | QueryBoolean | QueryTriples:
        """The engine's own answer to any read-only SPARQL 1.1 query, over the union of all named graphs.

        >>> bool(KnowledgeGraph.build().sparql("ASK { ?s a <https://w3id.org/milidip/ns/State> }"))
        True

        Raises:
            UsageError: the query does not parse, is an update, or asks for a foreign service.
        """
        return run(self._store, text)

    def label(self, node: str) -> str | None:
        """The label of a node, English first where it has several.

        >>> KnowledgeGraph.build().label("https://w3id.org/milidip/id/state/FRA")
        'France'
        """
        try:
            subject = NamedNode(node)
        except ValueError:
            return None
        for name in _LABELS:
            found = [quad.object for quad in self._store.quads_for_pattern(subject, NamedNode(name), None, None)]
            labels = sorted((one.language != "en", one.value) for one in found if isinstance(one, Literal))
            if labels:
                return labels[0][1]
        return None

    def resolve(self, text: str, system: str | None = None, on: date | None = None) -> Resolution:
        """What state or organisation a name or code stands for, with the reason; it refuses to guess.

        >>> found = KnowledgeGraph.build().resolve("255", system="cow", on=date(1995, 1, 1))
        >>> found.key, found.label
        ('DEU', 'Germany')
        """
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

    def connect(
        self,
        state: str,
        other: str,
        kinds: Sequence[str] = (),
        from_: str | None = None,
        to: str | None = None,
        limit: int = 10,
    ) -> Answer:
        """The shortest chains of shared instruments between two states, one row a step, with the source of each.

        `kinds` are some of agreement, exercise, operation, organisation, post, session (all, if none is named);
        `from_` and `to` are dates such as 1999 or 1999-03.

        >>> kg = KnowledgeGraph.build()
        >>> kg.connect("FRA", "Germany", kinds=["agreement"], limit=1)[0]["instrument_name"]
        'Élysée Treaty'

        Raises:
            UsageError: a state, a kind or a date is unknown.
        """
        from milidip_kg.network import LINKS, connect

        for kind in kinds:
            if kind not in LINKS:
                raise UnknownNameError("kind of instrument", kind, LINKS)
        period = self._day("from", from_), self._day("to", to)
        ends = [term(Parameter("state", "state", ""), text, self)[1:-1] for text in (state, other)]
        return connect(self._store, self.label, ends[0], ends[1], kinds, period, limit)

    def central_states(self, kind: str = "exercise", from_: str = "2000", to: str = "2026", limit: int = 20) -> Answer:
        """The most central states among those who share instruments of a kind that began in a period.

        Degree and ties are those of the canned query `central-states`; betweenness and eigenvector centrality are of
        the same network. `kind` is exercise, operation, session or agreement (a bilateral one).

        >>> KnowledgeGraph.build().central_states("exercise", "2010", "2019", limit=1).columns
        ('state', 'name', 'degree', 'ties', 'betweenness', 'eigenvector')

        Raises:
            UsageError: the kind or a date is unknown.
        """
        from milidip_kg.network import CENTRAL, central_states

        if kind not in CENTRAL:
            raise UnknownNameError("kind of tie", kind, CENTRAL)
        first, last = self._day("from", from_), self._day("to", to)
        assert first
        assert last
        return central_states(self._store, self.label, kind, (first, last), limit)

    def panel(
        self,
        first: int,
        last: int,
        *,
        states: Sequence[str] = (),
        variables: Sequence[str] = (),
        system: str = "iso",
        unit: str = "dyad-year",
        datasets: Mapping[str, str | Path] | None = None,
    ) -> Panel:
        """A state-year or dyad-year table for statistics, with its codebook, counted over the tables of the graph.

        `unit` is dyad-year, directed-dyad-year or state-year; `system` (iso, cow or gw) says which states there are;
        `variables` are alliance, agreements, agreements-KIND, exercises, organisations, operations, posts, treaties
        (all but the kinds, if none is named). `datasets` are published datasets to count with, id to file; else those
        with which the graph was built.

        >>> panel = KnowledgeGraph.build().panel(1990, 1991, states=["DEU", "SUN"], variables=["organisations"])
        >>> [(row["state"], row["other"], row["year"]) for row in panel.rows]
        [('DEU', 'SUN', 1990), ('DEU', 'SUN', 1991)]

        Raises:
            UsageError: a name is unknown.
            FindingsError: the tables break a rule.
        """
        from milidip_kg.panel import VARIABLES, read_panel

        data = self._data or resources.folder("data")
        files = {name: Path(file) for name, file in (self._datasets if datasets is None else datasets).items()}
        wanted = variables or tuple(VARIABLES)
        return read_panel(data, files, first, last, states=states, variables=wanted, system=system, unit=unit)

    @staticmethod
    def _day(side: str, text: str | None) -> date | None:
        """The first (from) or last (to) day of a date."""
        return day_of(Parameter(side, side, ""), text) if text else None

    def neighbourhood(self, node: str, limit: int = 12) -> Picture:
        """A small picture of a node with at most so many of its neighbours; a notebook shows it.

        >>> picture = KnowledgeGraph.build().neighbourhood("organisation/nato", limit=5)
        >>> len(picture.edges), picture.left_out > 100
        (5, True)

        Raises:
            UsageError: the graph describes no such node.
        """
        from milidip_kg.picture import neighbourhood

        found = term(Parameter("node", "node", ""), node, self)[1:-1]
        return neighbourhood(self._store, self.label, found, limit)

    def export(self, path: str | Path, form: str | None = None, graphs: Collection[str] = ()) -> int:
        """Write an RDF file (`form`: ttl, trig, nt, nq, jsonld or rdf; else by the file's ending); statements written.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     KnowledgeGraph.build().export(f"{folder}/sources.ttl", graphs=["catalogue"]) > 1000
        True

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
        """The graph as an rdflib dataset over the same store (its default graph is the union of all).

        >>> from rdflib import RDFS, URIRef
        >>> dataset = KnowledgeGraph.build().rdflib()
        >>> print(dataset.value(URIRef("https://w3id.org/milidip/id/state/FRA"), RDFS.label))
        France
        """
        import rdflib
        from oxrdflib import OxigraphStore

        return rdflib.Dataset(store=OxigraphStore(store=self._store), default_union=True)

    def save(self, directory: str | Path) -> None:
        """Put the graph into a directory in one step; a reader sees the old graph or the new one."""
        from pyoxigraph import RdfFormat

        quads = self._store.dump(format=RdfFormat.N_QUADS)
        assert quads is not None
        _replace(Path(directory), lambda store: store.bulk_load(input=quads, format=RdfFormat.N_QUADS))

    def _repr_html_(self) -> str:
        """What the graph holds, in a few numbers."""
        values = " ".join(f"<{NS}{name}>" for name in _COUNTED)
        text = (
            f"SELECT ?class (COUNT(DISTINCT ?s) AS ?n) {{ VALUES ?class {{ {values} }} ?s a ?class }} GROUP BY ?class"
        )
        solutions = self.sparql(text + " ORDER BY DESC(?n) ?class")
        assert isinstance(solutions, QuerySolutions)
        graphs = sum(1 for _ in self._store.named_graphs())
        about = (
            f"<p>Knowledge graph of military diplomacy: {len(self._store):,} statements in {graphs:,} named graphs</p>"
        )
        return about + Answer.of_solutions(solutions, self.label)._repr_html_()

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
