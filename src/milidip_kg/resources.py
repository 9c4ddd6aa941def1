"""Where the model, the facts and the questions lie: in the checkout, or inside the installed package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from milidip_kg.errors import InputError


@cache
def folder(name: str) -> Path:
    """The folder `data`, `ontology` or `queries`.

    Raises:
        InputError: the installation is incomplete.
    """
    here = Path(__file__).resolve().parent
    for place in (here / "files" / name, here.parents[1] / name):
        if place.is_dir():
            return place
    raise InputError(f"The folder {name!r} of milidip-kg is missing.", "Install the package again.")
