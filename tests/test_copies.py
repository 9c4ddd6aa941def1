"""A copy of a published dataset is kept only whole and only if it is the file that was checked; the network is asked
only where an address is named."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conftest import shared
from milidip_kg.adapters import ADAPTERS
from milidip_kg.copies import copy_of, fetch, keep
from milidip_kg.errors import InputError, LimitError, UsageError

TEXT = b"DCAid,signYear\n1,1990\n"
DCAD = replace(ADAPTERS["dcad"], sha256=sha256(TEXT).hexdigest())


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("raw", [TEXT, archive(**{"DCAD-v1.0/DCAD-v1.0-main.csv": TEXT, "codebook.pdf": b"%PDF"})])
def test_the_file_that_was_checked_is_kept(tmp_path: Path, raw: bytes) -> None:
    path = keep(DCAD, raw, tmp_path)
    assert path == copy_of(DCAD, tmp_path) == tmp_path / "dcad" / "DCAD-v1.0-main.csv"
    assert path.read_bytes() == TEXT


def test_another_version_is_kept_only_if_one_says_so(tmp_path: Path) -> None:
    keep(DCAD, TEXT, tmp_path)
    with pytest.raises(InputError, match="SHA-256") as refused:
        keep(DCAD, b"other", tmp_path)
    assert "--any-version" in (refused.value.hint or "")
    assert copy_of(DCAD, tmp_path).read_bytes() == TEXT
    keep(DCAD, b"other", tmp_path, any_version=True)
    assert copy_of(DCAD, tmp_path).read_bytes() == b"other"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (archive(a=b"1", b=b"2"), "holds no DCAD-v1.0-main.csv, but a, b"),
        (b"PK\x05\x06" + archive(a=b"1")[:-22] + archive()[-22:], "holds no"),
    ],
)
def test_an_archive_without_the_file_is_refused(tmp_path: Path, raw: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        keep(DCAD, raw, tmp_path)
    with pytest.raises(InputError, match="There is no copy of dcad"):
        copy_of(DCAD, tmp_path)


class Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()
        elif self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"too little")
        elif self.path == "/data":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(TEXT)
        else:
            self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_an_address_gives_is_fetched(web: str) -> None:
    told: list[int] = []
    assert fetch(f"{web}/data", notice=lambda come, _: told.append(come)) == TEXT
    assert told[-1] == len(TEXT)


@pytest.mark.parametrize(
    ("path", "said"), [("/moved", "refused|cannot be read"), ("/short", "broke off"), ("/no", "404")]
)
def test_what_cannot_be_fetched_says_why(web: str, path: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        fetch(web + path)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "/etc/hostname", "https://", ""])
def test_only_the_web_is_asked(url: str) -> None:
    with pytest.raises(UsageError, match="An address begins with"):
        fetch(url)


def test_a_silent_server_hits_the_limit() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(LimitError, match="did not answer"):
            fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2)


def milidip(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "milidip_kg", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment)


def test_an_added_copy_is_built_with_by_its_name(tmp_path: Path) -> None:
    assert milidip("build", "--with", "dcad", cwd=tmp_path).returncode == 3
    published = shared("sources/dcad-v10/DCAD-v1.0-main.csv")
    added = milidip("source", "add", f"dcad={published}", cwd=tmp_path)
    assert (added.returncode, added.stderr) == (0, "kept datasets/dcad/DCAD-v1.0-main.csv\n")
    assert [line for line in milidip("source", cwd=tmp_path).stdout.splitlines() if "dcad" in line and "yes" in line]
    built = milidip("build", "--with", "dcad", "--export", "none", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    assert "published rows taken" in built.stdout


def test_a_fetch_needs_an_address_and_says_where_to_look(tmp_path: Path, web: str) -> None:
    done = milidip("source", "fetch", "dcad", cwd=tmp_path)
    assert done.returncode == 2
    assert ADAPTERS["dcad"].url in done.stderr
    other = milidip("source", "fetch", "dcad", "--url", f"{web}/data", cwd=tmp_path)
    assert other.returncode == 3
    assert "SHA-256" in other.stderr
    assert milidip("source", "fetch", "dcad", "--url", f"{web}/data", "--any-version", cwd=tmp_path).returncode == 0
    assert (tmp_path / "datasets/dcad/DCAD-v1.0-main.csv").read_bytes() == TEXT
