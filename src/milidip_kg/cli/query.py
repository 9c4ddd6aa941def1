"""`milidip query`, `queries` and `explain`: questions, answers, and where an answer comes from."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milidip_kg.cli.app import app
from milidip_kg.cli.options import DEFAULT_STORE, DataOption, OutOption, StoreOption
from milidip_kg.cli.output import say, write
from milidip_kg.errors import LimitError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from milidip_kg.graph import KnowledgeGraph


def _query_names(incomplete: str) -> list[tuple[str, str]]:
    from milidip_kg.completion import query_names

    return query_names(incomplete)


def _parameters(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    from milidip_kg.completion import parameters

    return parameters(ctx, incomplete)


@app.command(epilog="Example: milidip query organisation-members --param organisation=nato --param date=1999-03-12")
def query(
    name: Annotated[
        str,
        typer.Argument(help="Name of a canned query, a SPARQL file, or - for stdin.", autocompletion=_query_names),
    ],
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", help="A parameter, as NAME=VALUE.", autocompletion=_parameters),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, csv, tsv, json, markdown or parquet.")] = "table",
    output: OutOption = "-",
    store: StoreOption = DEFAULT_STORE,
    endpoint: Annotated[str, typer.Option(help="Ask this remote SPARQL endpoint instead of the built graph.")] = "",
    timeout: Annotated[float, typer.Option(help="Seconds after which the query is given up (exit status 4).")] = 60.0,
) -> None:
    """Answer a canned query, or any read-only SPARQL 1.1 query."""
    from milidip_kg import answers, remote
    from milidip_kg.graph import KnowledgeGraph

    answers.check_format(form)
    graph = KnowledgeGraph.open(store)
    text = _query_text(graph, name, _pairs(param))

    def answer() -> int:
        found = remote.ask(endpoint, text, timeout) if endpoint else graph.sparql(text)
        rows: int = write(output, lambda out: answers.write(found, form, out))
        return rows

    # A remote endpoint keeps the time itself, but for the look-up of its name.
    rows = _within(timeout + 1 if endpoint else timeout, answer)
    if form == "table" and sys.stderr.isatty():
        say(f"{rows:,} row{'s' if rows != 1 else ''}")


@app.command(epilog="Example: milidip queries show organisation-members")
def queries(
    action: Annotated[str, typer.Argument(help="list, show, page (Markdown) or turtle.")] = "list",
    name: Annotated[str, typer.Argument(help="With show: the query.", autocompletion=_query_names)] = "",
    tag: Annotated[str, typer.Option(help="Only the queries with this tag.")] = "",
) -> None:
    """List the canned queries, show one (question, parameters, columns, SPARQL), or write all as a page or as RDF."""
    from milidip_kg import answers, querybook, resources
    from milidip_kg.query import by_tag, read_queries

    known = read_queries(resources.folder("queries"))
    if action == "list":
        chosen = by_tag(known.values(), tag) if tag else list(known.values())
        rows = [[one.name, ", ".join(p.name for p in one.parameters), one.summary] for one in chosen]
        print(answers.aligned(["query", "parameters", "answers"], rows), end="")
        return
    if action in ("page", "turtle"):
        text = querybook.turtle(known.values()) if action == "turtle" else querybook.page(known.values()).encode()
        sys.stdout.buffer.write(text)
        return
    if action != "show":
        raise UsageError(f"queries takes list, show, page or turtle, not {action!r}.")
    if name not in known:
        raise UsageError(f"There is no canned query {name!r}.", did_you_mean(name, known))
    one = known[name]
    print(f"{one.name}: {one.question}\n")
    parameters = [[p.name, p.type, p.default or "", p.sample or "", p.description] for p in one.parameters]
    if parameters:
        print(answers.aligned(["parameter", "type", "default", "sample", "means"], parameters))
    print(answers.aligned(["column", "means"], [[column, means] for column, means in one.columns.items()]))
    print(querybook.sparql(one), end="")


@app.command(epilog="Example: milidip explain agreement/npt mdp:enteredIntoForceOn '?'")
def explain(
    terms: Annotated[
        list[str] | None,
        typer.Argument(help="A node, a row (data/states.csv#row=2), or subject, predicate and object; ? is any."),
    ] = None,
    query: Annotated[str, typer.Option(help="Explain a row of the answer to this canned query.")] = "",
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help="Its parameter, as NAME=VALUE.")] = None,
    row: Annotated[int, typer.Option(min=1, help="With --query: which row, from 1.")] = 1,
    form: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    limit: Annotated[int, typer.Option(min=1, help="At most so many statements.")] = 200,
    output: OutOption = "-",
    store: StoreOption = DEFAULT_STORE,
    data: DataOption = None,
) -> None:
    """Say where a fact comes from: cell, mapping or rule, sources and licences, and what else is said of the same."""
    import json

    from milidip_kg.graph import KnowledgeGraph

    if form not in ("text", "json"):
        raise UsageError(f"There is no format {form!r} of explanations.", did_you_mean(form, ["text", "json"]))
    if bool(terms) == bool(query):
        raise UsageError("explain takes either terms or --query.", "For instance: milidip explain agreement/npt")
    graph = KnowledgeGraph.open(store, data)
    if query:
        rows = graph.query(query, **_pairs(param))
        if row > len(rows):
            raise UsageError(f"The answer has {len(rows)} rows, so there is no row {row}.")
        found = graph.explain(rows[row - 1], limit=limit)
    else:
        found = graph.explain(*(terms or []), limit=limit)
    text = str(found) if form == "text" else json.dumps(found.as_dict(), ensure_ascii=False, indent=2) + "\n"
    write(output, lambda out: out.write(text.encode("utf-8")))


def _query_text(graph: KnowledgeGraph, name: str, values: dict[str, str]) -> str:
    if name == "-" or name.endswith((".rq", ".sparql")):
        if values:
            raise UsageError("Parameters go with canned queries only.", "Write the values into the query.")
        return sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
    return graph.canned(name).bind(values, graph)


def _pairs(words: list[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for word in words or []:
        name, sign, value = word.partition("=")
        if not sign:
            raise UsageError(f"--param takes NAME=VALUE, not {word!r}.")
        if name in pairs:
            raise UsageError(f"The parameter {name!r} is given twice.")
        pairs[name] = value
    return pairs


def _within(seconds: float, work: Callable[[], int]) -> int:
    """Run `work` in a thread and give up after that time: the engine cannot be stopped, but it can be left behind."""
    import threading

    outcome: list[int | BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        say(
            f"milidip: the query took longer than {seconds:g} seconds and was given up."
            "\n  Narrow it, or raise --timeout."
        )
        sys.stderr.flush()
        os._exit(LimitError.exit_status)
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]
