"""Every DCAD agreement is in the tables, or the report says why not."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import FIXTURES, filled, shared
from milidip_kg.adapters import ADAPTERS, AdaptedReport, LeftOut, adapt
from milidip_kg.adapters.dates import partial_date
from milidip_kg.edtf import parse
from milidip_kg.errors import UsageError
from milidip_kg.findings import Severity
from milidip_kg.resolve import StateIndex
from milidip_kg.resources import folder

FILE = FIXTURES / "dcad" / "dcad.csv"
STATES = StateIndex(FIXTURES / "resolve")
PUBLISHED = ("sources", "dcad-v10", "DCAD-v1.0-main.csv")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> AdaptedReport:
    return adapt("dcad", FILE, tmp_path_factory.mktemp("dcad"), STATES)


def test_it_says_what_the_dataset_covers(report: AdaptedReport) -> None:
    coverage = filled(report.folder / "coverage.csv")
    assert [row["table"] for row in coverage] == ["agreements", "treaty_actions"]
    assert {(row["began"], row["ended"], row["source"]) for row in coverage} == {("1980", "2010", "dcad")}


def test_what_is_left_out_is_listed_with_the_reason(report: AdaptedReport) -> None:
    assert (report.rows_read, report.rows_taken, report.rows_left_out) == (14, 7, (4, 6, 7, 11, 12, 14, 15))
    unclear = "the row is left out: the adapter does not understand the value"
    assert report.left_out == (
        LeftOut(
            4,
            "DCADv1.0-9003",
            "ccode2",
            "365",
            "the row is left out: '365' has more than one meaning between 1991-01-01 and 1991-12-31:"
            " '365' is a cow code for Russia (RUS)"
            " from 1991-12-26; '365' is a cow code for Soviet Union (SUN) from 1922-12-30 to 1991-12-25. Give a day.",
        ),
        LeftOut(
            6,
            "DCADv1.0-9005",
            "ccode2",
            "652",
            "the row is left out: the code means Syria, the abbreviation EGY means Egypt",
        ),
        LeftOut(
            7,
            "DCADv1.0-9006",
            "ccode2",
            "290",
            "the row is left out: both parties are the same state: one of them is not known",
        ),
        LeftOut(8, "DCADv1.0-9007", "signDay", "31/6/1999", "1999-06 has no day 31; 1999-06 is kept"),
        LeftOut(10, "DCADv1.0-9009", "EIFYear", "2006-07-09", "entry into force before signature; kept in words only"),
        LeftOut(11, "DCADv1.0-9010", "category1", "SPACE", unclear),
        LeftOut(
            12, "DCADv1.0-9001", "DCAid", "DCADv1.0-9001", "the row is left out: row 2 already has the key dcad-9001"
        ),
        LeftOut(13, "DCADv1.0-9012", "EIFDay", "21/3/-", "a day or a month without a year; nothing is kept"),
        LeftOut(14, "DCADv1.0-9013", "ccode1", "999", unclear),
        LeftOut(15, "DCADv1.0-9014", "signYear", "2oo7", unclear),
    )


def test_what_is_not_understood_is_a_finding_with_its_cell(report: AdaptedReport) -> None:
    found = [(finding.rule, finding.severity, str(finding.cell), finding.value) for finding in report.findings]
    assert found == [
        ("adapter.unknown-value", Severity.VIOLATION, "dcad.csv, row 11, column category1", "SPACE"),
        ("adapter.unknown-value", Severity.VIOLATION, "dcad.csv, row 12, column DCAid", "DCADv1.0-9001"),
        ("adapter.unknown-value", Severity.VIOLATION, "dcad.csv, row 14, column ccode1", "999"),
        ("adapter.unknown-value", Severity.VIOLATION, "dcad.csv, row 15, column signYear", "2oo7"),
    ]
    assert all(finding.fix for finding in report.findings if finding.severity is Severity.VIOLATION)


@pytest.mark.parametrize(
    ("content", "message", "cell"),
    [
        (None, "The published file cannot be read: No such file or directory.", "x.csv"),
        (b"", "The published file is empty.", "x.csv"),
        (FILE.read_bytes().splitlines(keepends=True)[0], "The published file has no rows.", "x.csv"),
        (b"DCAid\n1\n", "The published file has no column 'ccode1'.", "x.csv, row 1, column ccode1"),
        (FILE.read_bytes() + b"\xff\n", "The published file is not in UTF-8.", "x.csv, row 16"),
        (FILE.read_bytes() + b'"a"b\n', "The published file is not well-formed CSV: ", "x.csv, row 16"),
    ],
)
def test_a_file_that_cannot_be_read_is_malformed(
    tmp_path: Path, content: bytes | None, message: str, cell: str
) -> None:
    path = tmp_path / "x.csv"
    if content is not None:
        path.write_bytes(content)
    malformed = [finding for finding in adapt("dcad", path, tmp_path / "out", STATES).findings if finding.malformed]
    assert malformed[0].message.startswith(message)
    assert str(malformed[0].cell) == cell


def test_a_column_that_is_not_known_and_a_row_of_another_length_are_findings(tmp_path: Path) -> None:
    header, first, *_ = FILE.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "x.csv"
    path.write_text(f"{header},secret\n{first},Y\n{first}\n", encoding="utf-8")
    report = adapt("dcad", path, tmp_path / "out", STATES)
    assert [str(finding.cell) for finding in report.findings] == ["x.csv, row 1, column secret", "x.csv, row 3"]
    assert (report.rows_read, report.rows_taken, report.rows_left_out) == (2, 1, (3,))


def test_a_dataset_that_is_not_known_gets_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean dcad"):
        adapt("dcat", FILE, tmp_path, STATES)


def test_every_published_agreement_is_accounted_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = adapt("dcad", shared(*PUBLISHED), tmp_path, StateIndex(folder("data")))
    gone = [each.record for each in report.left_out if each.row in report.rows_left_out]
    with capsys.disabled():
        print(f"\nDCAD: {report.rows_read} rows, {report.rows_taken} taken, {len(gone)} left out: {', '.join(gone)}")
    assert [finding for finding in report.findings if finding.severity is Severity.VIOLATION] == []
    assert report.rows_read == 1871 == report.rows_taken + len(report.rows_left_out)
    assert gone == [
        "DCADv1.0-0108",  # the code of Syria beside the abbreviation of Egypt
        "DCADv1.0-0297",  # the code of Bolivia beside the abbreviation of Venezuela
        "DCADv1.0-1625",  # Mozambique twice
        "DCADv1.0-1847",  # India twice
    ]
    assert report.written["agreements"] == report.rows_taken
    assert report.written["treaty_actions"] == 2 * report.rows_taken


def test_the_end_of_a_terminated_agreement_is_the_year_that_the_dataset_arrives_at() -> None:
    rows = list(csv.DictReader(shared(*PUBLISHED).read_text(encoding="utf-8").splitlines()))
    terminated = [row for row in rows if row["terminated"] == "1"]
    assert len(terminated) == 43
    for row in terminated:
        assert min(2010, int(row["signYear"]) + int(row["durationActual"])) == int(row["endYearEstimate"])


def test_every_ignored_column_has_a_reason() -> None:
    assert all(reason for adapter in ADAPTERS.values() for reason in adapter.columns.ignored.values())


@given(
    year=st.integers(1000, 9999),
    month=st.one_of(st.none(), st.integers(-3, 15)),
    day=st.one_of(st.none(), st.integers(-3, 40)),
)
def test_a_date_of_parts_keeps_what_holds_and_names_what_does_not(
    year: int, month: int | None, day: int | None
) -> None:
    found, problem = partial_date(year, month, day)
    assert found.span == (parse(found.edtf).earliest, parse(found.edtf).latest)
    assert found.year == year
    assert (found.month, found.day) == (month, day) or problem
    assert (problem is None) == ((found.year, found.month, found.day) == (year, month, day))


@given(texts=st.lists(st.dates(date(1000, 1, 1)).map(date.isoformat), min_size=2, max_size=2))
def test_two_dates_share_what_both_say(texts: list[str]) -> None:
    one, two = (partial_date(*map(int, text.split("-")))[0] for text in texts)
    shared = one.shared(two)
    assert shared == two.shared(one)
    assert one.shared(one) == one
    assert (shared is None) == (one.year != two.year)
    if shared:
        assert all(text.startswith(shared.edtf) for text in texts)
