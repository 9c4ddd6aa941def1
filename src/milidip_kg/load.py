"""The graph on a remote server: its named graphs go there in chunks, a journal says which, and counts prove it.

A named graph is replaced: its first chunk begins it anew, the others add to it. The journal has a line for each chunk
that has arrived, with the hash of its graph's chunks, so a load that was killed goes on where it was, and a graph that
has changed since starts anew. A kill can tear the last line, which is then not read; sending a chunk twice does no
harm, since blank nodes, which would come twice, travel as the IRIs that RDF 1.1 foresees for that.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode
from urllib.request import Request

from milidip_kg import remote
from milidip_kg.errors import InputError, UsageError, did_you_mean
from milidip_kg.export import sorted_quads
from milidip_kg.store import write_whole

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from pyoxigraph import Store

#: The protocols, each with the most statements that it sends at once; an update is parsed as a whole, so it is small.
PROTOCOLS: Final = {"gsp": 5000, "update": 500}
_SKOLEM: Final = rb"\1<https://w3id.org/.well-known/genid/milidip/\2> "
_BLANK: Final = (re.compile(rb"^()_:(\w+) "), re.compile(rb"^(\S+ \S+ )_:(\w+) $"))  # as subject, as object
_QUAD: Final = re.compile(rb"^(.* )<([^<>]*)> \.\n$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Server:
    """Where the graph goes: `endpoint` is asked for the counts, `write_to` takes the statements, by that protocol."""

    endpoint: str
    write_to: str
    protocol: str = "gsp"
    account: remote.Account | None = None
    timeout: float = 60.0

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise UsageError(f"There is no protocol {self.protocol!r}.", did_you_mean(self.protocol, PROTOCOLS))
        for address in (self.endpoint, self.write_to):
            remote.opener_for(address)


@dataclass(slots=True)
class Load:
    """What came of a load: chunks sent now and found done, and the graphs whose counts differ (here, there)."""

    graphs: int = 0
    statements: int = 0
    sent: int = 0
    done_before: int = 0
    differences: dict[str, tuple[int, int]] = field(default_factory=dict)


def load(
    store: Store,
    server: Server,
    journal: Path,
    graphs: Collection[str] = (),
    size: int | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> Load:
    """Send the named graphs (all, or those) in chunks of at most `size` statements, and compare the counts.

    `notice` is told each graph as it begins.

    Raises:
        LimitError, InputError, UsageError: the server failed; what has arrived is in the journal.
    """
    size = size or PROTOCOLS[server.protocol]
    done = Load()
    counts: dict[str, int] = {}
    with _Journal(journal, server.write_to) as arrived:
        for graph, lines in _triples(store, graphs):
            notice(graph)
            chunks = [lines[start : start + size] for start in range(0, len(lines), size)]
            hashes = [sha256(b"".join(chunk)).hexdigest() for chunk in chunks]
            content = sha256("".join(hashes).encode()).hexdigest()
            before = arrived.chunks_of(graph, content)
            for number in range(before, len(chunks)):
                _send(server, graph, chunks[number], begins=number == 0)
                arrived.add(graph, content)
            done.done_before += before
            done.sent += len(chunks) - before
            counts[graph] = len(lines)
        notice("counts")
        there = _counts(server)
        done.differences = {
            graph: (number, there.get(graph, 0)) for graph, number in counts.items() if there.get(graph, 0) != number
        }
        for graph in done.differences:
            arrived.forget(graph)  # the next load sends it anew
    done.graphs, done.statements = len(counts), sum(counts.values())
    return done


def _triples(store: Store, graphs: Collection[str]) -> Iterator[tuple[str, list[bytes]]]:
    """Each named graph with its sorted N-Triples, blank nodes as IRIs."""
    found: dict[str, list[bytes]] = {}
    for line in sorted_quads(store, graphs).splitlines(keepends=True):
        parts = _QUAD.match(line)
        assert parts is not None, line
        triple = parts[1]
        for blank in _BLANK:
            triple = blank.sub(_SKOLEM, triple)
        found.setdefault(parts[2].decode(), []).append(triple + b".\n")
    for graph in sorted(found):
        yield graph, found[graph]


def _send(server: Server, graph: str, chunk: Sequence[bytes], begins: bool) -> None:
    opener = remote.opener_for(server.write_to, server.account)
    if server.protocol == "gsp":
        sign = "&" if "?" in server.write_to else "?"
        address = f"{server.write_to}{sign}{urlencode({'graph': graph}, quote_via=quote)}"
        method, kind, body = "PUT" if begins else "POST", "application/n-triples", b"".join(chunk)
    else:
        address, method, kind = server.write_to, "POST", "application/x-www-form-urlencoded"
        clear = f"CLEAR SILENT GRAPH <{graph}> ;\n" if begins else ""
        body = urlencode(
            {"update": f"{clear}INSERT DATA {{ GRAPH <{graph}> {{\n{b''.join(chunk).decode()}}} }}"}
        ).encode()
    headers = {"Content-Type": kind, "User-Agent": remote.AGENT, "Accept": "*/*"}

    def send(seconds: float) -> HTTPResponse:
        response: HTTPResponse = opener.open(Request(address, body, headers, method=method), timeout=seconds)  # noqa: S310
        return response

    remote.exchange(server.write_to, send, server.timeout)


def _counts(server: Server) -> dict[str, int]:
    text = "SELECT ?graph (COUNT(*) AS ?statements) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph"
    rows = remote.ask(server.endpoint, text, server.timeout, server.account)
    return {row["graph"].value: int(row["statements"].value) for row in rows}  # type: ignore[union-attr]


class _Journal:
    """How many chunks of which content of each graph have arrived at one address."""

    def __init__(self, path: Path, address: str) -> None:
        self._path = path
        self._address = address
        self._graphs: dict[str, tuple[str, int]] = {}

    def __enter__(self) -> _Journal:
        try:
            lines = self._path.read_text("utf-8").split("\n")[:-1]  # what a kill has torn has no end of line
            if lines and json.loads(lines[0]) == self._address:
                self._graphs = {graph: (content, chunks) for graph, content, chunks in map(json.loads, lines[1:])}
        except FileNotFoundError:
            pass
        except (ValueError, TypeError) as error:
            raise InputError(
                f"{self._path} is not the journal of a load.", "Remove it to send everything anew."
            ) from error
        records = [self._address, *([graph, *rest] for graph, rest in self._graphs.items())]
        text = "".join(json.dumps(record) + "\n" for record in records)
        write_whole(self._path, lambda out: out.write(text.encode()))
        self._out = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()

    def chunks_of(self, graph: str, content: str) -> int:
        """How many of the first chunks have arrived; none, if the content was another."""
        known, chunks = self._graphs.get(graph, ("", 0))
        return chunks if known == content else 0

    def add(self, graph: str, content: str) -> None:
        """The next chunk has arrived."""
        self._note(graph, content, self.chunks_of(graph, content) + 1)

    def forget(self, graph: str) -> None:
        """Nothing is known of that graph."""
        self._note(graph, "", 0)

    def _note(self, graph: str, content: str, chunks: int) -> None:
        self._graphs[graph] = (content, chunks)
        self._out.write(json.dumps([graph, content, chunks]) + "\n")
        self._out.flush()
        os.fsync(self._out.fileno())
