"""``immunosim failures`` counts, names the region and prints a command that works."""

import json
import shlex

import pytest

from immunosim.sweeps import SweepRequest, base_of, plan_of, run_sweep

DOCUMENT = {
    "horizon": "20 days",
    "course": [{"start": "0 days", "dose": "12 mg"}, {"start": "8 days", "dose": "12 mg", "label": "second"}],
}


@pytest.fixture(scope="module")
def result(tmp_path_factory, model):
    """Return a sweep in which patients whose first course comes after the second are refused."""
    plan, _ = plan_of(base_of(DOCUMENT, "two.toml"), SweepRequest({"course.1.start": "0 days:16 days"}, n=60))
    path = tmp_path_factory.mktemp("sweep") / "starts.nc"
    run_sweep(plan, path)
    return path


def test_the_region_is_named_and_the_command_that_is_printed_replays_one(command, result):
    found = command("failures", result)
    assert found.exit_code == 0
    assert "patients failed" in found.stdout.splitlines()[0]
    assert "100% of patients with course.1.start above" in found.stdout
    line = found.stdout.splitlines()[-1]
    words = shlex.split(line.removeprefix("Next:"))
    again = command(*words[1:])
    assert again.exit_code == 3
    assert "REFUSED_INPUT" in again.stdout
    assert "is before course 1" in again.stdout


def test_json_holds_the_same(command, result):
    record = json.loads(command("failures", result, "--json").stdout)
    assert record["n"] == 60
    assert record["endings"][0]["status"] == "REFUSED_INPUT"
    assert record["regions"][0]["n_failed"] > 20


def test_what_is_no_result_is_said(command, tmp_path):
    (tmp_path / "empty.zarr").mkdir()
    for name, complaint in (("missing.nc", "does not exist"), ("empty.zarr", "holds no sweep")):
        found = command("failures", tmp_path / name)
        assert found.exit_code == 2
        assert complaint in found.stderr
        assert found.stdout == ""
