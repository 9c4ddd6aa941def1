"""The rules of the ontology, run over ontologies of others: they find what is there, and never crash."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from conftest import shared
from milidip_kg import ontology
from milidip_kg.errors import InputError
from milidip_kg.findings import Finding, Severity
from milidip_kg.validate import check_outside

CHECKS = ontology.ontology_dir() / "checks"

#: Ontology -> how often each rule is broken in it.
FOUND = {
    "bfo-core.ttl": {
        # BFO has numbers for names, elucidations for definitions, and no source or owner at each term.
        "definition-circular": 36,
        "definition-form": 76,
        "definition-source": 76,
        "domain-range": 21,
        "genus": 35,
        "header": 5,
        "is-defined-by": 76,
        "missing-disjointness": 3,
        "naming": 76,
        "no-comment": 1,
        "one-version": 1,
        "orphan": 1,
        "property-label-verb": 17,
        "undeclared-term": 8,
    },
    "prov-o.ttl": {
        "annotation-whitespace": 15,
        "blank-node": 44,
        "definition": 95,
        "definition-source": 95,
        "dl-annotation-axiom": 3,
        "dl-property-kind": 2,
        "dl-punning": 1,
        "dl-reserved-vocabulary": 6,
        "domain-range": 8,
        "header": 7,
        "is-defined-by": 1,
        "label": 95,
        "missing-disjointness": 47,
        "no-comment": 78,
        "one-version": 1,
        "orphan": 7,
        "property-label-verb": 44,
        "undeclared-term": 1,
    },
    "gistCore.ttl": {
        # gist deprecates terms that its own axioms still use, and names no replacement.
        "annotation-whitespace": 2,
        "blank-node": 4,
        "concept-known": 10,
        "definition": 216,
        "definition-form": 2,
        "definition-source": 216,
        "deprecated": 10,
        "deprecated-use": 7,
        "domain-range": 23,
        "equivalence": 1,
        "genus": 34,
        "header": 7,
        "is-defined-by": 216,
        "label": 216,
        "missing-disjointness": 217,
        "one-version": 1,
        "orphan": 62,
    },
}


def findings(name: str) -> list[Finding]:
    return check_outside(shared("ontologies", name), CHECKS)


@pytest.mark.parametrize("name", FOUND)
def test_outside_ontology_gets_every_finding(name: str) -> None:
    found = findings(name)
    assert Counter(finding.rule.removeprefix("ontology.") for finding in found) == FOUND[name]
    assert {finding.cell.file for finding in found if finding.cell} == {name}
    assert all(finding.fix for finding in found)


def test_a_finding_names_term_property_value_and_rule() -> None:
    (found,) = [finding for finding in findings("bfo-core.ttl") if finding.rule == "ontology.no-comment"]
    assert found.severity is Severity.INFO
    assert found.node == "http://purl.obolibrary.org/obo/bfo.owl"
    assert found.path == "http://www.w3.org/2000/01/rdf-schema#comment"
    assert found.fix is not None
    assert found.fix.startswith("Meaning goes into skos:definition")


def test_punning_in_prov_is_found() -> None:
    found = {
        (f.rule, f.node)
        for f in findings("prov-o.ttl")
        if f.rule in ("ontology.dl-punning", "ontology.dl-property-kind")
    }
    assert {node for _, node in found if node and "prov#" not in node} == set()
    assert len(found) == 3


@pytest.mark.parametrize(
    "name", ["ies-common.ttl", "dcat3.ttl", "owl-time.ttl", "org.ttl", "skos.ttl", "sosa.ttl", "csvw.ttl"]
)
def test_rules_run_over_any_ontology(name: str) -> None:
    assert findings(name)


def test_an_ontology_without_a_header_is_found(tmp_path: Path) -> None:
    path = tmp_path / "bare.ttl"
    path.write_text("<http://example.org/A> a <http://www.w3.org/2002/07/owl#Class> .", "utf-8")
    assert ("ontology.header", "http://example.org/") in {(f.rule, f.node) for f in check_outside(path, CHECKS)}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("none.ttl", None, "cannot be read"),
        ("broken.ttl", "<a> <b>", "cannot be read"),
        ("notes.md", "text", "no extension of an RDF format"),
        ("facts.ttl", "<http://example.org/a> a <http://example.org/B> .", "no class and no property"),
    ],
)
def test_what_is_no_ontology_is_refused(name: str, text: str | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=says):
        check_outside(path, CHECKS)


def milidip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "milidip_kg", *words], capture_output=True, text=True, check=False)


def test_command_checks_ours_and_those_of_others() -> None:
    ours = milidip("validate", "--ontology", "--fail-on", "info", "--format", "json")
    assert (ours.returncode, json.loads(ours.stdout)["findings"]) == (0, [])
    done = milidip("validate", "--ontology", str(shared("ontologies", "bfo-core.ttl")), "--format", "json")
    assert done.returncode == 1
    assert len(json.loads(done.stdout)["findings"]) == sum(FOUND["bfo-core.ttl"].values())


def test_command_takes_files_only_as_ontologies() -> None:
    done = milidip("validate", "x.ttl")
    assert done.returncode == 2
    assert "Add --ontology" in done.stderr
    assert milidip("validate", "--ontology", "x.ttl").returncode == 3
