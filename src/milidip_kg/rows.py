"""Rows of an answer as Python has them: typed values, data frames, text in any answer format, HTML."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, overload

from pyoxigraph import Literal, NamedNode

from milidip_kg.answers import check_format, short_iri, write_rows
from milidip_kg.csvw import sql
from milidip_kg.errors import UsageError
from milidip_kg.namespaces import XSD

if TYPE_CHECKING:
    import pandas
    import polars
    from pyoxigraph import QuerySolutions

Value = str | int | float | bool | date | None

#: What makes a Python value of a literal, by its datatype; any other is text.
_CASTS: Final[dict[str, Callable[[str], Value]]] = {
    **{XSD + name: int for name in ("integer", "nonNegativeInteger", "int", "long")},
    **{XSD + name: float for name in ("decimal", "double", "float")},
    XSD + "boolean": lambda text: text in ("true", "1"),
    XSD + "date": lambda text: date.fromisoformat(text[:10]),
}

#: How many rows an answer shows in a notebook; the others are counted.
SHOWN = 50


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Row(Mapping[str, Value]):
    """One row of an answer: Python values by column name; an IRI is a string."""

    columns: tuple[str, ...]
    cells: tuple[Value, ...]

    def __getitem__(self, name: str) -> Value:
        try:
            return self.cells[self.columns.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __repr__(self) -> str:
        return f"Row({dict(self)!r})"


@dataclass(frozen=True, slots=True, repr=False)
class Answer(Sequence[Row]):
    """The rows of an answer, in order, with the names of its columns.

    `label` names a node for people; `types` holds the types of columns whose values may not show it.

    >>> answer = Answer.of(["state", "degree"], [["https://w3id.org/milidip/id/state/FRA", 7]])
    >>> answer[0]["degree"], len(answer)
    (7, 1)
    >>> answer.to_pandas().dtypes["degree"].name
    'Int64'
    >>> answer.to_polars().schema["degree"]
    Int64
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    label: Callable[[str], str | None] = field(default=lambda _: None, compare=False)
    types: Mapping[str, type] = field(default_factory=dict, compare=False)

    @classmethod
    def of(
        cls,
        columns: Sequence[str],
        rows: Iterable[Sequence[Value]],
        label: Callable[[str], str | None] = lambda _: None,
        types: Mapping[str, type] | None = None,
    ) -> Answer:
        """An answer from plain values."""
        names = tuple(columns)
        return cls(names, tuple(Row(names, tuple(row)) for row in rows), label, types or {})

    @classmethod
    def of_solutions(cls, solutions: QuerySolutions, label: Callable[[str], str | None] = lambda _: None) -> Answer:
        """An answer from the solutions of a query."""
        names = [variable.value for variable in solutions.variables]
        return cls.of(names, ([python_value(term) for term in solution] for solution in solutions), label)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Answer: ...
    def __getitem__(self, place: int | slice) -> Row | Answer:
        if isinstance(place, slice):
            return Answer(self.columns, self.rows[place], self.label, self.types)
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<Answer: {len(self):,} rows of {', '.join(self.columns)}>"

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas frame: Int64, Float64, boolean, datetime64[s] or string, all of which know absence.

        Raises:
            UsageError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise UsageError("pandas is not installed.", "pip install 'milidip-kg[frames]'") from error
        names = {int: "Int64", float: "Float64", bool: "boolean", date: "datetime64[s]", str: "string"}
        series = {name: pandas.Series(values, dtype=names[kind]) for name, kind, values in self._typed()}
        return pandas.DataFrame(series, columns=list(self.columns))

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars frame: Int64, Float64, Boolean, Date or String.

        Raises:
            UsageError: polars is not installed.
        """
        try:
            import polars
        except ImportError as error:
            raise UsageError("polars is not installed.", "pip install 'milidip-kg[frames]'") from error
        kinds: dict[type, Any] = {int: polars.Int64, float: polars.Float64, bool: polars.Boolean}
        kinds |= {date: polars.Date, str: polars.String}
        return polars.DataFrame([polars.Series(name, values, kinds[kind]) for name, kind, values in self._typed()])

    def _typed(self) -> Iterator[tuple[str, type, list[Any]]]:
        """Each column with its one type and its values in that type; a mixture is text."""
        for place, name in enumerate(self.columns):
            values = [row.cells[place] for row in self.rows]
            kinds = {type(value) for value in values if value is not None}
            kind = self.types.get(name, str)
            if name not in self.types and kinds:
                kind = float if kinds == {int, float} else kinds.pop() if len(kinds) == 1 else str
            casts: dict[type, Callable[[Any], Any]] = {float: float, str: text}
            cast = casts.get(kind, lambda value: value)
            yield name, kind, [None if value is None else cast(value) for value in values]

    def write(self, form: str, out: IO[bytes]) -> int:
        """Write the rows as table, CSV, TSV, JSON (a list of objects), Markdown or Parquet, and return their number.

        Raises:
            UsageError: there is no such format.
        """
        if check_format(form) in ("table", "markdown"):
            write_rows(list(self.columns), [[short_iri(text(value)) for value in row.cells] for row in self], form, out)
        elif form == "json":
            made = [{name: value for name, value in row.items() if value is not None} for row in self]
            out.write((json.dumps(made, ensure_ascii=False, indent=1, default=str) + "\n").encode("utf-8"))
        elif form == "parquet":
            out.write(self._parquet())
        else:
            out.write(self._separated("," if form == "csv" else "\t"))
        return len(self)

    def _separated(self, delimiter: str) -> bytes:
        lines = io.StringIO(newline="")
        writer = csv.writer(lines, delimiter=delimiter, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([text(value) for value in row.cells] for row in self)
        return lines.getvalue().encode("utf-8")

    def _parquet(self) -> bytes:
        """The rows as Parquet; DuckDB writes it from their CSV with the types of the columns."""
        import duckdb

        names = {int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", date: "DATE", str: "VARCHAR"}
        columns = ", ".join(f"{sql.literal(name)}: '{names[kind]}'" for name, kind, _ in self._typed())
        with tempfile.TemporaryDirectory(prefix="milidip-") as folder:
            written, made = Path(folder) / "rows.csv", Path(folder) / "rows.parquet"
            written.write_bytes(self._separated(","))
            read = f"read_csv({sql.literal(str(written))}, header = true, quote = '\"', columns = {{{columns}}})"
            with duckdb.connect() as connection:
                connection.execute(f"COPY (FROM {read}) TO {sql.literal(str(made))} (FORMAT parquet)")
            return made.read_bytes()

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{self._cell(value)}</td>' for value in row.cells)}</tr>" for row in self[:SHOWN]
        )
        more = f"<p>{len(self) - SHOWN:,} rows more</p>" if len(self) > SHOWN else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"

    def _cell(self, value: Value) -> str:
        if isinstance(value, str) and value.startswith(("http://", "https://")):
            name = self.label(value) or short_iri(value)
            return f'<a href="{escape(value)}">{escape(name)}</a>'
        return escape(text(value))


def text(value: Value) -> str:
    """A value as CSV has it; an absent one is empty."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def python_value(term: object) -> Value:
    """A term as a Python value: numbers, dates and booleans typed, everything else as text."""
    if isinstance(term, NamedNode):
        return term.value
    if isinstance(term, Literal):
        cast = _CASTS.get(term.datatype.value)
        return cast(term.value) if cast else term.value
    return None if term is None else str(getattr(term, "value", term))
