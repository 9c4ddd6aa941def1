"""Every case of the W3C CSVW test suite, and docs/conformance.md, which counts them.

The suite lies beside the checkout, in ../shared/w3c/csvw. To write the page anew:

    MILIDIP_REGENERATE=1 python -m pytest tests/test_csvw_suite.py
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

import duckdb
import pyoxigraph as ox
import pytest

from milidip_kg import edtf
from milidip_kg.csvw.process import Outcome, Processor

ROOT = Path(__file__).parents[1]
SUITE = ROOT.parent / "shared/w3c/csvw"
PAGE = ROOT / "docs/conformance.md"
BASE = "http://www.w3.org/2013/csvw/tests/"
MANIFESTS = {"validation": "manifest-validation.ttl", "rdf": "manifest-rdf.ttl"}

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
CSVT = "http://www.w3.org/2013/csvw/tests/vocab#"
XSD = "http://www.w3.org/2001/XMLSchema#"
NUMBERS = frozenset(XSD + name for name in ("decimal", "double", "float", "integer"))

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

# What the site of the suite says in its /.well-known/csvm.
WELL_KNOWN = ("{+url}-metadata.json", "csv-metadata.json", "{+url}.json", "csvm.json")

_NULL_REFERENCE = (
    "wants an empty cell in a foreign key to be an error; here an empty cell refers to nothing, "
    "which is how the tables of the graph leave a reference out"
)
_SAME_NAME = (
    "has two columns whose names differ only in case (dateTime, datetime), which DuckDB does not tell apart; "
    "such metadata are refused with an error"
)
NOT_COVERED = {
    ("validation", "test034"): _NULL_REFERENCE,
    ("validation", "test035"): _NULL_REFERENCE,
    ("rdf", "test187"): _SAME_NAME,
    ("validation", "test187"): _SAME_NAME,
}


@dataclass(frozen=True)
class Case:
    """One entry of a manifest."""

    manifest: str
    id: str
    kind: str
    name: str
    action: str
    result: str | None
    link: str | None
    metadata: str | None
    minimal: bool


def cases() -> Iterator[Case]:
    for manifest, file in MANIFESTS.items():
        if not (SUITE / file).exists():
            continue
        store = ox.Store()
        store.load(path=str(SUITE / file), format=ox.RdfFormat.TURTLE, base_iri=BASE + file.removesuffix(".ttl"))
        for entry in store.quads_for_pattern(None, ox.NamedNode(MF + "action"), None):
            subject = entry.subject
            options = _value(store, subject, CSVT + "option")

            def text(node: object, name: str, store: ox.Store = store) -> str | None:
                found = _value(store, node, name) if node is not None else None
                return found.value if isinstance(found, (ox.NamedNode, ox.Literal)) else None

            kind = text(subject, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type") or ""
            yield Case(
                manifest,
                str(subject).strip("<>").rpartition("#")[2],
                kind.rpartition("#")[2],
                text(subject, MF + "name") or "",
                str(entry.object).strip("<>"),
                text(subject, MF + "result"),
                text(subject, CSVT + "httpLink"),
                text(options, CSVT + "metadata"),
                text(options, CSVT + "minimal") == "true",
            )


def _value(store: ox.Store, node: object, name: str) -> object:
    found = list(store.quads_for_pattern(node, ox.NamedNode(name), None))  # type: ignore[arg-type]
    return found[0].object if found else None


CASES = sorted(cases(), key=lambda case: (case.manifest, case.id))


def fetch(url: str) -> bytes:
    """The files of the suite stand for the site; nothing else is there."""
    if not url.startswith(BASE):
        raise FileNotFoundError(url)
    return (SUITE / url.removeprefix(BASE).removesuffix("?query")).read_bytes()


@cache
def processor() -> Processor:
    connection = duckdb.connect(config={"threads": 1})
    edtf.install(connection)
    return Processor(connection, fetch, lambda _: WELL_KNOWN)


@cache
def failure(case: Case) -> str | None:
    """What is wrong with the outcome of a case; None if it passes."""
    if case.manifest == "validation":
        return _wrong_messages(case, processor().validate(case.action, metadata=case.metadata, link=case.link))
    outcome = processor().convert(case.action, metadata=case.metadata, link=case.link, minimal=case.minimal)
    wrong = _wrong_messages(case, outcome)
    if wrong or case.result is None:
        return wrong
    found = ox.parse("".join(line + "\n" for line in outcome.triples).encode(), format=ox.RdfFormat.N_TRIPLES)
    path = str(SUITE / case.result.removeprefix(BASE))
    expected = ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri=case.result)
    return None if _canonical(found) == _canonical(expected) else "the graphs are not isomorphic"


def _wrong_messages(case: Case, outcome: Outcome) -> str | None:
    if case.kind.startswith("Negative"):
        return None if outcome.errors else "there is no error"
    if outcome.errors:
        return f"there is an error: {outcome.errors[0]}"
    if "Warning" in case.kind and not outcome.warnings:
        return "there is no warning"
    if case.kind == "PositiveValidationTest" and outcome.warnings:
        return f"there is a warning: {outcome.warnings[0]}"
    return None


def _canonical(quads: Iterable[ox.Quad]) -> ox.Dataset:
    """The graph with canonical blank nodes; numbers count by value, as the suite itself writes 0.0E0 as 0.0e0."""
    dataset = ox.Dataset(ox.Quad(quad.subject, quad.predicate, _by_value(quad.object)) for quad in quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return dataset


def _by_value(term: Term) -> Term:
    if isinstance(term, ox.Literal) and term.datatype.value in NUMBERS:
        with suppress(InvalidOperation):
            return ox.Literal(str(Decimal(term.value).normalize()), datatype=term.datatype)
    return term


def _param(case: Case) -> object:
    reason = NOT_COVERED.get((case.manifest, case.id))
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(case, id=f"{case.manifest}-{case.id}", marks=marks)


def test_the_suite_is_there() -> None:
    if not CASES and not os.environ.get("CI"):
        pytest.skip(f"the W3C suite is not in {SUITE}")
    assert Counter(case.manifest for case in CASES) == {"validation": 282, "rdf": 270}


@pytest.mark.parametrize("case", [_param(case) for case in CASES])
def test_case(case: Case) -> None:
    assert failure(case) is None


def page() -> str:
    lines = [
        "# Conformance: CSV on the Web",
        "",
        "The tables of this project are CSV on the Web, and `milidip_kg.csvw` reads, checks and maps them. This page",
        "is written by `tests/test_csvw_suite.py`, which runs every case of the two manifests of the W3C CSVW test",
        "suite that concern a validator and a mapper to RDF (the suite of 2022-11-02), through the same SQL compiler",
        "that builds the graph. An RDF case passes if the graphs are isomorphic; numbers compare by value.",
        "",
        "| manifest | kind of case | run | passed | not covered |",
        "|---|---|---:|---:|---:|",
    ]
    run, passed = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for case in CASES:
        run[case.manifest, case.kind] += 1
        passed[case.manifest, case.kind] += failure(case) is None
    lines += [
        f"| {MANIFESTS[manifest]} | {kind} | {number} | {passed[manifest, kind]} | {number - passed[manifest, kind]} |"
        for (manifest, kind), number in sorted(run.items())
    ]
    total, good = run.total(), passed.total()
    lines += [f"| both | all | {total} | {good} | {total - good} |", "", "## Not covered, and why", ""]
    names = {(case.manifest, case.id): case.name for case in CASES}
    lines += [
        f"- `{manifest}` {identifier} ({names[manifest, identifier]}): {reason}."
        for (manifest, identifier), reason in sorted(NOT_COVERED.items())
    ]
    return "\n".join([*lines, "", _BEYOND])


_BEYOND = """## Not claimed

The manifest for JSON output is not run: there is no csv2json here. Transformations are checked, not run. In metadata,
a regular expression may not look around or refer back (the engine is RE2), and years are 0001 to 9999 with four digits.

## Extensions

A table that carries the annotation `https://w3id.org/milidip/ns/graph` is mapped with four additions, which no case of
the suite meets:

1. the annotation is a URI template for the named graph of the row's quads; of a list-valued column the first item
   counts;
2. a list-valued column whose `valueUrl` uses its own name gives one IRI an item;
3. a column of the datatype `http://id.loc.gov/datatypes/edtf/EDTF` with the property P also gives PEarliest and
   PLatest, the days that bound the date, as `xsd:date`; a side that is open or unknown gives none;
4. every subject of a row is `prov:wasDerivedFrom` the row, and a virtual column whose template needs an empty cell
   gives no triple.
"""


def test_the_page_is_up_to_date() -> None:
    if not CASES:
        pytest.skip("without the suite there is nothing to count")
    if os.environ.get("MILIDIP_REGENERATE"):
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "run again with MILIDIP_REGENERATE=1"
