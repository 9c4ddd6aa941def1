"""What several tests share: one curated graph, and where the published datasets and suites lie."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from milidip_kg import KnowledgeGraph
from milidip_kg.build import Build, build

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def curated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the curated graph is saved."""
    return tmp_path_factory.mktemp("curated") / "store"


@pytest.fixture(scope="session")
def curated(curated_folder: Path) -> Build:
    """The build of the curated tables, made once."""
    return build(out=curated_folder.parent)


@pytest.fixture(scope="session")
def kg(curated: Build) -> KnowledgeGraph:
    """The curated graph."""
    assert curated.ok, curated.findings[:5]
    return KnowledgeGraph(curated.store)


@pytest.fixture(scope="session")
def dcad_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file of the adapter's fixture, without the rows that are wrong on purpose."""
    fixture = Path(__file__).parent / "fixtures/dcad/dcad.csv"
    path = tmp_path_factory.mktemp("dcad") / "dcad.csv"
    lines = fixture.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(line for row, line in enumerate(lines, 1) if row not in (11, 12, 14, 15)), "utf-8")
    return path


def shared(*parts: str) -> Path:
    """A file beside the checkout; without it the test is skipped, but never in CI."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{path.name} must be there in CI")
        pytest.skip(f"needs ../shared/{'/'.join(parts)}")
    return path


def filled(path: Path) -> list[dict[str, str]]:
    """The rows of a table without their empty cells, so that a new optional column changes nothing."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [{name: value for name, value in row.items() if value} for row in csv.DictReader(lines)]
