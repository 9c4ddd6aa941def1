"""Published datasets, read into the project's own tables.

Each dataset has one small module that says what it is (an `Adapter`) and turns one published row into rows of the
tables. From the tables on nothing knows where a row came from, except by its source and its `origin_row`. No published
row is lost in silence: it is taken, or the report says why not; a value that the adapter does not understand is a
finding.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from milidip_kg.adapters.base import AdaptedReport, Adapter, LeftOut, Run
from milidip_kg.adapters.dcad import DCAD
from milidip_kg.adapters.mme import MME
from milidip_kg.adapters.nmc import NMC
from milidip_kg.adapters.ucdp import UCDP
from milidip_kg.errors import UsageError, did_you_mean
from milidip_kg.resolve import StateIndex
from milidip_kg.resources import folder

__all__ = ["ADAPTERS", "AdaptedReport", "Adapter", "LeftOut", "adapt"]

ADAPTERS: Final[dict[str, Adapter]] = {adapter.id: adapter for adapter in (DCAD, MME, NMC, UCDP)}


def adapt(dataset_id: str, file: Path, out: Path, states: StateIndex, data: Path | None = None) -> AdaptedReport:
    """Read a published dataset and write its rows as tables into the folder `out`.

    The header of each table is that of the metadata in `data` (by default the project's own tables), with `origin_row`
    as the last column. The tables are written even if there are findings: whether to use them is for the caller to say.

    Raises:
        UsageError: there is no adapter for that dataset.
    """
    if dataset_id not in ADAPTERS:
        raise UsageError(f"There is no dataset {dataset_id!r}.", did_you_mean(dataset_id, ADAPTERS))
    run = Run(ADAPTERS[dataset_id], file, states)
    run.take()
    return run.write(out, data or folder("data"))
