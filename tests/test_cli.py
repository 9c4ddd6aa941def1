"""The command line as a process: exit status, streams, formats, messages."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from milidip_kg.build import Build
from milidip_kg.graph import KnowledgeGraph


@pytest.fixture(scope="module")
def store(curated: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("cli") / "store"
    KnowledgeGraph(curated.store).save(directory)
    return directory


def milidip(*words: str, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "milidip_kg", *words]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120"}
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, cwd=cwd, env=environment)


COMMANDS = (
    "build",
    "central-states",
    "connect",
    "docs",
    "explain",
    "export",
    "load",
    "panel",
    "queries",
    "query",
    "reason",
    "reconcile",
    "resolve",
    "source",
    "validate",
)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_each_command_shows_an_example(name: str) -> None:
    done = milidip(name, "--help")
    assert done.returncode == 0
    assert f"Example: milidip {name}" in done.stdout


def test_the_help_imports_no_engine() -> None:
    code = "import sys, milidip_kg.cli; print([m for m in ('duckdb', 'networkx', 'pyoxigraph', 'rdflib', 'owlready2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_canned_query_goes_to_stdout_as_csv(store: Path) -> None:
    words = ("--param", "organisation=nato", "--param", "date=1999-03-12", "--format", "csv", "--store", str(store))
    done = milidip("query", "organisation-members", *words)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 19
    assert rows[0].keys() == {"member", "name", "since", "until", "held"}


@pytest.mark.parametrize("form", ["table", "csv", "tsv", "json", "markdown"])
def test_each_answer_format_has_each_row(store: Path, form: str) -> None:
    words = ("--param", "organisation=nato", "--param", "date=1949-08-24", "--format", form, "--store", str(store))
    done = milidip("query", "organisation-members", *words)
    assert done.returncode == 0, done.stderr
    if form == "json":
        assert len(json.loads(done.stdout)["results"]["bindings"]) == 12
    else:
        assert done.stdout.count("Belgium") == 1
        heading = 2 if form in ("table", "markdown") else 1
        assert len(done.stdout.splitlines()) == 12 + heading


def test_a_query_comes_from_a_file_or_stdin(store: Path, tmp_path: Path) -> None:
    text = "SELECT (COUNT(*) AS ?n) WHERE { ?s a <https://w3id.org/milidip/ns/State> }"
    path = tmp_path / "mine.rq"
    path.write_text(text)
    from_file = milidip("query", str(path), "--store", str(store), "--format", "csv")
    from_stdin = milidip("query", "-", "--store", str(store), "--format", "csv", stdin=text)
    assert from_file.stdout == from_stdin.stdout
    assert int(from_file.stdout.split()[1]) > 200


def test_ask_and_construct_have_their_forms(store: Path) -> None:
    asked = milidip("query", "-", "--store", str(store), stdin="ASK { ?s ?p ?o }")
    assert asked.stdout == "yes\n"
    built = milidip("query", "-", "--store", str(store), stdin="CONSTRUCT { ?s a ?c } WHERE { ?s a ?c } LIMIT 3")
    assert built.returncode == 0
    assert "@prefix" in built.stdout


@pytest.mark.parametrize(
    ("words", "stdin", "status", "says"),
    [
        (["query", "organisation-membrs"], "", 2, "Did you mean organisation-members"),
        (["query", "organisation-members", "--param", "date=yesterday"], "", 2, "YYYY-MM-DD"),
        (["query", "organisation-members", "--param", "date"], "", 2, "NAME=VALUE"),
        (["query", "organisation-members", "-p", "date=1999-01-01", "-p", "date=1999-01-01"], "", 2, "twice"),
        (["query", "organisation-members", "--format", "cvs"], "", 2, "Did you mean csv"),
        (["query", "-"], "SELECT nonsense", 2, "not SPARQL"),
        (["query", "-"], "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", 2, "SERVICE is refused"),
        (["query", "missing.rq"], "", 3, "missing.rq"),
        (
            ["query", "-", "--timeout", "0.3"],
            "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
            4,
            "was given up",
        ),
        (["export", "--format", "turtel"], "", 2, "ttl"),
        (["export", "--graph", "nowhere"], "", 2, "no named graph"),
        (["nonsense"], "", 2, "nonsense"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_how_it_ended(
    store: Path, words: list[str], stdin: str, status: int, says: str
) -> None:
    named = [*words, "--store", str(store)] if words[0] in ("query", "export") else words
    start = time.perf_counter()
    done = milidip(*named, stdin=stdin)
    assert done.returncode == status, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert time.perf_counter() - start < 20


def test_without_a_graph_it_says_how_to_build_one(tmp_path: Path) -> None:
    done = milidip("query", "organisation-members", cwd=tmp_path)
    assert done.returncode == 3
    assert "milidip build" in done.stderr


def test_export_is_the_same_on_stdout_and_in_a_file(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "catalogue.ttl"
    to_file = milidip("export", "--graph", "catalogue", "-o", str(path), "--store", str(store))
    assert to_file.returncode == 0, to_file.stderr
    assert milidip("export", "--graph", "catalogue", "--store", str(store)).stdout == path.read_text("utf-8")


def test_queries_lists_and_shows() -> None:
    listed = milidip("queries")
    assert listed.returncode == 0
    assert "organisation-members" in listed.stdout
    shown = milidip("queries", "show", "organisation-members")
    assert "SELECT ?member" in shown.stdout
    assert "Who belonged" in shown.stdout
    assert milidip("queries", "show", "organisation-memers").returncode == 2


def test_resolve_answers_or_refuses_to_guess() -> None:
    found = milidip("resolve", "255", "--system", "cow", "--date", "1995-01-01")
    assert found.returncode == 0, found.stderr
    assert "DEU" in found.stdout
    refused = milidip("resolve", "Ruritania")
    assert refused.returncode == 1
    assert milidip("resolve", "DEU", "--date", "1.1.1995").returncode == 2


def test_sources_are_listed_and_shown() -> None:
    assert "dcad" in milidip("source").stdout
    assert "Kinne" in milidip("source", "show", "dcad").stdout
    assert milidip("source", "show", "dkad").returncode == 2


def test_a_closed_pipe_ends_quietly(store: Path) -> None:
    command = f"{sys.executable} -m milidip_kg export --format nq --store {store} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_reason_explains_a_planted_mistake(tmp_path: Path) -> None:
    from milidip_kg import classify

    try:
        classify.find_java("pellet")
    except classify.JavaMissingError as missing:
        pytest.skip(str(missing))
    path = tmp_path / "planted.ttl"
    path.write_text(
        "@prefix mdp: <https://w3id.org/milidip/ns/> . <https://w3id.org/milidip/id/state/FRA> a mdp:State , mdp:Operation ."
    )
    done = milidip("reason", "--dl", str(path))
    assert done.returncode == 1
    assert done.stdout.startswith("Inconsistent, says pellet.")
    assert "- FRA is of the class 'operation'." in done.stdout
    assert milidip("reason", "--dl", str(tmp_path / "none.ttl")).returncode == 3
    assert milidip("reason", str(path)).returncode == 2
