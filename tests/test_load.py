"""The graph arrives whole on a remote server, whatever interrupts the way: a real Virtuoso takes it, by both protocols."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import virtuoso
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, Store

from milidip_kg.errors import InputError, LimitError, UsageError
from milidip_kg.graph import KnowledgeGraph
from milidip_kg.load import Server, load
from milidip_kg.remote import Account, ask

A, B = NamedNode("http://example.org/graph/a"), NamedNode("http://example.org/graph/b")
P = NamedNode("http://example.org/p")


def sample(size: int, word: str = "x") -> Store:
    """A store of two graphs with what can go wrong on the way: quotes, line ends, other letters, blank nodes."""
    store = Store()
    for number in range(size):
        text = f'{word} {number} "quoted" \\ \n Türkiye > _:b {chr(0x1F6A2)}'
        store.add(Quad(NamedNode(f"http://example.org/{number}"), P, Literal(text, language="en"), A))
    store.add(Quad(BlankNode("one"), P, BlankNode("two"), B))
    store.add(Quad(BlankNode("two"), P, Literal(7), B))
    return store


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtuoso.Virtuoso]:
    if not virtuoso.available():
        if os.environ.get("CI"):
            pytest.fail("Debian's virtuoso-opensource must be there in CI")
        pytest.skip("needs Debian's virtuoso-opensource")
    with virtuoso.running(tmp_path_factory.mktemp("virtuoso")) as server:
        yield server


@pytest.fixture(params=["gsp", "update"])
def server(running: virtuoso.Virtuoso, request: pytest.FixtureRequest) -> Server:
    path = {"gsp": "sparql-graph-crud-auth", "update": "sparql-auth"}[request.param]
    return Server(running.sparql, running.sparql.removesuffix("sparql") + path, request.param, Account("dba", "dba"))


def there(server: Server, graph: NamedNode) -> list[str]:
    found = ask(server.endpoint, f"SELECT ?o WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }}")
    assert isinstance(found, QuerySolutions)
    return sorted(str(row["o"]) for row in found)


def test_the_statements_arrive_as_they_are_and_a_second_load_sends_nothing(server: Server, tmp_path: Path) -> None:
    store = sample(25)
    first = load(store, server, tmp_path / "journal", size=10)
    assert (first.graphs, first.statements, first.sent, first.done_before, first.differences) == (2, 27, 4, 0, {})
    assert there(server, A) == sorted(str(quad.object) for quad in store.quads_for_pattern(None, None, None, A))
    again = load(store, server, tmp_path / "journal", size=10)
    assert (again.sent, again.done_before, again.differences) == (0, 4, {})


def test_a_changed_graph_replaces_the_old_one(server: Server, tmp_path: Path) -> None:
    load(sample(25), server, tmp_path / "journal", size=10)
    done = load(sample(12, "other"), server, tmp_path / "journal", size=10)
    assert (done.sent, done.done_before, done.differences) == (2, 1, {})
    assert all("other" in text for text in there(server, A))


def test_a_lost_graph_is_found_by_its_count_and_sent_anew(
    server: Server, running: virtuoso.Virtuoso, tmp_path: Path
) -> None:
    load(sample(5), server, tmp_path / "journal")
    running.isql(f"SPARQL CLEAR GRAPH <{A.value}>;")
    assert load(sample(5), server, tmp_path / "journal").differences == {A.value: (5, 0)}
    mended = load(sample(5), server, tmp_path / "journal")
    assert (mended.sent, mended.done_before, mended.differences) == (1, 1, {})


def test_a_wrong_password_is_refused(server: Server, tmp_path: Path) -> None:
    wrong = Server(server.endpoint, server.write_to, server.protocol, Account("dba", "secret-word"))
    with pytest.raises(InputError, match="HTTP 401") as caught:
        load(sample(1), wrong, tmp_path / "journal")
    assert "secret-word" not in str(caught.value) + repr(wrong)


def test_a_kill_at_any_moment_lets_the_next_load_go_on(running: virtuoso.Virtuoso, tmp_path: Path) -> None:
    KnowledgeGraph(sample(600)).save(tmp_path / "store")
    base = running.sparql.removesuffix("sparql")
    words = ["load", "--endpoint", running.sparql, "--write-to", base + "sparql-graph-crud-auth", "--user", "dba"]
    words += ["--chunk", "10", "--store", str(tmp_path / "store")]
    environment = {**os.environ, "MILIDIP_PASSWORD": virtuoso.PASSWORD}
    command = [sys.executable, "-m", "milidip_kg", *words]
    sent: list[int] = []
    while len(sent) < 3:
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 20
            while arrived(tmp_path) < sum(sent) + 5 and time.monotonic() < deadline:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
        sent.append(arrived(tmp_path) - sum(sent))
    (journal,) = tmp_path.glob("load-*.json")
    with journal.open("a") as torn:
        torn.write('["http://exam')
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    report = dict(line.rsplit(maxsplit=1) for line in done.stdout.splitlines()[2:])
    assert report["statements"] == "602"
    assert int(report["chunks sent before"]) == sum(sent) >= 15
    assert int(report["chunks sent"]) == 61 - sum(sent)


def arrived(folder: Path) -> int:
    """How many chunks the journal holds."""
    import json

    counts: dict[str, int] = {}
    for journal in folder.glob("load-*.json"):
        for line in journal.read_text("utf-8").split("\n")[1:-1]:
            graph, _, chunks = json.loads(line)
            counts[graph] = chunks
    return sum(counts.values())


def test_too_large_an_update_and_a_foreign_journal_are_named(running: virtuoso.Virtuoso, tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("no journal\n")
    address = running.sparql.removesuffix("sparql") + "sparql-auth"
    server = Server(address, address, "update", Account("dba", "dba"))
    with pytest.raises(InputError, match="not the journal"):
        load(sample(1), server, tmp_path / "journal")
    with pytest.raises((UsageError, LimitError), match="HTTP 400"):
        load(sample(20000), server, tmp_path / "other", size=20001)


def test_the_password_comes_from_the_environment_only(tmp_path: Path) -> None:
    KnowledgeGraph(sample(1)).save(tmp_path / "store")
    command = [sys.executable, "-m", "milidip_kg", "load", "--endpoint", "http://127.0.0.1:9/", "--user", "dba"]
    command += ["--store", str(tmp_path / "store")]
    environment = {name: text for name, text in os.environ.items() if name != "MILIDIP_PASSWORD"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "MILIDIP_PASSWORD is empty" in done.stderr
    done = subprocess.run(
        command, env={**environment, "MILIDIP_PASSWORD": "x"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "cannot be reached" in done.stderr


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(UsageError, match="no protocol 'ftp'"):
        Server("http://127.0.0.1:9/", "http://127.0.0.1:9/", "ftp")
