"""`milidip reason`: what follows from the ontology, and whether it holds together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milidip_kg.cli.app import app
from milidip_kg.cli.build import build_tables
from milidip_kg.cli.options import DataOption
from milidip_kg.cli.output import end_with
from milidip_kg.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from pyoxigraph import Triple


@app.command(epilog="Example: milidip reason --dl --facts --engine hermit")
def reason(
    files: Annotated[list[Path] | None, typer.Argument(help="With --dl: RDF files to take in, such as facts.")] = None,
    dl: Annotated[
        bool, typer.Option("--dl", help="Classify the ontology with a description-logic reasoner (needs Java).")
    ] = False,
    facts: Annotated[bool, typer.Option("--facts", help="With --dl: take in the facts of the tables.")] = False,
    engine: Annotated[str, typer.Option(help="With --dl: hermit or pellet (which explains).")] = "pellet",
    data: DataOption = None,
) -> None:
    """Materialise what follows from the ontology, or classify and check it with a DL reasoner."""
    from pyoxigraph import NamedNode

    from milidip_kg import answers
    from milidip_kg.namespaces import GRAPH_INFERRED, GRAPH_ONTOLOGY

    if dl:
        from milidip_kg.classify import classify

        if engine not in ("hermit", "pellet"):
            raise UsageError(f"There is no reasoner {engine!r}.", did_you_mean(engine, ["hermit", "pellet"]))
        stated: list[Triple] = []
        if facts:
            made = build_tables(data, None)
            if made.malformed:
                end_with(made.findings, malformed=True)
            derived = {NamedNode(GRAPH_INFERRED), NamedNode(GRAPH_ONTOLOGY)}
            stated = [quad.triple for quad in made.store if quad.graph_name not in derived]
        found = classify(files or [], "hermit" if engine == "hermit" else "pellet", stated)
        print(found)
        if not found.consistent or found.unsatisfiable:
            raise typer.Exit(1)
        return
    if files or facts:
        raise UsageError("Files and --facts go with --dl only.", "Add --dl.")
    from collections import Counter

    made = build_tables(data, None)
    if not made.ok:
        end_with(made.findings, made.malformed)
    counts = Counter(
        answers.short(quad.object if answers.short(quad.predicate) == "rdf:type" else quad.predicate)
        for quad in made.store.quads_for_pattern(None, None, None, NamedNode(GRAPH_INFERRED))
    )
    rows = [[name, f"{number:,}"] for name, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    print(answers.aligned(["class or property", "inferred statements"], rows), end="")
