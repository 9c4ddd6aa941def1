"""Answers of queries on paper: aligned table, CSV, TSV, JSON, Markdown."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final

from milidip_kg.errors import UnknownNameError, UsageError
from milidip_kg.namespaces import BASE, PREFIXES

if TYPE_CHECKING:
    from pyoxigraph import BlankNode, Literal, NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Triple

FORMATS: Final = ("table", "csv", "tsv", "json", "markdown", "parquet")


def check_format(name: str) -> str:
    """The format of that name.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in FORMATS:
        raise UnknownNameError("answer format", name, FORMATS)
    return name


def write(answer: QuerySolutions | QueryBoolean | QueryTriples, form: str, out: IO[bytes]) -> int:
    """Write an answer and return its number of rows (statements, for a graph; 1 for yes or no).

    CSV, TSV and JSON are those of the SPARQL 1.1 results recommendations, Parquet has typed columns; a graph is Turtle
    or, in any other form, refused.

    Raises:
        UsageError: the answer has no such form.
    """
    from pyoxigraph import QueryBoolean, QueryResultsFormat, QueryTriples, RdfFormat

    check_format(form)
    if isinstance(answer, QueryTriples):
        if form != "table":
            raise UsageError("CONSTRUCT and DESCRIBE give a graph, written as Turtle.", "Leave out --format.")
        from pyoxigraph import serialize

        triples = sorted(set(answer), key=str)
        serialize(triples, out, RdfFormat.TURTLE, prefixes=PREFIXES)
        return len(triples)
    engine_forms = {"csv": QueryResultsFormat.CSV, "tsv": QueryResultsFormat.TSV, "json": QueryResultsFormat.JSON}
    if form in engine_forms and not (isinstance(answer, QueryBoolean) and form != "json"):
        written = answer.serialize(format=engine_forms[form]) or b""
        out.write(written)
        return 1 if isinstance(answer, QueryBoolean) else _count(written, form)
    if form == "parquet" and not isinstance(answer, QueryBoolean):
        from milidip_kg.rows import Answer

        return Answer.of_solutions(answer).write(form, out)
    if isinstance(answer, QueryBoolean):
        out.write(b"yes\n" if answer else b"no\n")
        return 1
    header = [variable.value for variable in answer.variables]
    rows = [[short(term) for term in solution] for solution in answer]
    write_rows(header, rows, form, out)
    return len(rows)


def _count(written: bytes, form: str) -> int:
    import csv
    import io
    import json

    if form == "json":
        return len(json.loads(written)["results"]["bindings"])
    text = written.decode("utf-8")
    return sum(1 for _ in csv.reader(io.StringIO(text, newline=""))) - 1 if form == "csv" else text.count("\n") - 1


def short(term: NamedNode | Literal | BlankNode | Triple | None) -> str:
    """A term as people read it: our IRIs without their base, known namespaces as prefixes, literals bare."""
    if term is None:
        return ""
    value = str(getattr(term, "value", term))
    return short_iri(value) if type(term).__name__ == "NamedNode" else value


def short_iri(value: str) -> str:
    """An IRI as people read it; any other text stays."""
    for start in (BASE + "id/", BASE + "vocab/", BASE):
        if value.startswith(start):
            return value[len(start) :]
    for prefix, start in PREFIXES.items():
        if value.startswith(start):
            return f"{prefix}:{value[len(start) :]}"
    return value


def iris(name: str) -> list[str]:
    """The IRIs that a name as `short` writes it, or a whole IRI, may stand for, the likeliest first."""
    from pyoxigraph import NamedNode

    prefix, sign, rest = name.strip().removeprefix("<").removesuffix(">").partition(":")
    if sign and prefix in PREFIXES:
        found = [PREFIXES[prefix] + rest]
    elif sign and rest.startswith("//"):
        found = [f"{prefix}:{rest}"]
    else:
        found = [start + prefix + sign + rest for start in (BASE + "id/", BASE + "vocab/", BASE)]
    try:
        return [NamedNode(iri).value for iri in found]
    except ValueError:
        return []


def write_rows(header: list[str], rows: list[list[str]], form: str, out: IO[bytes]) -> None:
    """Write rows of text as an aligned table or as Markdown."""
    if form == "markdown":
        lines = [header, ["---"] * len(header), *rows]
        text = "".join(
            "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |\n" for line in lines
        )
    else:
        text = aligned(header, rows)
    out.write(text.encode("utf-8"))


def aligned(header: list[str], rows: list[list[str]]) -> str:
    """The rows in columns padded to their width as shown on a terminal; numbers to the right."""
    from rich.cells import cell_len

    flat = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max([cell_len(name), *(cell_len(row[n]) for row in flat)]) for n, name in enumerate(header)]
    right = [bool(flat) and all(_is_number(row[n]) for row in flat if row[n]) for n in range(len(header))]

    def line(cells: list[str]) -> str:
        padded = []
        for n, cell in enumerate(cells):
            space = " " * (widths[n] - cell_len(cell))
            padded.append(space + cell if right[n] else cell + space)
        return "  ".join(padded).rstrip() + "\n"

    return line(header) + line(["-" * width for width in widths]) + "".join(line(row) for row in flat)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).removeprefix("-").isdigit()
