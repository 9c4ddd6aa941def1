"""What holds for every adapter, each on a small file of our own in the form of its dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import FIXTURES, filled
from milidip_kg.adapters import AdaptedReport, adapt
from milidip_kg.resolve import StateIndex
from milidip_kg.resources import folder

STATES = StateIndex(FIXTURES / "resolve")
EXPECTED = sorted(FIXTURES.glob("*/expected/*.csv"))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, AdaptedReport]:
    return {
        name: adapt(name, FIXTURES / name / f"{name}.csv", tmp_path_factory.mktemp(name), STATES)
        for name in {path.parents[1].name for path in EXPECTED}
    }


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_the_rows_are_these(reports: dict[str, AdaptedReport], path: Path) -> None:
    report = reports[path.parents[1].name]
    rows = filled(report.folder / path.name)
    assert rows == filled(path)
    assert report.written[path.stem] == len(rows)


def test_headers_are_those_of_the_metadata_and_the_origin(reports: dict[str, AdaptedReport]) -> None:
    assert len(reports) >= 3
    for report in reports.values():
        for table in report.written:
            curated = (folder("data") / f"{table}.csv").read_text(encoding="utf-8").splitlines()[0]
            adapted = (report.folder / f"{table}.csv").read_text(encoding="utf-8").splitlines()[0]
            assert adapted == f"{curated},origin_row"


def test_the_dataset_is_a_source_and_says_what_it_covers(reports: dict[str, AdaptedReport]) -> None:
    for name, report in reports.items():
        (source,) = filled(report.folder / "sources.csv")
        assert (source["id"], source["kind"], source["authority"]) == (name, "dataset", "research-coded")
        coverage = filled(report.folder / "coverage.csv")
        assert {row["source"] for row in coverage} == {name}
        assert {row["table"] for row in coverage} <= set(report.written)
