"""The site for this machine alone: a small server on the loopback address, with the command line's own checks.

Serves a fixed table of files. Other machines cannot reach it; a page of another site can neither read it (the host must
be loopback, which ends DNS rebinding) nor ask it anything (a POST needs its origin and the token of the page).
"""

from __future__ import annotations

import hmac
import json
import secrets
import tempfile
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from immunosim.errors import MOST_SHOWN, ImmunosimError
from immunosim.teach.export import INDEX, folder_files
from immunosim.teach.faults import LessonError
from immunosim.teach.policy import policy
from immunosim.teach.site import SiteParts

ADDRESS = "127.0.0.1"
LARGEST_BODY = 64 * 1024
TIME_LIMIT = 10.0
"""Seconds that a client may take to send its request."""

CHECK, TOKEN = "/check", "X-Immunosim-Token"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json"}

_UPLOAD = "upload.toml"

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every answer."""

_FRAMES = "frame-ancestors 'self'"
"""Who may embed a page, which only a header can say."""


class Server(ThreadingHTTPServer):
    """A server of the site.

    Parameters
    ----------
    parts : SiteParts
    port : int
        0 for a free one.

    Raises
    ------
    LessonError
        If the port is taken.
    """

    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, parts: SiteParts, port: int = 0) -> None:
        self.token = secrets.token_urlsafe(32)
        self.checking = threading.Lock()
        files = folder_files(parts.with_settings(token=self.token, application=True), application=True)
        self.files: Mapping[str, bytes] = {f"/{name}": content for name, content in files.items()}
        try:
            super().__init__((ADDRESS, port), Handler)
        except OSError as error:
            reason = f"port {port} cannot be used ({error.strerror})"
            raise LessonError(reason, key="port", cure="choose another, or 0 for a free one") from None

    @property
    def port(self) -> int:
        """Number of its port."""
        return int(self.server_address[1])

    @property
    def address(self) -> str:
        """The address that a browser opens."""
        return f"http://{ADDRESS}:{self.port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a browser has gone away."""


class Handler(BaseHTTPRequestHandler):
    """One request of the site."""

    server: Server
    timeout = TIME_LIMIT
    server_version, sys_version = "immunosim", ""
    error_message_format, error_content_type = "%(code)d %(message)s\n", "text/plain; charset=utf-8"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with a file of the table."""
        self._get(with_content=True)

    def do_HEAD(self) -> None:
        """Answer with the headers of a file of the table."""
        self._get(with_content=False)

    def do_POST(self) -> None:
        """Check a scenario that the page sends, and answer with what is wrong with it."""
        refusal = self._refusal_of_post()
        if refusal is not None:
            self.close_connection = True  # what it sends is not read
            self._send(refusal, b"", "text/plain")
            return
        length = self._length()
        if length is None or length > LARGEST_BODY:
            self.close_connection = True
            status = HTTPStatus.LENGTH_REQUIRED if length is None else HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            self._send(status, b"", "text/plain")
            return
        try:
            body = self.rfile.read(length)
        except (TimeoutError, OSError):
            self.close_connection = True
            return
        if len(body) < length:
            self.close_connection = True
            return
        with self.server.checking:
            answer = json.dumps(check_upload(body)).encode()
        self._send(HTTPStatus.OK, answer, "application/json")

    def _get(self, with_content: bool) -> None:
        if not self._is_ours():
            self._send(HTTPStatus.MISDIRECTED_REQUEST, b"", "text/plain")
            return
        if self.headers.get("Content-Length", "0") != "0":
            self.close_connection = True  # what it sends is not read
        path = urlsplit(self.path).path
        name = f"/{INDEX}" if path == "/" else path
        content = self.server.files.get(name)
        if content is None:
            self._send(HTTPStatus.NOT_FOUND, b"Not found\n", "text/plain", with_content)
            return
        self._send(HTTPStatus.OK, content, TYPES[Path(name).suffix], with_content)

    def _refusal_of_post(self) -> HTTPStatus | None:
        if not self._is_ours():
            return HTTPStatus.MISDIRECTED_REQUEST
        if urlsplit(self.path).path != CHECK:
            return HTTPStatus.NOT_FOUND
        if "transfer-encoding" in self.headers:
            return HTTPStatus.NOT_IMPLEMENTED
        origin, token = self.headers.get("Origin", ""), self.headers.get(TOKEN, "")
        is_same = origin == f"http://{self.headers.get('Host', '')}"
        if not is_same or not hmac.compare_digest(token.encode(), self.server.token.encode()):
            return HTTPStatus.FORBIDDEN
        return None

    def _is_ours(self) -> bool:
        """Return whether the request names this server: a name that another site made lead here does not."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1:
            return False
        name, _, port = hosts[0].rpartition(":")
        return name.lower() in LOOPBACK and port == str(self.server.port)

    def _length(self) -> int | None:
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None

    def _send(self, status: HTTPStatus, content: bytes, kind: str, with_content: bool = True) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if with_content:
            self.wfile.write(content)

    def end_headers(self) -> None:
        """End the headers of every answer, also of errors, with what protects the page."""
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        is_index = urlsplit(self.path).path in ("/", f"/{INDEX}") if hasattr(self, "path") else False
        rules = f"{policy(application=True)}; {_FRAMES}" if is_index else _FRAMES
        self.send_header("Content-Security-Policy", rules)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""


def check_upload(body: bytes) -> dict[str, Any]:
    """Return what is wrong with a scenario that was uploaded, and its canonical document where nothing is.

    The messages are those of ``immunosim check``. ``extends`` is refused, and what a sweep or a population would read
    is not looked at: an upload reads no other file.

    Returns
    -------
    dict
        ``ok``, ``problems`` (key, reason and cure each), ``messages`` as the command line prints them, ``document``.
    """
    from immunosim.problem import prepare
    from immunosim.scenario.reader import build_scenario, read_toml
    from immunosim.teach.documents import json_document

    try:
        with tempfile.TemporaryDirectory(prefix="immunosim-") as folder:
            path = Path(folder) / _UPLOAD
            path.write_bytes(body)
            document = read_toml(path, _UPLOAD)
        if "extends" in document:
            cure = "write the whole scenario: immunosim run writes one with every value"
            raise LessonError("is refused in an upload", file=_UPLOAD, key="extends", cure=cure)
        scenario = build_scenario(document, _UPLOAD)
        prepare(scenario, _UPLOAD)
    except ImmunosimError as error:
        problems = [
            {"key": problem.key or "", "reason": problem.reason, "cure": problem.cure or ""}
            for problem in error.problems[:MOST_SHOWN]
        ]
        return {"ok": False, "problems": problems, "messages": str(error).splitlines(), "document": None}
    messages = [f"{_UPLOAD} is a valid scenario"]
    return {"ok": True, "problems": [], "messages": messages, "document": json_document(scenario)}


def serve(server: Server) -> None:
    """Answer requests until Ctrl-C."""
    try:
        server.serve_forever(poll_interval=0.2)
    finally:
        server.server_close()
