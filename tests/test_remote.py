"""A remote endpoint is asked through SPARQLWrapper: a real local server answers, refuses, stalls or talks nonsense."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from pyoxigraph import Literal, NamedNode, Quad, QueryBoolean, QueryResultsFormat, QuerySolutions, Store

from milidip_kg.errors import InputError, LimitError, UsageError
from milidip_kg.remote import ask

STORE = Store()
STORE.add(Quad(NamedNode("http://example.org/a"), NamedNode("http://example.org/p"), Literal(7)))


class Handler(BaseHTTPRequestHandler):
    """A small SPARQL endpoint over a store; its path says how it behaves."""

    def do_GET(self) -> None:
        self.answer(parse_qs(urlsplit(self.path).query))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode("utf-8")
        self.answer(parse_qs(body))

    def answer(self, parameters: dict[str, list[str]]) -> None:
        path = urlsplit(self.path).path
        status, content = 200, b""
        if path == "/stall":
            time.sleep(3)
        elif path == "/broken":
            status, content = 500, b"out of order"
        elif path == "/nonsense":
            content = b"<html>hello</html>"
        else:
            try:
                found = STORE.query(parameters["query"][0])
                assert isinstance(found, QuerySolutions | QueryBoolean)
                content = found.serialize(format=QueryResultsFormat.JSON) or b""
            except SyntaxError:
                status, content = 400, b"malformed"
        self.send_response(status)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()


@pytest.mark.parametrize("padding", [0, 5000], ids=["by-get", "by-post"])
def test_an_answer_has_typed_terms(server: str, padding: int) -> None:
    found = ask(f"{server}/sparql", "SELECT ?o WHERE { ?s ?p ?o }" + " " * padding)
    assert isinstance(found, QuerySolutions)
    assert [solution["o"] for solution in found] == [Literal(7)]


def test_ask_is_answered(server: str) -> None:
    assert bool(ask(f"{server}/sparql", "ASK { ?s ?p ?o }"))


@pytest.mark.parametrize(
    ("path", "query", "error", "says"),
    [
        ("/sparql", "SELECT nonsense", UsageError, "malformed"),
        ("/broken", "ASK {}", InputError, "refused"),
        ("/nonsense", "ASK {}", InputError, "SPARQL results"),
        ("/stall", "ASK {}", LimitError, "did not answer within 1"),
    ],
)
def test_each_failure_has_its_name(server: str, path: str, query: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        ask(server + path, query, timeout=1)


def test_only_http_is_an_endpoint_and_nobody_there_is_said() -> None:
    with pytest.raises(UsageError, match="http or https"):
        ask("file:///etc/passwd", "ASK {}")
    with pytest.raises(InputError, match="cannot be reached"):
        ask("http://127.0.0.1:9/sparql", "ASK {}", timeout=1)
