"""The site that the package writes with what was built of its sources: fresh, small, and asking nobody."""

import os
import re
import signal
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest

from immunosim.teach.export import folder_files, single_page
from immunosim.teach.freshness import SITE, WEB, is_fresh
from immunosim.teach.reading import SHIPPED, read_lessons
from immunosim.teach.site import SiteOptions, SiteParts, site_parts

ROOT = Path(__file__).parents[2]
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML"}


@pytest.fixture(scope="module")
def parts() -> SiteParts:
    return site_parts(SiteOptions(with_teacher=True))


@pytest.fixture(scope="module")
def files(parts: SiteParts) -> dict[str, bytes]:
    return folder_files(parts)


@pytest.mark.skipif(not (WEB / "src").is_dir(), reason="an installed package has no sources of the site")
def test_the_built_files_are_those_of_the_sources() -> None:
    assert is_fresh(), f"run npm ci && npm run build in {WEB.relative_to(ROOT)}"


def test_the_lock_file_names_no_registry() -> None:
    lock = WEB / "package-lock.json"
    if lock.is_file():
        assert "resolved" not in lock.read_text(encoding="utf-8")


def test_the_site_keeps_its_size(files: dict[str, bytes]) -> None:
    lessons = {name for name in files if name.startswith(("lessons.", "teacher."))}
    assert sum(len(content) for name, content in files.items() if name not in lessons) <= 500_000
    assert sum(len(files[name]) for name in lessons) <= 1_000_000


def test_no_address_of_another_site_is_in_it(files: dict[str, bytes], parts: SiteParts) -> None:
    for name, content in {**files, "single.html": single_page(parts)}.items():
        addresses = set(re.findall(r"(?:https?|wss?)://[\w./-]+", content.decode()))
        assert addresses <= NAMESPACES, name


def test_nothing_is_evaluated_from_text(files: dict[str, bytes]) -> None:
    script = files["explorer.js"].decode()
    assert not re.search(r"\beval\(|\bnew Function\b|\bdocument\.write\b|\bimport\(", script)


def test_all_lessons_are_there_in_both_languages(files: dict[str, bytes]) -> None:
    names = [lesson.id for lesson in read_lessons()]
    assert len(names) >= 14
    for language in ("en", "de"):
        script, page = files[f"lessons.{language}.js"].decode(), files[f"teacher.{language}.html"].decode()
        assert all(f'"id": "{name}"' in script for name in names)
        assert all(f'<section id="{name}"' in page for name in names)
        assert "{{" not in page


def test_a_single_page_says_nothing_twice(parts: SiteParts) -> None:
    assert len(single_page(parts)) <= 1_200_000


def test_a_wheel_gets_site_and_lessons_and_not_their_sources() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["exclude"] == ["immunosim/teach/web"]
    kept = subprocess.run(["git", "ls-files", "immunosim/teach"], cwd=ROOT, capture_output=True, text=True, check=False)
    if kept.returncode:
        pytest.skip("not a repository of git")
    names = set(kept.stdout.split())
    needed = [SITE / "explorer.js", SITE / "explorer.css", SITE / "SOURCES.sha256", SHIPPED / "answers.json"]
    assert {path.relative_to(ROOT).as_posix() for path in needed} <= names
    assert not [name for name in names if "node_modules" in name]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_command_serves_the_page_until_ctrl_c() -> None:
    command = [sys.executable, "-m", "immunosim", "teach", "--no-browser", "--lesson", "second_course"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert address is not None, line
        with urllib.request.urlopen(address[0], timeout=20) as answer:
            page = answer.read().decode()
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "Ended.\n"
    assert process.returncode == 0
    assert '"lesson": "second_course"' in page
    assert '"token": "' in page
