"""Where the metadata of a CSV file are: handed over, linked, or at the places that a site keeps them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urldefrag, urljoin

from milidip_kg.csvw import parse
from milidip_kg.csvw.errors import MetadataError
from milidip_kg.csvw.model import TableGroup

WELL_KNOWN: Final = ("{+url}-metadata.json", "csv-metadata.json")
_LINK: Final = re.compile(r"\s*<([^>]*)>(.*)", re.DOTALL)

Fetch = Callable[[str], bytes]


@dataclass(slots=True)
class Located:
    """The metadata that were found, if any, and what was passed over on the way."""

    group: TableGroup | None = None
    warnings: list[str] = field(default_factory=list)


def locate(url: str, fetch: Fetch, *, link: str | None = None, well_known: tuple[str, ...] = WELL_KNOWN) -> Located:
    """The first metadata that describe the file; what does not is ignored with a warning."""
    found = Located()
    for place in _places(url, link, well_known):
        try:
            data = fetch(place)
        except OSError:
            continue
        try:
            group, warnings = parse.parse(data, place, fetch)
        except MetadataError as error:
            # Broken metadata that someone put there on purpose are an error, not a reason to look elsewhere.
            raise MetadataError(f"{place}: {error}") from None
        if any(table.url == url for table in group.tables):
            found.group = group
            found.warnings += warnings
            return found
        found.warnings.append(f"{place} does not describe {url}; it is ignored.")
    return found


def _places(url: str, link: str | None, well_known: tuple[str, ...]) -> Iterator[str]:
    if link and (match := _LINK.match(link)) and re.search(r'rel\s*=\s*"?describedby', match[2]):
        yield urljoin(url, match[1])
    for pattern in well_known:
        yield urljoin(url, pattern.replace("{+url}", urldefrag(url).url))
