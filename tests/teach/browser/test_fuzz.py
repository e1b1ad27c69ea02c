"""Addresses and uploads that nobody wrote: a message or a drawn curve, and nothing is executed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from teach.browser.pages import Visits

PIECES = [
    *(
        "v1.",
        "v1.e30",
        "v1.eyJiYXNlIjoiIiwiY2hhbmdlcyI6e319",
        "&",
        "=",
        "#",
        "%",
        "%00",
        "%E2%80%AE",
        "../",
        "javascript:alert(1)",
    ),
    *(
        "lesson=second_course",
        "lesson=__proto__",
        "page=lessons",
        "embed=curves",
        "zoom=0~30",
        "zoom=NaN~1e999",
        "log=1",
    ),
    *(
        "charts=cd4,constructor",
        "<img src=x onerror=alert(1)>",
        "data:text/html,<script>alert(1)</script>",
        "\u202e",
        "course.1.dose=",
        "12 mg",
    ),
    *(
        "1e308",
        "-1",
        "NaN",
        "{{answer:x}}",
        "'\"><svg onload=alert(1)>",
        "A" * 300,
        "eyJiYXNlIjoidHdvX2NvdXJzZXMiLCJjaGFuZ2VzIjp7ImNvdXJzZS4xLmRvc2UiOiItNSBtZyJ9fQ",
    ),
]

TOML = [
    *(
        'title = "x"\n',
        'model = "alemtuzumab"\n',
        'model = "nothing"\n',
        'horizon = "1095.75 day"\n',
        'horizon = "1e99 day"\n',
    ),
    *(
        "[patient]\n",
        'age = "34.0 year"\n',
        'age = "-3 year"\n',
        "[[course]]\n",
        'dose = "12.0 mg"\n',
        "doses = 100000000\n",
    ),
    *(
        "[parameters]\n",
        "cd4_scale = nan\n",
        "cd4_scale = 1e400\n",
        "__proto__ = 1\n",
        'x = """',
        "= = =\n",
        "[a.b.c.d.e.f]\n",
        "\x00",
    ),
    *(
        'extends = "/etc/passwd"\n',
        "<script>alert(1)</script>\n",
        "x = [[[[[[[[[[[[\n",
        "﻿",
        'sweep = {file = "a"}\n',
        "every = 1\n" * 50,
    ),
]


def _is_sound(page: Any) -> bool:
    """Return whether the page shows something and nothing was executed."""
    return bool(
        page.evaluate(
            """() => !window.attacked && document.querySelectorAll("main *").length > 3
            && document.querySelectorAll("script:not([src])").length <= 1 && !document.querySelector("img")"""
        )
    )


def _visit(page: Any, rng: np.random.Generator, n: int) -> None:
    for _ in range(n):
        pieces = rng.choice(len(PIECES), size=rng.integers(1, 6))
        address = "".join(PIECES[k] + ("&" if rng.random() < 0.5 else "") for k in pieces)
        page.evaluate("hash => { location.hash = hash }", address)
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert _is_sound(page), address


def _watched(visits: Visits, address: str) -> Any:
    page = visits.open(address)
    page.on("dialog", lambda dialog: visits.complaints.append(dialog.message))
    page.evaluate("() => { window.attacked = false; window.alert = () => { window.attacked = true } }")
    return page


def test_200_addresses(visits: Visits, site_folder: Path) -> None:
    _visit(_watched(visits, (site_folder / "index.html").as_uri()), np.random.default_rng(18), 200)


@pytest.mark.slow
def test_1000_addresses(visits: Visits, site_folder: Path) -> None:
    _visit(_watched(visits, (site_folder / "index.html").as_uri()), np.random.default_rng(1), 1000)


@pytest.mark.parametrize("where", ["file", "loopback"])
def test_200_uploads(visits: Visits, request: pytest.FixtureRequest, where: str) -> None:
    address = (
        request.getfixturevalue("server")
        if where == "loopback"
        else (request.getfixturevalue("site_folder") / "index.html").as_uri()
    )
    page, rng = _watched(visits, address), np.random.default_rng(18)
    for number in range(200 if where == "file" else 40):
        text = "".join(TOML[k] for k in rng.choice(len(TOML), size=rng.integers(1, 9)))
        upload = {"name": f"{number}<b>.toml", "mimeType": "text/plain", "buffer": text.encode()}
        page.locator("input[type=file]").set_input_files(upload)
        page.locator(".upload p", has_text=f"{number}<b>.toml").first.wait_for()
        assert _is_sound(page), text


def test_a_scenario_file_comes_back(visits: Visits, site_folder: Path, tmp_path: Path) -> None:
    page = visits.open((site_folder / "index.html").as_uri())
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the scenario file").click()
    path = tmp_path / "scenario.toml"
    waiting.value.save_as(path)
    from immunosim import check

    assert check(path).scenario.course[0].dose == 12.0
    page.locator("input[type=file]").set_input_files(path)
    page.locator(".upload", has_text="Opened scenario.toml").wait_for()


def test_a_file_that_is_too_large_is_refused(visits: Visits, site_folder: Path) -> None:
    page = visits.open((site_folder / "index.html").as_uri())
    page.locator("input[type=file]").set_input_files(
        {"name": "large.toml", "mimeType": "text/plain", "buffer": b"#" * 70_000}
    )
    page.locator(".upload", has_text="64 kB").wait_for()
