"""Findings on paper: text, JSON, SARIF, JUnit, GitHub annotations, and a SHACL validation report in Turtle."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from milidip_kg import __version__
from milidip_kg.errors import UsageError, did_you_mean
from milidip_kg.findings import Finding, Severity
from milidip_kg.namespaces import PREFIXES

_SARIF_LEVELS: Final = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_GITHUB_LEVELS: Final = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def report(findings: Sequence[Finding], form: str) -> str:
    """The findings in that form.

    Raises:
        UsageError: there is no such form.
    """
    if form not in FORMS:
        raise UsageError(f"There is no report format {form!r}.", did_you_mean(form, FORMS))
    return FORMS[form](findings)


def summary(findings: Sequence[Finding]) -> str:
    """One line: how many findings of each severity."""
    counts = Counter(finding.severity for finding in findings)
    if not findings:
        return "0 findings"
    return ", ".join(
        f"{counts[level]} {level.value}{'s' if counts[level] != 1 else ''}" for level in Severity if counts[level]
    )


def _text(findings: Sequence[Finding]) -> str:
    lines = []
    for finding in findings:
        place = str(finding.cell or finding.node or "graph")
        value = f" [{finding.value}]" if finding.value is not None else ""
        lines.append(f"{place}: {finding.severity.value}: {finding.message}{value} ({_rule(finding)})")
        if finding.fix:
            lines.append(f"    {finding.fix}")
        if finding.cell and finding.node:
            lines.append(f"    node {finding.node}")
    return "".join(f"{printable(line)}\n" for line in [*lines, summary(findings)])


def printable(line: str) -> str:
    """The line without control characters, which a terminal would obey."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


def _json(findings: Sequence[Finding]) -> str:
    document = {
        "schema_version": 1,
        "summary": summary(findings),
        "findings": [finding.as_dict() for finding in findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> str:
    return finding.rule.rsplit("/", 1)[-1]


def _fingerprint(finding: Finding) -> str:
    """Stable under reordering of rows: what is wrong and of which node or value, not where it stands."""
    cell = finding.cell
    parts = (
        finding.rule,
        cell.file if cell else "",
        (cell.column or "") if cell else "",
        finding.node or "",
        finding.value or "",
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _sarif(findings: Sequence[Finding]) -> str:
    results = []
    for finding in findings:
        result: dict[str, object] = {
            "ruleId": _rule(finding),
            "level": _SARIF_LEVELS[finding.severity],
            "message": {"text": " ".join(filter(None, [finding.message, finding.fix]))},
            "partialFingerprints": {"milidip/v1": _fingerprint(finding)},
        }
        if finding.cell:
            physical: dict[str, object] = {"artifactLocation": {"uri": finding.cell.file}}
            if finding.cell.row:
                physical["region"] = {"startLine": finding.cell.row}
            logical = [{"name": finding.cell.column, "kind": "member"}] if finding.cell.column else []
            result["locations"] = [{"physicalLocation": physical, **({"logicalLocations": logical} if logical else {})}]
        results.append(result)
    rules = [{"id": name} for name in sorted({_rule(finding) for finding in findings})]
    run = {"tool": {"driver": {"name": "milidip", "version": __version__, "rules": rules}}, "results": results}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _junit(findings: Sequence[Finding]) -> str:
    cases = []
    for finding in findings:
        name = quoteattr(printable(f"{_rule(finding)} {finding.cell or finding.node or ''}".strip()))
        body = escape(printable(" ".join(filter(None, [finding.message, finding.value, finding.fix]))))
        message = quoteattr(printable(finding.message))
        cases.append(
            f'  <testcase classname="milidip" name={name}><failure message={message}>{body}</failure></testcase>\n'
        )
    if not cases:
        cases.append('  <testcase classname="milidip" name="validate"/>\n')
    head = f'<testsuite name="milidip" tests="{len(cases)}" failures="{len(findings)}">\n'
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + head + "".join(cases) + "</testsuite>\n"


def _github(findings: Sequence[Finding]) -> str:
    lines = []
    for finding in findings:
        place = []
        if finding.cell:
            place.append(f"file={_github_escape(finding.cell.file, True)}")
            if finding.cell.row:
                place.append(f"line={finding.cell.row}")
        place.append(f"title={_github_escape(_rule(finding), True)}")
        column = f"column {finding.cell.column}: " if finding.cell and finding.cell.column else ""
        text = " ".join(filter(None, [column + finding.message, finding.value, finding.fix]))
        lines.append(f"::{_GITHUB_LEVELS[finding.severity]} {','.join(place)}::{_github_escape(text)}\n")
    return "".join(lines)


def _github_escape(text: str, in_property: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if in_property else text


def _turtle(findings: Sequence[Finding]) -> str:
    from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

    sh, rdf_type = PREFIXES["sh"], NamedNode(PREFIXES["rdf"] + "type")
    top = BlankNode("report")
    boolean = NamedNode(PREFIXES["xsd"] + "boolean")
    conforms = Literal("false" if findings else "true", datatype=boolean)
    triples = [
        Triple(top, rdf_type, NamedNode(sh + "ValidationReport")),
        Triple(top, NamedNode(sh + "conforms"), conforms),
    ]
    for number, finding in enumerate(findings, 1):
        node = BlankNode(f"r{number}")
        about: dict[str, NamedNode | Literal] = {
            "resultSeverity": NamedNode(sh + finding.severity.value.capitalize()),
            "resultMessage": Literal(" ".join(filter(None, [finding.message, finding.fix])), language="en"),
        }
        if finding.node:
            about["focusNode"] = NamedNode(finding.node)
        if finding.path and finding.path.startswith("http"):
            about["resultPath"] = NamedNode(finding.path)
        if finding.value is not None:
            about["value"] = Literal(finding.value)
        if finding.rule.startswith("http"):
            about["sourceShape"] = NamedNode(finding.rule)
        triples.append(Triple(top, NamedNode(sh + "result"), node))
        triples.append(Triple(node, rdf_type, NamedNode(sh + "ValidationResult")))
        triples.extend(Triple(node, NamedNode(sh + name), term) for name, term in sorted(about.items()))
        if finding.cell:
            triples.append(Triple(node, NamedNode(PREFIXES["dcterms"] + "source"), Literal(str(finding.cell))))
    text = serialize(triples, format=RdfFormat.TURTLE, prefixes=PREFIXES)
    assert text is not None
    return text.decode("utf-8")


FORMS: Final[dict[str, Callable[[Sequence[Finding]], str]]] = {
    "text": _text,
    "json": _json,
    "sarif": _sarif,
    "junit": _junit,
    "github": _github,
    "turtle": _turtle,
}
