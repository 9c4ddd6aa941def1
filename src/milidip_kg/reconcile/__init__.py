"""Our tables beside published datasets: what agrees, what differs, and what only one side has.

Which of ours is which of theirs is said by explicit keys and by `matches.csv`, never guessed from likeness. What is
known of a difference is a line of `explanations.csv`; one without a subject speaks of every difference of its group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from milidip_kg.errors import UsageError, did_you_mean
from milidip_kg.reconcile.acts import ARMS_CONTROL_STATUS, UNTC
from milidip_kg.reconcile.alliances import ATOP
from milidip_kg.reconcile.base import AGREEING, GAPS, Comparison, Result, Sides, Verdict, read_csv
from milidip_kg.reconcile.exercises import MME
from milidip_kg.reconcile.members import COW_IGO
from milidip_kg.reconcile.missions import UN_MISSIONS

__all__ = ["AGREEING", "COMPARISONS", "GAPS", "Comparison", "Report", "Result", "Verdict", "comparison_of", "reconcile"]

COMPARISONS: Final[dict[str, Comparison]] = {
    each.dataset: each for each in (UNTC, ARMS_CONTROL_STATUS, COW_IGO, ATOP, UN_MISSIONS, MME)
}
_HERE: Final = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Report:
    """What came of comparing one table with one dataset."""

    comparison: Comparison
    results: Sequence[Result]

    def of(self, *verdicts: Verdict) -> list[Result]:
        """The results with one of these verdicts, without things of theirs that we do not have."""
        return [each for each in self.results if each.verdict in verdicts and not each.unmatched]

    @property
    def unmatched(self) -> int:
        """The number of things of theirs that we do not have."""
        return sum(each.unmatched for each in self.results)

    @property
    def unexplained(self) -> list[Result]:
        """The differences of which nothing is known."""
        return [each for each in self.of(Verdict.DIFFER) if not each.explanation]


def comparison_of(table: str, dataset: str) -> Comparison:
    """The comparison of a table with a dataset.

    Raises:
        UsageError: there is none.
    """
    if dataset not in COMPARISONS:
        raise UsageError(f"There is no comparison with {dataset!r}.", did_you_mean(dataset, COMPARISONS))
    found = COMPARISONS[dataset]
    if table != found.table:
        message = f"{dataset} is compared with the table {found.table}, not with {table!r}."
        raise UsageError(message, f"milidip reconcile {found.table} --with {dataset}=FILE")
    return found


def reconcile(table: str, dataset: str, file: Path, data: Path, keys: Path = _HERE) -> Report:
    """Compare a table in the folder `data` with a published file; `keys` holds matches.csv and explanations.csv.

    Raises:
        UsageError: the table is not compared with that dataset.
        InputError: the file cannot be read as that dataset.
    """
    comparison = comparison_of(table, dataset)
    known = {
        (row["group"], row["subject"], row["field"]): row["explanation"]
        for row in read_csv(keys / "explanations.csv")
        if row["dataset"] == dataset
    }

    def explained(result: Result) -> Result:
        if result.verdict in AGREEING:
            return result
        by_group = known.get((result.group, "", result.field), "")
        return replace(result, explanation=known.get((result.group, result.subject, result.field), by_group))

    results = comparison.compare(Sides(comparison, file, data, keys / "matches.csv"))
    return Report(comparison, [explained(each) for each in results])
