"""The command line: `milidip`. Data on stdout, talk on stderr; the exit status says what kind of end it was."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from milidip_kg import __version__
from milidip_kg.errors import InputError, LimitError, MilidipError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyoxigraph import Triple

    from milidip_kg.adapters import Adapter
    from milidip_kg.build import Build
    from milidip_kg.findings import Finding
    from milidip_kg.graph import KnowledgeGraph

STATUS = (
    "Exit status: 0 fine, 1 findings, 2 usage, 3 unreadable or malformed input, 4 a limit was hit, 5 internal error."
)

app = typer.Typer(
    name="milidip",
    help="The knowledge graph of military diplomacy: build it, check it, ask it, export it.",
    epilog=STATUS,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

StoreOption = Annotated[Path, typer.Option("--store", help="Directory of the built graph.")]
OutOption = Annotated[str, typer.Option("--output", "-o", help="File to write; - is stdout.")]
DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of tables to read in place of the packaged ones.")
]
WithOption = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        help="A published dataset to add, as ID=FILE, or ID for the copy that is kept; see `milidip source list`.",
    ),
]
DEFAULT_STORE = Path("build/store")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    if debug:
        words.remove("--debug")
    try:
        app(words, standalone_mode=True)
    except MilidipError as error:
        if debug:
            raise
        _say(f"milidip: {error.message}")
        if error.hint:
            _say(f"  {error.hint}")
        _leave(error.exit_status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _leave(0)
    except OSError as error:
        if debug:
            raise
        _say(f"milidip: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        _leave(InputError.exit_status)
    except Exception as error:
        if debug:
            raise
        _say(f"milidip: internal error: {error!r}\n  Run it again with --debug and report what it prints.")
        _leave(5)
    _leave(0)


def run() -> NoReturn:
    """The command line as a process of its own, which ends without freeing a graph statement by statement."""
    status = 0
    try:
        main()
    except SystemExit as done:
        status = done.code if isinstance(done.code, int) else 0
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass
    except OSError:
        status = status or InputError.exit_status
    os._exit(status)


def _leave(status: int) -> NoReturn:
    sys.exit(status)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        print(f"milidip-kg {__version__}")
        raise typer.Exit


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
    made = _build(data, with_, out=out, formats=formats)
    if made.ok:
        _write_questions(out)
        _write_left_out(made, out)
    _print_build(made)
    _end_with(made.findings, made.malformed)


def _build(
    data: Path | None,
    with_: list[str] | None,
    engine: str = "queries",
    out: Path | None = None,
    formats: Sequence[str] = (),
) -> Build:
    from milidip_kg.build import build as build_graph

    with _progress() as notice:
        return build_graph(data, _datasets(with_), engine, notice, out, formats)


def _datasets(words: list[str] | None) -> dict[str, Path]:
    """The published datasets that --with names, id to file."""
    datasets = dict(_id_files(words or []))
    for name in datasets:
        _adapter(name)
    return datasets


def _id_files(words: list[str]) -> Iterator[tuple[str, Path]]:
    from milidip_kg.copies import copy_of

    for word in words:
        name, sign, file = word.partition("=")
        if sign and not file:
            hint = "For instance: --with dcad=DCAD-v1.0-main.csv"
            raise UsageError(f"--with takes ID=FILE or ID, not {word!r}.", hint)
        yield name, Path(file) if file else copy_of(_adapter(name))


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Name the step at work on a terminal; say nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield status.update


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


def _end_with(findings: Sequence[Finding], malformed: bool) -> None:
    """Print findings to stderr and exit 1, or 3 where something could not be read."""
    from milidip_kg.findings import Severity
    from milidip_kg.reports import report

    if findings:
        print(report(findings, "text"), end="", file=sys.stderr)
    if malformed:
        raise typer.Exit(3)
    if any(finding.severity is Severity.VIOLATION for finding in findings):
        raise typer.Exit(1)


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
        made = _build(data, with_, engine)
        findings, malformed = made.findings, made.malformed
    text = report(findings, form).encode("utf-8")
    _write(output, lambda out: out.write(text))
    failing = levels[: [level.value for level in levels].index(fail_on) + 1]
    if malformed:
        raise typer.Exit(3)
    if any(finding.severity in failing for finding in findings):
        raise typer.Exit(1)


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
        rows: int = _write(output, lambda out: answers.write(found, form, out))
        return rows

    # A remote endpoint keeps the time itself, but for the look-up of its name.
    rows = _within(timeout + 1 if endpoint else timeout, answer)
    if form == "table" and sys.stderr.isatty():
        _say(f"{rows:,} row{'s' if rows != 1 else ''}")


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
        _say(
            f"milidip: the query took longer than {seconds:g} seconds and was given up."
            "\n  Narrow it, or raise --timeout."
        )
        sys.stderr.flush()
        os._exit(LimitError.exit_status)
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _write(output: str, write: Callable[[IO[bytes]], Any]) -> Any:  # noqa: ANN401
    """Write to stdout, or whole to a file."""
    from milidip_kg.store import write_whole

    if output == "-":
        result = write(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return result
    results: list[Any] = []
    write_whole(Path(output), lambda out: results.append(write(out)))
    return results[0]


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


@app.command(epilog="Example: milidip export --format trig --graph dcad -o dcad.trig")
def export(
    form: Annotated[str, typer.Option("--format", help="ttl, trig, nt, nq, jsonld or rdf.")] = "ttl",
    graph: Annotated[list[str] | None, typer.Option(help="Only this named graph (a source); may be repeated.")] = None,
    licence: Annotated[list[str] | None, typer.Option(help="Only sources under a licence with this text.")] = None,
    output: OutOption = "-",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write the graph, whole or by named graph or licence, as RDF; the same graph gives the same bytes."""
    from milidip_kg import export as exporting
    from milidip_kg.store import open_store

    chosen = exporting.format_named(form)
    opened = open_store(store)
    graphs = exporting.graphs_named(opened, graph or [])
    if licence:
        allowed = set(exporting.graphs_licensed(opened, licence))
        graphs = [one for one in graphs if one in allowed] if graph else sorted(allowed)
        if not graphs:
            raise UsageError(f"No named graph has a licence with {' or '.join(licence)!r}.")
    _write(output, lambda out: exporting.export(opened, out, chosen, graphs))


@app.command(epilog="Example: milidip load --endpoint http://localhost:8890/sparql-auth --protocol update --user dba")
def load(
    endpoint: Annotated[str, typer.Option(help="The SPARQL endpoint, which is asked for the counts in the end.")],
    write_to: Annotated[str, typer.Option(help="The address that takes statements, where it is another one.")] = "",
    protocol: Annotated[str, typer.Option(help="gsp (Graph Store Protocol) or update (SPARQL Update).")] = "gsp",
    user: Annotated[
        str, typer.Option(help="Sign in as this user, with the password in the variable MILIDIP_PASSWORD.")
    ] = "",
    graph: Annotated[list[str] | None, typer.Option(help="Only this named graph (a source); may be repeated.")] = None,
    chunk: Annotated[
        int | None, typer.Option(help="Most statements in one request: else 5000 by gsp, 500 by update.", min=1)
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for one request, with all attempts.")] = 60.0,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Send the built graph to a remote server, where it replaces the named graphs of the same names.

    Run it again after a failure and it goes on where it was: the journal lies beside the store. In the end the
    statements of each graph are counted there; a difference is exit status 1.
    """
    from hashlib import sha256

    from milidip_kg import answers, remote
    from milidip_kg import load as loading
    from milidip_kg.export import graphs_named
    from milidip_kg.store import open_store

    password = os.environ.get("MILIDIP_PASSWORD", "")
    if user and not password:
        raise UsageError("The variable MILIDIP_PASSWORD is empty.", f"Put the password of {user} into it.")
    account = remote.Account(user, password) if user else None
    server = loading.Server(endpoint, write_to or endpoint, protocol, account, timeout)
    opened = open_store(store)
    graphs = graphs_named(opened, graph or [])
    journal = store.parent / f"load-{sha256(server.write_to.encode()).hexdigest()[:12]}.json"
    with _progress() as notice:
        done = loading.load(opened, server, journal, graphs, chunk, notice)
    numbers = {"graphs": done.graphs, "statements": done.statements}
    numbers |= {"chunks sent": done.sent, "chunks sent before": done.done_before}
    print(answers.aligned(["loaded", "number"], [[name, f"{number:,}"] for name, number in numbers.items()]), end="")
    if done.differences:
        rows = [[name, f"{here:,}", f"{there:,}"] for name, (here, there) in done.differences.items()]
        _say(answers.aligned(["graph", "statements here", "there"], rows))
        _say(f"{len(rows):,} graphs differ. Run it again to send them anew.")
        raise typer.Exit(1)


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
    from milidip_kg.reconcile.write import FORMS, write

    if form not in FORMS:
        raise UsageError(f"There is no report format {form!r}.", did_you_mean(form, FORMS))
    tables = data or resources.folder("data")
    reports = []
    for name, file in _id_files(with_):
        chosen = COMPARISONS[name].table if table == "all" and name in COMPARISONS else table
        reports.append(reconcile(chosen, name, file, tables))
    text = write(reports, form, tables).encode("utf-8")
    _write(output, lambda out: out.write(text))
    if any(report.unexplained for report in reports):
        raise typer.Exit(1)


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
            made = _build(data, None)
            if made.malformed:
                _end_with(made.findings, malformed=True)
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

    made = _build(data, None)
    if not made.ok:
        _end_with(made.findings, made.malformed)
    counts = Counter(
        answers.short(quad.object if answers.short(quad.predicate) == "rdf:type" else quad.predicate)
        for quad in made.store.quads_for_pattern(None, None, None, NamedNode(GRAPH_INFERRED))
    )
    rows = [[name, f"{number:,}"] for name, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    print(answers.aligned(["class or property", "inferred statements"], rows), end="")


@app.command(epilog="Example: milidip source add dcad=DCAD-v1.0-main.csv && milidip build --with dcad")
def source(
    action: Annotated[str, typer.Argument(help="list, show, check, add or fetch.")] = "list",
    name: Annotated[str, typer.Argument(help="The dataset; with check and add: ID=FILE.")] = "",
    url: Annotated[str, typer.Option(help="With fetch: where the file, or a ZIP archive with it, can be had.")] = "",
    any_version: Annotated[
        bool, typer.Option("--any-version", help="Keep the file even if it is not the one that was checked.")
    ] = False,
) -> None:
    """List the published datasets that can be added, show one, check a copy of one, or keep it for `build --with ID`.

    Only fetch opens a connection, and only to the address that is named.
    """
    from milidip_kg import answers, copies
    from milidip_kg.adapters import ADAPTERS

    if action == "list":
        rows = [
            [one.id, one.title, one.reads, "yes" if (copies.FOLDER / one.id / one.reads).is_file() else "", one.licence]
            for one in ADAPTERS.values()
        ]
        print(answers.aligned(["dataset", "title", "reads", "kept", "licence"], rows), end="")
    elif action == "show":
        one = _adapter(name)
        about = {"dataset": one.id, "title": one.title, "publisher": one.publisher, "reads": one.reads}
        about |= {"sha256": one.sha256, "url": one.url, "licence": one.licence, "cite": one.citation}
        about |= {"use": f"milidip build --with {one.id}=FILE"}
        print(answers.aligned(["", ""], [[key, value] for key, value in about.items()]), end="")
    elif action == "check":
        _check_source(*_named_file(action, name))
    elif action == "add":
        one, file = _named_file(action, name)
        _say(f"kept {copies.keep(one, file.read_bytes(), any_version=any_version)}")
    elif action == "fetch":
        one = _adapter(name)
        if not url:
            raise UsageError(
                f"Say where the file can be had: --url ADDRESS; {one.publisher} offers it at {one.url}",
            )
        with _bytes_bar(one.reads) as notice:
            raw = copies.fetch(url, notice=notice)
        _say(f"kept {copies.keep(one, raw, any_version=any_version)}")
    else:
        raise UsageError(f"source takes list, show, check, add or fetch, not {action!r}.")


def _named_file(action: str, word: str) -> tuple[Adapter, Path]:
    name, sign, file = word.partition("=")
    if not sign or not file:
        raise UsageError(f"source {action} takes ID=FILE, not {word!r}.")
    return _adapter(name), Path(file)


@contextmanager
def _bytes_bar(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar of the bytes that came, on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    with Progress(TextColumn(what), BarColumn(), DownloadColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=None)
        yield lambda come, total: progress.update(task, completed=come, total=total)


def _adapter(name: str) -> Adapter:
    from milidip_kg.adapters import ADAPTERS

    if name not in ADAPTERS:
        raise UsageError(f"There is no dataset {name!r}.", did_you_mean(name, ADAPTERS))
    return ADAPTERS[name]


def _check_source(adapter: Adapter, file: Path) -> None:
    import csv
    import tempfile

    from milidip_kg import adapters, resources
    from milidip_kg.resolve import StateIndex

    data = resources.folder("data")
    with tempfile.TemporaryDirectory(prefix="milidip-") as scratch:
        report = adapters.adapt(adapter.id, file, Path(scratch), StateIndex(data), data)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["row", "record", "column", "value", "reason"])
    writer.writerows(report.left_out)
    _say(f"{report.rows_read:,} rows read, {report.rows_taken:,} taken")
    _end_with(report.findings, any(finding.malformed for finding in report.findings))


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
    _write(output, lambda out: out.write(text.encode("utf-8")))


FormOption = Annotated[str, typer.Option("--format", help="table, csv, tsv, json, markdown or parquet.")]
FromOption = Annotated[str, typer.Option("--from", help="First day, or the year or month that begins with it.")]
ToOption = Annotated[str, typer.Option("--to", help="Last day, or the year or month that ends with it.")]


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
    _write(output, lambda out: found.write(form, out))
    if not found:
        _say(f"No chain of such instruments connects {state} and {other}.")


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
    _write(output, lambda out: found.write(form, out))


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
        _datasets(with_),
        *years(from_, to),
        states=chosen[0],
        variables=chosen[1] or tuple(VARIABLES),
        system=system,
        unit=unit,
    )
    if codebook:
        _write(str(codebook), lambda out: out.write(made.codebook().encode("utf-8")))
    _write(output, lambda out: made.rows.write(form, out))


@app.command(epilog="Example: milidip docs --out site")
def docs(out: Annotated[Path, typer.Option(help="Folder for the pages.")] = Path("build/docs")) -> None:
    """Write the reference of the ontology as HTML pages, with a picture of the classes of each module."""
    from milidip_kg.docs import write_docs

    written = write_docs(out)
    _say(f"{len(written)} files; begin with {written[0]}")
