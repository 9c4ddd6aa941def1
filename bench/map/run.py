"""CSV tables to N-Triples: this mapper against morph-kgc, side by side, on the same seeded data.

    python bench/map/run.py [--triples 1000000] [--runs 5]

The peer gets an environment of its own under build/, and an RML mapping that says what the CSVW metadata say. The runs
take turns; the outputs must be the same lines. Ours also checks every cell, key and reference, which the peer does not.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

import map_data
import map_rml

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build"
PEER = "morph-kgc==2.10.0"


def peer_python() -> Path:
    """The Python of the peer's environment, which is made if it is not there."""
    home = BUILD / "morph-kgc"
    python = home / "bin/python"
    if not (home / "installed").exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True)
        (home / "installed").touch()
    return python


def timed(*command: str | Path) -> dict[str, float]:
    """Seconds of a command as a whole, and what it says of its parts on the last line."""
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    whole = time.perf_counter() - start
    return {**json.loads(done.stdout.splitlines()[-1]), "whole": whole}


def lines(path: Path) -> list[bytes]:
    """The distinct triples of a file in order."""
    return sorted(set(path.read_bytes().splitlines()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triples", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()

    work = BUILD / "bench-map"
    tables = work / "tables"
    map_data.write(tables, arguments.triples)
    (work / "mapping.ttl").write_text(map_rml.mapping(tables), encoding="utf-8")
    ours, theirs = work / "ours.nt", work / "theirs.nt"
    config = work / "config.ini"
    config.write_text(
        f"[CONFIGURATION]\noutput_file={theirs}\noutput_format=N-TRIPLES\nnumber_of_processes=2\nlogging_level=ERROR\n"
        f"[DATA]\nmappings={work / 'mapping.ttl'}\n",
        encoding="utf-8",
    )
    python = peer_python()
    runs: dict[str, list[dict[str, float]]] = {"milidip-kg": [], PEER: []}
    for _ in range(arguments.runs):
        ours.unlink(missing_ok=True)
        theirs.unlink(missing_ok=True)
        runs["milidip-kg"].append(timed(sys.executable, HERE / "map_ours.py", tables, ours))
        runs[PEER].append(timed(python, HERE / "map_peer.py", config))
    same = lines(ours) == lines(theirs)
    report(runs, len(lines(ours)), same)
    sys.exit(0 if same else 1)


def report(runs: dict[str, list[dict[str, float]]], triples: int, same: bool) -> None:
    """Print the medians."""
    print(f"{triples:,} triples; the same lines from both: {'yes' if same else 'NO'}")
    print(f"{'':18} {'whole s':>9} {'inner s':>9} {'triples/s':>12}")
    medians = {
        name: {part: statistics.median(run[part] for run in found) for part in found[0]} for name, found in runs.items()
    }
    for name, median in medians.items():
        print(f"{name:18} {median['whole']:9.2f} {median['inner']:9.2f} {triples / median['inner']:12,.0f}")
    ours, theirs = medians.values()
    print(f"of ours: read and check {ours['read and check']:.2f} s, map and write {ours['map']:.2f} s")
    for part in ("whole", "inner"):
        print(f"ratio, {part}: {theirs[part] / ours[part]:.1f}")
    print(f"ratio, map alone: {theirs['inner'] / ours['map']:.1f}")


if __name__ == "__main__":
    main()
