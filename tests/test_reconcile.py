"""Our tables beside published datasets: each verdict on small files, and the page made from the real ones."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from conftest import ROOT, shared
from milidip_kg.errors import InputError, UsageError
from milidip_kg.reconcile import COMPARISONS, Report, Verdict, reconcile
from milidip_kg.reconcile.base import compare_dates, month_if_first
from milidip_kg.reconcile.write import EARL, FORMS, write

DATA = ROOT / "data"
KEYS = ROOT / "src" / "milidip_kg" / "reconcile"
PAGE = ROOT / "docs" / "reconciliation.md"
MME = ROOT / "tests" / "fixtures" / "mme" / "mme.csv"
FILES = {
    "untc": ("untc-treaties-2015", "untc_participation_long.csv"),
    "arms-control-status": ("arms-control-status-2026", "arms_control_events_timeline_2026-08-22.csv"),
    "cow-igo": ("cow-igo-v3", "state_year_format3.csv.gz"),
    "atop": ("atop-v51", "atop5_1m.csv"),
    "un-missions": ("un-missions", "DPPADPOSS-PKO.csv"),
    "mme": ("jme-dorazio", "mme_v7.csv"),
}
Compare = Callable[..., Report]


def lines(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join((header, *rows, "")), encoding="utf-8")
    return path


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Compare tables written as text with a published file written as text; states are the real ones."""

    def run(
        dataset: str, ours: dict[str, tuple[str, ...]], matches: tuple[str, ...], published: tuple[str, ...]
    ) -> Report:
        table = COMPARISONS[dataset].table
        for name in ("states", "state_codes", "state_names", "state_successions", "organisations"):
            shutil.copy(DATA / f"{name}.csv", tmp_path)
        for path in DATA.glob("*-metadata.json"):
            shutil.copy(path, tmp_path)
        for name, rows in ours.items():
            lines(tmp_path / f"{name}.csv", *rows)
        lines(tmp_path / "matches.csv", "dataset,ours,theirs,note", *(f"{dataset},{each}," for each in matches))
        lines(
            tmp_path / "explanations.csv",
            "dataset,group,subject,field,explanation",
            f"{dataset},known,,date,A slip of theirs.",
        )
        return reconcile(table, dataset, lines(tmp_path / "published.csv", *published), tmp_path, tmp_path)

    return run


def told(report: Report) -> list[tuple[str, str, str, str, str, str]]:
    return [
        (each.group, each.subject, each.field, each.verdict.value, each.ours, each.theirs) for each in report.results
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ("1999-03-12", "1999-03-12", Verdict.AGREE),
        ("1999", "1999", Verdict.AGREE),
        ("1999-03", "1999-03-12", Verdict.WITHIN),
        ("1999~", "1999-12-31", Verdict.WITHIN),
        ("1999-03-12", "../2000", Verdict.WITHIN),
        ("1999-03-12", "1998/1999", Verdict.WITHIN),
        ("1999-03-12", "1999-03-13", Verdict.DIFFER),
        ("1999-03", "1999-04-01", Verdict.DIFFER),
        ("2001", "../2000", Verdict.DIFFER),
        ("1999-03", "", Verdict.ONLY_OURS),
        ("2001-01-01", "", Verdict.NOT_COMPARABLE),
        ("", "2001-01-01", Verdict.ONLY_THEIRS),
        ("", "", Verdict.NOT_COMPARABLE),
    ],
)
def test_dates_are_compared_with_their_precision(ours: str, theirs: str, verdict: Verdict) -> None:
    assert compare_dates(ours, theirs, until="2000-12-31")[0] is verdict


def test_only_the_first_of_a_month_is_read_as_the_month() -> None:
    assert [month_if_first(day) for day in ("1994-12-01", "1994-12-11", "1994-01", "")] == [
        "1994-12",
        "1994-12-11",
        "1994-01",
        "",
    ]


ACTS = "agreement,state,organisation,action,date,effective,depositary,standing,note,source,checked"
UNTC = "chapter_no,treaty_no,participant,column,date,action_suffix,raw"


def test_acts_are_matched_by_treaty_state_and_stage(compare: Compare) -> None:
    report = compare(
        "untc",
        {
            "treaty_actions": (
                ACTS,
                "known,FRA,,ratification,2001-05-05,,,accepted,,other,2026-11-22",
                "pact,CIV,,accession,2003-03-03,,,accepted,,untc-participation-2015-03,2026-11-22",
                "pact,DEU,,signature,2000-01-01,,,accepted,,other,2026-11-22",
                "pact,DEU,,ratification,2002-02,,,accepted,,other,2026-11-22",
                "pact,ESP,,signature,2000-01-02,,,accepted,,other,2026-11-22",
                "pact,NOR,,accession,2009-09-09,,,accepted,,other,2026-11-22",
                "pact,SCG,,succession,2001-03-12,,,accepted,,other,2026-11-22",
                "pact,YUG,,signature,1990-01-01,,,accepted,,other,2026-11-22",
                "pact,MYS,,signature,2000-01-01,,,accepted,,other,2026-11-22",
            )
        },
        ("known,1-1", "pact,9-1", "eu,European Union"),
        (
            UNTC,
            "1,1,France,Ratification,2001-05-06,,6 May 2001",
            '9,1,"Côte d\'Ivoire","Ratification, Accession(a)",2003-03-03,a,3 Mar 2003 a',
            "9,1,Germany,Signature,2000-01-01,,1 Jan 2000",
            '9,1,Germany,"Ratification, Accession(a)",2002-02-20,a,20 Feb 2002 a',
            '9,1,European Union,"Approval(AA), Ratification",2004-04-04,AA,4 Apr 2004 AA',
            '9,1,Serbia,"Ratification, Succession(d)",2001-03-12,d,12 Mar 2001 d',
            '9,1,Montenegro,"Signature, Succession to signature(d)",2006-10-23,d,23 Oct 2006 d',
            "9,1,Singapore,Signature,2000-01-01,,1 Jan 2000",
            "9,1,Malaysia,Signature,2000-01-01,,1 Jan 2000",
            "9,1,Ruritania,Signature,2000-01-01,,1 Jan 2000",
            "9,1,Norway,Signature,2000-01-01,x,1 Jan 2000 x",
            "9,2,Norway,Signature,2000-01-01,,of a treaty that is not matched",
        ),
    )  # fmt: skip
    assert told(report) == [
        ("pact", "Ruritania", "date", "not comparable", "", "1 Jan 2000"),
        ("pact", "Norway", "date", "not comparable", "", "1 Jan 2000 x"),
        ("known", "FRA consent", "date", "differ", "2001-05-05", "2001-05-06"),
        ("known", "FRA consent", "action", "agree", "ratification", "ratification"),
        ("pact", "CIV consent", "date", "agree", "2003-03-03", "2003-03-03"),
        ("pact", "CIV consent", "action", "agree", "accession", "accession"),
        ("pact", "DEU consent", "date", "agree within precision", "2002-02", "2002-02-20"),
        ("pact", "DEU consent", "action", "differ", "ratification", "accession"),
        ("pact", "DEU signature", "date", "agree", "2000-01-01", "2000-01-01"),
        ("pact", "DEU signature", "action", "agree", "signature", "signature"),
        ("pact", "ESP signature", "date", "only ours", "2000-01-02", ""),
        ("pact", "MNE signature", "date", "only theirs", "", "2006-10-23"),
        ("pact", "MYS signature", "date", "agree", "2000-01-01", "2000-01-01"),
        ("pact", "MYS signature", "action", "agree", "signature", "signature"),
        ("pact", "NOR consent", "date", "not comparable", "2009-09-09", ""),
        ("pact", "SGP signature", "date", "only theirs", "", "2000-01-01"),
        ("pact", "SRB consent", "date", "agree", "2001-03-12", "2001-03-12"),
        ("pact", "SRB consent", "action", "agree", "succession", "succession"),
        ("pact", "YUG signature", "date", "not comparable", "1990-01-01", ""),
        ("pact", "eu consent", "date", "only theirs", "", "2004-04-04"),
    ]
    reasons = {each.subject: each.reason for each in report.results if each.reason}
    assert reasons["Ruritania"] == "Nothing is known by the name or code 'Ruritania'."
    assert reasons["NOR consent"] == "after 2006-10-23, with which the dataset ends"
    assert reasons["YUG signature"].startswith("the act of a state that ended")
    known = report.results[2]
    assert known.explanation == "A slip of theirs."
    assert (known.our_row, known.their_row, known.carried) == (2, 2, False)
    assert known.node == "https://w3id.org/milidip/id/treaty-action/known/FRA/ratification/2001-05-05"
    assert report.results[4].carried
    assert [each.subject for each in report.unexplained] == ["DEU consent"]


def test_further_depositaries_are_no_gap(compare: Compare) -> None:
    report = compare(
        "arms-control-status",
        {
            "treaty_actions": (
                ACTS,
                "npt,CHN,,accession,1992-03-09,,USA,accepted,,other,2026-11-22",
                "npt,CHN,,accession,1992-03-12,,,accepted,,other,2026-11-22",
                "npt,PRK,,withdrawal,2003-01-10,,,disputed,,other,2026-11-22",
            )
        },
        ("npt,Non-Proliferation Treaty",),
        (
            "date,iso2,country,action,treaty,source_text",
            "1992-03-12,CN,China,acceded to,Non-Proliferation Treaty,",
            "2003-01-10,KP,Korea,withdrew from,Non-Proliferation Treaty,",
            "1992-03-12,XX,Nowhere,acceded to,Non-Proliferation Treaty,",
            "1992-03-12,FR,France,pondered,Non-Proliferation Treaty,",
        ),
    )
    assert told(report) == [
        ("npt", "XX", "date", "not comparable", "", "1992-03-12"),
        ("npt", "FR", "date", "not comparable", "", "1992-03-12"),
        ("npt", "CHN consent", "date", "agree", "1992-03-12", "1992-03-12"),
        ("npt", "CHN consent", "action", "agree", "accession", "accession"),
        ("npt", "CHN consent", "date", "not comparable", "1992-03-09", ""),
        ("npt", "PRK withdrawal", "date", "agree", "2003-01-10", "2003-01-10"),
    ]


def test_years_of_membership_bound_joining_and_leaving(compare: Compare) -> None:
    header = "organisation,state,member_organisation,role,began,ended,end_kind,note,source,checked"
    report = compare(
        "cow-igo",
        {
            "memberships": (
                header,
                "club,DEU,,member,1989-05-05,,,,s,2026-11-22",
                "club,FRA,,member,1989-01-01,1991-06-01,withdrawal,,s,2026-11-22",
                "club,FRA,,member,2020,,,,s,2026-11-22",
                "club,ITA,,observer,1988,,,,s,2026-11-22",
                "club,ITA,,partner,1988,,,,s,2026-11-22",
            )
        },
        ("club,clb",),
        (
            "ccode,year,state,clb",
            *(f"260.0,{year}.0,wgermany,{status}.0" for year, status in ((1988, 0), (1989, 1))),
            *(f"255.0,{year}.0,germany,1.0" for year in (1990, 1991, 1992, 2014)),
            *(f"220.0,{year}.0,france,{status}.0" for year, status in ((1985, 0), (1988, -9), (1989, 1), (1990, 1), (1991, 0), (2014, 0))),
            *(f"325.0,{year}.0,italy,{status}.0" for year, status in ((1988, 3), (1989, 1), (2014, 1))),
        ),
    )  # fmt: skip
    assert told(report) == [
        ("club", "DEU member", "began", "agree within precision", "1989-05-05", "1989"),
        ("club", "FRA member", "began", "agree within precision", "1989-01-01", "1986/1989"),
        ("club", "FRA member", "ended", "agree within precision", "1991-06-01", "1990/1991"),
        ("club", "FRA member", "began", "not comparable", "2020", ""),
        ("club", "ITA member", "began", "only theirs", "", "1989"),
        ("club", "ITA observer", "began", "agree within precision", "1988", "../1988"),
        ("club", "ITA observer", "ended", "only theirs", "", "1988/1989"),
    ]


def test_alliances_are_compared_by_dates_parties_and_obligations(compare: Compare) -> None:
    agreements = "agreement,kind,signed,adopted,ended,note,source"
    atop = "atopid,member,yrent,moent,dayent,yrexit,moexit,dayexit,defense,neutral,nonagg,consul"
    report = compare(
        "atop",
        {
            "agreements": (
                agreements,
                "silent,entente,1950-01-01,,,,s",
                "treaty,mutual-defence;non-aggression,1949-04-04,,1960-01-01,,s",
            ),
            "treaty_actions": (
                ACTS,
                "treaty,FRA,,signature,1949-04-04,,,accepted,,s,2026-11-22",
                "treaty,SWE,,accession,2024-03-07,,,accepted,,s,2026-11-22",
                "treaty,ESP,,accession,1982-05-30,,,accepted,,s,2026-11-22",
            ),
            "provisions": ("agreement,obligation", "treaty,consultation"),
        },
        ("treaty,7", "silent,8"),
        (
            atop,
            "7,220,1949,4,4,1955,1,1,1,0,0,0",
            "7,20,1949,4,0,1959,12,31,1,0,0,1",
            "8,220,1950,1,1,0,0,0,0,0,0,1",
            "9,220,1951,1,1,0,0,0,0,0,0,1",
        ),
    )
    assert told(report) == [
        ("silent", "", "signed", "agree", "1950-01-01", "1950-01-01"),
        ("silent", "", "party", "not comparable", "", ""),
        ("silent", "consultation", "obligation", "only theirs", "", "consultation"),
        ("treaty", "", "signed", "agree within precision", "1949-04-04", "1949-04"),
        ("treaty", "", "ended", "differ", "1960-01-01", "1959-12-31"),
        ("treaty", "CAN", "party", "only theirs", "", "CAN"),
        ("treaty", "ESP", "party", "only ours", "ESP", ""),
        ("treaty", "FRA", "party", "agree", "FRA", "FRA"),
        ("treaty", "SWE", "party", "not comparable", "SWE", ""),
        ("treaty", "mutual-defence", "obligation", "agree", "mutual-defence", "mutual-defence"),
        ("treaty", "non-aggression", "obligation", "only ours", "non-aggression", ""),
        ("treaty", "consultation", "obligation", "agree", "consultation", "consultation"),
        ("9", "", "signed", "only theirs", "", "1951-01-01"),
    ]
    assert report.unmatched == 1


def test_operations_are_matched_by_acronym(compare: Compare) -> None:
    report = compare(
        "un-missions",
        {
            "operations": (
                "operation,abbreviation,organisation,began,ended,note,source",
                "alpha,ALPHA,un,1990-05,1991-06-15,,s",
                "beta,BETA,un,1990,,,s",
                "gamma,GAMMA,nato,1990,,,s",
                "delta,DELTA,un,1992-02-02,,,s",
            )
        },
        ("delta,D II",),
        ("mission_acronym,start_date,end_date", "ALPHA,1990-05-01,1991-07-01", "GAMMA,1990-01-01,", "D II,1992-02-02,"),
    )
    assert told(report) == [
        ("alpha", "", "began", "agree", "1990-05", "1990-05-01"),
        ("alpha", "", "ended", "differ", "1991-06-15", "1991-07-01"),
        ("beta", "", "began", "only ours", "1990", ""),
        ("delta", "", "began", "agree", "1992-02-02", "1992-02-02"),
        ("GAMMA", "", "began", "only theirs", "", "1990-01-01"),
    ]


def test_exercises_are_read_by_the_adapter(compare: Compare) -> None:
    published = MME.read_text(encoding="utf-8").splitlines()[:2]
    report = compare(
        "mme",
        {
            "exercises": (
                "exercise,began,ended,note,source",
                "iron-ford-1980,1980-02,1980-03-02,,s",
                "later-1999,1999,,,s",
                "later-2011,2011,,,s",
            ),
            "exercise_participations": (
                "exercise,state,organisation,role",
                "iron-ford-1980,POL,,host",
                "iron-ford-1980,DDR,,participant",
                "iron-ford-1980,SUN,,observer",
            ),
        },
        ("iron-ford-1980,mme-9001",),
        tuple(published),
    )
    assert told(report) == [
        ("iron-ford-1980", "", "began", "agree within precision", "1980-02", "1980-02-29"),
        ("iron-ford-1980", "", "ended", "agree", "1980-03-02", "1980-03-02"),
        ("iron-ford-1980", "DDR", "participant", "only ours", "DDR", ""),
        ("iron-ford-1980", "POL", "participant", "agree", "POL", "POL"),
        ("iron-ford-1980", "SUN", "participant", "only theirs", "", "SUN"),
        ("later-1999", "", "began", "only ours", "1999", ""),
    ]


def test_what_cannot_be_read_or_compared_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is compared with the table memberships, not with 'agreements'"):
        reconcile("agreements", "cow-igo", tmp_path / "x.csv", DATA)
    with pytest.raises(UsageError, match="There is no comparison with 'cow'"):
        reconcile("memberships", "cow", tmp_path / "x.csv", DATA)
    with pytest.raises(InputError, match=r"x\.csv cannot be read"):
        reconcile("memberships", "cow-igo", tmp_path / "x.csv", DATA)
    with pytest.raises(InputError, match="has no column 'mission_acronym'"):
        reconcile("operations", "un-missions", lines(tmp_path / "x.csv", "a,b", "1,2"), DATA)
    with pytest.raises(InputError, match="row 2: 2 cells under 3 columns"):
        reconcile(
            "operations", "un-missions", lines(tmp_path / "x.csv", "mission_acronym,start_date,end_date", "1,2"), DATA
        )
    (tmp_path / "x.csv").write_bytes("mission_acronym,start_date,end_date\nCôte".encode("latin-1"))
    with pytest.raises(InputError, match="not in UTF-8"):
        reconcile("operations", "un-missions", tmp_path / "x.csv", DATA)
    (tmp_path / "x.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match=r"x\.csv\.gz cannot be read"):
        reconcile("memberships", "cow-igo", tmp_path / "x.csv.gz", DATA)
    with pytest.raises(InputError, match="no column 'MMEID'"):
        reconcile("exercises", "mme", lines(tmp_path / "x.csv", "a,b", "1,2"), DATA)


def test_the_map_names_things_of_ours_that_exist_once_each() -> None:
    with (KEYS / "matches.csv").open(encoding="utf-8", newline="") as text:
        matches = list(csv.DictReader(text))
    keys = {}
    for table in ("agreements", "organisations", "operations", "exercises"):
        with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as text:
            keys[table] = {row[table[:-1]] for row in csv.DictReader(text)}
    tables = {"treaty_actions": keys["agreements"] | {"eu"}, "memberships": keys["organisations"]} | keys
    assert not [each for each in matches if each["ours"] not in tables[COMPARISONS[each["dataset"]].table]]
    for side in ("ours", "theirs"):
        assert max(Counter((each["dataset"], each[side]) for each in matches).values()) == 1
    assert [tuple(each.values()) for each in matches] == sorted(tuple(each.values()) for each in matches)


@pytest.fixture(scope="module")
def real() -> list[Report]:
    return [reconcile(COMPARISONS[name].table, name, shared("sources", *parts), DATA) for name, parts in FILES.items()]


def test_every_comparison_has_its_real_file() -> None:
    assert FILES.keys() == COMPARISONS.keys()


def test_the_page_is_current(real: list[Report]) -> None:
    page = write(real, "markdown", DATA)
    if os.environ.get("MILIDIP_UPDATE"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page, "run this test with MILIDIP_UPDATE=1 and read the changes"


def test_every_difference_is_explained_and_every_explanation_needed(real: list[Report]) -> None:
    assert [each for report in real for each in report.unexplained] == []
    with (KEYS / "explanations.csv").open(encoding="utf-8", newline="") as text:
        written = {row["explanation"] for row in csv.DictReader(text)}
    assert written == {each.explanation for report in real for each in report.results} - {""}


def test_each_act_of_a_list_is_ours_or_said(real: list[Report]) -> None:
    """What our coverage calls complete has no gap that nothing is known of."""
    for report in real[:2]:
        assert len(report.of(Verdict.AGREE)) > 2000
        assert [each for each in report.of(Verdict.ONLY_THEIRS) if not each.explanation] == []


@pytest.mark.parametrize("form", ["csv", "json", "turtle", "table"])
def test_each_form_has_each_result(real: list[Report], form: str) -> None:
    small = [report for report in real if report.comparison.dataset == "un-missions"]
    text = write(small, form, DATA)
    results = small[0].results
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [(row["group"], row["field"], row["verdict"]) for row in rows] == [
            (each.group, each.field, each.verdict.value) for each in results
        ]
    elif form == "json":
        document = json.loads(text)
        assert len(document["results"]) == len(results)
        assert document["figures"][0]["differ"] == str(len(small[0].of(Verdict.DIFFER)))
    elif form == "turtle":
        outcomes = Counter(
            str(quad.object)
            for quad in parse(text.encode(), RdfFormat.TURTLE)
            if quad.predicate == NamedNode(EARL + "outcome")
        )
        assert outcomes[f"<{EARL}failed>"] == len(small[0].of(Verdict.DIFFER))
        assert sum(outcomes.values()) == len(results)
    else:
        named = [each for each in results if each.verdict in (Verdict.DIFFER, Verdict.ONLY_OURS, Verdict.ONLY_THEIRS)]
        assert all(re.search(rf"^{re.escape(each.group)} ", text, re.MULTILINE) for each in named)


def test_no_two_results_share_an_iri(real: list[Report]) -> None:
    for report in real:
        text = write([report], "turtle", DATA)
        asserted = text.count("earl:outcome earl:")
        assert asserted == sum(not each.unmatched for each in report.results)


def test_there_is_no_other_form() -> None:
    with pytest.raises(UsageError, match="no report format 'xml'"):
        write([], "xml", DATA)
    assert set(FORMS) == {"table", "csv", "json", "turtle", "markdown"}


def milidip(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "milidip_kg", "reconcile", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_command_line_tells_by_its_status(tmp_path: Path) -> None:
    good = lines(tmp_path / "good.csv", "mission_acronym,start_date,end_date", "UNTSO,1948-05-29,")
    done = milidip("operations", "--with", f"un-missions={good}", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["figures"][0]["agree"] == "1"
    bad = lines(tmp_path / "bad.csv", "mission_acronym,start_date,end_date", "UNTSO,1948-05-30,")
    assert milidip("all", "--with", f"un-missions={bad}").returncode == 1
    assert milidip("operations", "--with", f"un-missions={tmp_path / 'none.csv'}").returncode == 3
    assert milidip("operations", "--with", "un-missions").returncode == 2
    wrong = milidip("operations", "--with", f"un-mission={good}")
    assert wrong.returncode == 2
    assert "Did you mean un-missions?" in wrong.stderr
    assert milidip("operations", "--with", f"un-missions={good}", "--format", "xml").returncode == 2


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "s.csv.gz"
    header = ["ccode", "year", *sorted(_codes())]
    file.write_bytes(
        gzip.compress((",".join(header) + "\n2,1950," + ",".join("0" for _ in header[2:]) + "\n").encode())
    )
    report = reconcile("memberships", "cow-igo", file, DATA)
    assert {each.verdict for each in report.results} <= {Verdict.ONLY_OURS, Verdict.NOT_COMPARABLE}


def _codes() -> set[str]:
    with (KEYS / "matches.csv").open(encoding="utf-8", newline="") as text:
        return {row["theirs"] for row in csv.DictReader(text) if row["dataset"] == "cow-igo"}


def test_an_explanation_speaks_of_differences_only(real: list[Report]) -> None:
    assert not [each for report in real for each in report.of(Verdict.AGREE, Verdict.WITHIN) if each.explanation]
