"""A remote endpoint is asked through SPARQLWrapper: a real local server answers, fails, stalls, cuts or talks nonsense."""

from __future__ import annotations

import email.utils
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
)

from milidip_kg.errors import InputError, LimitError, MilidipError, UsageError
from milidip_kg.remote import ask

STORE = Store()
STORE.add(Quad(NamedNode("http://example.org/a"), NamedNode("http://example.org/p"), Literal(7)))
SEEN: Counter[str] = Counter()


class Handler(BaseHTTPRequestHandler):
    """A small SPARQL endpoint over a store; the first word of its path says how it behaves, the rest tells runs apart."""

    def do_GET(self) -> None:
        self.answer(parse_qs(urlsplit(self.path).query))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8")
        self.answer(parse_qs(body))

    def answer(self, parameters: dict[str, list[str]]) -> None:
        path = urlsplit(self.path).path
        SEEN[path] += 1
        SEEN[f"{self.command} {path}"] += 1
        first = SEEN[path] == 1
        kind = path.split("/")[1]
        if kind == "stall":
            time.sleep(3)
            return
        if kind == "drip":
            self.reply(200, b"", {"Content-Length": "100"})
            with suppress(ConnectionError):
                for _ in range(30):
                    time.sleep(0.1)
                    self.wfile.write(b" ")
            return
        if kind == "torn" and first:
            self.reply(200, b"{", {"Content-Length": "100"})
            self.close_connection = True
            return
        if kind == "busy" and first:
            self.reply(503, b"", {"Retry-After": "1"})
        elif kind == "dated" and first:
            self.reply(429, b"", {"Retry-After": email.utils.formatdate(time.time() + 2, usegmt=True)})
        elif kind == "full":
            self.reply(429, b"", {"Retry-After": "3600"})
        elif kind == "down":
            self.reply(502, b"")
        elif kind == "moved":
            self.reply(302, b"", {"Location": "/sparql/elsewhere"})
        elif kind.isdigit():
            self.reply(int(kind), b"out of order\nmore")
        elif kind == "nonsense":
            self.reply(200, b"<html>hello</html>")
        else:
            headers = {"X-SPARQL-MaxRows": "1"} if kind == "cut" else {}
            self.reply(200, results(parameters["query"][0]), headers)

    def reply(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def results(query: str) -> bytes:
    found = STORE.query(query)
    if isinstance(found, QueryTriples):
        return found.serialize(format=RdfFormat.TURTLE) or b""
    return found.serialize(format=QueryResultsFormat.JSON) or b""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()


@pytest.mark.parametrize(("padding", "method"), [(0, "GET"), (5000, "POST")])
def test_an_answer_has_typed_terms(server: str, padding: int, method: str) -> None:
    found = ask(f"{server}/sparql/{method}", "SELECT ?o WHERE { ?s ?p ?o }" + " " * padding)
    assert isinstance(found, QuerySolutions)
    assert [solution["o"] for solution in found] == [Literal(7)]
    assert SEEN[f"{method} /sparql/{method}"] == 1


def test_ask_and_construct_are_answered(server: str) -> None:
    found = ask(f"{server}/sparql", "ASK { ?s ?p ?o }")
    assert isinstance(found, QueryBoolean)
    assert found
    graph = ask(f"{server}/sparql", "CONSTRUCT WHERE { ?s ?p ?o }")
    assert isinstance(graph, QueryTriples)
    assert [triple.object for triple in graph] == [Literal(7)]


def test_words_of_an_update_in_a_comment_mislead_nobody(server: str) -> None:
    assert isinstance(ask(f"{server}/sparql", "# load or insert?\nSELECT * WHERE { ?s ?p 7 }"), QuerySolutions)


@pytest.mark.parametrize(("path", "least"), [("/busy/a", 1.0), ("/dated/a", 1.0), ("/torn/a", 0.0)])
def test_what_passes_is_tried_again_after_the_time_asked_for(server: str, path: str, least: float) -> None:
    start = time.monotonic()
    assert ask(server + path, "ASK { ?s ?p ?o }", timeout=10)
    assert time.monotonic() - start >= least
    assert SEEN[path] == 2


def test_no_wait_goes_beyond_the_time_limit(server: str) -> None:
    start = time.monotonic()
    with pytest.raises(LimitError, match="too many requests; it asks to wait 3600"):
        ask(f"{server}/full/a", "ASK {}", timeout=2)
    assert time.monotonic() - start < 1
    assert SEEN["/full/a"] == 1


def test_a_redirection_is_named_and_not_followed(server: str) -> None:
    with pytest.raises(InputError, match="sends on to /sparql/elsewhere"):
        ask(f"{server}/moved", "ASK {}")
    assert SEEN["/sparql/elsewhere"] == 0


@pytest.mark.parametrize(
    ("path", "error", "says"),
    [
        ("/400", UsageError, "malformed .HTTP 400.: out of order$"),
        ("/401", InputError, "refused .HTTP 401"),
        ("/403", InputError, "refused .HTTP 403"),
        ("/404", InputError, "refused .HTTP 404"),
        ("/413", LimitError, "refused .HTTP 413"),
        ("/500", InputError, "refused .HTTP 500.: out of order$"),
        ("/down", LimitError, "is not available .HTTP 502"),
        ("/nonsense", InputError, "did not answer with SPARQL results"),
        ("/stall", LimitError, "did not answer within 1 seconds"),
        ("/drip", LimitError, "did not answer within 1 seconds"),
        ("/cut", LimitError, "cut the answer after 1 rows"),
    ],
)
def test_each_failure_has_its_name(server: str, path: str, error: type[MilidipError], says: str) -> None:
    start = time.monotonic()
    with pytest.raises(error) as caught:
        ask(server + path, "SELECT * { ?s ?p ?o }", timeout=1)
    assert re.search(says, caught.value.message)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "text", ["SELECT nonsense", "INSERT DATA { <a:a> <a:b> <a:c> }", "ASK { SERVICE <http://x/> {} }"]
)
def test_what_is_not_a_read_only_query_is_not_sent(server: str, text: str) -> None:
    with pytest.raises(UsageError):
        ask(f"{server}/sparql/unsent", text)
    assert SEEN["/sparql/unsent"] == 0


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/", "sparql", "http:///"])
def test_only_http_is_an_endpoint(address: str) -> None:
    with pytest.raises(UsageError, match="http or https"):
        ask(address, "ASK {}")


def test_nobody_there_is_said_at_once() -> None:
    start = time.monotonic()
    with pytest.raises(InputError, match="cannot be reached"):
        ask("http://127.0.0.1:9/sparql", "ASK {}", timeout=10)
    assert time.monotonic() - start < 1
