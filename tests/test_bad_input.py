"""One bad cell of each kind: the exit status, the cell by name, and the last good store and exports untouched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from milidip_kg import resources
from test_cli import milidip


@dataclass(frozen=True)
class Bad:
    """What is done to the tables, and what must be said of it."""

    harm: Callable[[Path], None]
    status: int
    file: str
    row: int | None
    column: str | None
    says: str


def change(file: str, row: int, column: str, value: str) -> Callable[[Path], None]:
    """Set one cell; the header is row 1."""
    import csv

    def harm(folder: Path) -> None:
        path = folder / file
        rows = list(csv.reader(path.open(encoding="utf-8", newline="")))
        rows[row - 1][rows[0].index(column)] = value
        with path.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows(rows)

    return harm


def edit(file: str, work: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def harm(folder: Path) -> None:
        (folder / file).write_bytes(work((folder / file).read_bytes()))

    return harm


def duplicate_line(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([*lines, lines[1]])


def second_line(content: bytes, work: Callable[[bytes], bytes]) -> bytes:
    lines = content.splitlines(keepends=True)
    lines[1] = work(lines[1])
    return b"".join(lines)


BAD = {
    "unknown code": Bad(change("memberships.csv", 3, "role", "membre"), 1, "memberships.csv", 3, "role", "member"),
    "bad date": Bad(change("memberships.csv", 4, "began", "1999-13-45"), 1, "memberships.csv", 4, "began", "EDTF"),
    "bad day": Bad(change("memberships.csv", 4, "checked", "yesterday"), 1, "memberships.csv", 4, "checked", "date"),
    "missing required value": Bad(change("states.csv", 5, "name", ""), 1, "states.csv", 5, "name", "must not be empty"),
    "broken foreign key": Bad(change("memberships.csv", 2, "state", "XQX"), 1, "memberships.csv", 2, "state", "states.csv"),
    "broken list item": Bad(change("states.csv", 2, "source", "nowhere"), 1, "states.csv", 2, "source", "sources.csv"),
    "duplicate key": Bad(edit("states.csv", duplicate_line), 1, "states.csv", None, None, "row 2"),
    "wrong format": Bad(change("states.csv", 2, "state", "no key"), 1, "states.csv", 2, "state", ""),
    "wrong encoding": Bad(
        edit("states.csv", lambda content: second_line(content, lambda line: line.replace(b",", b",\xe9", 1))),
        3, "states.csv", 2, None, "UTF-8",
    ),
    "extra column": Bad(
        edit("states.csv", lambda content: content.replace(b"state,name,", b"state,colour,name,", 1)),
        3, "states.csv", 1, "colour", "",
    ),
    "missing column": Bad(
        edit("states.csv", lambda content: content.replace(b"state,name,", b"state,", 1)), 3, "states.csv", 1, "name", ""
    ),
    "too many cells": Bad(
        edit("states.csv", lambda content: second_line(content, lambda line: line.rstrip(b"\n") + b",more\n")),
        3, "states.csv", 2, None, "cells",
    ),
    "too few cells": Bad(
        edit("states.csv", lambda content: second_line(content, lambda line: line.split(b",")[0] + b"\n")),
        3, "states.csv", 2, None, "cells",
    ),
    "empty file": Bad(edit("states.csv", lambda _: b""), 3, "states.csv", None, None, "empty"),
    "missing file": Bad(lambda folder: (folder / "states.csv").unlink(), 3, "states.csv", None, None, ""),
    "broken metadata": Bad(
        edit("states.csv-metadata.json", lambda content: content[:-20]), 3, "states.csv-metadata.json", None, None, "JSON"
    ),
    "against a shape": Bad(
        change("memberships.csv", 2, "ended", "1900-01-01"), 1, "memberships.csv", 2, "began", "began after it ended"
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("good")
    done = milidip("build", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return out


def state_of(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_cell_is_named_and_nothing_is_lost(kind: str, good: Path, tmp_path: Path) -> None:
    bad = BAD[kind]
    data = tmp_path / "data"
    shutil.copytree(resources.folder("data"), data)
    bad.harm(data)
    before = state_of(good)
    done = milidip("build", "--data", str(data), "--out", str(good))
    assert done.returncode == bad.status, done.stderr
    assert "Traceback" not in done.stderr
    assert state_of(good) == before
    report = json.loads(milidip("validate", "--data", str(data), "--format", "json").stdout)
    places = [finding["cell"] for finding in report["findings"] if finding.get("cell")]
    matching = [
        finding
        for finding in report["findings"]
        if (cell := finding.get("cell"))
        and cell["file"] == bad.file
        and bad.row in (None, cell["row"])
        and bad.column in (None, cell["column"])
        and bad.says.casefold() in f"{finding['message']} {finding.get('fix') or ''}".casefold()
    ]
    assert matching, (places, report["findings"][:5])


def test_every_bad_cell_is_reported_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(resources.folder("data"), data)
    for kind in ("unknown code", "bad date", "missing required value"):
        BAD[kind].harm(data)
    report = json.loads(milidip("validate", "--data", str(data), "--format", "json").stdout)
    assert len(report["findings"]) == 3
