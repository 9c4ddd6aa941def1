"""The same queries on any remote SPARQL 1.1 endpoint, through SPARQLWrapper."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from milidip_kg import __version__
from milidip_kg.errors import InputError, LimitError, UsageError

if TYPE_CHECKING:
    from pyoxigraph import QueryBoolean, QuerySolutions

_LONG = 2000  # characters above which a query goes by POST, since servers limit the length of a GET


def ask(endpoint: str, text: str, timeout: float = 60.0) -> QuerySolutions | QueryBoolean:
    """The answer of a remote endpoint to a SELECT or ASK query.

    Raises:
        UsageError: the address is not http or https, or the endpoint calls the query malformed.
        LimitError: it did not answer in time.
        InputError: it could not be reached, refused, or did not answer with SPARQL results.
    """
    from pyoxigraph import QueryResultsFormat, QueryTriples, parse_query_results
    from SPARQLWrapper import GET, JSON, POST, SPARQLWrapper
    from SPARQLWrapper.SPARQLExceptions import QueryBadFormed, SPARQLWrapperException

    if urlsplit(endpoint).scheme not in ("http", "https"):
        raise UsageError(f"An endpoint has an http or https address, not {endpoint!r}.")
    wrapper = SPARQLWrapper(endpoint, returnFormat=JSON, agent=f"milidip-kg/{__version__}")
    wrapper.setQuery(text)
    wrapper.setMethod(POST if len(text) > _LONG else GET)
    wrapper.setTimeout(max(1, round(timeout)))
    try:
        content: Any = wrapper.query().response.read()
    except QueryBadFormed as error:
        raise UsageError(f"{endpoint} calls the query malformed: {_first_line(error)}") from error
    except (SPARQLWrapperException, HTTPError) as error:
        raise InputError(f"{endpoint} refused: {_first_line(error)}") from error
    except (TimeoutError, URLError) as error:
        if isinstance(getattr(error, "reason", error), TimeoutError | socket.timeout):
            raise LimitError(f"{endpoint} did not answer within {timeout:g} seconds.", "Raise --timeout.") from error
        raise InputError(f"{endpoint} cannot be reached: {getattr(error, 'reason', error)}") from error
    try:
        answer = parse_query_results(content, format=QueryResultsFormat.JSON)
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{endpoint} did not answer with SPARQL results: {_first_line(error)}") from error
    assert not isinstance(answer, QueryTriples)
    return answer


def _first_line(error: BaseException) -> str:
    text = str(error.args[0] if error.args else error).strip().splitlines()
    return text[0][:300] if text else type(error).__name__
