"""How right the facts are: what was read a second time, and what agrees with published datasets.

The figures of `docs/accuracy.md` are made from `docs/second-reading.csv` and `docs/reconciliation.md` and written anew
with MILIDIP_UPDATE=1, which also sorts the list of what was read.
"""

from __future__ import annotations

import csv
import math
import os
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from milidip_kg import resources

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "accuracy.md"
TABLES = sorted(path.stem for path in resources.folder("data").glob("*.csv"))
VERDICTS = {"right", "wrong", "not-found"}
ENOUGH = 10  # rows checked, for a sample to say whether its table must be read again

Row = dict[str, str]


@cache
def reading() -> list[Row]:
    with (DOCS / "second-reading.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def markdown(header: str, rows: list[list[object]]) -> str:
    numbers = "---:|" * (header.count("|") - 2)
    return "\n".join([header, f"|---|{numbers}", *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def second_reading() -> str:
    """By table and seed: how many rows were drawn, could be checked and were wrong; and what is to be read again."""
    found = Counter((row["table"], row["seed"], row["verdict"]) for row in reading())
    rows: list[list[object]] = []
    last: dict[str, bool] = {}
    for table, seed in sorted({(table, seed) for table, seed, _ in found}):
        right, wrong, unread = (found[table, seed, verdict] for verdict in ("right", "wrong", "not-found"))
        checked = right + wrong
        rows.append([table, seed, checked + unread, checked, wrong])
        if checked >= ENOUGH:
            last[table] = wrong / checked > 0.01
    rows.append(["all", "", *(sum(int(str(row[column])) for row in rows) for column in (2, 3, 4))])
    again = ", ".join(table for table in last if last[table])
    return f"{markdown('| table | seed | sampled | checked | wrong |', rows)}\n\nTo be read again: {again}."


@cache
def shares() -> list[tuple[str, str, int, int, int, int]]:
    """By comparison: table, dataset, values compared, that agree, that differ and are explained, that are not settled."""
    text = (DOCS / "reconciliation.md").read_text("utf-8")
    sections = dict(re.findall(r"^## (\w+ and [\w-]+)$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    found = []
    for line in text.partition("\n## ")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 12 and cells[2].replace(",", "").isdigit():
            table, dataset = cells[:2]
            compared, agree, _, within, differ = (int(cell.replace(",", "")) for cell in cells[2:7])
            listed = sections[f"{table} and {dataset}"].partition("### Differences\n")[2].partition("\n### ")[0]
            known = [row.strip("|").split("|")[-1].strip() for row in listed.splitlines() if row.startswith("|")][2:]
            assert (len(known), compared) == (differ, agree + within + differ), "the page counts what it lists"
            unsettled = sum(words == "Nothing yet." or "not settled" in words.lower() for words in known)
            found.append((table, dataset, compared, agree + within, differ - unsettled, unsettled))
    return found


def reconciliation() -> str:
    """By comparison: how much agrees or is explained."""
    rows: list[list[object]] = []
    for table, dataset, compared, agree, explained, unsettled in shares():
        # Rounded down, so that nothing that is not settled is rounded away.
        share = math.floor(1000 * (agree + explained) / compared) / 10
        counts = (f"{number:,}" for number in (compared, agree, explained, unsettled))
        rows.append([f"{table}, {dataset}", *counts, f"{share} %"])
    return markdown("| table, dataset | compared | agree | explained | not settled | agree or explained |", rows)


def test_the_figures_are_of_today() -> None:
    text = made = PAGE.read_text("utf-8")
    for name, block in (("second-reading.csv", second_reading()), ("reconciliation.md", reconciliation())):
        before, begin, rest = made.partition(f"<!-- from {name} -->\n")
        _, end, after = rest.partition("<!-- end -->\n")
        assert end, f"docs/accuracy.md has no place for the figures of {name}"
        made = f"{before}{begin}\n{block}\n\n{end}{after}"
    if os.environ.get("MILIDIP_UPDATE"):
        PAGE.write_text(made, "utf-8")
        text = made
    assert text == made, "write it anew with MILIDIP_UPDATE=1"


@pytest.mark.parametrize("table", ["treaty_actions", "memberships", "operations"])
def test_nearly_all_agrees_or_is_explained(table: str) -> None:
    found = [share for share in shares() if share[0] == table]
    assert found
    for _, dataset, compared, agree, explained, _ in found:
        assert agree + explained >= 0.99 * compared, dataset


@pytest.mark.parametrize("table", TABLES)
def test_enough_rows_were_read_a_second_time(table: str) -> None:
    with (resources.folder("data") / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        rows = sum(1 for _ in csv.DictReader(lines))
    sampled = {row["row"] for row in reading() if row["table"] == table}
    assert len(sampled) >= min(rows, max(20, math.ceil(rows / 20)))


def test_the_list_of_what_was_read_is_in_order() -> None:
    with (DOCS / "second-reading.csv").open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    if os.environ.get("MILIDIP_UPDATE"):
        rows.sort()
        with (DOCS / "second-reading.csv").open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows([header, *rows])
    assert rows == sorted(rows)
    assert {row["table"] for row in reading()} <= set(TABLES)
    keys = Counter((row["table"], row["row"], row["seed"]) for row in reading())
    assert [key for key, times in keys.items() if times > 1] == []
    for row in reading():
        assert row["verdict"] in VERDICTS, row
        assert row["seed"].isdigit(), row
        assert row["remark"] or row["verdict"] != "wrong", row
        assert row["read"] or row["verdict"] == "not-found", row
