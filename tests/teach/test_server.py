"""The local application: what it serves, and what it refuses, asked through real sockets."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from immunosim import load_scenario, to_toml
from immunosim.teach.server import CHECK, LARGEST_BODY, TOKEN, Server, serve
from immunosim.teach.site import SiteParts

PARTS = SiteParts({"language": "en"}, {"explorer.js": "1;"}, "a{}", {"teacher.en.html": b"<p>answers</p>"}, "immunosim")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    found = Server(PARTS)
    thread = threading.Thread(target=serve, args=(found,))
    thread.start()
    yield found
    found.shutdown()
    thread.join()


def asked(server: Server, request: bytes) -> tuple[int, str]:
    """Return status and text of the answer to what is written to the socket, byte for byte."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as link:
        link.sendall(request)
        answer = http.client.HTTPResponse(link)
        answer.begin()
        return answer.status, answer.read().decode()


def get(
    server: Server, path: str = "/", host: str | None = None, method: str = "GET", more: str = ""
) -> tuple[int, str]:
    name = f"127.0.0.1:{server.port}" if host is None else host
    lines = f"{method} {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n{more}\r\n"
    return asked(server, lines.encode())


def post(server: Server, body: bytes = b"", path: str = CHECK, **headers: str | None) -> tuple[int, str]:
    host = f"127.0.0.1:{server.port}"
    usual = {"Host": host, "Origin": f"http://{host}", TOKEN: server.token, "Content-Length": str(len(body))}
    given = usual | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
    return asked(server, "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode() + body)


def test_it_listens_on_the_loopback_address_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert server.port > 0


def test_files_of_the_table_are_served_with_headers_that_protect_them(server: Server) -> None:
    for path, kind in {"/": "text/html", "/explorer.js": "text/javascript", "/explorer.css": "text/css"}.items():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, answer.headers.get_content_type()) == (200, kind)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.read()
        connection.close()


def test_the_page_has_a_policy_and_the_token(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/")
    answer = connection.getresponse()
    rules, page = answer.headers["Content-Security-Policy"], answer.read().decode()
    connection.close()
    assert "default-src 'none'" in rules
    assert "unsafe-inline" not in rules
    assert "script-src 'self' 'wasm-unsafe-eval'" in rules
    assert server.token in page


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", "",
        "0.0.0.0:{port}", "localhost.:{port}", "[::ffff:127.0.0.1]:{port}", "127.0.0.1:{port}\r\nHost: evil.example",
    ],
)  # fmt: skip
def test_a_request_of_another_host_is_refused(server: Server, host: str) -> None:
    status, text = get(server, host=host.format(port=server.port))
    assert status == 421
    assert text == ""


@pytest.mark.parametrize("host", ["localhost:{port}", "LOCALHOST:{port}", "127.0.0.1:{port}", "[::1]:{port}"])
def test_every_name_of_this_machine_is_answered(server: Server, host: str) -> None:
    assert get(server, host=host.format(port=server.port))[0] == 200


def test_a_request_without_a_host_is_refused(server: Server) -> None:
    assert asked(server, b"GET / HTTP/1.0\r\n\r\n")[0] == 421


@pytest.mark.parametrize(
    "path",
    [
        "/../lesson.py", "/..%2f..%2fetc/passwd", "/%2e%2e/server.py", "//etc/passwd", "/index.html/", "/.git/config",
        "/explorer.js%00", "/SOURCES.sha256", "/lessons/", "/check", "/explorer.js/../../server.py", "\\..\\x",
        "/" + "a" * 5000,
    ],
)  # fmt: skip
def test_no_other_file_is_served(server: Server, path: str) -> None:
    status, text = get(server, path)
    assert status == 404
    assert "import" not in text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "X<script>"])
def test_other_methods_are_refused(server: Server, method: str) -> None:
    assert get(server, method=method)[0] in (400, 501)


def test_head_has_no_content(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("HEAD", "/explorer.js")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Content-Length"], answer.read()) == (200, "2", b"")
    connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": None}, 403),
        ({"Origin": "https://127.0.0.1"}, 403),
        ({TOKEN: "guessed"}, 403),
        ({TOKEN: None}, 403),
        ({TOKEN: "\xe9"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 421),
        ({"Transfer_Encoding": "chunked"}, 501),
        ({"Content_Length": None}, 411),
        ({"Content_Length": "-1"}, 411),
        ({"Content_Length": "+5"}, 411),
        ({"Content_Length": "5e3"}, 411),
        ({"Content_Length": str(LARGEST_BODY + 1)}, 413),
        ({"Content_Length": "9" * 40}, 411),
    ],
)
def test_a_post_of_another_origin_or_size_is_refused(server: Server, headers: dict[str, str], status: int) -> None:
    assert post(server, b'horizon = "1 day"', **headers)[0] == status


def test_a_post_elsewhere_is_refused(server: Server) -> None:
    assert post(server, b"", path="/explorer.js")[0] == 404


def test_a_valid_scenario_comes_back_as_its_canonical_document(server: Server) -> None:
    scenario = load_scenario("one_course")
    status, text = post(server, to_toml(scenario).encode())
    answer = json.loads(text)
    assert (status, answer["ok"], answer["problems"]) == (200, True, [])
    assert answer["document"]["course"][0]["dose"] == "12.0 mg"


def test_the_messages_are_those_of_the_command_line(server: Server, tmp_path: Path) -> None:
    text = 'horizon = "36 mnths"\n[patient]\nage = "12 mg"\nwieght = "70 kg"\n'
    path = tmp_path / "upload.toml"
    path.write_text(text)
    answer = json.loads(post(server, text.encode())[1])
    command = [sys.executable, "-m", "immunosim", "check", "upload.toml"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer["ok"] is False
    assert answer["messages"] == told.stderr.splitlines()
    assert {problem["key"] for problem in answer["problems"]} == {"horizon", "patient.age", "patient.wieght"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'extends = "two_courses.toml"', "is refused in an upload"),
        (b'extends = "/etc/passwd"\nhorizon = "1 day"', "is refused in an upload"),
        (b"\xff\xff", "not UTF-8"),
        (b"a = " + b"[" * 60_000, "nested too deeply"),
        (b"", "is empty"),
        (b"\0", "binary"),
        (b"x = 1", "unknown key"),
        (b'horizon = "1 day"\n[parameters]\nno_such = 1', "unknown parameter"),
    ],
)
def test_what_is_wrong_with_an_upload_is_said(server: Server, body: bytes, words: str) -> None:
    status, text = post(server, body)
    answer = json.loads(text)
    assert (status, answer["ok"], answer["document"]) == (200, False, None)
    assert words in " ".join(answer["messages"])
    assert "/tmp" not in text


def test_a_body_that_does_not_come_holds_nothing_up(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as slow:
        host = f"127.0.0.1:{server.port}"
        head = f"POST {CHECK} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n{TOKEN}: {server.token}\r\n"
        slow.sendall(f"{head}Content-Length: 5000\r\n\r\nab".encode())
        begun = time.monotonic()
        assert get(server)[0] == 200
        assert time.monotonic() - begun < 5.0


def test_a_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setattr("immunosim.teach.server.Handler.timeout", 0.2)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as silent:
        assert silent.recv(1) == b""


def test_a_port_that_is_taken_is_told(server: Server) -> None:
    from immunosim.teach.faults import LessonError

    with pytest.raises(LessonError, match=str(server.port)):
        Server(PARTS, server.port)


SCRIPT = """
from immunosim.teach.server import Server, serve
from immunosim.teach.site import SiteParts
server = Server(SiteParts({"language": "en"}, {}, "", {}, ""))
try:
    print(server.address, flush=True)
    serve(server)
except KeyboardInterrupt:
    print("Ended.", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_ends_it() -> None:
    with subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "Ended.\n"
    assert process.returncode == 0
