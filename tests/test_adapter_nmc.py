"""Every state-year of the National Material Capabilities is in the tables, or the report says why not."""

from __future__ import annotations

import csv
import time
from collections import Counter
from pathlib import Path

import pytest

from conftest import FIXTURES, filled, shared
from milidip_kg.adapters import AdaptedReport, adapt
from milidip_kg.adapters.nmc import FIRST_YEAR, INDICATORS, MISSING, NOT_YET
from milidip_kg.resolve import StateIndex
from milidip_kg.resources import folder

FILE = FIXTURES / "nmc" / "nmc.csv"
STATES = StateIndex(FIXTURES / "resolve")
PUBLISHED = ("sources", "cow-nmc", "NMC-60-abridged.csv")
MEASUREMENTS = "capability_measurements"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> AdaptedReport:
    return adapt("nmc", FILE, tmp_path_factory.mktemp("nmc"), STATES)


def test_it_says_what_the_dataset_covers(report: AdaptedReport) -> None:
    (coverage,) = filled(report.folder / "coverage.csv")
    assert (coverage["table"], coverage["began"], coverage["ended"]) == (MEASUREMENTS, "1945", "2016")


def test_zero_is_a_figure_and_missing_is_none(report: AdaptedReport) -> None:
    rows = filled(report.folder / f"{MEASUREMENTS}.csv")
    assert {row["figure"] for row in rows if row["state"] == "CAN"} == {"0", "0.0000046681293"}
    assert not [row for row in rows if row["state"] == "CSK" and row["indicator"] == "personnel"]


def test_a_state_counted_before_its_time_gets_a_note(tmp_path: Path) -> None:
    for name in ("states", "state_codes"):
        (tmp_path / f"{name}.csv").write_bytes((FIXTURES / "resolve" / f"{name}.csv").read_bytes())
    states = (tmp_path / "states.csv").read_text(encoding="utf-8")
    life = "CAN,Canada,,northern-america,,"
    assert life in states
    (tmp_path / "states.csv").write_text(states.replace(life, life[:-1] + "2017-01-01,"), encoding="utf-8")
    rows = filled(adapt("nmc", FILE, tmp_path / "out", StateIndex(tmp_path)).folder / f"{MEASUREMENTS}.csv")
    assert {row["state"] for row in rows if row.get("note") == NOT_YET} == {"CAN"}


def test_what_is_left_out_is_listed_with_the_reason(report: AdaptedReport) -> None:
    unclear = "the row is left out: the adapter does not understand the value"
    early = "the row is left out: before 1945, when the tables of states begin"
    listed = [(each.row, each.column, each.value, each.reason) for each in report.left_out]
    assert listed[0] == (2, "year", "1944", early)
    assert listed[1] == (5, "milper", MISSING, "missing in the dataset")
    assert [(row, column, value) for row, column, value, _ in listed[2:4]] == [(8, "ccode", "255"), (9, "ccode", "365")]
    assert "it was not in use between 1945-01-01 and 1945-12-31" in listed[2][3]
    assert "more than one meaning between 1991-01-01 and 1991-12-31" in listed[3][3]
    assert listed[4:] == [
        (10, None, "", "the row is left out: the dataset has none of the three figures"),
        (11, "milex", "-8", unclear),
        (12, "milex", "n/a", unclear),
        (13, "ccode", "2", "the row is left out: row 3 already has the key 2-1945"),
        (14, "ccode", "1002", unclear),
        (
            15,
            "ccode",
            "2",
            "the row is left out: the code means United States, the abbreviation CAN means Canada",
        ),
        (16, "year", "19x0", unclear),
        (17, "year", "16", unclear),
    ]
    assert (report.rows_read, report.rows_taken) == (16, 5)
    assert report.rows_left_out == (2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17)


def test_what_is_not_understood_is_a_finding_with_its_cell(report: AdaptedReport) -> None:
    assert [(str(finding.cell), finding.value, finding.fix) for finding in report.findings] == [
        ("nmc.csv, row 11, column milex", "-8", "Expected a number that is not negative, or -9 for a missing one."),
        ("nmc.csv, row 12, column milex", "n/a", "Expected a number that is not negative, or -9 for a missing one."),
        ("nmc.csv, row 13, column ccode", "2", "Each record needs an identifier of its own."),
        ("nmc.csv, row 14, column ccode", "1002", "Expected a state code of the Correlates of War."),
        ("nmc.csv, row 16, column year", "19x0", "Expected a whole number."),
        ("nmc.csv, row 17, column year", "16", "Expected a year from 1816."),
    ]


def figures(path: Path) -> int:
    """The number of figures that are not missing, in the columns read and from the first year on."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if int(row["year"]) >= FIRST_YEAR]
    return sum(row[column] != MISSING for row in rows for column in INDICATORS)


def test_every_published_state_year_is_accounted_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start = time.perf_counter()
    report = adapt("nmc", shared(*PUBLISHED), tmp_path, StateIndex(folder("data")))
    seconds = time.perf_counter() - start
    rows_out = Counter(each.column for each in report.left_out if each.reason.startswith("the row is left out"))
    with capsys.disabled():
        print(f"\nNMC: {report.rows_read} rows, {report.rows_taken} taken, {report.written[MEASUREMENTS]} measurements")
        print(f"NMC: {len(report.rows_left_out)} rows left out: {dict(rows_out)}; {seconds:.1f} s")
    assert report.findings == ()
    assert report.rows_read == 15951 == report.rows_taken + len(report.rows_left_out)
    assert rows_out == {"year": 5369, "ccode": 5}
    in_rows_out = 5 * 3 - 1  # the five rows whose code is not clear; one of them has no expenditure
    assert report.written[MEASUREMENTS] == figures(shared(*PUBLISHED)) - in_rows_out
    assert seconds < 20
