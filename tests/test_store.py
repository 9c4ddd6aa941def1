"""A directory store holds the old graph or the new one, whatever kills the builder and whenever."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from milidip_kg.build import Build
from milidip_kg.errors import InputError, LimitError
from milidip_kg.export import sorted_quads
from milidip_kg.store import open_store, replace_store, write_whole

SIZE = 4000
BUILDER = """
import sys
from pathlib import Path
from pyoxigraph import Literal, NamedNode, Quad
from milidip_kg.store import replace_store

directory, generation, size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
node = NamedNode("http://example.org/x")
print("ready", flush=True)
sys.stdin.readline()
replace_store(directory, lambda store: store.bulk_extend(
    Quad(NamedNode(f"http://example.org/{n}"), node, Literal(generation)) for n in range(size)))
print("done", flush=True)
"""


def fill(generation: int, size: int = SIZE) -> Callable[[Store], None]:
    node = NamedNode("http://example.org/x")

    def work(store: Store) -> None:
        store.bulk_extend(Quad(NamedNode(f"http://example.org/{n}"), node, Literal(generation)) for n in range(size))

    return work


def content(directory: Path) -> tuple[int, set[str]]:
    store = open_store(directory)
    return len(store), {quad.object.value for quad in store if isinstance(quad.object, Literal)}


def test_a_kill_at_any_moment_leaves_the_old_store_or_the_new_one(tmp_path: Path) -> None:
    directory = tmp_path / "store"
    start = time.perf_counter()
    replace_store(directory, fill(0))
    whole = time.perf_counter() - start
    chance = random.Random(20261122)
    now, killed = 0, 0
    for generation in range(1, 101):  # a busy machine may need more than thirty to kill five at work
        builder = subprocess.Popen(
            [sys.executable, "-c", BUILDER, str(directory), str(generation), str(SIZE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert builder.stdin is not None
        assert builder.stdout is not None
        assert builder.stdout.readline() == "ready\n"
        builder.stdin.write("go\n")
        builder.stdin.flush()
        time.sleep(chance.uniform(0, whole * 1.6))
        os.kill(builder.pid, signal.SIGKILL)
        builder.communicate()
        killed += builder.returncode == -signal.SIGKILL
        size, values = content(directory)
        assert size == SIZE
        assert values in ({str(now)}, {str(generation)})
        now = int(values.pop())
        if generation >= 30 and killed >= 5:
            break
    assert killed >= 5, "most builders must have been killed at work"
    replace_store(directory, fill(99))
    assert content(directory) == (SIZE, {"99"})
    assert len(list((directory / "generations").iterdir())) <= 2, "what killed builders left is swept away"


def test_a_failing_build_leaves_the_old_store(tmp_path: Path) -> None:
    directory = tmp_path / "store"
    replace_store(directory, fill(1))

    def fail(store: Store) -> None:
        fill(2)(store)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        replace_store(directory, fail)
    assert content(directory) == (SIZE, {"1"})


def test_a_reader_keeps_its_generation_while_a_new_one_comes_into_force(tmp_path: Path) -> None:
    directory = tmp_path / "store"
    replace_store(directory, fill(1))
    reader = open_store(directory)
    replace_store(directory, fill(2))
    assert {quad.object.value for quad in reader if isinstance(quad.object, Literal)} == {"1"}
    assert content(directory) == (SIZE, {"2"})


def test_two_builders_do_not_meet(tmp_path: Path) -> None:
    directory = tmp_path / "store"

    def inside(_: Store) -> None:
        with pytest.raises(LimitError, match="Another build"):
            replace_store(directory, fill(2))

    replace_store(directory, inside)


@pytest.mark.parametrize("wrong", ["missing", "dangling"])
def test_what_is_no_store_is_said_to_be_none(tmp_path: Path, wrong: str) -> None:
    if wrong == "dangling":
        (tmp_path / "CURRENT").write_text("gone\n")
    with pytest.raises(InputError):
        open_store(tmp_path)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail(out: IO[bytes]) -> None:
        out.write(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_whole(path, fail)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_build_saves_just_what_it_holds(curated: Build, curated_folder: Path) -> None:
    assert sorted_quads(open_store(curated_folder)) == sorted_quads(curated.store)
