"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StoreOption = Annotated[Path, typer.Option("--store", help="Directory of the built graph.")]
OutOption = Annotated[str, typer.Option("--output", "-o", help="File to write; - is stdout.")]
DataOption = Annotated[
    Path | None, typer.Option("--data", help="Folder of tables to read in place of the packaged ones.")
]
WithOption = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        help="A published dataset to add, as ID=FILE, or ID for the copy that is kept; see `milidip source list`.",
    ),
]
FormOption = Annotated[str, typer.Option("--format", help="table, csv, tsv, json, markdown or parquet.")]
FromOption = Annotated[str, typer.Option("--from", help="First day, or the year or month that begins with it.")]
ToOption = Annotated[str, typer.Option("--to", help="Last day, or the year or month that ends with it.")]
DEFAULT_STORE = Path("build/store")
