"""An answer in Python: typed rows, frames with the right types, every text format, HTML with labels and links."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pandas
import polars
import pytest

from milidip_kg import KnowledgeGraph, answers
from milidip_kg.errors import UsageError
from milidip_kg.rows import SHOWN, Answer

FRANCE = "https://w3id.org/milidip/id/state/FRA"
ANSWER = Answer.of(
    ["state", "number", "share", "day", "open", "nothing", "mixed"],
    [[FRANCE, 7, 0.5, date(1949, 4, 4), True, None, 1], ["<a> & b", None, 2, None, None, None, "x"]],
    lambda node: {FRANCE: "France"}.get(node),
)


def test_rows_are_mappings_and_slices_are_answers() -> None:
    assert ANSWER[0]["number"] == 7
    assert ANSWER[1] == {**ANSWER[1]}
    with pytest.raises(KeyError, match="numbr"):
        ANSWER[0]["numbr"]
    assert dict(ANSWER[-1])["state"] == "<a> & b"
    assert ANSWER[:1].columns == ANSWER.columns
    assert len(ANSWER[:1]) == 1


def test_a_pandas_frame_has_types_that_know_absence() -> None:
    frame = ANSWER.to_pandas()
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds == {
        "state": "string",
        "number": "Int64",
        "share": "Float64",
        "day": "datetime64[s]",
        "open": "boolean",
        "nothing": "string",
        "mixed": "string",
    }
    assert frame["day"][0] == pandas.Timestamp(1949, 4, 4)
    assert frame["number"].isna().tolist() == [False, True]
    assert frame["mixed"].tolist() == ["1", "x"]


def test_a_polars_frame_has_types() -> None:
    frame = ANSWER.to_polars()
    assert frame.dtypes == [
        polars.String,
        polars.Int64,
        polars.Float64,
        polars.Date,
        polars.Boolean,
        polars.String,
        polars.String,
    ]
    assert frame["number"].to_list() == [7, None]


def test_frames_of_a_canned_query_agree_with_its_rows(kg: KnowledgeGraph) -> None:
    rows = kg.query("exercise-partners", limit=7)
    assert [row["exercises"] for row in rows] == rows.to_pandas()["exercises"].tolist()
    assert rows.to_polars()["exercises"].dtype == polars.Int64
    early = kg.query("treaty-status", state="USA", date="2020-01-01").to_pandas()
    assert len(early) > 10


@pytest.mark.parametrize("form", ["table", "csv", "tsv", "json", "markdown"])
def test_each_format_holds_each_value(form: str) -> None:
    out = io.BytesIO()
    assert ANSWER.write(form, out) == 2
    text = out.getvalue().decode("utf-8")
    if form == "json":
        assert json.loads(text)[0] == {
            "state": FRANCE,
            "number": 7,
            "share": 0.5,
            "day": "1949-04-04",
            "open": True,
            "mixed": 1,
        }
    elif form in ("csv", "tsv"):
        rows = list(csv.reader(io.StringIO(text), delimiter="," if form == "csv" else "\t"))
        assert rows[1] == [FRANCE, "7", "0.5", "1949-04-04", "true", "", "1"]
    else:
        assert "state/FRA" in text
        assert "1949-04-04" in text


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="Did you mean csv"):
        ANSWER.write("cvs", io.BytesIO())


def test_html_has_labels_and_links_and_escapes_and_stops() -> None:
    shown = ANSWER._repr_html_()
    assert f'<a href="{FRANCE}">France</a>' in shown
    assert "&lt;a&gt; &amp; b" in shown
    assert "<a>" not in shown
    long = Answer.of(["n"], [[number] for number in range(SHOWN + 5)])._repr_html_()
    assert long.count("<tr>") == SHOWN + 1
    assert "5 rows more" in long


def test_parquet_has_the_types_of_the_columns(kg: KnowledgeGraph) -> None:
    out = io.BytesIO()
    assert ANSWER.write("parquet", out) == 2
    assert polars.read_parquet(io.BytesIO(out.getvalue())).equals(ANSWER.to_polars())


def test_a_canned_query_is_written_as_parquet(kg: KnowledgeGraph) -> None:
    out = io.BytesIO()
    assert answers.write(kg.ask("exercise-partners", {"limit": "3"}), "parquet", out) > 3
    assert polars.read_parquet(io.BytesIO(out.getvalue())).schema["exercises"] == polars.Int64
