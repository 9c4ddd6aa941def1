"""A remote SPARQL 1.1 endpoint: the same queries through SPARQLWrapper, and what writing there needs of HTTP.

Only the address that was named is contacted: a redirection is an error that says where it leads. What may pass (429,
502, 503, 504, a broken connection) is tried again within the time limit, after as long as Retry-After asks for.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import IO, TYPE_CHECKING, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPBasicAuthHandler,
    HTTPDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    HTTPRedirectHandler,
    OpenerDirector,
    Request,
    build_opener,
)

from milidip_kg import __version__
from milidip_kg.errors import InputError, LimitError, MilidipError, UsageError

if TYPE_CHECKING:
    from pyoxigraph import QueryBoolean, QuerySolutions, QueryTriples

AGENT: Final = f"milidip-kg/{__version__}"
_LONG: Final = 2000  # characters above which a query goes by POST, since servers limit the length of a GET
_PASSING: Final = (429, 502, 503, 504)
_ATTEMPTS: Final = 6
_CUT: Final = {"X-SPARQL-MaxRows": "after {} rows", "X-SQL-State": "with the state {}"}  # how Virtuoso says so


@dataclass(frozen=True, slots=True)
class Account:
    """Who signs in, by digest or basic authentication as the server asks."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Account({self.user!r})"


class _Stay(HTTPRedirectHandler):
    """Follow no redirection."""

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """Refuse; what comes of it is an HTTPError."""


def opener_for(address: str, account: Account | None = None) -> OpenerDirector:
    """What opens requests to that address, and signs in there only.

    Raises:
        UsageError: the address is not http or https.
    """
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
        raise UsageError(f"An endpoint has an http or https address, not {address!r}.")
    if account is None:
        return build_opener(_Stay)
    passwords = HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, address, account.user, account.password)
    return build_opener(_Stay, HTTPDigestAuthHandler(passwords), HTTPBasicAuthHandler(passwords))


def ask(
    endpoint: str, text: str, timeout: float = 60.0, account: Account | None = None
) -> QuerySolutions | QueryBoolean | QueryTriples:
    """The answer of a remote endpoint to a read-only query; `timeout` is in seconds, with all attempts and waits.

    Raises:
        UsageError: the address is not http or https; the query is not SPARQL 1.1, is an update or has a SERVICE clause;
            or the endpoint calls it malformed.
        LimitError: it did not answer in time, had too many requests, or sent only a part of the answer.
        InputError: it could not be reached, refused, or did not answer with SPARQL results.
    """
    from pyoxigraph import QueryBoolean, QueryResultsFormat, QueryTriples, RdfFormat, Store, parse_query_results
    from SPARQLWrapper import ASK, CONSTRUCT, GET, JSON, POST, SELECT, TURTLE, SPARQLWrapper

    from milidip_kg.query import run

    # An empty store checks the text and says its form, which SPARQLWrapper guesses from the words in it.
    shape = run(Store(), text)
    form = CONSTRUCT if isinstance(shape, QueryTriples) else ASK if isinstance(shape, QueryBoolean) else SELECT
    opener = opener_for(endpoint, account)

    class Client(SPARQLWrapper):
        seconds = timeout

        def _parseQueryType(self, query: str) -> str:  # noqa: N802
            return form

        def _query(self) -> tuple[HTTPResponse, str]:
            return opener.open(self._createRequest(), timeout=self.seconds), self.returnFormat

    client = Client(endpoint, returnFormat=TURTLE if form == CONSTRUCT else JSON, agent=AGENT)
    client.setQuery(text)
    client.setMethod(POST if len(text) > _LONG else GET)
    client.setOnlyConneg(True)

    def send(seconds: float) -> HTTPResponse:
        client.seconds = seconds
        response: HTTPResponse = client.query().response
        return response

    content = exchange(endpoint, send, timeout)
    try:
        if form == CONSTRUCT:
            graph = Store()
            graph.load(content, RdfFormat.TURTLE, base_iri=endpoint)
            return graph.query("CONSTRUCT WHERE { ?s ?p ?o }")
        return parse_query_results(content, format=QueryResultsFormat.JSON)
    except (SyntaxError, ValueError) as error:
        raise InputError(
            f"{endpoint} did not answer with SPARQL results: {_first_line(str(error))}",
            "Check the address: is it that of the SPARQL endpoint?",
        ) from error


def exchange(address: str, send: Callable[[float], HTTPResponse], timeout: float) -> bytes:
    """Send a request, again where that may help, and return the whole body of the answer.

    `send` gets the seconds that are left.

    Raises:
        LimitError, InputError, UsageError: as for `ask`.
    """
    deadline = time.monotonic() + timeout
    for attempt in range(1, _ATTEMPTS + 1):
        wait = min(2.0 ** (attempt - 1) / 2, 8.0)
        try:
            return _whole(address, send(max(deadline - time.monotonic(), 0.01)), deadline, timeout)
        except HTTPError as error:
            with error:
                failure = _failure(address, error)
                if error.code in _PASSING:
                    wait = _retry_after(error.headers.get("Retry-After")) or wait
                else:
                    raise failure from error
        except (TimeoutError, URLError, HTTPException, ConnectionError, ValueError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise _late(address, timeout) from error
            failure = InputError(f"{address} cannot be reached: {reason!s}.", "Check the address and that it runs.")
            if not isinstance(reason, IncompleteRead | ConnectionResetError | BrokenPipeError):
                raise failure from error
        if attempt == _ATTEMPTS or time.monotonic() + wait >= deadline:
            raise failure
        time.sleep(wait)
    raise AssertionError


def _whole(address: str, response: HTTPResponse, deadline: float, timeout: float) -> bytes:
    """The body, unless it comes too slowly or the server says that it is cut."""
    parts = []
    with response:
        for header, words in _CUT.items():
            if header in response.headers:
                said = words.format(response.headers[header])
                raise LimitError(f"{address} cut the answer {said}.", "Narrow the query, or ask for it in parts.")
        while part := response.read1(1 << 16):
            parts.append(part)
            if time.monotonic() > deadline:
                raise _late(address, timeout)
        if response.length:
            raise ConnectionResetError("the answer ended too early")
    return b"".join(parts)


def _late(address: str, timeout: float) -> LimitError:
    return LimitError(f"{address} did not answer within {timeout:g} seconds.", "Raise --timeout.")


def _failure(address: str, error: HTTPError) -> MilidipError:
    """The named error that an HTTP status stands for."""
    code = error.code
    if 300 <= code < 400:
        where = error.headers.get("Location", "elsewhere")
        return InputError(f"{address} sends on to {where}.", "Name that address, if it is the right one.")
    if code == 429:
        after = error.headers.get("Retry-After")
        asks = f"; it asks to wait {after}" if after else ""
        return LimitError(f"{address} has had too many requests{asks}.", "Try later, or raise --timeout to wait.")
    try:
        said = _first_line(error.read(4096).decode("utf-8", "replace"))
    except OSError:
        said = ""
    why = f" (HTTP {code}): {said or error.reason}"
    if code == 400:
        return UsageError(f"{address} calls the request malformed{why}")
    if code in (401, 403):
        return InputError(
            f"{address} refused{why}",
            "It wants a user who may do this: --user, and MILIDIP_PASSWORD in the environment.",
        )
    if code in (404, 405, 406, 415):
        return InputError(f"{address} refused{why}", "Check the address and the protocol.")
    if code in (413, 414):
        return LimitError(f"{address} refused{why}", "The request is too large for it: send less at once.")
    if code in _PASSING:
        return LimitError(f"{address} is not available{why}", "Try later, or raise --timeout to wait.")
    return InputError(f"{address} refused{why}")


def _retry_after(text: str | None) -> float | None:
    """The seconds that a Retry-After header asks for, given as a number or as a date."""
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.1)
    except ValueError:
        return None


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0][:300] if lines else ""
