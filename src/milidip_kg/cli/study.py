"""`milidip resolve`, `connect`, `central-states`, `panel` and `reconcile`: what a scholar does with the facts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from milidip_kg.cli.app import app
from milidip_kg.cli.build import datasets, id_files
from milidip_kg.cli.options import (
    DEFAULT_STORE,
    DataOption,
    FormOption,
    FromOption,
    OutOption,
    StoreOption,
    ToOption,
    WithOption,
)
from milidip_kg.cli.output import say, write
from milidip_kg.errors import UsageError, did_you_mean


@app.command(epilog="Example: milidip resolve 255 --system cow --date 1995-01-01")
def resolve(
    text: Annotated[str, typer.Argument(help="A name or a code of a state or an organisation.")],
    system: Annotated[
        str | None, typer.Option(help="Code system: iso-3166-1-alpha-3, cow, gleditsch-ward, m49 ...")
    ] = None,
    date: Annotated[str | None, typer.Option(help="The day for which it is meant, YYYY-MM-DD.")] = None,
    data: DataOption = None,
) -> None:
    """Say which state or organisation a name or code stands for, and why; exit 1 where that would be a guess."""
    import datetime

    from milidip_kg import resources
    from milidip_kg.resolve import StateIndex

    try:
        day = datetime.date.fromisoformat(date) if date else None
    except ValueError:
        raise UsageError(f"--date takes a day as YYYY-MM-DD, not {date!r}.") from None
    found = StateIndex(data or resources.folder("data")).resolve(text, system, day)
    print(found)
    if found.key is None:
        raise typer.Exit(1)


@app.command(epilog="Example: milidip connect Finland Japan --kind exercise --kind organisation --from 2000 --to 2010")
def connect(
    state: Annotated[str, typer.Argument(help="A state, by key, code or name.")],
    other: Annotated[str, typer.Argument(help="Another.")],
    kind: Annotated[
        list[str] | None,
        typer.Option(help="agreement, exercise, operation, organisation, post or session; may be repeated."),
    ] = None,
    from_: FromOption = "",
    to: ToOption = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many chains.")] = 10,
    form: FormOption = "table",
    output: OutOption = "-",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Find the shortest chains of shared instruments between two states, with what says so at each step."""
    from milidip_kg import answers
    from milidip_kg.graph import KnowledgeGraph

    answers.check_format(form)
    found = KnowledgeGraph.open(store).connect(state, other, kind or (), from_ or None, to or None, limit)
    write(output, lambda out: found.write(form, out))
    if not found:
        say(f"No chain of such instruments connects {state} and {other}.")


@app.command("central-states", epilog="Example: milidip central-states --kind operation --from 1990 --to 2019")
def central_states(
    kind: Annotated[str, typer.Option(help="exercise, operation, session or agreement.")] = "exercise",
    from_: FromOption = "2000",
    to: ToOption = "2026",
    limit: Annotated[int, typer.Option(min=1, help="At most so many states.")] = 20,
    form: FormOption = "table",
    output: OutOption = "-",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Rank states by degree in the network of shared instruments, with betweenness and eigenvector centrality."""
    from milidip_kg import answers
    from milidip_kg.graph import KnowledgeGraph

    answers.check_format(form)
    found = KnowledgeGraph.open(store).central_states(kind, from_, to, limit)
    write(output, lambda out: found.write(form, out))


@app.command(
    epilog="Example: milidip panel --states FRA,DEU,POL --from 1990 --to 2020 -o panel.csv --codebook panel.md"
)
def panel(
    from_: Annotated[str, typer.Option("--from", help="First year.")],
    to: Annotated[str, typer.Option("--to", help="Last year.")],
    states: Annotated[str, typer.Option(help="States, by key or name, joined by commas; else all.")] = "",
    variables: Annotated[
        str,
        typer.Option(
            help="alliance, agreements, agreements-KIND, exercises, organisations, operations, posts or treaties,"
            " joined by commas; else all but the kinds."
        ),
    ] = "",
    unit: Annotated[str, typer.Option(help="dyad-year, directed-dyad-year or state-year.")] = "dyad-year",
    system: Annotated[str, typer.Option(help="Whose states: iso, cow or gw (Gleditsch and Ward).")] = "iso",
    codebook: Annotated[Path | None, typer.Option(help="File for what the columns say, as Markdown.")] = None,
    form: FormOption = "csv",
    output: OutOption = "-",
    data: DataOption = None,
    with_: WithOption = None,
) -> None:
    """Make a state-year or dyad-year table for statistics; what no source covers is empty, never 0."""
    from milidip_kg import answers, resources
    from milidip_kg.panel import VARIABLES, read_panel, years

    answers.check_format(form)
    chosen = [[word.strip() for word in words.split(",") if word.strip()] for words in (states, variables)]
    made = read_panel(
        data or resources.folder("data"),
        datasets(with_),
        *years(from_, to),
        states=chosen[0],
        variables=chosen[1] or tuple(VARIABLES),
        system=system,
        unit=unit,
    )
    if codebook:
        write(str(codebook), lambda out: out.write(made.codebook().encode("utf-8")))
    write(output, lambda out: made.rows.write(form, out))


@app.command(epilog="Example: milidip reconcile memberships --with cow-igo=state_year_format3.csv.gz")
def reconcile(
    table: Annotated[str, typer.Argument(help="The table to compare, or all.")],
    with_: Annotated[list[str], typer.Option("--with", help="A published dataset, as ID=FILE; may be repeated.")],
    form: Annotated[str, typer.Option("--format", help="table, csv, json, turtle or markdown.")] = "table",
    output: OutOption = "-",
    data: DataOption = None,
) -> None:
    """Compare a table with published datasets: what agrees, each difference, each gap.

    Exit status 1 says that there are differences of which nothing is known.
    """
    from milidip_kg import resources
    from milidip_kg.reconcile import COMPARISONS, reconcile
    from milidip_kg.reconcile import write as report

    if form not in report.FORMS:
        raise UsageError(f"There is no report format {form!r}.", did_you_mean(form, report.FORMS))
    tables = data or resources.folder("data")
    reports = []
    for name, file in id_files(with_):
        chosen = COMPARISONS[name].table if table == "all" and name in COMPARISONS else table
        reports.append(reconcile(chosen, name, file, tables))
    text = report.write(reports, form, tables).encode("utf-8")
    write(output, lambda out: out.write(text))
    if any(found.unexplained for found in reports):
        raise typer.Exit(1)
