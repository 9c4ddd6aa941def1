"""Heavy steps that run beside one another, each in a process of its own, since Python runs one thread at a time.

`python -m milidip_kg.worker TASK ARGUMENT...` is for this package alone: `start` begins it, `finish` waits for it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from milidip_kg.errors import MilidipError


def start(task: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
    """Begin a task in a new process."""
    command = [sys.executable, "-m", "milidip_kg.worker", task, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603


def finish(process: subprocess.Popen[bytes]) -> bytes:
    """Wait for a task and return what it wrote to stdout.

    Raises:
        MilidipError: it failed; the message is the last line of what it said.
    """
    out, said = process.communicate()
    if process.returncode:
        lines = said.decode("utf-8", "replace").strip().splitlines() or [f"ended with status {process.returncode}"]
        raise MilidipError(lines[-1])
    return out


def _export(quads: str, form: str, out: str) -> None:
    """Turn sorted N-Quads into another format."""
    from milidip_kg.export import FORMATS, convert

    with Path(out).open("wb") as file:
        convert(Path(quads).read_bytes().splitlines(keepends=True), file, FORMATS[form])


TASKS: Final[dict[str, Callable[..., None]]] = {"export": _export}

if __name__ == "__main__":
    TASKS[sys.argv[1]](*sys.argv[2:])
