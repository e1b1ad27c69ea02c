"""A qualification makes every check, counts what stops one as its failure, and reports it so that it can be filed."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from immunosim.cli.main import app
from immunosim.errors import DataError
from immunosim.qualification import RequirementCheck, all_checks, qualify, running
from immunosim.qualification.page import HTML, JSON, qualification_files
from immunosim.qualification.records import CheckOutcome, Verdict, outcome

ROOT = Path(__file__).parents[2]


def check(id_: str, look) -> RequirementCheck:
    return RequirementCheck(id_, f"Requirement {id_}", "Look.", "none", look)


def refuse(tell):
    raise DataError("is <broken>", file="some.toml", cure="restore it")


GOOD = check("IQ-01", lambda tell: outcome("fine", True))
ABSENT = check("IQ-03", lambda tell: CheckOutcome("no record", Verdict.NOT_APPLICABLE, ("since there is none",)))
BAD = check("OQ-02", lambda tell: outcome("7 of 8", False, ["number 5 is <wrong> & so on"]))


@pytest.fixture
def found():
    return qualify(checks=[GOOD, ABSENT, BAD, check("PQ-01", refuse)])


def test_every_check_is_made_and_a_failure_hides_no_other(found):
    assert [str(result.outcome.verdict) for result in found.results] == ["passed", "not applicable", "FAILED", "FAILED"]
    assert not found.passed
    assert [result.check.id for result in found.failures] == ["OQ-02", "PQ-01"]
    assert found.results[-1].outcome.notes == ("some.toml: is <broken>, restore it",)


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("no number"), KeyError("x"), ZeroDivisionError()])
def test_what_stops_a_check_is_its_failure(error):
    def stop(tell):
        raise error

    result = running.look(check("OQ-01", stop), lambda text: None)
    assert result.has_failed
    assert type(error).__name__ in result.outcome.notes[0]


def test_what_is_not_applicable_does_not_fail():
    assert qualify(checks=[GOOD, ABSENT]).passed


def test_progress_says_which_requirement_is_checked():
    said, details = [], []
    talk = check("OQ-03", lambda tell: tell("regimen 1 of 40") or outcome("fine", True))
    qualify(said.append, details.append, [talk])
    assert (said, details) == (["OQ-03 (1 of 1): Requirement OQ-03"], ["regimen 1 of 40"])


def test_the_record_has_what_a_quality_department_asks_for(found):
    record = json.loads(qualification_files(found, "immunosim qualify")[JSON])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", record["started"])
    assert {"immunosim", "python", "numpy", "scipy", "numba", "llvmlite"} <= record["software"].keys()
    assert {"name", "system", "processor", "processor class"} <= record["machine"].keys()
    assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in record["hashes"].values())
    assert len(record["files"]) > 100
    for one in record["checks"]:
        assert one.keys() == {"id", "requirement", "method", "limit", "value", "verdict", "seconds", "notes"}
    assert record["passed"] is False


def test_the_page_says_first_what_is_wrong_and_is_safe(found):
    page = qualification_files(found, "immunosim qualify")[HTML].decode()
    assert "2 of 4 requirements are NOT met" in page
    assert page.index("What is wrong") < page.index("Summary")
    assert "number 5 is &lt;wrong&gt; &amp; so on" in page
    assert "some.toml: is &lt;broken&gt;" in page
    assert "http" not in page  # nothing from the network
    for word in ("performed by", "reviewed by", "approved by", "Research and teaching software"):
        assert word in page


def test_a_page_of_a_sound_installation_says_so_and_names_its_record():
    files = qualification_files(qualify(checks=[GOOD]), "immunosim qualify")
    page = files[HTML].decode()
    assert "All 1 requirements that apply are met" in page
    assert "What is wrong" not in page
    import hashlib

    assert hashlib.sha256(files[JSON]).hexdigest() in page


def test_an_environment_that_cannot_be_told_is_said_and_hides_nothing(monkeypatch):
    def fail():
        raise OSError("no such file")

    monkeypatch.setattr("immunosim.qualification.installation.shipped_files", fail)
    found = qualify(checks=[GOOD])
    assert found.environment["files"] == {"not known": "OSError: no such file"}
    assert "OSError: no such file" in qualification_files(found, "")[HTML].decode()


def command(*arguments: object):
    return CliRunner().invoke(app, ["qualify", *map(str, arguments)])


@pytest.fixture
def checks(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def use(*chosen):
        monkeypatch.setattr(running, "all_checks", lambda: chosen)

    return use


def test_the_command_writes_a_dated_folder(checks, tmp_path):
    checks(GOOD, ABSENT)
    result = command()
    assert result.exit_code == 0, result.output
    (folder,) = (tmp_path / "results").iterdir()
    assert re.fullmatch(r"qualification_\d{4}-\d\d-\d\d_\d{6}", folder.name)
    assert sorted(path.name for path in folder.iterdir()) == [HTML, JSON]
    assert "All 1 requirements that apply are met" in result.stdout


def test_a_failure_ends_in_exit_code_3_and_names_the_requirement(checks, tmp_path):
    checks(GOOD, BAD)
    result = command("--out", tmp_path / "out")
    assert result.exit_code == 3
    assert "OQ-02: Requirement OQ-02: 7 of 8" in result.stderr
    assert "number 5 is <wrong> & so on" in result.stderr
    assert (tmp_path / "out" / HTML).is_file()


def test_json_goes_to_standard_output_and_writes_no_files(checks, tmp_path):
    checks(GOOD)
    assert json.loads(command("--json").stdout)["passed"] is True
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_report_is_replaced_and_other_files_never(checks, tmp_path):
    checks(GOOD)
    out = tmp_path / "out"
    assert command("--out", out).exit_code == 0
    assert command("--out", out).exit_code == 0
    (out / "mine.txt").write_text("x", encoding="utf-8")
    assert command("--out", out).exit_code == 2


ROW = re.compile(r"^\| ([IOP]Q-\d\d) \| (.+?) \| .+? \| (.+) \|$", re.MULTILINE)


def test_the_documentation_lists_every_requirement_and_its_tests_exist():
    listed = ROW.findall((ROOT / "docs" / "qualification.md").read_text(encoding="utf-8"))
    assert [(id_, requirement) for id_, requirement, _ in listed] == [(c.id, c.requirement) for c in all_checks()]
    for _, _, tests in listed:
        for named in re.findall(r"`([^`]+)`", tests):
            path, _, function = named.partition("::")
            text = (ROOT / path).read_text(encoding="utf-8")
            assert f"def {function}(" in text if function else "def test_" in text, named


def test_identifiers_are_told_apart():
    identifiers = [one.id for one in all_checks()]
    assert len(set(identifiers)) == len(identifiers)
