"""Seeded data like that of the graph, as CSV with CSVW metadata: states, organisations and their memberships."""

from __future__ import annotations

import csv
import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

NS = "https://w3id.org/milidip/ns/"
ID = "https://w3id.org/milidip/id/"
VOCAB = "https://w3id.org/milidip/vocab/"

ROLES = ("member", "observer", "partner", "associate")
NOTES = (
    "",
    "",
    "",
    "under the protocol of 1951",
    'called "the alliance" by its members',
    "Türkiye; naïve\\path",
    "a\nb",
)


def _column(name: str, **properties: object) -> dict[str, object]:
    return {"name": name, "titles": name, **properties}


_SOURCE = _column("source", required=True, propertyUrl="dcterms:source", valueUrl=ID + "source/{source}")

TABLES: dict[str, dict[str, Any]] = {
    "states": {
        "aboutUrl": ID + "state/{state}",
        "primaryKey": ["state"],
        "columns": [
            _column("state", required=True, suppressOutput=True),
            _column("name", required=True, lang="en", propertyUrl="rdfs:label"),
            _SOURCE,
            {"name": "type", "virtual": True, "propertyUrl": "rdf:type", "valueUrl": NS + "State"},
        ],
    },
    "organisations": {
        "aboutUrl": ID + "organisation/{organisation}",
        "primaryKey": ["organisation"],
        "columns": [
            _column("organisation", required=True, suppressOutput=True),
            _column("name", required=True, lang="en", propertyUrl="rdfs:label"),
            _SOURCE,
            {"name": "type", "virtual": True, "propertyUrl": "rdf:type", "valueUrl": NS + "Organisation"},
        ],
    },
    "memberships": {
        "aboutUrl": ID + "membership/{organisation}/{state}/{role}/{began}",
        "primaryKey": ["organisation", "state", "role", "began"],
        "columns": [
            _column(
                "organisation",
                required=True,
                propertyUrl=NS + "inOrganisation",
                valueUrl=ID + "organisation/{organisation}",
            ),
            _column("state", required=True, propertyUrl=NS + "hasActor", valueUrl=ID + "state/{state}"),
            _column("role", required=True, propertyUrl=NS + "hasRole", valueUrl=VOCAB + "membership-role/{role}"),
            _column("began", required=True, datatype="date", propertyUrl=NS + "began"),
            _column("ended", datatype="date", propertyUrl=NS + "ended"),
            _column("seats", datatype="integer", propertyUrl=NS + "seats"),
            _column("note", lang="en", propertyUrl="skos:note"),
            _SOURCE,
            _column("checked", required=True, datatype="date", propertyUrl=NS + "checkedOn"),
            {"name": "type", "virtual": True, "propertyUrl": "rdf:type", "valueUrl": NS + "Membership"},
        ],
        "foreignKeys": [
            {"columnReference": name, "reference": {"resource": name + "s.csv", "columnReference": name}}
            for name in ("organisation", "state")
        ],
    },
}


def write(folder: Path, triples: int, seed: int = 1) -> None:
    """Tables that give about so many triples."""
    draw = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    states = [f"S{number:03}" for number in range(200)]
    organisations = [f"organisation {number}/{number % 7}" for number in range(500)]
    _table(folder, "states", [[state, f"State {state}", "list"] for state in states])
    _table(folder, "organisations", [[name, f"The {name}", "list"] for name in organisations])
    keys: set[tuple[str, ...]] = set()
    rows = []
    count = 0
    while count < triples - 3 * (len(states) + len(organisations)):
        began = date(1945, 1, 1) + timedelta(days=draw.randrange(29000))
        key = (draw.choice(organisations), draw.choice(states), draw.choice(ROLES), str(began))
        if key in keys:
            continue
        keys.add(key)
        ended = str(began + timedelta(days=draw.randrange(1, 5000))) if draw.random() < 0.5 else ""
        seats = str(draw.randrange(1, 99)) if draw.random() < 0.5 else ""
        note = draw.choice(NOTES)
        rows.append([*key, ended, seats, note, f"source-{draw.randrange(50)}", "2026-11-01"])
        count += 7 + bool(ended) + bool(seats) + bool(note)
    _table(folder, "memberships", rows)


def _table(folder: Path, name: str, rows: list[list[str]]) -> None:
    schema = TABLES[name]
    header = [column["name"] for column in schema["columns"] if not column.get("virtual")]
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    context = ["http://www.w3.org/ns/csvw", {"@language": "en"}]
    metadata = {"@context": context, "url": f"{name}.csv", "tableSchema": schema}
    (folder / f"{name}.csv-metadata.json").write_text(json.dumps(metadata, indent=1), encoding="utf-8")
