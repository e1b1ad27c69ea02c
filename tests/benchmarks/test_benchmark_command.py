"""The command end to end on the smallest problem, what it refuses, and that it imports no peer."""

import json
import subprocess
import sys

import jsonschema
import pytest

from benchmarks.command import main
from benchmarks.peers.catalogue import TOOLS
from immunosim.numerics.compilation import is_compiling

NUMBERS = ["rtol", "trajectories_per_second", "error_median", "error_max", "failures"]
SCHEMA = {
    "type": "object",
    "required": ["machine", "settings", "problems", "rows", "matched", "limit", "cores"],
    "properties": {
        "machine": {"type": "object", "required": ["processor", "software", "absent", "lanes"]},
        "limit": {"type": "object", "required": ["target", "shares"]},
        "rows": {
            "type": "array",
            "minItems": 4,
            "items": {
                "type": "object",
                "required": [
                    "problem",
                    "tool",
                    "rtol",
                    "trajectories_per_second",
                    "error_median",
                    "error_max",
                    "failures",
                ],
                "properties": {
                    "trajectories_per_second": {"type": "number", "exclusiveMinimum": 0},
                    "rtol": {"type": "number", "exclusiveMinimum": 0},
                    "error_median": {"type": ["number", "null"]},
                    "error_max": {"type": ["number", "null"]},
                    "failures": {"type": "integer", "minimum": 0},
                },
            },
        },
    },
}

pytestmark = pytest.mark.skipif(not is_compiling(), reason="kernels as plain Python say nothing about speed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with everything that a small run writes."""
    folder = tmp_path_factory.mktemp("benchmark")
    small = "--quick --problems robertson --tools immunosim-rodas5p,scipy-lsoda --rtol 1e-3,1e-5 --rows 2 --rounds 1"
    places = ["--json", str(folder / "results.json"), "--out", str(folder / "out"), "--page", str(folder / "page.md")]
    assert main([*small.split(), *places]) == 0
    return folder


def test_file_holds_a_row_per_tool_and_tolerance(folder):
    results = json.loads((folder / "results.json").read_text())
    jsonschema.validate(results, SCHEMA)
    found = {(row["tool"], row["rtol"]) for row in results["rows"]}
    assert found == {(tool, rtol) for tool in ("immunosim-rodas5p", "scipy-lsoda") for rtol in (1e-3, 1e-5)}


def test_tighter_tolerance_gives_smaller_error(folder):
    rows = json.loads((folder / "results.json").read_text())["rows"]
    for tool in ("immunosim-rodas5p", "scipy-lsoda"):
        lax, tight = (row["error_median"] for row in rows if row["tool"] == tool)
        assert 0.0 < tight < lax < 0.1


def test_page_and_figure_are_written(folder):
    page = (folder / "page.md").read_text()
    assert "Robertson" in page
    assert "SciPy LSODA, numba rhs" in page
    figure = folder / "figures" / "work_precision.png"
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert (folder / "out" / "work_precision.png").read_bytes() == figure.read_bytes()


def test_page_from_results_is_the_page_of_the_run(folder, capsys):
    again = folder / "again" / "page.md"
    assert main(["--from", str(folder / "results.json"), "--page", str(again)]) == 0
    assert again.read_text() == (folder / "page.md").read_text()


def test_absent_tool_is_named_with_the_reason(capsys):
    assert main(["--tools", "roadrunner"]) == 2
    assert TOOLS["roadrunner"].absence in capsys.readouterr().err


def test_misspelt_tool_gets_close_matches(capsys):
    assert main(["--tools", "numbalsodda"]) == 2
    assert "numbalsoda" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", ["--rtol 2", "--rtol abc", "--rows 0", "--problems hiress"])
def test_impossible_arguments_are_refused(arguments, capsys):
    assert main(arguments.split()) == 2
    assert capsys.readouterr().err.startswith("benchmarks: ")


def test_catalogue_imports_no_peer():
    names = ["numbalsoda", "CyRK", "sksundae", "diffrax", "jax", "roadrunner", "amici"]
    modules = (
        "benchmarks.peers.numbalsoda, benchmarks.peers.cyrk, benchmarks.peers.sundae, benchmarks.peers.diffrax_vmap"
    )
    code = f"import sys, benchmarks.running, {modules}; print([n for n in {names} if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
