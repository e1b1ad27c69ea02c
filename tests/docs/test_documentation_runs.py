"""The blocks of the documentation run in their order and print what stands under them."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = {
    "README.md": 3,
    "docs/tutorial.md": 10,
    "docs/sensitivities.md": 2,
    "docs/ensembles.md": 1,
    "docs/sweeps.md": 1,
    "docs/calibration.md": 1,
    "docs/cohorts.md": 2,
    "docs/protocols.md": 1,
    "docs/data.md": 1,
    "docs/fits.md": 1,
}


def printed(page: Path, folder: Path) -> str:
    """Return the page with what its blocks print in place of what they are said to print."""
    names: dict[str, object] = {}
    output = ""

    def run(match: re.Match[str]) -> str:
        nonlocal output
        kind, text = match.groups()
        if kind == "text":
            return f"```text\n{output}```"
        stream = io.StringIO()
        with contextlib.redirect_stdout(stream):
            exec(compile(text, str(page), "exec"), names)
        output = stream.getvalue()
        return match.group()

    return BLOCK.sub(run, page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PAGES)
def test_the_blocks_of_a_page_print_what_it_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    page = ROOT / name
    text = page.read_text(encoding="utf-8")
    assert len([kind for kind, _ in BLOCK.findall(text) if kind == "python"]) >= PAGES[name]
    assert printed(page, tmp_path) == text
