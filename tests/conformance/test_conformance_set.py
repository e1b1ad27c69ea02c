"""The conformance set is complete, made as it says, and kept by both cores; a slip of a dose would be noticed."""

import re
import shutil

import pytest
from conformance.given import GIVEN
from conformance.remake import ALGEBRA, SOLVER, WHOLE_MODEL, curve

from immunosim.conformance import cases, compare, compare_all
from immunosim.conformance.cases import FOLDER
from immunosim.errors import DataError

CASES = cases()
NAMES = [case.name for case in CASES]


def test_the_set_is_numbered_from_1_to_40_and_every_regimen_has_its_curve():
    assert [case.number for case in CASES] == list(range(1, 41))
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == NAMES
    assert list(GIVEN) == NAMES


def test_every_curve_states_its_origin_and_tolerance():
    for case in CASES:
        assert case.origin == (SOLVER if case.name in WHOLE_MODEL else ALGEBRA)
        assert case.tolerance <= 1e-8
        assert len(case.times) >= 6
        assert case.values.shape == (len(case.times), len(case.columns))


def test_the_page_beside_the_set_says_what_every_regimen_is_about():
    page = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d\d) ", page, re.MULTILINE) == [f"{case.number:02d}" for case in CASES]
    for case in CASES:
        about = case.scenario_file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert f"| {case.number:02d} | {about} |" in page


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_patient_simulated_alone_follows_the_expected_curves(case):
    found = compare(case)
    assert found.passed, (found.error, found.where)


def test_an_ensemble_follows_the_expected_curves():
    assert [(found.case.name, found.error) for found in compare_all(CASES) if not found.passed] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WHOLE_MODEL])
def test_algebra_gives_the_shipped_curve_digit_for_digit(name):
    assert (FOLDER / f"{name}.csv").read_text(encoding="utf-8") == curve(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE_MODEL)
def test_the_independent_solver_gives_the_shipped_curve(name):
    assert (FOLDER / f"{name}.csv").read_text(encoding="utf-8") == curve(name)


# A slip in the ninth digit of a dose, a second of a time, a patient's weight, a rate.
@pytest.mark.parametrize(
    ("name", "written", "instead"),
    [
        ("01_pulse_over_one_hour", '"1 g"', '"1000.00001 mg"'),
        ("11_one_tablet", '"1 day"', '"86401 s"'),
        ("08_dose_per_body_weight", '"52 kg"', '"52.0001 kg"'),
        ("31_antibody_at_changing_rates", '"1.5 mg/h"', '"1.500001 mg/h"'),
        (
            "20_injection_into_the_scalp",
            "[solver]",
            "[parameters]\ntriamcinolone_dissolution_rate = 0.0500001\n\n[solver]",
        ),
    ],
)
def test_a_small_slip_is_noticed(tmp_path, name, written, instead):
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    assert written in text
    (tmp_path / f"{name}.toml").write_text(text.replace(written, instead), encoding="utf-8")
    shutil.copy(FOLDER / f"{name}.csv", tmp_path)
    (case,) = cases(tmp_path)
    assert not compare(case).passed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not an expected curve"),
        ("# origin: algebra\ntime,x\n0,1\n", "is not an expected curve"),
        ("# origin: algebra\n# tolerance: 1e-9\ntime,x\n0,nan\n", "is not a table of numbers"),
        ("# origin: algebra\n# tolerance: 1e-9\ntime,x\n0,1,2\n", "is not a table of numbers"),
        ("# origin: algebra\n# tolerance: 1e-9\ntime,x\n0,one\n", "is not an expected curve"),
    ],
)
def test_a_curve_that_cannot_be_read_is_refused_by_name(tmp_path, text, reason):
    (tmp_path / "01_x.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=reason):
        cases(tmp_path)


def test_a_scenario_that_reports_other_times_is_refused(tmp_path):
    name = "11_one_tablet"
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8").replace('"60 h"', '"61 h"')
    (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    shutil.copy(FOLDER / f"{name}.csv", tmp_path)
    with pytest.raises(DataError, match="times that are not"):
        compare(cases(tmp_path)[0])
