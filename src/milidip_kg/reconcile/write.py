"""Reports of comparisons on paper: aligned table, CSV, JSON, Turtle, and the page of the documentation."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from milidip_kg.errors import UsageError, did_you_mean
from milidip_kg.namespaces import DATA, ID, PREFIXES
from milidip_kg.reconcile import AGREEING, GAPS, Report, Result, Verdict
from milidip_kg.reconcile.base import read_csv

COLUMNS: Final = (
    *("dataset", "table", "group", "subject", "field", "verdict", "ours", "theirs"),
    *("our_row", "their_row", "carried", "reason", "explanation", "note"),
)
EARL: Final = "http://www.w3.org/ns/earl#"
OUTCOMES: Final = {
    Verdict.AGREE: "passed",
    Verdict.WITHIN: "passed",
    Verdict.DIFFER: "failed",
    Verdict.ONLY_OURS: "cantTell",
    Verdict.ONLY_THEIRS: "cantTell",
    Verdict.NOT_COMPARABLE: "inapplicable",
}
"""Verdicts as outcomes of the W3C Evaluation and Report Language."""


def write(reports: Sequence[Report], form: str, data: Path) -> str:
    """The reports in that form; `data` holds the tables that were compared.

    Raises:
        UsageError: there is no such form.
    """
    if form not in FORMS:
        raise UsageError(f"There is no report format {form!r}.", did_you_mean(form, FORMS))
    return FORMS[form](reports, data)


def _cells(report: Report, result: Result) -> dict[str, str | int | bool | None]:
    own = {"dataset": report.comparison.dataset, "table": report.comparison.table, "verdict": result.verdict.value}
    return {name: own[name] if name in own else getattr(result, name) for name in COLUMNS}


def _csv(reports: Sequence[Report], _data: Path) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_cells(report, result) for report in reports for result in report.results)
    return text.getvalue()


def _json(reports: Sequence[Report], _data: Path) -> str:
    document = {
        "schema_version": 1,
        "figures": [dict(zip(_FIGURES, _figures(report), strict=True)) for report in reports],
        "results": [_cells(report, result) for report in reports for result in report.results],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


_FIGURES: Final = (
    *("table", "dataset", "compared", "agree", "copied", "within precision", "differ", "unexplained"),
    *("only ours", "only theirs", "not comparable", "not ours"),
)


def _figures(report: Report) -> list[str]:
    agreeing = report.of(*AGREEING)
    numbers = [
        len(agreeing) + len(report.of(Verdict.DIFFER)),
        len(report.of(Verdict.AGREE)),
        sum(each.carried for each in agreeing),
        len(report.of(Verdict.WITHIN)),
        len(report.of(Verdict.DIFFER)),
        len(report.unexplained),
        len(report.of(Verdict.ONLY_OURS)),
        len(report.of(Verdict.ONLY_THEIRS)),
        len(report.of(Verdict.NOT_COMPARABLE)),
        report.unmatched,
    ]
    return [report.comparison.table, report.comparison.dataset, *(f"{number:,}" for number in numbers)]


def _table(reports: Sequence[Report], _data: Path) -> str:
    from milidip_kg.answers import aligned

    text = aligned(list(_FIGURES), [_figures(report) for report in reports])
    for report in reports:
        for title, verdicts in (("differences", (Verdict.DIFFER,)), ("gaps", GAPS)):
            rows = [
                [each.group, each.subject, each.field, each.ours, each.theirs, each.explanation or each.note]
                for each in report.of(*verdicts)
            ]
            if rows:
                text += f"\n{report.comparison.table} and {report.comparison.dataset}: {title}\n"
                text += aligned(["of", "subject", "field", "ours", "theirs", "known of it"], rows)
    return text


def _turtle(reports: Sequence[Report], _data: Path) -> str:
    """One assertion a value, in EARL, with the rows of both sides that it rests on."""
    from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

    def triples() -> Iterator[Triple]:
        for report in reports:
            start = f"{ID}reconciliation/{report.comparison.table}/{report.comparison.dataset}"
            test = NamedNode(start)
            yield Triple(test, kind, NamedNode(EARL + "TestRequirement"))
            yield Triple(test, title, Literal(f"{report.comparison.table}: {report.comparison.title}", language="en"))
            for each in report.results:
                if each.unmatched:
                    continue
                parts = (each.group, each.subject, each.field, each.ours, each.theirs)
                about = "/".join((start, *(quote(part or "-", safe="-._~") for part in parts)))
                assertion, result = NamedNode(about), NamedNode(f"{about}#result")
                yield Triple(assertion, kind, NamedNode(EARL + "Assertion"))
                yield Triple(assertion, NamedNode(EARL + "mode"), NamedNode(EARL + "automatic"))
                yield Triple(assertion, NamedNode(EARL + "test"), test)
                yield Triple(assertion, NamedNode(EARL + "result"), result)
                yield Triple(result, kind, NamedNode(EARL + "TestResult"))
                yield Triple(result, NamedNode(EARL + "outcome"), NamedNode(EARL + OUTCOMES[each.verdict]))
                yield Triple(result, NamedNode(EARL + "info"), Literal(_sentence(each), language="en"))
                if each.node:
                    yield Triple(assertion, NamedNode(EARL + "subject"), NamedNode(each.node))
                for row in _rows(report, each):
                    yield Triple(assertion, derived, NamedNode(row))

    kind = NamedNode(PREFIXES["rdf"] + "type")
    title = NamedNode(PREFIXES["dcterms"] + "title")
    derived = NamedNode(PREFIXES["prov"] + "wasDerivedFrom")
    text = serialize(triples(), format=RdfFormat.TURTLE, prefixes={**PREFIXES, "earl": EARL})
    assert text is not None
    return text.decode("utf-8")


def _rows(report: Report, result: Result) -> Iterator[str]:
    if result.our_row:
        yield f"{DATA}{report.comparison.table}.csv#row={result.our_row}"
    if result.their_row:
        yield f"{DATA}{report.comparison.dataset}/{quote(report.comparison.reads)}#row={result.their_row}"


def _sentence(result: Result) -> str:
    values = f"{result.field}: ours {result.ours or 'nothing'}, theirs {result.theirs or 'nothing'}"
    known = " ".join(filter(None, (result.reason, result.explanation)))
    return f"{values}: {result.verdict.value}.{f' {known}' if known else ''}"


def _page(reports: Sequence[Report], data: Path) -> str:
    """The page of the documentation."""
    claims = _claims(data)
    parts = [_INTRODUCTION, _markdown(list(_FIGURES), [_figures(report) for report in reports])]
    for report in reports:
        comparison = report.comparison
        parts.append(f"\n## {comparison.table} and {comparison.dataset}\n\n{comparison.title} (`{comparison.reads}`).")
        parts.append(f"{comparison.how}\n")
        parts.append(_markdown(["value", *(verdict.value for verdict in Verdict)], _by_field(report)))
        if differences := report.of(Verdict.DIFFER):
            rows = [
                [each.group, each.subject, each.field, each.ours, each.theirs, _known(each)] for each in differences
            ]
            parts.append("\n### Differences\n")
            parts.append(_markdown(["of", "subject", "value", "ours", "theirs", "what is known"], rows))
        if gaps := list(_gaps(report, claims)):
            parts.append("\n### Gaps\n")
            parts.append(_markdown(["of", "value", "only ours", "only theirs", "our coverage", "what is known"], gaps))
        if reasons := Counter(each.reason for each in report.of(Verdict.NOT_COMPARABLE)):
            parts.append("\n### Not comparable\n")
            rows = [[reason, str(number)] for reason, number in sorted(reasons.items())]
            parts.append(_markdown(["why", "values"], rows))
    return "\n".join(parts) + "\n"


_INTRODUCTION: Final = """# Reconciliation: our tables beside published datasets

Made by `milidip reconcile all --format markdown` with a copy of each dataset; a test proves that it is current.
Which of ours is which of theirs is said by explicit keys and by `src/milidip_kg/reconcile/matches.csv`, never guessed.
Dates are compared with their precision: they agree within precision if some day fits both and one of them leaves the
day open. *Copied* counts values that agree but whose row cites this very record: they prove careful copying and nothing
more. *Not ours* counts things of a dataset of which our tables hold a selection. A difference stays, with what is known
of it, where sources really differ; where the official record showed that we were wrong, our row was mended and the
difference is gone.
"""


def _by_field(report: Report) -> list[list[str]]:
    fields = dict.fromkeys(each.field for each in report.results)
    return [
        [field, *(f"{sum(each.field == field for each in report.of(verdict)):,}" for verdict in Verdict)]
        for field in fields
    ]


def _known(result: Result) -> str:
    note = f"Note of our row: {result.note}" if result.note and not result.explanation else ""
    return result.explanation or note or "Nothing yet."


def _gaps(report: Report, claims: dict[tuple[str, str], str]) -> Iterator[list[str]]:
    """The gaps by what they are of, with the coverage that we claim and what is known."""
    gaps = report.of(*GAPS)
    for group, field in dict.fromkeys((each.group, each.field) for each in gaps):
        these = [each for each in gaps if (each.group, each.field) == (group, field)]
        counts = [str(sum(each.verdict is verdict for each in these)) for verdict in GAPS]
        known = dict.fromkeys(each.explanation or each.reason for each in these)
        claim = claims.get((report.comparison.table, group), "")
        yield [group, field, *counts, claim, " ".join(filter(None, known))]


def _claims(data: Path) -> dict[tuple[str, str], str]:
    """What coverage.csv claims of an agreement or an organisation in a table."""
    claims: dict[tuple[str, str], list[str]] = {}
    for row in read_csv(data / "coverage.csv"):
        claims.setdefault((row["table"], row["agreement"] or row["organisation"]), []).append(row["completeness"])
    return {key: " and ".join(sorted(set(words))) for key, words in claims.items()}


def _markdown(header: list[str], rows: list[list[str]]) -> str:
    from milidip_kg.answers import write_rows

    out = io.BytesIO()
    write_rows(header, rows, "markdown", out)
    return out.getvalue().decode("utf-8").rstrip("\n")


FORMS: Final[dict[str, Callable[[Sequence[Report], Path], str]]] = {
    "table": _table,
    "csv": _csv,
    "json": _json,
    "turtle": _turtle,
    "markdown": _page,
}
