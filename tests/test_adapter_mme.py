"""Every MME exercise and every participant is in the tables, or the report says why not."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from conftest import FIXTURES, filled, shared
from milidip_kg.adapters import AdaptedReport, adapt
from milidip_kg.adapters.mme import CORRECTIONS, NOT_STATES
from milidip_kg.findings import Severity
from milidip_kg.resolve import StateIndex
from milidip_kg.resources import folder

FILE = FIXTURES / "mme" / "mme.csv"
STATES = StateIndex(FIXTURES / "resolve")
PUBLISHED = ("sources", "jme-dorazio", "mme_v7.csv")


def participants(path: Path) -> int:
    """The number of participants that a published file states."""
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    return sum(bool(value) for row in rows for name, value in zip(header, row, strict=True) if name.startswith("State"))


def accounted(report: AdaptedReport) -> int:
    """The number of participants in the tables or in the list of what is left out."""
    left_out = sum((each.column or "").startswith("State") for each in report.left_out)
    return report.written["exercise_participations"] + left_out


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> AdaptedReport:
    return adapt("mme", FILE, tmp_path_factory.mktemp("mme"), STATES)


def test_what_is_left_out_is_listed_with_the_reason(report: AdaptedReport) -> None:
    unclear = "the row is left out: the adapter does not understand the value"
    assert [(each.row, *each[2:]) for each in report.left_out] == [
        (3, "StateC", "-9", "the dataset does not name the participant"),
        (3, "StateD", "-9", "the dataset does not name the participant"),
        (4, "EndDate", "1/1/95", "before the start, 1/2/95: one of the two is wrong"),
        (4, "Series_Name", "IRON FORD", "an earlier row calls the series Iron Ford"),
        (4, "StateC", "Poland", "named twice in the row"),
        (6, "StateB", "Bermuda", "a territory of the United Kingdom"),
        (7, "StateA", "Serbia", "the day is not known, and Serbia may mean SCG or SRB"),
        (
            7,
            "StateB",
            "South Sudan",
            "South Sudan (SSD) existed from 2011-07-09 only: not between 2006-06-01 and 2006-06-30.",
        ),
        (8, "StateA", "Germny", "Nothing is known by the name or code 'Germny'."),
        (9, "StartDate", "6/31/99", "1999-06 has no day 31; 1999-06 is kept"),
        (9, "EndDate", "7/5/99", "contradicts the parts, 1999-7-6; 1999-07 is kept"),
        (10, "StartDate", "6/30/98", "the row is left out: contradicts s.year 1999: no start is certain"),
        (11, "lat", "143", unclear),
        (12, "Land", "x", unclear),
        (13, "MMEID", "mme9001", "the row is left out: row 2 already has the key mme-9001"),
        (14, "StartDate", "June 1999", unclear),
        (15, "EndDate", "7/1/00", "contradicts e.year 1999: no end is certain"),
    ]
    assert (report.rows_read, report.rows_taken, report.rows_left_out) == (14, 9, (10, 11, 12, 13, 14))


def test_what_is_not_understood_is_a_finding_with_its_cell(report: AdaptedReport) -> None:
    assert [(finding.rule, str(finding.cell), finding.value, finding.fix) for finding in report.findings] == [
        (
            "adapter.unknown-value",
            "mme.csv, row 8, column StateA",
            "Germny",
            "Expected the name of a state. Perhaps Germany?",
        ),
        (
            "adapter.unknown-value",
            "mme.csv, row 11, column lat",
            "143",
            "Expected degrees from -90 to 90, or neither latitude nor longitude.",
        ),
        ("adapter.unknown-value", "mme.csv, row 12, column Land", "x", "Expected 0 or 1."),
        (
            "adapter.unknown-value",
            "mme.csv, row 13, column MMEID",
            "mme9001",
            "Each record needs an identifier of its own.",
        ),
        (
            "adapter.unknown-value",
            "mme.csv, row 14, column StartDate",
            "June 1999",
            "Expected m/d/yy, or yyyy-mm-xx.",
        ),
    ]


def test_every_participant_of_a_row_taken_is_accounted_for(report: AdaptedReport) -> None:
    assert participants(FILE) == accounted(report) + len(report.rows_left_out)  # each of these rows names one


def test_two_exercises_of_one_identifier_keep_their_keys_in_any_order(tmp_path: Path) -> None:
    header, *rows = FILE.read_text(encoding="utf-8").split("\nmme")
    path = tmp_path / "mme.csv"
    path.write_text("\nmme".join([header, *reversed(rows)]), encoding="utf-8")
    keys = {row["exercise"] for row in filled(adapt("mme", path, tmp_path / "out", STATES).folder / "exercises.csv")}
    assert {"mme-3457-2004-05-04", "mme-3457-2006-06"} <= keys


def test_an_organisation_that_the_tables_lack_is_left_out(tmp_path: Path) -> None:
    for name in ("states", "state_names"):
        (tmp_path / f"{name}.csv").write_bytes((FIXTURES / "resolve" / f"{name}.csv").read_bytes())
    report = adapt("mme", FILE, tmp_path / "out", StateIndex(tmp_path))
    assert "the tables have no organisation nato" in {each.reason for each in report.left_out}


def test_corrections_are_about_states_and_have_reasons() -> None:
    assert all(correction.reason for correction in CORRECTIONS)
    assert not {correction.name for correction in CORRECTIONS} & NOT_STATES.keys()
    for correction in CORRECTIONS:
        assert STATES.resolve(correction.state, on=correction.spell.last).key == correction.state


def test_every_published_exercise_and_participant_is_accounted_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = adapt("mme", shared(*PUBLISHED), tmp_path, StateIndex(folder("data")))
    reasons = Counter(each.reason for each in report.left_out if (each.column or "").startswith("State"))
    with capsys.disabled():
        print(f"\nMME: {report.rows_read} rows, {report.rows_taken} taken, {len(report.rows_left_out)} left out")
        print(f"MME: {report.written['exercise_participations']} participations taken, left out:")
        for reason, count in reasons.most_common():
            print(f"  {count:>4} {reason}")
    assert [finding for finding in report.findings if finding.severity is Severity.VIOLATION] == []
    assert report.rows_read == 3707 == report.rows_taken + len(report.rows_left_out)
    assert report.written["exercises"] == report.rows_taken == 3707
    assert accounted(report) == participants(shared(*PUBLISHED)) == 13887
    assert reasons["the dataset does not name the participant"] == 208
    assert reasons["named twice in the row"] == 19
