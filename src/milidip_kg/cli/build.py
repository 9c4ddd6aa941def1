"""`milidip build` and `validate`: from tables to a graph, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milidip_kg.cli.app import app
from milidip_kg.cli.options import DataOption, OutOption, WithOption
from milidip_kg.cli.output import end_with, progress, write
from milidip_kg.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from milidip_kg.adapters import Adapter
    from milidip_kg.build import Build
    from milidip_kg.findings import Finding


@app.command(epilog="Example: milidip build --with dcad=DCAD-v1.0-main.csv")
def build(
    data: DataOption = None,
    out: Annotated[Path, typer.Option(help="Folder for the store and the exports.")] = Path("build"),
    with_: WithOption = None,
    export: Annotated[
        str, typer.Option(help="RDF files to write, joined by commas, or none.")
    ] = "ttl,trig,nq,jsonld,rdf",
) -> None:
    """Build the graph from tables, reason over it, validate it, store it and export it.

    Only a graph without violations replaces the last one: a build that finds any leaves store and exports as they were.
    """
    formats = [name for name in export.split(",") if name and name != "none"]
    made = build_tables(data, with_, out=out, formats=formats)
    if made.ok:
        _write_questions(out)
        _write_left_out(made, out)
    _print_build(made)
    end_with(made.findings, made.malformed)


@app.command(epilog="Example: milidip validate --data my-tables --format sarif -o findings.sarif")
def validate(
    files: Annotated[
        list[Path] | None, typer.Argument(help="With --ontology: ontologies of others, checked by the same rules.")
    ] = None,
    data: DataOption = None,
    with_: WithOption = None,
    form: Annotated[str, typer.Option("--format", help="text, json, sarif, junit, github or turtle.")] = "text",
    output: OutOption = "-",
    engine: Annotated[str, typer.Option(help="SHACL engine: queries (fast), shifty or pyshacl.")] = "queries",
    fail_on: Annotated[str, typer.Option(help="Least severity that fails: violation, warning or info.")] = "violation",
    ontology: Annotated[bool, typer.Option("--ontology", help="Check only the ontology's own rules.")] = False,
) -> None:
    """Check tables, graph and ontology; every finding names the cell to mend."""
    from milidip_kg.findings import Severity
    from milidip_kg.reports import FORMS, report

    if form not in FORMS:
        raise UsageError(f"There is no report format {form!r}.", did_you_mean(form, FORMS))
    levels = list(Severity)
    if fail_on not in [level.value for level in levels]:
        raise UsageError(f"There is no severity {fail_on!r}.", did_you_mean(fail_on, [level.value for level in levels]))
    if files and not ontology:
        raise UsageError(
            "Files are checked as ontologies only.", "Add --ontology, or name a folder of tables with --data."
        )
    if ontology:
        findings, malformed = _check_ontology(files or []), False
    else:
        made = build_tables(data, with_, engine)
        findings, malformed = made.findings, made.malformed
    text = report(findings, form).encode("utf-8")
    write(output, lambda out: out.write(text))
    failing = levels[: [level.value for level in levels].index(fail_on) + 1]
    if malformed:
        raise typer.Exit(3)
    if any(finding.severity in failing for finding in findings):
        raise typer.Exit(1)


def build_tables(
    data: Path | None,
    with_: list[str] | None,
    engine: str = "queries",
    out: Path | None = None,
    formats: Sequence[str] = (),
) -> Build:
    """Build the graph from a folder of tables and the datasets that --with names, with progress on a terminal."""
    from milidip_kg.build import build as build_graph

    with progress() as notice:
        return build_graph(data, datasets(with_), engine, notice, out, formats)


def datasets(words: list[str] | None) -> dict[str, Path]:
    """The published datasets that --with names, id to file."""
    datasets = dict(id_files(words or []))
    for name in datasets:
        adapter_named(name)
    return datasets


def id_files(words: list[str]) -> Iterator[tuple[str, Path]]:
    """The datasets that --with names, with the file of each: the one given, or the copy that is kept."""
    from milidip_kg.copies import copy_of

    for word in words:
        name, sign, file = word.partition("=")
        if sign and not file:
            hint = "For instance: --with dcad=DCAD-v1.0-main.csv"
            raise UsageError(f"--with takes ID=FILE or ID, not {word!r}.", hint)
        yield name, Path(file) if file else copy_of(adapter_named(name))


def adapter_named(name: str) -> Adapter:
    """The adapter of a dataset.

    Raises:
        UsageError: there is none.
    """
    from milidip_kg.adapters import ADAPTERS

    if name not in ADAPTERS:
        raise UsageError(f"There is no dataset {name!r}.", did_you_mean(name, ADAPTERS))
    return ADAPTERS[name]


def _print_build(made: Build) -> None:
    from milidip_kg.answers import aligned
    from milidip_kg.build import things_and_situations

    rows = [[step.name, f"{step.seconds:.2f}", step.did] for step in made.steps]
    rows.append(["total", f"{sum(step.seconds for step in made.steps):.2f}", ""])
    print(aligned(["step", "seconds", "did"], rows))
    if made.ok:
        things, situations = things_and_situations(made.store)
        numbers = {
            "tables": len(made.tables),
            "rows": sum(made.tables.values()),
            "things": things,
            "situations": situations,
            "triples": made.statements,
            "findings": len(made.findings),
        }
        print(aligned(["built", "number"], [[name, f"{number:,}"] for name, number in numbers.items()]), end="")
    for report in made.adapted:
        left = len({row for row, *_ in report.left_out})
        print(
            f"\n{report.dataset}: {report.rows_read:,} published rows read, {report.rows_taken:,} taken;"
            f" {left:,} rows with something left out (listed beside the store)"
        )


def _write_questions(out: Path) -> None:
    """The canned queries as RDF beside the graph."""
    from milidip_kg import querybook, resources
    from milidip_kg.query import read_queries
    from milidip_kg.store import write_whole

    book = querybook.turtle(read_queries(resources.folder("queries")).values())
    write_whole(out / "queries.ttl", lambda file: file.write(book))


def _write_left_out(made: Build, out: Path) -> None:
    """Each published value that did not enter the graph, with the reason, beside the store."""
    import csv
    import io

    from milidip_kg.store import write_whole

    for adapted in made.adapted:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["row", "record", "column", "value", "reason"])
        writer.writerows(adapted.left_out)
        content = text.getvalue().encode("utf-8")
        write_whole(out / f"left-out-{adapted.dataset}.csv", lambda file, content=content: file.write(content))  # type: ignore[misc]


def _check_ontology(files: list[Path]) -> list[Finding]:
    from pyoxigraph import NamedNode, Store

    from milidip_kg import ontology, resources
    from milidip_kg.namespaces import GRAPH_ONTOLOGY
    from milidip_kg.validate import check_ontology, check_outside

    checks = resources.folder("ontology") / "checks"
    if files:
        return [finding for file in files for finding in check_outside(file, checks)]
    store = Store()
    store.bulk_extend(ontology.ontology_quads(NamedNode(GRAPH_ONTOLOGY)))
    return check_ontology(store, checks)
