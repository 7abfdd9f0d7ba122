"""An index on this machine for the tests of sweeps: 200 small wheels, and a server that fails as it is told."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import pathlib
import py_compile
import struct
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, Optional

ROOT = "/tmp/pip-install-ab12cd34/demo_0123456789abcdef0123456789abcdef"
COUNT = 200


def wheel(path: pathlib.Path, members: dict[str, bytes]) -> None:
    project, version = path.name.split("-")[:2]
    info = f"{project}-{version}.dist-info"
    members = {
        **members,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in members.items())
    members[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def make_wheels(directory: pathlib.Path, count: int = COUNT) -> list[pathlib.Path]:
    """Of each twenty: seven leak, three are broken, three are hostile."""
    source, module = directory / "m.py", directory / "m.pyc"
    source.write_text("x = 1\n")
    paths = []
    for number in range(count):
        path = directory / f"pkg_{number:03}-1.{number}-py3-none-any.whl"
        py_compile.compile(str(source), str(module), dfile=f"{ROOT}{number:02x}/m.py", doraise=True)
        kind = number % 20
        members = {f"pkg_{number:03}/data.txt": b"%d\n" % number * 50}
        if kind % 3 == 0:
            members[f"pkg_{number:03}/m.pyc"] = module.read_bytes()
        if kind == 11:
            members["bomb.bin"] = bytes(8 << 20)
        if kind == 13:
            members["../../outside"] = b"x"
        wheel(path, members)
        content = path.read_bytes()
        if kind == 3:
            path.write_bytes(content[:-40])
        elif kind == 7:
            path.write_bytes(b"<html>404</html>")
        elif kind == 10:
            path.write_bytes(b"")
        elif kind == 17:
            # The first member claims 4 GiB.
            at = content.index(b"PK\1\2") + 24
            path.write_bytes(content[:at] + struct.pack("<I", 0xFFFFFFF0) + content[at + 4:])
        paths.append(path)
    source.unlink()
    module.unlink()
    return paths


class Server:
    """Serves a directory as a simple index: every other project's page is JSON for whoever accepts it.

    `fault(path, number)` says what is wrong with the answer to the number-th request for that path, counted from 1.
    """

    def __init__(self, directory: pathlib.Path, fault: Callable[[str, int], Optional[str]] = lambda path, number: None):
        self.directory = directory
        self.fault = fault
        self.requests: dict[str, int] = {}
        self.password: Optional[str] = None
        self.digests: dict[str, str] = {}
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *arguments: object) -> None:
                pass

            def do_GET(self) -> None:
                with outer._lock:
                    number = outer.requests[self.path] = outer.requests.get(self.path, 0) + 1
                outer._answer(self, number)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.host = f"127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)

    def __enter__(self) -> "Server":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()

    @property
    def url(self) -> str:
        return f"http://{self.host}/simple/"

    def files(self) -> dict[str, int]:
        """How often each file was asked for."""
        return {path.rsplit("/", 1)[1]: number for path, number in self.requests.items() if path.startswith("/files/")}

    def _answer(self, to: BaseHTTPRequestHandler, number: int) -> None:
        fault = self.fault(to.path, number)
        if self.password is not None and to.headers["Authorization"] != self.password:
            self._send(to, 401, b"")
        elif fault in ("429", "500"):
            self._send(to, int(fault), b"later", {"Retry-After": "0"} if fault == "429" else {})
        else:
            kind, content = self._content(to)
            self._send(to, 404 if content is None else 200, content or b"", {"Content-Type": kind}, fault == "half")

    def _send(
        self, to: BaseHTTPRequestHandler, status: int, content: bytes, headers: dict[str, str] = {}, is_half: bool = False
    ) -> None:
        try:
            to.send_response(status)
            for name, value in headers.items():
                to.send_header(name, value)
            to.send_header("Content-Length", str(len(content)))
            to.end_headers()
            to.wfile.write(content[: len(content) // 2] if is_half else content)
            to.close_connection = to.close_connection or is_half
        except (BrokenPipeError, ConnectionResetError):
            # The worker that asked was killed.
            to.close_connection = True

    def _content(self, to: BaseHTTPRequestHandler) -> tuple[str, Optional[bytes]]:
        parts = to.path.strip("/").split("/")
        files = sorted(path.name for path in self.directory.glob("*.whl"))
        projects = {name.split("-")[0].replace("_", "-"): name for name in files}
        if parts == ["simple"]:
            links = "".join(f'<a href="/simple/{html.escape(name)}/">{html.escape(name)}</a>\n' for name in projects)
            return "text/html", f"<!doctype html><body>{links}</body>".encode()
        if parts[0] == "simple" and parts[-1] in projects:
            name = projects[parts[-1]]
            digest = self.digests.get(name) or hashlib.sha256((self.directory / name).read_bytes()).hexdigest()
            if int(parts[-1][-3:]) % 2 and "json" in to.headers.get("Accept", ""):
                page = {"meta": {"api-version": "1.0"}, "name": parts[-1], "files": [
                    {"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": digest}}]}
                return "application/vnd.pypi.simple.v1+json", json.dumps(page).encode()
            return "text/html", f'<a href="../../files/{name}#sha256={digest}">{name}</a>'.encode()
        if parts[0] == "files" and parts[-1] in files:
            return "application/octet-stream", (self.directory / parts[-1]).read_bytes()
        return "text/plain", None
