"""Exports: every format is read back by other parsers as the same graph; the same input gives the same bytes."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, RdfFormat, Store, parse

from milidip_kg import KnowledgeGraph
from milidip_kg.build import Build
from milidip_kg.errors import UsageError
from milidip_kg.export import FORMATS, export_files
from milidip_kg.namespaces import GRAPH_ONTOLOGY

RAPPER = {"ttl": "turtle", "nt": "ntriples", "nq": "nquads", "rdf": "rdfxml", "trig": "trig"}
TWICE = """
import sys
from pathlib import Path
from milidip_kg import KnowledgeGraph
from milidip_kg.export import FORMATS, export_files
export_files(KnowledgeGraph.build().store, Path(sys.argv[1]) / "milidip", list(FORMATS))
"""


@pytest.fixture(scope="module")
def files(curated: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    export_files(curated.store, folder / "milidip", list(FORMATS))
    return folder


def union(store: Store) -> set[str]:
    return {str(quad.triple) for quad in store}


@pytest.mark.parametrize("name", FORMATS)
def test_pyoxigraph_reads_each_format_back_as_the_same_statements(files: Path, curated: Build, name: str) -> None:
    form = FORMATS[name]
    back = Store()
    back.extend(parse(path=str(files / f"milidip.{name}"), format=form.rdf))

    def known(store: Store) -> set[str]:
        return {str(q if form.holds_graphs else q.triple) for q in store if "_:" not in str(q.triple)}

    assert known(back) == known(curated.store)
    assert len(union(back)) == len(union(curated.store))


@pytest.mark.parametrize("name", RAPPER)
def test_raptor_reads_each_format(files: Path, curated: Build, name: str) -> None:
    rapper = shutil.which("rapper")
    if rapper is None:
        assert not os.environ.get("CI"), "CI installs raptor2-utils"
        pytest.skip("needs rapper (Debian package raptor2-utils)")
    command = [rapper, "-q", "-c", "-i", RAPPER[name], str(files / f"milidip.{name}")]
    done = subprocess.run(command[:1] + command[2:], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = re.search(r"returned (\d+) (?:triples|statements)", done.stderr)
    assert found, done.stderr
    statements = len(curated.store) if FORMATS[name].holds_graphs else len(union(curated.store))
    assert int(found[1]) == statements


def test_two_builds_with_different_hash_seeds_give_the_same_bytes(files: Path, tmp_path: Path) -> None:
    digests = [{path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files.iterdir()}]
    for seed in ("1", "4242"):
        folder = tmp_path / seed
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", TWICE, str(folder)], check=True, env=environment)
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()})
    assert digests[0] == digests[1] == digests[2]
    assert len(digests[0]) == len(FORMATS)


def test_what_a_killed_export_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / ".export-dead").mkdir()
    (tmp_path / ".export-dead" / "ttl").write_bytes(b"half")
    assert export_files(Store(), tmp_path / "milidip", ["ttl", "nq"]) == [
        tmp_path / "milidip.ttl",
        tmp_path / "milidip.nq",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["milidip.nq", "milidip.ttl"]


def test_an_export_that_fails_leaves_the_last_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "milidip.ttl").write_text("the last one")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-such-python"))
    with pytest.raises(OSError, match="no-such-python"):
        export_files(Store(), tmp_path / "milidip", ["ttl", "nq"])
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("milidip.ttl", "the last one")]


def test_no_data_graph_holds_a_blank_node(curated: Build) -> None:
    with_blank = {
        quad.graph_name
        for quad in curated.store
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode)
    }
    assert with_blank <= {NamedNode(GRAPH_ONTOLOGY)}
    assert not list(curated.store.quads_for_pattern(None, None, None, DefaultGraph()))


def test_every_prefix_is_ours_to_choose(files: Path) -> None:
    assert not re.search(rb"@prefix ns\d+:", (files / "milidip.ttl").read_bytes())


def test_a_part_of_the_graph_is_just_that_part(kg: KnowledgeGraph, tmp_path: Path) -> None:
    path = tmp_path / "part.nq"
    written = kg.export(path, graphs=["catalogue"])
    back = Store()
    back.extend(parse(path=str(path), format=RdfFormat.N_QUADS))
    assert written == len(back) > 0
    assert {graph.value.rsplit("/", 1)[-1] for graph in back.named_graphs() if isinstance(graph, NamedNode)} == {
        "catalogue"
    }
    with pytest.raises(UsageError, match="Did you mean catalogue"):
        kg.export(path, graphs=["catalog"])
