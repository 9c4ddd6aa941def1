"""Reading and checking tables: every rule has a case that breaks it, and says where and what would be right."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milidip_kg.csvw import sql
from milidip_kg.findings import Cell, Finding, Severity
from milidip_kg.namespaces import NS
from milidip_kg.resources import folder
from milidip_kg.tables import AdaptedDataset, Tables, read_tables
from milidip_kg.validate import columns_of

VALID = Path(__file__).parent / "fixtures/tables/valid"
CONCEPTS = {
    "membership-role": {"member", "partner", "observer"},
    "organisation-kind": {"alliance", "international-organisation"},
}
ROW = "nato,USA,,member,1949-04-04,,1,22.10,,treaty;list,2026-11-01\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(VALID, tmp_path / "data"))


def findings(data: Path) -> list[Finding]:
    return read_tables(data, concepts=CONCEPTS).findings


def only(data: Path) -> Finding:
    found = findings(data)
    assert len(found) == 1, found
    return found[0]


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_valid_tables_have_no_findings() -> None:
    tables = read_tables(VALID, concepts=CONCEPTS)
    assert tables.ok
    assert tables.findings == []
    assert [(table.name, table.rows) for table in tables.tables] == [
        ("memberships", 3),
        ("organisations", 2),
        ("sources", 2),
        ("states", 3),
    ]


def test_a_property_leads_to_its_column_however_the_metadata_write_it() -> None:
    columns = columns_of(read_tables(folder("data")))
    assert columns["states.csv", "http://www.w3.org/2000/01/rdf-schema#label"] == "name"
    assert columns["memberships.csv", NS + "beganLatest"] == "began"


def test_relations_have_the_columns_of_the_metadata() -> None:
    tables = read_tables(VALID)
    relation = sql.identifier(tables["memberships"].relation)
    found = tables.connection.execute(f"SELECT state, member, began, source, _origin, _row FROM {relation}").fetchall()
    assert found[2] == (None, "eu", "2002~", ["list"], "memberships.csv", 4)


CELLS = {
    "required": ("nato,USA", ",USA", "csvw.required", 2, "organisation", None, "a value"),
    "required EDTF": ("1949-04-04,,1", ",,1", "csvw.required", 2, "began", None, "an EDTF date"),
    "required list": ("treaty;list", "", "csvw.required", 2, "source", None, "a value"),
    "number": ("04,,1,", "04,,one,", "csvw.datatype", 2, "seats", "one", "a whole number, 0 or more"),
    "negative": ("04,,1,", "04,,-1,", "csvw.datatype", 2, "seats", "-1", "a whole number, 0 or more"),
    "maximum": ("04,,1,", "04,,1001,", "csvw.datatype", 2, "seats", "1001", "at most 1000"),
    "decimal": ("22.10", "22.1e1", "csvw.datatype", 2, "share", "22.1e1", "a number, as 12.5"),
    "date form": ("treaty;list,2026-11-01", "list,1/11/2026", "csvw.datatype", 2, "checked", "1/11/2026", "1949-04-04"),
    "calendar": ("treaty;list,2026-11-01", "list,2026-02-29", "csvw.datatype", 2, "checked", "2026-02-29", "calendar"),
    "EDTF": ("1949-04-04,,1", "spring 1949,,1", "csvw.edtf", 2, "began", "spring 1949", "1949-21 (spring)"),
    "EDTF calendar": ("1949-04-04,,1", "1949-04-31,,1", "csvw.edtf", 2, "began", "1949-04-31", "EDTF"),
    "EDTF order": ("1949-04-04,,1", "1950/1949,,1", "csvw.edtf", 2, "began", "1950/1949", "EDTF"),
    "key": ("nato,USA,", "nato,USE,", "csvw.foreign-key", 2, "state", "USE", "did you mean USA?"),
    "key, far off": ("nato,USA,", "nato,XXX,", "csvw.foreign-key", 2, "state", "XXX", "a key of states.csv"),
    "key in a list": ("treaty;list", "treaty;lst", "csvw.foreign-key", 2, "source", "lst", "did you mean list?"),
    "empty item": ("treaty;list", "treaty;;list", "csvw.format", 2, "source", None, "a single ';'"),
    "code": (",member,1949-04-04,,1", ",membr,1949-04-04,,1", "vocab.unknown", 2, "role", "membr", "mean member?"),
    "code, far off": (
        "A,,member,1949-04-04,,1",
        "A,,x,1949-04-04,,1",
        "vocab.unknown",
        2,
        "role",
        "x",
        "one of member",
    ),
}


@pytest.mark.parametrize("case", CELLS)
def test_a_wrong_cell(data: Path, case: str) -> None:
    old, new, rule, row, column, value, fix = CELLS[case]
    change(data / "memberships.csv", old, new)
    found = only(data)
    assert (found.rule, found.cell, found.value) == (rule, Cell("memberships.csv", row, column), value)
    assert found.severity is Severity.VIOLATION
    assert not found.malformed
    assert found.message.endswith((".", "?"))
    assert fix in (found.fix or "")


def test_a_wrong_format(data: Path) -> None:
    change(data / "states.csv", "TUR", "tur")
    found = only(data)
    assert (found.rule, found.cell) == ("csvw.format", Cell("states.csv", 4, "state"))
    assert "[A-Z]{3}" in (found.fix or "")


def test_a_wrong_url(data: Path) -> None:
    change(data / "sources.csv", "a=1&b", "a=1 b")
    assert (only(data).rule, only(data).cell) == ("csvw.datatype", Cell("sources.csv", 2, "url"))


def test_an_unknown_code_in_a_list(data: Path) -> None:
    change(data / "organisations.csv", "alliance;", "aliance;")
    found = only(data)
    assert (found.rule, found.value, found.fix) == ("vocab.unknown", "aliance", "did you mean alliance?")


def test_codes_are_not_checked_without_concepts(data: Path) -> None:
    change(data / "organisations.csv", "alliance;", "aliance;")
    assert read_tables(data).ok


def test_a_vocabulary_that_does_not_exist(data: Path) -> None:
    change(data / "organisations.csv-metadata.json", "vocab/organisation-kind/", "vocab/organisation-kinds/")
    found = only(data)
    assert (found.rule, found.fix) == ("csvw.metadata", "did you mean organisation-kind?")


def test_a_duplicate_key_names_the_first_row(data: Path) -> None:
    with (data / "memberships.csv").open("a") as file:
        file.write(ROW)
    found = only(data)
    assert (found.rule, found.cell) == ("csvw.primary-key", Cell("memberships.csv", 5, "organisation"))
    assert "row 2" in found.message


def test_empty_parts_of_a_key_are_equal(data: Path) -> None:
    with (data / "memberships.csv").open("a") as file:
        file.write("nato,,eu,member,2002~,,,,,list,2026-11-01\n")
    assert "row 4" in only(data).message  # Row 3 spans two lines; rows are counted, not lines.


def test_space_around_a_number_or_date_is_no_fault(data: Path) -> None:
    change(data / "memberships.csv", "04,,1,", "04,, 1 ,")
    assert findings(data) == []


def as_bytes(edit: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def change_file(path: Path) -> None:
        path.write_bytes(edit(path.read_bytes()))

    return change_file


STRUCTURE: dict[str, tuple[Callable[[Path], object], str, int | None, str | None, str]] = {
    "latin-1": (as_bytes(lambda b: b.replace("Türkiye".encode(), b"T\xfcrkiye")), "csvw.encoding", 4, None, "byte 72"),
    "a NUL": (as_bytes(lambda b: b.replace(b"France", b"Fra\0ce")), "csvw.encoding", 3, None, "NUL"),
    "an extra cell": (as_bytes(lambda b: b.replace(b"FRA,", b"FRA,x,")), "csvw.cells", 3, None, "4 cells"),
    "a missing cell": (as_bytes(lambda b: b.replace(b",treaty;list", b"")), "csvw.cells", 3, "source", "2 cells"),
    "a blank row": (as_bytes(lambda b: b.replace(b"FRA,", b"\nFRA,")), "csvw.cells", 3, None, "blank"),
    "an open quote": (as_bytes(lambda b: b.replace(b"France", b'"France')), "csvw.cells", 3, None, "cannot be read"),
    "a renamed column": (as_bytes(lambda b: b.replace(b"e,name", b"e,nam")), "csvw.header", 1, "nam", "do not name"),
    "a missing column": (as_bytes(lambda b: b.replace(b"name,", b"").replace(b"United States,", b"")
                                  .replace(b"France,", b"").replace("Türkiye,".encode(), b"")),
                         "csvw.header", 1, "name", "missing"),
    "another order": (as_bytes(lambda b: b.replace(b"state,name", b"name,state")), "csvw.header", 1, None, "order"),
    "no bytes": (as_bytes(lambda _: b""), "csvw.empty-file", None, None, "empty"),
    "only space": (as_bytes(lambda _: b"\n \n"), "csvw.empty-file", None, None, "empty"),
    "no file": (Path.unlink, "csvw.missing-file", None, None, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("case", STRUCTURE)
def test_a_malformed_file_says_where_and_hides_nothing(data: Path, case: str) -> None:
    edit, rule, row, column, words = STRUCTURE[case]
    edit(data / "states.csv")
    change(data / "memberships.csv", "22.10", "much")
    found = findings(data)
    broken = [finding for finding in found if finding.cell and finding.cell.file == "states.csv"]
    assert {finding.rule for finding in broken} == {rule}
    assert broken[0].cell == Cell("states.csv", row, column)
    assert words in broken[0].message
    assert all(finding.malformed for finding in broken)
    # What other files say is still found, and references to the broken one are not held against them.
    assert [finding.rule for finding in found if finding not in broken] == ["csvw.datatype"]


def test_what_only_looks_odd_is_read(data: Path) -> None:
    """CRLF, a BOM, no last line end, a blank line in quotes: all that is CSV."""
    path = data / "states.csv"
    text = path.read_text(encoding="utf-8").replace("France", '"Fra\n\nnce"').rstrip()
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    tables = read_tables(data)
    assert tables.findings == []
    found = tables.connection.execute("SELECT name, _row FROM states").fetchall()
    assert found == [("United States", 2), ("Fra\r\n\r\nnce", 3), ("Türkiye", 4)]


# A bare CR is left out: the csv module of some Pythons does not quote it.
TEXT = st.text(alphabet=st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(names=st.lists(TEXT, min_size=1, max_size=6), end=st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_as_it_was_written(names: list[str], end: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(shutil.copytree(VALID, Path(folder) / "data"))
        with (data / "organisations.csv").open("w", encoding="utf-8", newline="") as file:
            rows = [[f"org-{place}", name, "", "list"] for place, name in enumerate(names)]
            csv.writer(file, lineterminator=end).writerows([["organisation", "name", "kind", "source"], *rows])
        tables = read_tables(data)
        found = tables.connection.execute("SELECT name, _row FROM organisations ORDER BY _row").fetchall()
    assert found == [(name, place) for place, name in enumerate(names, 2)]


METADATA: dict[str, tuple[Callable[[str], str | None], str, bool]] = {
    "not JSON": (lambda _: "{", "not JSON", True),
    "not an object": (lambda _: "[]", "not a JSON object", True),
    "not UTF-8": (lambda _: None, "not UTF-8", True),
    "no context": (lambda text: text.replace("@context", "context"), "@context must be", True),
    "no url": (lambda text: text.replace('"url": "states.csv",', ""), "'tables' or 'url'", True),
    "a key that leads nowhere": (lambda text: text.replace("sources.csv", "source.csv"), "which is not there", True),
    "a key that leads to no column": (lambda text: text.replace('"id"', '"key"'), "columns that are not there", True),
    "an open brace": (lambda text: text.replace("state/{state}", "state/{state"), "not a URI template", True),
    "an unknown property": (lambda text: text.replace('"lang"', '"language"'), "not a property of a Column", False),
    "an unknown variable": (lambda text: text.replace("state/{state}", "state/{stat}"), "no column", False),
    "a bad regular expression": (lambda text: text.replace("[A-Z]{3}", "[A-Z"), "not a regular expression", False),
}  # fmt: skip


@pytest.mark.parametrize("case", METADATA)
def test_wrong_metadata(data: Path, case: str) -> None:
    edit, words, malformed = METADATA[case]
    path = data / "states.csv-metadata.json"
    text = edit(path.read_text(encoding="utf-8"))
    path.write_bytes(b"\xff" if text is None else text.encode())
    change(data / "organisations.csv", "nato,NATO", "nato,")
    found = [finding for finding in findings(data) if finding.rule == "csvw.metadata"]
    assert found[0].cell == Cell("states.csv-metadata.json")
    assert words in found[0].message
    assert found[0].malformed is malformed
    assert "csvw.required" in {finding.rule for finding in findings(data)}


def test_a_table_without_metadata_is_mentioned(data: Path) -> None:
    (data / "extra.csv").write_text("a\n1\n")
    found = only(data)
    assert (found.rule, found.severity, found.cell) == ("csvw.metadata", Severity.WARNING, Cell("extra.csv"))
    assert read_tables(data).ok


def test_a_folder_without_tables_is_malformed(tmp_path: Path) -> None:
    found = only(tmp_path / "nowhere")
    assert (found.rule, found.malformed) == ("csvw.missing-file", True)


# --- datasets


def adapted(tmp_path: Path, table: str, text: str) -> AdaptedDataset:
    folder = tmp_path / "adapted"
    folder.mkdir()
    (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    return AdaptedDataset("dcad", "DCAD-v1.0-main.csv", folder)


def read_with(data: Path, dataset: AdaptedDataset) -> Tables:
    return read_tables(data, concepts=CONCEPTS, datasets=[dataset])


def test_rows_of_a_dataset_keep_their_origin(data: Path, tmp_path: Path) -> None:
    dataset = adapted(tmp_path, "states", "state,name,source,origin_row\nDEU,Germany,list,17\n")
    tables = read_with(data, dataset)
    assert tables.findings == []
    assert tables["states"].rows == 4
    found = tables.connection.execute("SELECT _origin, _row FROM states WHERE state = 'DEU'").fetchall()
    assert found == [("dcad/DCAD-v1.0-main.csv", 17)]


def test_findings_in_a_dataset_name_the_published_file(data: Path, tmp_path: Path) -> None:
    dataset = adapted(tmp_path, "states", "state,name,source,origin_row\nDEU,,nowhere,17\n")
    places = {(finding.rule, str(finding.cell)) for finding in read_with(data, dataset).findings}
    assert places == {
        ("csvw.required", "DCAD-v1.0-main.csv, row 17, column name"),
        ("csvw.foreign-key", "DCAD-v1.0-main.csv, row 17, column source"),
    }


def test_two_sources_may_state_the_same_key(data: Path, tmp_path: Path) -> None:
    dataset = adapted(tmp_path, "states", "state,name,source,origin_row\nUSA,United States,list,17\n")
    assert read_with(data, dataset).ok


def test_one_source_may_not_state_a_key_twice(data: Path, tmp_path: Path) -> None:
    rows = "DEU,Germany,list,17\nDEU,Germany,list,19\n"
    found = read_with(data, adapted(tmp_path, "states", "state,name,source,origin_row\n" + rows)).findings
    assert [(finding.rule, str(finding.cell)) for finding in found] == [
        ("csvw.primary-key", "DCAD-v1.0-main.csv, row 19, column state")
    ]


def test_a_dataset_without_row_numbers_is_malformed(data: Path, tmp_path: Path) -> None:
    dataset = adapted(tmp_path, "states", "state,name,source,origin_row\nDEU,Germany,list,\n")
    (found,) = read_with(data, dataset).findings
    assert (found.rule, found.malformed, found.cell) == (
        "csvw.cells",
        True,
        Cell("DCAD-v1.0-main.csv", 2, "origin_row"),
    )


def test_a_dataset_table_that_the_data_do_not_have(data: Path, tmp_path: Path) -> None:
    (found,) = read_with(data, adapted(tmp_path, "planets", "planet,origin_row\nmars,1\n")).findings
    assert (found.rule, "planets" in found.message) == ("csvw.metadata", True)


# --- what the engine may do


def test_the_database_reaches_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    connection = read_tables(VALID).connection
    for statement in (
        f"SELECT * FROM read_csv('{tmp_path}/secret.csv')",
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(statement)


HOSTILE = "x'; DROP TABLE states; --"


def test_text_in_metadata_cannot_become_sql(data: Path) -> None:
    path = data / "states.csv-metadata.json"
    change(path, '"[A-Z]{3}"', f'"[A-Z]{{3}}|{HOSTILE}"')
    change(path, '"titles": "name"', f'"titles": "name", "default": "{HOSTILE}", "null": ["", "{HOSTILE}"]')
    change(path, '"separator": ";"', '"separator": "\'"')
    change(data / "states.csv", "treaty;list", "treaty'list")
    tables = read_tables(data, concepts={**CONCEPTS, HOSTILE: {HOSTILE}, "organisation-kind": {HOSTILE}})
    assert {finding.rule for finding in tables.findings} == {"vocab.unknown"}
    assert tables["states"].rows == 3


def test_importing_tables_does_not_import_duckdb() -> None:
    code = "import sys, milidip_kg.tables, milidip_kg.map; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
