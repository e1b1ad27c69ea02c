"""Each section of docs/extending.md does what it says, in an empty folder: files are written, checks print."""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from immunosim.codegen.equations import describe
from immunosim.model.network import Network
from immunosim.plots.network_diagram import network_diagram

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
SECTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
BLOCK = re.compile(r"^```(python|toml|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"# (?P<file>[\w/.]+\.(?:py|toml))(?:, (?P<how>at the end|(?:after|before|instead of): .+))?\n")
METADATA = "my_model-0.1.0.dist-info"


def steps(section: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield the files of a section: what the first line says, and the rest of the block."""
    for kind, text in BLOCK.findall(section):
        place = PLACE.match(text)
        if kind != "text" and place:
            yield place, text[place.end() :]


def checks(section: str) -> list[tuple[str, str]]:
    """Return the blocks of a section that check it, with what they print."""
    blocks = BLOCK.findall(section)
    printed = [text for kind, text in blocks if kind == "text"]
    return list(
        zip([text for kind, text in blocks if kind == "python" and not PLACE.match(text)], printed, strict=True)
    )


def edited(before: str, how: str, text: str) -> str:
    """Return a file with a block added where it belongs."""
    if how == "at the end":
        return before + text
    where, _, wanted = how.partition(": ")
    (line,) = (line for line in before.splitlines(keepends=True) if line.strip().startswith(wanted))
    replacement = {"after": line + text, "before": f"{text}\n\n{line}", "instead of": text}[where]
    return before.replace(line, replacement)


def carry_out(folder: Path, sections: list[str]) -> None:
    """Carry out all steps of some sections."""
    for section in sections:
        for place, text in steps(section):
            path = folder / place["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text(encoding="utf-8") if place["how"] else ""
            path.write_text(edited(before, place["how"], text) if place["how"] else text, encoding="utf-8")


def announce(folder: Path) -> None:
    """Write what pip writes about the package: its name and its entry point."""
    (folder / METADATA).mkdir()
    (folder / METADATA / "METADATA").write_text("Metadata-Version: 2.1\nName: my-model\nVersion: 0.1.0\n", "utf-8")
    (folder / METADATA / "entry_points.txt").write_text("[immunosim.models]\nmy_model = my_model:MODEL\n", "utf-8")


def test_the_page_has_the_six_ways_to_extend_the_package() -> None:
    titles = [section.partition("\n")[0] for section in SECTIONS]
    assert titles == [f"Add a {what}" for what in ("model", "parameter set", "mechanism", "read-out", "drug", "plot")]
    assert all(list(steps(section)) and checks(section) for section in SECTIONS)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Return the network of the finished package, which is forgotten afterwards."""
    folder = tmp_path_factory.mktemp("finished")
    carry_out(folder, SECTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        package = importlib.import_module("my_model").MODEL
        yield package.declare(package.parameters().units())
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_model"]:
        del sys.modules[name]


def test_the_finished_model_has_the_mechanisms_and_readouts_of_the_page(network: Network) -> None:
    assert {"inflammation", "growth_factor_kinetics"} <= network.mechanisms.keys()
    assert {"crp", "all_t_cells"} <= network.display.keys()


def test_the_new_pools_are_in_the_diagram(network: Network) -> None:
    texts = {text.get_text() for ax in network_diagram(describe(network)).axes for text in ax.texts}
    assert {"C-reactive protein", "growth factor"} <= texts


@pytest.mark.slow  # the kernels of five models
@pytest.mark.parametrize("number", range(len(SECTIONS)), ids=[section.partition("\n")[0] for section in SECTIONS])
def test_a_section_does_what_it_says(number: int, tmp_path: Path) -> None:
    carry_out(tmp_path, SECTIONS[: number + 1])
    announce(tmp_path)
    path = os.pathsep.join([str(tmp_path), str(ROOT), os.environ.get("PYTHONPATH", "")])
    for code, printed in checks(SECTIONS[number]):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path, "MPLBACKEND": "Agg"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == printed
