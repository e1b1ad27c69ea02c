"""How a qualification judges: limits of the evidence, months of recovery and regrowth by hand, damages, verdicts."""

import hashlib
import json
import math
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from immunosim.errors import DataError
from immunosim.qualification import holdouts, requirements
from immunosim.qualification.damage import Damage, damages
from immunosim.qualification.holdouts import MOVED, evidence, judged, limits_of
from immunosim.qualification.page import HTML, JSON, qualification_files
from immunosim.qualification.records import CheckOutcome, RequirementCheck, RequirementResult, Verdict, outcome
from immunosim.qualification.running import Qualification, look

MONTH = 30.4375


def row(**changes: Any) -> dict[str, Any]:
    about = {"name": "x", "what": "X", "unit": "month", "expected": 10.0, "tolerance": {"relative": 0.1}}
    return about | {"simulated_at_release": 10.5, "citations": ["A 2010"], "why": "It matters."} | changes


# --- evidence --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "limits", "words"),
    [
        ({}, (9.0, 11.0), "9 to 11 month"),
        ({"expected": -10.0}, (-11.0, -9.0), "-11 to -9 month"),
        ({"tolerance": {"absolute": 0.5}}, (9.5, 10.5), "9.5 to 10.5 month"),
        ({"tolerance": {"range": [None, 4]}}, (-math.inf, 4.0), "at most 4 month"),
        ({"tolerance": {"range": [4, None]}, "unit": "1"}, (4.0, math.inf), "at least 4"),
    ],
)
def test_limits_are_those_of_the_tolerance(changes: dict[str, Any], limits: tuple[float, float], words: str) -> None:
    assert limits_of(row(**changes)) == pytest.approx(limits)
    assert evidence(row(**changes)) == words


@pytest.mark.parametrize(
    ("simulated", "changes", "verdict"),
    [
        (10.5, {}, Verdict.PASSED),
        (10.5 * (1 + 0.9 * MOVED), {}, Verdict.PASSED),
        (10.5 * (1 + 1.1 * MOVED), {}, Verdict.FAILED),  # meets the evidence, and is not what was released
        (12.0, {"simulated_at_release": 12.0}, Verdict.FAILED),
        (12.0, {"simulated_at_release": 12.0, "known_miss": "no B cells"}, Verdict.PASSED),
        (10.5, {"known_miss": "no B cells"}, Verdict.FAILED),  # a miss that is none any more
        (11.0, {"simulated_at_release": 11.0}, Verdict.PASSED),  # the limit belongs to the evidence
        (math.nan, {}, Verdict.FAILED),
    ],
)
def test_a_number_passes_as_released_and_as_published(
    simulated: float, changes: dict[str, Any], verdict: Verdict
) -> None:
    assert judged(row(**changes), simulated).verdict is verdict


def test_another_number_says_what_it_was() -> None:
    found = judged(row(), 10.9)
    assert "10.9 month" in found.value
    assert any("10.5" in note for note in found.notes)


@pytest.mark.parametrize("text", ["", "[]", "[{}]", '[{"name": "x"}]', "{", '{"a": 1}'])
def test_rows_that_are_not_all_there_are_an_error_with_a_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "holdouts.json"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(holdouts, "ROWS", path)
    holdouts.rows.cache_clear()
    try:
        with pytest.raises(DataError) as caught:
            holdouts.rows()
        (check,) = requirements._performance()
        assert look(check, lambda _text: None).has_failed
    finally:
        holdouts.rows.cache_clear()
    assert "install" in caught.value.cure


# --- measures --------------------------------------------------------------------------------------------------------


def curve(monkeypatch: pytest.MonkeyPatch, time: list[float], values: list[float], limit: float | None = 1.0) -> None:
    """Let every scenario have one curve."""
    days, heights = np.array(time), np.array(values)
    info = {"count": SimpleNamespace(lower_limit=limit)}
    doses = {"methylprednisolone": [SimpleNamespace(start=1.0)]}
    scenario = SimpleNamespace(course=[None, SimpleNamespace(start=10.0)], doses_of=doses.__getitem__)

    class Drawn(SimpleNamespace):
        def __getitem__(self, _name: str) -> Any:
            return heights

        def at(self, _name: str, day: float) -> float:
            return float(np.interp(day, days, heights))

    drawn = Drawn(time=days, scenario=scenario, problem=SimpleNamespace(model=SimpleNamespace(readout_info=info)))
    monkeypatch.setattr(holdouts, "simulated", lambda _name, _changes=(): drawn)


@pytest.mark.parametrize(
    ("values", "months"),
    [
        ([2.0, 0.0, 0.5, 1.5], (2 * MONTH + 0.5 * MONTH) / MONTH),
        ([2.0, 0.0, 2.0, 0.5], math.nan),  # it does not stay there
        ([2.0, 0.5, 1.0, 2.0], 2.0),  # at the limit is not below it
        ([2.0, 1.5, 1.2, 1.1], math.nan),  # it never fell
    ],
)
def test_the_month_of_recovery_is_that_from_which_a_count_stays(
    monkeypatch: pytest.MonkeyPatch, values: list[float], months: float
) -> None:
    curve(monkeypatch, [0.0, MONTH, 2 * MONTH, 3 * MONTH], values)
    assert holdouts.months_to_limit("count") == pytest.approx(months, nan_ok=True)


def test_a_count_without_a_limit_has_no_month_of_recovery(monkeypatch: pytest.MonkeyPatch) -> None:
    curve(monkeypatch, [0.0, 1.0], [1.0, 1.0], limit=None)
    with pytest.raises(DataError, match="lower limit"):
        holdouts.months_to_limit("count")


def test_regrowth_is_the_share_of_the_loss_at_the_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    curve(monkeypatch, [10.0, 10.0 + 6 * MONTH, 10.0 + 12 * MONTH], [0.0, 80.0, 20.0])
    assert holdouts.regrown("any", 6) == pytest.approx(75.0)


def test_a_count_after_a_pulse_is_percent_of_untreated(monkeypatch: pytest.MonkeyPatch) -> None:
    curve(monkeypatch, [0.0, 1.0, 1.25, 2.0], [2.0, 2.0, 0.5, 2.0])
    assert holdouts.after_pulse(6.0) == pytest.approx(25.0)
    assert holdouts.after_pulse(3.0) == pytest.approx(62.5)


# --- damage ----------------------------------------------------------------------------------------------------------


def test_a_flipped_bit_is_one_bit(tmp_path: Path) -> None:
    before = bytes(range(200))
    (tmp_path / "a.bin").write_bytes(before)
    Damage("a.bin", "flip", 0.5, 3).inflict(tmp_path)
    after = (tmp_path / "a.bin").read_bytes()
    different = [(place, x ^ y) for place, (x, y) in enumerate(zip(before, after, strict=True)) if x != y]
    assert different == [(100, 8)]


@pytest.mark.parametrize(("kind", "length"), [("cut", 150), ("empty", 0)])
def test_a_file_is_cut_or_emptied_though_it_may_not_be_written(tmp_path: Path, kind: str, length: int) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(200))
    path.chmod(0o400)
    Damage("a.bin", kind, 0.75, 0).inflict(tmp_path)
    assert path.read_bytes() == bytes(length)


def test_damages_end_where_nothing_is_left_to_damage(tmp_path: Path) -> None:
    assert list(damages(tmp_path, 5, seed=1)) == []
    (tmp_path / "only.bin").write_bytes(b"x")
    done = []
    for damage in damages(tmp_path, 50, seed=1):
        damage.inflict(tmp_path)
        done.append(damage)
    assert 0 < len(done) < 50
    assert (tmp_path / "only.bin").read_bytes() == b""


def test_damages_of_a_seed_are_the_same_and_of_another_are_not(tmp_path: Path) -> None:
    for name in ("a.json", "b.json", "c.bin"):
        (tmp_path / name).write_bytes(bytes(100))
    first, again, other = (list(map(str, damages(tmp_path, 12, seed))) for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 12


# --- verdicts and page -----------------------------------------------------------------------------------------------


def requirement(verdict: Verdict, name: str = "OQ-01", text: str = "It holds") -> RequirementResult:
    check = RequirementCheck(name, text, "Look.", "none", lambda tell: outcome("1", True))
    return RequirementResult(check, CheckOutcome("1e-9 day", verdict, (f"note of {name}",)), 0.126)


def qualification(*results: RequirementResult) -> Qualification:
    about = {"software": {}, "machine": {}, "model": {}, "hashes": {}, "shipped": {}}
    return Qualification("2026-01-02T03:04:05+00:00", 1.26, results, about)


@pytest.mark.parametrize(
    ("verdicts", "passes"),
    [
        ([Verdict.PASSED], True),
        ([Verdict.PASSED, Verdict.NOT_APPLICABLE], True),
        ([Verdict.PASSED, Verdict.FAILED], False),
        ([], True),
    ],
)
def test_one_failure_fails_the_whole(verdicts: list[Verdict], passes: bool) -> None:
    found = qualification(*map(requirement, verdicts))
    assert found.passed is passes
    record = found.as_dict()
    assert record["passed"] is passes
    assert [check["verdict"] for check in record["checks"]] == [str(one) for one in verdicts]
    assert all(check["seconds"] == 0.13 for check in record["checks"])
    assert json.loads(json.dumps(record)) == record


@pytest.mark.parametrize(
    "error", [DataError("is torn", cure="mend it"), ZeroDivisionError("by zero"), KeyError("gone")]
)
def test_what_stops_a_look_is_told_and_fails_it(error: Exception) -> None:
    def stop(_tell: Any) -> CheckOutcome:
        raise error

    found = look(RequirementCheck("OQ-01", "It holds", "Look.", "none", stop), lambda _text: None)
    assert found.has_failed
    assert any(str(error).splitlines()[0].strip("'") in note for note in found.outcome.notes)


def test_identifiers_are_unique_and_belong_to_a_family() -> None:
    names = [check.id for check in requirements.all_checks()]
    assert len(names) == len(set(names))
    assert all(name[:2] in requirements.FAMILIES for name in names)
    assert sorted(names, key=lambda name: (list(requirements.FAMILIES).index(name[:2]), name)) == names


class Tags(HTMLParser):
    """Fails where tags do not match, and keeps what would be loaded."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.all: list[str] = []
        self.loads: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br", "link", "hr", "img", "col"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def real_environment() -> dict[str, Any]:
    from immunosim.qualification.installation import environment

    return environment()


def test_the_page_matches_its_record_escapes_text_and_loads_nothing() -> None:
    hostile = requirement(Verdict.FAILED, "OQ-02", "<script>alert(1)</script>")
    found = Qualification("2026-01-02T03:04:05+00:00", 1.0, (requirement(Verdict.PASSED), hostile), real_environment())
    files = qualification_files(found, "immunosim qualify '<b>'")
    text = files[HTML].decode()
    page = Tags(text)
    assert "script" not in page.all
    assert "b" not in page.all or "<b>'" not in text
    assert not [one for one in page.loads if one.startswith(("http:", "//"))]
    assert hashlib.sha256(files[JSON]).hexdigest() in text
    assert "note of OQ-02" in text
    assert json.loads(files[JSON])["command"] == "immunosim qualify '<b>'"
