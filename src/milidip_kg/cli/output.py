"""What commands say and write: data on stdout or in a file, talk on stderr."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from milidip_kg.findings import Finding


def say(text: str) -> None:
    """Say something to the person, not to the program that reads the data."""
    print(text, file=sys.stderr)


def write(output: str, write: Callable[[IO[bytes]], Any]) -> Any:  # noqa: ANN401
    """Write to stdout, or whole to a file."""
    from milidip_kg.store import write_whole

    if output == "-":
        result = write(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return result
    results: list[Any] = []
    write_whole(Path(output), lambda out: results.append(write(out)))
    return results[0]


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Name the step at work on a terminal; say nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield status.update


@contextmanager
def bytes_bar(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar of the bytes that came, on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    with Progress(TextColumn(what), BarColumn(), DownloadColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=None)
        yield lambda come, total: progress.update(task, completed=come, total=total)


def end_with(findings: Sequence[Finding], malformed: bool) -> None:
    """Print findings to stderr and exit 1, or 3 where something could not be read."""
    from milidip_kg.findings import Severity
    from milidip_kg.reports import report

    if findings:
        print(report(findings, "text"), end="", file=sys.stderr)
    if malformed:
        raise typer.Exit(3)
    if any(finding.severity is Severity.VIOLATION for finding in findings):
        raise typer.Exit(1)
