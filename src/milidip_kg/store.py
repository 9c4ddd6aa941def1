"""The store: an Oxigraph dataset in memory, or in a directory that always holds one whole generation.

A directory is laid out as `CURRENT` (a text file that names the generation in force), `generations/<name>/` (one
RocksDB each) and `LOCK`. A new generation is built beside the old one; replacing `CURRENT` is the only switch, and it
is atomic. A builder that is killed leaves a generation that nothing names; the next builder sweeps it away.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pyoxigraph import Store

from milidip_kg.errors import InputError, LimitError

CURRENT = "CURRENT"
GENERATIONS = "generations"


def open_store(directory: Path) -> Store:
    """The generation in force, read-only.

    Raises:
        InputError: there is no store, or what is there is not one.
    """
    try:
        generation = directory / GENERATIONS / (directory / CURRENT).read_text("utf-8").strip()
    except OSError as error:
        raise InputError(f"There is no graph in {directory}.", "Build one: milidip build") from error
    try:
        return Store.read_only(str(generation))
    except OSError as error:
        raise InputError(
            f"The graph in {directory} cannot be opened: {error}", "Build it again: milidip build"
        ) from error


class StagedStore:
    """A new generation beside the one in force, filled by a thread of its own while its owner goes on."""

    def __init__(self, building: Path, current: Path, worker: ThreadPoolExecutor) -> None:
        self._building = building
        self._current = current
        self._worker = worker
        self._store = Store(str(building))
        self._begun: list[Future[object]] = []

    def fill(self, work: Callable[[Store], object]) -> None:
        """Let `work` add to the store, after all work named before; return at once."""
        self._begun.append(self._worker.submit(work, self._store))

    def commit(self) -> None:
        """Wait for the work, and put the generation in force in one step; what failed at work fails here."""
        for work in self._begun:
            work.result()
        self._store.flush()
        write_whole(self._current, lambda out: out.write(f"{self._building.name}\n".encode()))


@contextmanager
def staged_store(directory: Path) -> Iterator[StagedStore]:
    """A new generation to fill; unless it is committed, the old one stays in force and the new one is removed."""
    generations = directory / GENERATIONS
    generations.mkdir(parents=True, exist_ok=True)
    with _lock(directory):
        before = _current(directory)
        _sweep(generations, keep={before})
        building = Path(tempfile.mkdtemp(prefix="g", dir=generations))
        try:
            with ThreadPoolExecutor(1) as worker:
                yield StagedStore(building, directory / CURRENT, worker)
        finally:
            # Readers of a generation just replaced still have it open; the next build removes it.
            _sweep(generations, keep={before, _current(directory)})


def replace_store(directory: Path, fill: Callable[[Store], object]) -> None:
    """Build a new generation with `fill` and put it in force in one step; the old one stays if anything fails."""
    with staged_store(directory) as staged:
        staged.fill(fill)
        staged.commit()


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file so that its name only ever shows the old content or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            write(out)
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _current(directory: Path) -> str:
    try:
        return (directory / CURRENT).read_text("utf-8").strip()
    except FileNotFoundError:
        return ""


def _sweep(generations: Path, keep: set[str]) -> None:
    for generation in generations.iterdir():
        if generation.name not in keep:
            shutil.rmtree(generation, ignore_errors=True)


@contextmanager
def _lock(directory: Path) -> Iterator[None]:
    """One builder at a time; the lock ends with its process, however that ends."""
    import fcntl

    with (directory / "LOCK").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LimitError(
                f"Another build of {directory} is running.", "Wait for it, or name another directory."
            ) from error
        yield
