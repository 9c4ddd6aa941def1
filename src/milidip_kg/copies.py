"""The user's own copies of published datasets, kept as datasets/<id>/<file> where `milidip build --with ID` finds them.

A copy is kept only if it is the very file that the adapter was checked against, or if the user says that any version
will do. Fetching is the one thing here that opens a connection, and only to the address that is named.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from milidip_kg import __version__
from milidip_kg.errors import InputError, LimitError, UsageError
from milidip_kg.store import write_whole

if TYPE_CHECKING:
    from milidip_kg.adapters import Adapter

FOLDER: Final = Path("datasets")
LIMIT: Final = 1 << 28
"""The most bytes that are fetched or unpacked."""
_BLOCK: Final = 1 << 16
_HTTP_ERRORS: Final = (HTTPRedirectHandler, HTTPErrorProcessor, HTTPDefaultErrorHandler)


def copy_of(adapter: Adapter, folder: Path = FOLDER) -> Path:
    """The copy that is kept of a dataset.

    Raises:
        InputError: there is none.
    """
    path = folder / adapter.id / adapter.reads
    if not path.is_file():
        raise InputError(
            f"There is no copy of {adapter.id}: {path} does not exist.",
            f"Add yours: milidip source add {adapter.id}=FILE, or name it: --with {adapter.id}=FILE.",
        )
    return path


def keep(adapter: Adapter, raw: bytes, folder: Path = FOLDER, any_version: bool = False) -> Path:
    """Keep a file, or the file of that name in a ZIP archive, as the copy of a dataset; else the old one stays.

    Raises:
        InputError: the archive cannot be read or lacks the file, or the file is another version.
        LimitError: the file in the archive is larger than the limit.
    """
    if zipfile.is_zipfile(io.BytesIO(raw)):
        raw = _member(raw, adapter.reads)
    found = hashlib.sha256(raw).hexdigest()
    if found != adapter.sha256 and not any_version:
        raise InputError(
            f"This is not the {adapter.reads} that the adapter was checked against: its SHA-256 is {found}, not "
            f"{adapter.sha256}.",
            f"See if it can be read: milidip source check {adapter.id}=FILE. To keep it all the same: --any-version.",
        )
    path = folder / adapter.id / adapter.reads
    write_whole(path, lambda out: out.write(raw))
    return path


def _member(raw: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for member in archive.infolist():
                if Path(member.filename).name == name:
                    with archive.open(member) as file:
                        content = file.read(LIMIT + 1)
                    if len(content) > LIMIT:
                        raise LimitError(f"{name} in the archive is larger than {LIMIT >> 20} MB.")
                    return content
            held = ", ".join(sorted(Path(member.filename).name for member in archive.infolist())[:12])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InputError(f"The archive cannot be read: {error}") from error
    raise InputError(f"The archive holds no {name}, but {held or 'nothing'}.")


def fetch(url: str, timeout: float = 60.0, notice: Callable[[int, int | None], None] = lambda *_: None) -> bytes:
    """What an http or https address gives; `notice` is told how many bytes came, of how many where that is known.

    Raises:
        UsageError: the address is of another kind.
        InputError: it cannot be reached, or refuses.
        LimitError: it is too slow or too large.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"An address begins with https:// or http://, not {url!r}.")
    request = Request(url, headers={"User-Agent": f"milidip-kg/{__version__}"})  # noqa: S310 - the scheme is checked
    content = io.BytesIO()
    try:
        with _opener().open(request, timeout=timeout) as answer:
            length = answer.headers.get("Content-Length", "")
            total = int(length) if length.isdigit() else None
            while block := answer.read(_BLOCK):
                content.write(block)
                if content.tell() > LIMIT:
                    raise LimitError(f"{url} is larger than {LIMIT >> 20} MB.")
                notice(content.tell(), total)
    except HTTPError as error:
        raise InputError(f"{url} refused: {error.code} {error.reason}.") from error
    except TimeoutError as error:
        raise LimitError(f"{url} did not answer within {timeout:g} seconds.") from error
    except (URLError, http.client.HTTPException, OSError) as error:
        if isinstance(getattr(error, "reason", None), TimeoutError):
            raise LimitError(f"{url} did not answer within {timeout:g} seconds.") from error
        raise InputError(f"{url} cannot be read: {getattr(error, 'reason', error)}") from error
    if total is not None and content.tell() != total:
        raise InputError(f"{url} broke off after {content.tell():,} of {total:,} bytes.", "Try again.")
    return content.getvalue()


def _opener() -> OpenerDirector:
    """An opener for the web alone, so that no redirection leads elsewhere."""
    opener = OpenerDirector()
    for handler in (ProxyHandler, HTTPHandler, HTTPSHandler, *_HTTP_ERRORS):
        opener.add_handler(handler())
    return opener
