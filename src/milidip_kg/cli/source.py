"""`milidip source`: the published datasets that a build can add."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from milidip_kg.cli.app import app
from milidip_kg.cli.build import adapter_named
from milidip_kg.cli.output import bytes_bar, end_with, say
from milidip_kg.errors import UsageError

if TYPE_CHECKING:
    from milidip_kg.adapters import Adapter


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
        one = adapter_named(name)
        about = {"dataset": one.id, "title": one.title, "publisher": one.publisher, "reads": one.reads}
        about |= {"sha256": one.sha256, "url": one.url, "licence": one.licence, "cite": one.citation}
        about |= {"use": f"milidip build --with {one.id}=FILE"}
        print(answers.aligned(["", ""], [[key, value] for key, value in about.items()]), end="")
    elif action == "check":
        _check_source(*_named_file(action, name))
    elif action == "add":
        one, file = _named_file(action, name)
        say(f"kept {copies.keep(one, file.read_bytes(), any_version=any_version)}")
    elif action == "fetch":
        one = adapter_named(name)
        if not url:
            raise UsageError(
                f"Say where the file can be had: --url ADDRESS; {one.publisher} offers it at {one.url}",
            )
        with bytes_bar(one.reads) as notice:
            raw = copies.fetch(url, notice=notice)
        say(f"kept {copies.keep(one, raw, any_version=any_version)}")
    else:
        raise UsageError(f"source takes list, show, check, add or fetch, not {action!r}.")


def _named_file(action: str, word: str) -> tuple[Adapter, Path]:
    name, sign, file = word.partition("=")
    if not sign or not file:
        raise UsageError(f"source {action} takes ID=FILE, not {word!r}.")
    return adapter_named(name), Path(file)


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
    say(f"{report.rows_read:,} rows read, {report.rows_taken:,} taken")
    end_with(report.findings, any(finding.malformed for finding in report.findings))
