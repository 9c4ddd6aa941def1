"""A Virtuoso of its own: Debian's virtuoso-opensource on free ports in a folder, gone when the block ends."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from engines import Rows, rows

from milidip_kg.errors import LimitError
from milidip_kg.remote import ask

PROGRAM = "virtuoso-t"
PASSWORD = "dba"  # that of a fresh database, which listens here only


@dataclass(frozen=True, slots=True)
class Virtuoso:
    """Where a running server is asked."""

    http: int
    sql: int
    folder: Path

    @property
    def sparql(self) -> str:
        """The query endpoint."""
        return f"http://127.0.0.1:{self.http}/sparql"

    def isql(self, statement: str) -> str:
        """Run SQL statements as the administrator and return what they print.

        Raises:
            subprocess.CalledProcessError: a statement failed.
        """
        command = ["isql-vt", f"127.0.0.1:{self.sql}", "dba", PASSWORD, "ERRORS=STDOUT", f"EXEC={statement}"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        if "*** Error" in done.stdout:
            raise subprocess.CalledProcessError(1, command[:1], done.stdout, done.stderr)
        return done.stdout

    def load(self, quads: Path) -> None:
        """Bulk-load an N-Quads file that lies in `folder`."""
        self.isql(f"ld_dir('{quads.parent}', '{quads.name}', 'urn:unnamed'); rdf_loader_run(); checkpoint;")


class Loaded:
    """A server that holds a file of N-Quads and starts anew after a query without an end, which would slow the next."""

    def __init__(self, quads: Path, query_seconds: float) -> None:
        self._folder = quads.parent
        self._query_seconds = query_seconds
        self._running = ExitStack()
        self._server = self._start()
        self._server.load(quads)

    def rows(self, text: str) -> Rows:
        """The rows of the answer to a query.

        Raises:
            LimitError: it did not answer in time.
            MilidipError: it refused the query.
        """
        try:
            return rows(ask(self._server.sparql, text, timeout=self._query_seconds))
        except LimitError:
            self.close()
            self._server = self._start()
            raise

    def _start(self) -> Virtuoso:
        return self._running.enter_context(running(self._folder, query_seconds=self._query_seconds))

    def close(self) -> None:
        """Stop the server."""
        self._running.close()


def available() -> bool:
    """Whether the program is installed."""
    return shutil.which(PROGRAM) is not None


@contextmanager
def running(folder: Path, seconds: float = 60.0, query_seconds: float = 30.0) -> Iterator[Virtuoso]:
    """Start a server with an empty database in that folder, and stop it in the end.

    It gives up a query after `query_seconds`, so that one does not stand in the way of the next.

    Raises:
        TimeoutError: it does not answer within `seconds`.
    """
    server = Virtuoso(_free_port(), _free_port(), folder)
    (folder / "virtuoso.ini").write_text(_ini(server, query_seconds), encoding="utf-8")
    command = [PROGRAM, "-f", "-c", str(folder / "virtuoso.ini")]
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
    try:
        _wait(server, process, time.monotonic() + seconds)
        yield server
    finally:
        process.kill()  # the database is thrown away: nothing to save
        process.wait()


def _wait(server: Virtuoso, process: subprocess.Popen[bytes], deadline: float) -> None:
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(server.sparql + "?query=ASK%7B%7D", timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError((server.folder / "said").read_text("utf-8", "replace")[-2000:])


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _ini(server: Virtuoso, query_seconds: float) -> str:
    """Small, on this machine only, without a limit of rows."""
    home = server.folder
    return f"""[Database]
DatabaseFile = {home}/virtuoso.db
ErrorLogFile = {home}/virtuoso.log
LockFile = {home}/virtuoso.lck
TransactionFile = {home}/virtuoso.trx
xa_persistent_file = {home}/virtuoso.pxa
FileExtend = 200
[TempDatabase]
DatabaseFile = {home}/virtuoso-temp.db
TransactionFile = {home}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{server.sql}
DisableUnixSocket = 1
DirsAllowed = {home}
NumberOfBuffers = 40000
MaxDirtyBuffers = 30000
MaxQueryMem = 1G
CheckpointInterval = 0
[HTTPServer]
ServerPort = 127.0.0.1:{server.http}
ServerRoot = {home}
ServerThreads = {min(8, 2 * (os.cpu_count() or 1))}
[SPARQL]
ResultSetMaxRows = 1000000
MaxQueryExecutionTime = {query_seconds:.0f}
"""
