"""Every year of UCDP/PRIO is in an episode, every participant in a spell, and what is not says why."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from conftest import ROOT, shared
from milidip_kg.adapters import AdaptedReport, adapt
from milidip_kg.adapters.ucdp import UCDP
from milidip_kg.resolve import StateIndex

STATES = StateIndex(ROOT / "data")
COLUMNS = ("conflict_id", *UCDP.columns.read, *UCDP.columns.ignored)
YEAR = {
    "location": "Nowhere",
    "side_a": "Government of Angola",
    "side_b": "UNITA",
    "side_b_id": "1",
    "incompatibility": "2",
    "type_of_conflict": "3",
    "start_date2": "1990-03-04",
    "start_prec2": "1",
    "ep_end": "0",
    "gwno_a": "540",
    "gwno_loc": "540",
}


def published(folder: Path, *years: dict[str, str]) -> Path:
    file = folder / "ucdp.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows({**YEAR, **year} for year in years)
    return file


def read(report: AdaptedReport, table: str, *columns: str) -> list[tuple[str, ...]]:
    with (report.folder / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        return [tuple(row[column] for column in columns) for row in csv.DictReader(lines)]


def taken(folder: Path, *years: dict[str, str]) -> AdaptedReport:
    return adapt("ucdp", published(folder, *years), folder / "out", STATES)


def test_the_years_of_an_episode_are_one_confrontation(tmp_path: Path) -> None:
    report = taken(
        tmp_path,
        {"conflict_id": "7", "year": "1990"},
        {"conflict_id": "7", "year": "1991", "type_of_conflict": "4", "gwno_a_2nd": "40, 552", "side_b": "UNITA, FLEC (a, b)", "side_b_id": "1, 2"},
        {"conflict_id": "7", "year": "1992", "gwno_a_2nd": "40", "ep_end": "1", "ep_end_date": "1992-05-06"},
        {"conflict_id": "7", "year": "1998", "start_date2": "1998-12-31", "start_prec2": "5", "gwno_a_2nd": "40"},
    )  # fmt: skip
    assert report.findings == ()
    assert read(report, "confrontations", "confrontation", "kind", "began", "ended", "area_states") == [
        ("ucdp-7-1990-03-04", "intrastate-conflict;internationalised-conflict", "1990-03-04", "1992-05-06~", "AGO"),
        ("ucdp-7-1998-12-31", "intrastate-conflict", "1998", "", "AGO"),
    ]
    assert read(
        report,
        "confrontation_participations",
        "confrontation",
        "state",
        "organisation",
        "side",
        "role",
        "began",
        "ended",
    ) == [
        ("ucdp-7-1990-03-04", "AGO", "", "a", "party", "1990", "1992"),
        ("ucdp-7-1990-03-04", "", "ucdp-group-7-unita", "b", "party", "1990", "1992"),
        ("ucdp-7-1990-03-04", "CUB", "", "a", "supporter", "1991", "1992"),
        ("ucdp-7-1990-03-04", "ZWE", "", "a", "supporter", "1991", "1991"),
        ("ucdp-7-1990-03-04", "", "ucdp-group-7-flec-a-b", "b", "party", "1991", "1991"),
        ("ucdp-7-1998-12-31", "AGO", "", "a", "party", "1998", "1998"),
        ("ucdp-7-1998-12-31", "CUB", "", "a", "supporter", "1998", "1998"),
        ("ucdp-7-1998-12-31", "", "ucdp-group-7-unita", "b", "party", "1998", "1998"),
    ]
    assert read(report, "organisations", "organisation", "name", "kind") == [
        ("ucdp-group-7-unita", "UNITA", "armed-group"),
        ("ucdp-group-7-flec-a-b", "FLEC (a, b)", "armed-group"),
    ]


@pytest.mark.parametrize(
    ("precision", "began"),
    [("1", "1990-03-04"), ("2", "1990-03"), ("3", "1990-03"), ("4", "1990"), ("5", "1990"), ("6", "1990~"), ("7", "1990~")],
)  # fmt: skip
def test_a_start_is_no_more_exact_than_its_code(tmp_path: Path, precision: str, began: str) -> None:
    report = taken(tmp_path, {"conflict_id": "7", "year": "1990", "start_prec2": precision})
    assert read(report, "confrontations", "began") == [(began,)]


@pytest.mark.parametrize(
    ("code", "year", "start", "state"),
    [
        ("365", "1989", "1989-02-01", "SUN"),
        ("365", "1993", "1993-02-01", "RUS"),
        ("345", "1991", "1991-06-27", "YUG"),
        ("345", "1998", "1998-02-28", "SCG"),
        ("345", "2014", "2014-01-01", "SRB"),
        ("678", "1980", "1980-01-01", "yemen-arab-republic"),
        ("552", "1973", "1973-04-04", "ZWE"),
    ],
)
def test_codes_are_read_at_the_date(tmp_path: Path, code: str, year: str, start: str, state: str) -> None:
    report = taken(tmp_path, {"conflict_id": "7", "year": year, "start_date2": start, "gwno_a": code, "gwno_loc": code})
    assert read(report, "confrontation_participations", "state")[0] == (state,)
    notes = [note for (note,) in read(report, "confrontation_participations", "note") if note]
    assert notes == (["Rhodesia, which has the code of Zimbabwe."] if state == "ZWE" else [])


def test_what_is_not_understood_is_said(tmp_path: Path) -> None:
    report = taken(
        tmp_path,
        {"conflict_id": "7", "year": "1990", "gwno_a": "751"},
        {"conflict_id": "8", "year": "1990", "gwno_a": "999"},
        {"conflict_id": "9", "year": "MCM"},
        {"conflict_id": "10", "year": "1990", "type_of_conflict": "5"},
        {"conflict_id": "11", "year": "1990", "start_date2": "1990-02-30"},
        {"conflict_id": "12", "year": "1990", "start_prec2": "0"},
        {"conflict_id": "13", "year": "1990", "ep_end": "x"},
        {"conflict_id": "14", "year": "1990", "side_b": "A, B, C", "side_b_id": "1, 2"},
    )
    assert report.rows_taken == 0
    assert report.written["confrontations"] == report.written["confrontation_participations"] == 0
    assert report.rows_left_out == (2, 3, 4, 5, 6, 7, 8, 9)
    assert [finding.value for finding in report.findings] == ["999", "MCM", "5", "1990-02-30", "0", "x", "A, B, C"]
    assert [each.reason for each in report.left_out[:2]] == [
        "Hyderabad, a state to 1948 that the tables do not have",
        "the row is left out: nobody is known of side a",
    ]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> AdaptedReport:
    return adapt(
        "ucdp", shared("sources", "ucdp-conflict", "ucdp-prio-acd-251.csv"), tmp_path_factory.mktemp("ucdp"), STATES
    )


def test_the_published_file_is_taken_whole_but_for_hyderabad(real: AdaptedReport) -> None:
    assert real.findings == ()
    assert (real.rows_read, real.rows_taken, real.rows_left_out) == (2752, 2749, (55, 56, 615))
    assert real.written["confrontations"] == 618


def test_every_state_of_every_year_is_in_a_spell(real: AdaptedReport) -> None:
    """The years of the spells, added up, are the state-years of the published file."""
    with shared("sources", "ucdp-conflict", "ucdp-prio-acd-251.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    stated: Counter[str] = Counter()
    for number, row in enumerate(rows, 2):
        for column in ("gwno_a", "gwno_a_2nd", "gwno_b", "gwno_b_2nd"):
            if number not in real.rows_left_out:
                stated[column[5]] += len([code for code in row[column].split(",") if code.strip()])
    spells = read(real, "confrontation_participations", "side", "state", "began", "ended")
    kept: Counter[str] = Counter()
    for side, state, began, ended in spells:
        kept[side] += (int(ended) - int(began) + 1) if state else 0
    assert kept == stated
