"""Mapping tables to N-Quads: what each kind of column gives, and the same bytes every time."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milidip_kg.csvw import mapping, sql, template
from milidip_kg.map import MapReport, map_tables
from milidip_kg.namespaces import DATA, EDTF, GRAPH, ID, NS, PROV_DERIVED, VOCAB, XSD
from milidip_kg.tables import AdaptedDataset, read_tables

VALID = Path(__file__).parent / "fixtures/tables/valid"
USA = ID + "membership/nato/USA/1949-04-04"
FRA = ID + "membership/nato/FRA/1949-04-04%2F.."
EU = ID + "membership/nato/eu/2002~"
KIND = VOCAB + "organisation-kind/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"


Quads = frozenset[ox.Quad]


def mapped(data: Path, out: Path, datasets: tuple[AdaptedDataset, ...] = ()) -> tuple[Quads, MapReport]:
    """The quads as they are written; a store would change some datatypes."""
    tables = read_tables(data, datasets=datasets)
    assert tables.ok, tables.findings
    report = map_tables(tables, out)
    return frozenset(ox.parse(path=str(out), format=ox.RdfFormat.N_QUADS)), report


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Quads:
    return mapped(VALID, tmp_path_factory.mktemp("map") / "out.nq")[0]


def objects(graph: Quads, subject: str, predicate: str) -> set[str]:
    return {str(quad.object) for quad in graph if (quad.subject, quad.predicate) == (node(subject), node(predicate))}


def node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def typed(value: str, datatype: str) -> str:
    return f'"{value}"^^<{datatype}>'


def test_the_report_counts(tmp_path: Path) -> None:
    store, report = mapped(VALID, tmp_path / "out.nq")
    assert (report.rows, report.quads) == (10, len(store))
    assert [(name, table.rows) for name, table in report.tables.items()] == [
        ("memberships", 3),
        ("organisations", 2),
        ("sources", 2),
        ("states", 3),
    ]
    assert sum(table.quads for table in report.tables.values()) == report.quads
    assert report.seconds > 0


WANTED: list[tuple[str, str, set[str]]] = [
    (USA, NS + "inOrganisation", {f"<{ID}organisation/nato>"}),
    # The actor is a state in one row and an organisation in another; an empty cell gives nothing.
    (USA, NS + "hasActor", {f"<{ID}state/USA>"}),
    (EU, NS + "hasActor", {f"<{ID}organisation/eu>"}),
    (USA, NS + "hasRole", {f"<{VOCAB}membership-role/member>"}),
    # A list gives one IRI an item.
    (USA, DCTERMS + "source", {f"<{ID}source/treaty>", f"<{ID}source/list>"}),
    (ID + "organisation/nato", NS + "hasKind", {f"<{KIND}alliance>", f"<{KIND}international-organisation>"}),
    (ID + "organisation/eu", NS + "hasKind", set()),
    # Numbers are canonical, texts have their language and are escaped.
    (USA, NS + "share", {typed("22.1", XSD + "decimal")}),
    (EU, NS + "share", {typed("0.5", XSD + "decimal")}),
    (FRA, NS + "seats", {typed("7", XSD + "nonNegativeInteger")}),
    (USA, NS + "checkedOn", {typed("2026-11-01", XSD + "date")}),
    (FRA, SKOS + "note", {'"line one\\nline \\"two\\", with \\\\ and \\ttab"@en'}),
    (ID + "state/TUR", "http://www.w3.org/2000/01/rdf-schema#label", {'"Türkiye"@en'}),
    (ID + "source/treaty", "http://www.w3.org/2000/01/rdf-schema#seeAlso", {"<https://example.org/treaty?a=1&b=%20c#x>"}),
    # EDTF dates keep what is written and gain the days that bound them.
    (USA, NS + "began", {typed("1949-04-04", EDTF)}),
    (USA, NS + "beganEarliest", {typed("1949-04-04", XSD + "date")}),
    (FRA, NS + "began", {typed("1949-04-04/..", EDTF)}),
    (FRA, NS + "beganEarliest", {typed("1949-04-04", XSD + "date")}),
    (FRA, NS + "beganLatest", set()),
    (EU, NS + "beganEarliest", {typed("2002-01-01", XSD + "date")}),
    (EU, NS + "endedLatest", {typed("2099-12-31", XSD + "date")}),
    (USA, NS + "ended", set()),
    (USA, NS + "endedLatest", set()),
    # Virtual columns, and those with a subject of their own.
    (USA, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", {f"<{NS}Membership>"}),
    (GRAPH + "treaty", DCTERMS + "source", {f"<{ID}source/treaty>"}),
    # Every subject of a row leads back to it.
    (EU, PROV_DERIVED, {f"<{DATA}memberships.csv#row=4>"}),
    (GRAPH + "treaty", PROV_DERIVED, {f"<{DATA}sources.csv#row=2>"}),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "predicate", "wanted"), WANTED)
def test_what_a_column_gives(graph: Quads, subject: str, predicate: str, wanted: set[str]) -> None:
    assert objects(graph, subject, predicate) == wanted


def test_the_key_itself_is_suppressed(graph: Quads) -> None:
    assert not [quad for quad in graph if quad.predicate == node(DATA + "states.csv#state")]


def test_a_row_is_in_the_graph_of_its_first_source(graph: Quads) -> None:
    def graphs(subject: str) -> set[str]:
        return {str(quad.graph_name) for quad in graph if quad.subject == node(subject)}

    assert graphs(USA) == {f"<{GRAPH}treaty>"}
    assert graphs(EU) == {f"<{GRAPH}list>"}
    assert graphs(ID + "source/list") == {f"<{GRAPH}catalogue>"}


def test_rows_of_a_dataset_lead_to_the_published_file(tmp_path: Path) -> None:
    folder = tmp_path / "adapted"
    folder.mkdir()
    (folder / "states.csv").write_text("state,name,source,origin_row\nDEU,Germany,list,17\n")
    dataset = AdaptedDataset("dcad", "DCAD v1.csv", folder)
    store, _ = mapped(VALID, tmp_path / "out.nq", (dataset,))
    assert objects(store, ID + "state/DEU", PROV_DERIVED) == {f"<{DATA}dcad/DCAD%20v1.csv#row=17>"}


def test_no_blank_lines_and_no_blank_nodes(tmp_path: Path) -> None:
    mapped(VALID, tmp_path / "out.nq")
    lines = (tmp_path / "out.nq").read_text(encoding="utf-8").splitlines()
    assert all(line.startswith("<") and line.endswith(" .") and "_:" not in line for line in lines)


def test_an_empty_table_gives_nothing(tmp_path: Path) -> None:
    data = shutil.copytree(VALID, tmp_path / "data")
    for name in ("memberships", "organisations", "states", "sources"):
        path = data / f"{name}.csv"
        path.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    _, report = mapped(data, tmp_path / "out.nq")
    assert (report.rows, report.quads) == (0, 0)
    assert (tmp_path / "out.nq").read_bytes() == b""


def many_states(folder: Path, number: int) -> Path:
    """So many rows that both threads have work."""
    data = shutil.copytree(VALID, folder / "data")
    draw = random.Random(1)
    letters = [chr(65 + n) for n in range(26)]
    (data / "states.csv-metadata.json").write_text(
        (data / "states.csv-metadata.json").read_text(encoding="utf-8").replace("[A-Z]{3}", "[A-Z0-9]+")
    )
    with (data / "states.csv").open("a", encoding="utf-8") as file:
        for place in range(number):
            file.write(f"{''.join(draw.choices(letters, k=4))}{place},State {place},treaty;list\n")
    return data


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    data = many_states(tmp_path, 300_000)
    outputs = set()
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.nq"
        code = (
            "import sys; from pathlib import Path; from milidip_kg.tables import read_tables;"
            "from milidip_kg.map import map_tables;"
            "map_tables(read_tables(Path(sys.argv[1])), Path(sys.argv[2]))"
        )
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(data), str(out)], check=True, env=environment)
        outputs.add(out.read_bytes())
    assert len(outputs) == 1
    (text,) = outputs
    rows = [line for line in text.splitlines() if b"wasDerivedFrom" in line and b"/states.csv" in line]
    numbers = [int(line.split(b"#row=")[1].split(b">")[0]) for line in rows]
    assert numbers == sorted(numbers)


def test_a_failed_run_leaves_no_file(tmp_path: Path) -> None:
    tables = read_tables(VALID)
    tables.connection.execute("DROP TABLE states")
    with pytest.raises(duckdb.Error):
        map_tables(tables, tmp_path / "out.nq")
    assert list(tmp_path.iterdir()) == []


HOSTILE = """x'||(SELECT 1)||'\\"><b> . \n"""


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    data = shutil.copytree(VALID, tmp_path / "data")
    path = data / "states.csv-metadata.json"
    metadata = json.loads(path.read_text(encoding="utf-8"))
    columns = metadata["tableSchema"]["columns"]
    columns[1]["propertyUrl"] = f"https://example.org/{HOSTILE}"
    columns[3]["valueUrl"] = f"https://example.org/type/{HOSTILE}"
    path.write_text(json.dumps(metadata), encoding="utf-8")
    with (data / "states.csv").open("a", encoding="utf-8") as file:
        file.write('ABC,"' + HOSTILE.replace('"', '""') + '",list\n')
    store, _ = mapped(data, tmp_path / "out.nq")
    found = [quad for quad in store if isinstance(quad.object, ox.Literal) and quad.object.value == HOSTILE]
    assert len(found) == 1
    assert str(found[0].predicate) == "<https://example.org/x'%7C%7C(SELECT%201)%7C%7C'%5C%22%3E%3Cb%3E%20.%20%0A>"


# --- properties


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    query = f"SELECT {mapping.escape(sql.literal(text))}"
    (escaped,) = duckdb.execute(query).fetchone() or ("",)
    (quad,) = ox.parse(f'<x:s> <x:p> "{escaped}" .'.encode(), format=ox.RdfFormat.N_TRIPLES)
    assert isinstance(quad.object, ox.Literal)
    assert quad.object.value == text


TEMPLATES = {
    "{a}": "b%20c%2Fd%C3%A9",
    "{+a}": "b%20c/d%C3%A9",
    "x{#a}": "x#b%20c/d%C3%A9",
    "x{/a,b}": "x/b%20c%2Fd%C3%A9/2",
    "x{.b}": "x.2",
    "x{;b,e}": "x;b=2;e",
    "x{?b,e,n}": "x?b=2&e=",
    "x?y=1{&b}": "x?y=1&b=2",
    "{a:3}": "b%20c",
    "{n}": "",
    "x{/n}": "x",
    "x{?n}": "x",
    "{b,n,b}": "2,2",
    "{missing}{b}": "2",
    "{+p}": "100%25%20%20",
}


@pytest.mark.parametrize("text", TEMPLATES)
def test_uri_templates(text: str) -> None:
    values = {"a": "'b c/dé'", "b": "'2'", "e": "''", "n": "NULL::VARCHAR", "p": "'100% %20'"}
    expanded = sql.concat(["''", *template.compile_parts(template.parse(text), values.get)])
    assert duckdb.execute(f"SELECT {expanded}").fetchone() == (TEMPLATES[text],)
    plain = {"a": "b c/dé", "b": "2", "e": "", "p": "100% %20"}
    assert template.fill(template.parse(text), plain) == TEMPLATES[text]
