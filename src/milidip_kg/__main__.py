"""`python -m milidip_kg` is `milidip`."""

from milidip_kg.cli import run

run()
