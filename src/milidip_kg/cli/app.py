"""The command line as a process: its name, its help, and how it ends."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from milidip_kg import __version__
from milidip_kg.cli.output import say
from milidip_kg.errors import InputError, MilidipError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        say(f"milidip: {error.message}")
        if error.hint:
            say(f"  {error.hint}")
        sys.exit(error.exit_status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if debug:
            raise
        say(f"milidip: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        sys.exit(InputError.exit_status)
    except Exception as error:
        if debug:
            raise
        say(f"milidip: internal error: {error!r}\n  Run it again with --debug and report what it prints.")
        sys.exit(5)
    sys.exit(0)


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


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        print(f"milidip-kg {__version__}")
        raise typer.Exit
