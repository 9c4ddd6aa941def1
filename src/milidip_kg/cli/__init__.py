"""The command line: `milidip`. Data on stdout, talk on stderr; the exit status says what kind of end it was.

A file has the commands of one subject; to import it is to add them.
"""

from milidip_kg.cli import build, publish, query, reason, source, study  # noqa: F401 - each adds its commands
from milidip_kg.cli.app import app, main, run

__all__ = ["app", "main", "run"]
