"""The main job: tables to a reasoned, validated graph, step by step, in the one direction that data flow."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, Store

from milidip_kg import resources
from milidip_kg.export import formats_named, staged_files
from milidip_kg.findings import Finding, Severity, in_order
from milidip_kg.namespaces import GRAPH_INFERRED, GRAPH_ONTOLOGY
from milidip_kg.store import staged_store

if TYPE_CHECKING:
    from milidip_kg.adapters import AdaptedReport

Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a build: how long it took, and what it did in a few words."""

    name: str
    seconds: float
    did: str


@dataclass(slots=True)
class Build:
    """What came of a build: the store, each step, each finding, and what the adapters left out."""

    store: Store = field(default_factory=Store)
    steps: list[Step] = field(default_factory=list)
    tables: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    adapted: list[AdaptedReport] = field(default_factory=list)
    statements: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing stands against putting the graph in force."""
        return not any(finding.severity is Severity.VIOLATION for finding in self.findings)

    @property
    def malformed(self) -> bool:
        """Whether some input could not be read at all."""
        return any(finding.malformed for finding in self.findings)


def build(
    data: Path | None = None,
    datasets: Mapping[str, Path] | None = None,
    engine: str = "queries",
    notice: Notice = lambda _: None,
    out: Path | None = None,
    formats: Collection[str] = (),
) -> Build:
    """Build the graph in memory from a folder of tables and, if named, published datasets (id to file).

    It goes on as long as the findings allow: what cannot be read is not mapped, what breaks the rules of its table is
    not loaded. `notice` is told the name of each step as it begins. A graph without violations is put into the folder
    `out`, as `store` and `milidip.NAME` for each format name, which are made while the graph is reasoned over and
    checked.
    """
    from milidip_kg import map, ontology, reason, tables, validate

    data = data or resources.folder("data")
    forms = formats_named(formats)
    made = Build()

    def step(name: str, did: Callable[[], str]) -> None:
        notice(name)
        start = time.perf_counter()
        words = did()
        made.steps.append(Step(name, time.perf_counter() - start, words))

    with (
        tempfile.TemporaryDirectory(prefix="milidip-") as scratch,
        staged_store(out / "store") if out else nullcontext() as staged,
        staged_files(out / "milidip", forms) if out and forms else nullcontext() as files,
    ):
        inputs: list[tables.AdaptedDataset] = []

        def adapt() -> str:
            made.adapted = adapt_all(datasets or {}, data, Path(scratch))
            for report in made.adapted:
                made.findings.extend(report.findings)
                inputs.append(tables.AdaptedDataset(report.dataset, report.file, report.folder))
            return f"{sum(report.rows_taken for report in made.adapted):,} published rows taken"

        if datasets:
            step("adapt", adapt)
        read: list[tables.Tables] = []

        def read_tables() -> str:
            read.append(tables.read_tables(data, concepts=ontology.concepts(), datasets=inputs))
            made.findings.extend(read[0].findings)
            made.tables = {table.name: table.rows for table in read[0].tables}
            return f"{len(made.tables)} tables, {sum(made.tables.values()):,} rows"

        step("tables", read_tables)
        if not made.ok:
            made.findings = in_order(made.findings)
            return made
        quads = Path(scratch) / "facts.nq"
        step("map", lambda: f"{map.map_tables(read[0], quads).quads:,} statements")

        def store() -> str:
            model = _canonical(ontology.ontology_quads(NamedNode(GRAPH_ONTOLOGY)))

            def fill(store: Store, lenient: bool) -> None:
                store.bulk_load(path=str(quads), format=RdfFormat.N_QUADS, lenient=lenient)
                store.bulk_extend(model)

            if staged:
                # What is ill-formed fails in the store in memory; one look is enough.
                staged.fill(lambda store: fill(store, lenient=True))
            fill(made.store, lenient=False)
            return f"{len(made.store):,} with the ontology"

        step("store", store)
        inferred = Path(scratch) / "inferred.nt"

        def infer() -> str:
            added = reason.materialise(made.store).added
            if staged:
                graph = NamedNode(GRAPH_INFERRED)
                made.store.dump(str(inferred), RdfFormat.N_TRIPLES, from_graph=graph)
                staged.fill(
                    lambda store: store.bulk_load(
                        path=str(inferred), format=RdfFormat.N_TRIPLES, to_graph=graph, lenient=True
                    )
                )
            if files:
                files.begin(made.store)
            return f"{added:,} inferred"

        step("reason", infer)

        def check() -> str:
            found = validate.validate(made.store, resources.folder("ontology"), validate.columns_of(read[0]), engine)
            made.findings = in_order([*made.findings, *found])
            return f"{len(made.findings)} findings"

        step("validate", check)
        made.statements = len(made.store)

        def save() -> str:
            assert staged
            if files:
                files.wait()
            staged.commit()
            return ", ".join(["store", *(file.name for file in (files.commit() if files else []))])

        if staged and made.ok:
            step("save", save)
        return made


def adapt_all(datasets: Mapping[str, Path], data: Path, scratch: Path) -> list[AdaptedReport]:
    """Published datasets (id to file) as rows of the tables, each in its own folder under `scratch`."""
    from milidip_kg import adapters
    from milidip_kg.resolve import StateIndex

    index = StateIndex(data)
    return [adapters.adapt(name, file, scratch / name, index, data) for name, file in datasets.items()]


def _canonical(quads: Iterable[Quad]) -> Dataset:
    """The quads with the blank nodes named by RDFC-1.0, so that the same ontology always gives the same bytes."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def things_and_situations(store: Store) -> tuple[int, int]:
    """How many things and how many dated situations the facts describe."""
    from milidip_kg.namespaces import NS

    def count(name: str) -> int:
        text = f"SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE {{ ?s a <{NS}{name}> }}"
        (row,) = store.query(text, use_default_graph_as_union=True)  # type: ignore[misc]
        return int(row["n"].value)

    situations = count("Situation")
    described = NamedNode("http://www.w3.org/ns/prov#wasDerivedFrom")
    everything = {
        quad.subject
        for quad in store.quads_for_pattern(None, described, None, None)
        if quad.graph_name != NamedNode(GRAPH_ONTOLOGY)
    }
    return len(everything) - situations, situations
