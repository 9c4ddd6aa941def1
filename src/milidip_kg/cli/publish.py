"""`milidip export`, `load` and `docs`: the graph as files, on a server, and its ontology as pages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from milidip_kg.cli.app import app
from milidip_kg.cli.options import DEFAULT_STORE, OutOption, StoreOption
from milidip_kg.cli.output import progress, say, write
from milidip_kg.errors import UsageError


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
    write(output, lambda out: exporting.export(opened, out, chosen, graphs))


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
    with progress() as notice:
        done = loading.load(opened, server, journal, graphs, chunk, notice)
    numbers = {"graphs": done.graphs, "statements": done.statements}
    numbers |= {"chunks sent": done.sent, "chunks sent before": done.done_before}
    print(answers.aligned(["loaded", "number"], [[name, f"{number:,}"] for name, number in numbers.items()]), end="")
    if done.differences:
        rows = [[name, f"{here:,}", f"{there:,}"] for name, (here, there) in done.differences.items()]
        say(answers.aligned(["graph", "statements here", "there"], rows))
        say(f"{len(rows):,} graphs differ. Run it again to send them anew.")
        raise typer.Exit(1)


@app.command(epilog="Example: milidip docs --out site")
def docs(out: Annotated[Path, typer.Option(help="Folder for the pages.")] = Path("build/docs")) -> None:
    """Write the reference of the ontology as HTML pages, with a picture of the classes of each module."""
    from milidip_kg.docs import write_docs

    written = write_docs(out)
    say(f"{len(written)} files; begin with {written[0]}")
