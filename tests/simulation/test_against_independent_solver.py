"""Treated patients as the package simulates them, against SciPy on the equations of the page written by hand.

What is given when was transcribed with pencil and paper from the same words as the scenario; see tests/oracle.py and
tests/conformance/independent.py for what the other side knows of the package, which is nothing.
"""

import tomllib
from dataclasses import replace

import numpy as np
import oracle
import pytest
from conformance.given import Given, Infused, Swallowed, antibody, fumarate, injection, pulse, tablet
from conformance.independent import solve
from oracle_cases import VERSIONS

from immunosim.scenario import build_scenario
from immunosim.simulation import simulate

pytestmark = pytest.mark.slow

MONTH = 30.4375
HOUR = 1 / 24
# Of the largest value of each column; both solvers run at a relative tolerance of 1e-10.
TOLERANCE = 1e-6


def course(start, days):
    """12 mg over 4 h a day, after 1 g of methylprednisolone over 1 h on the first three."""
    premedicated = [(pulse(start + day, 1, 1000), antibody(start + day + HOUR, 4, 12)) for day in range(3)]
    return *(dose for day in premedicated for dose in day), *(antibody(start + day, 4, 12) for day in range(3, days))


COURSES = {
    "course": [
        {"start": "0 days", "dose": "12 mg", "doses": 5, "every": "24 h", "infusion": "4 h", "premedication": True},
        {"start": "12 months", "dose": "12 mg", "doses": 3, "every": "24 h", "infusion": "4 h", "premedication": True},
    ],
    "parameters": {"thyroid_liability": 4.0, "platelet_liability": 5.0, "gbm_liability": 4.0},
    "patient": {"age": "45 years", "weight": "90 kg"},
    "horizon": "900 days",
}
TWO_COURSES = Given(
    900,
    (1, 3, 30, 90, 180, 330, 365.25, 366, 400, 500, 600, 750),
    (*course(0, 5), *course(12 * MONTH, 3)),
    patient={"thyroid_liability": 4.0, "platelet_liability": 5.0, "gbm_liability": 4.0, "age": 45.0, "weight": 90.0},
)

SECOND = 12 * MONTH
CASE_REPORT = Given(
    36 * MONTH,
    (-200, -30, 0, 2, 30, 100, 365, SECOND, SECOND + 30, 430, 457, 500, 548, 550, 556, 600, 700, 900),
    (
        fumarate(-9 * MONTH, -MONTH),
        *course(0, 5),
        *course(SECOND, 3),
        *(injection(SECOND + months * MONTH, 15) for months in (2, 3)),
        *(pulse(SECOND + 6 * MONTH + day, 1, 1000) for day in range(5)),
        Swallowed("relapse_deficit", SECOND + 6 * MONTH, 1.5),
    ),
    start=-9 * MONTH,
    patient={"age": 31.0, "weight": 70.0, "anti_drug_antibody": 6.11, "injected_volume": 3.0},
)

SICK = {
    "antigen_amplification": 3.6,
    "follicle_clone_size": 0.02,
    "field_at_risk": 0.6,
    "fumarate_sensitivity": 2.0,
    "injected_volume": 6.0,
}
DRUGS = {
    "horizon": "400 days",
    "parameters": {name: value for name, value in SICK.items() if name != "injected_volume"},
    "challenge": [
        {"pool": "autoreactive_cd8_effector", "size": 0.9, "at": ["1 day"]},
        {"input": "immune_challenge", "size": 1.0, "duration": "1 day", "at": ["330 days"]},
    ],
    "dimethyl_fumarate": [{"start": "10 days", "stop": "150 days", "dose": "240 mg"}],
    "prednisolone": [{"start": "120 days", "dose": "40 mg", "doses": 28, "every": "24 h"}],
    "methylprednisolone": [{"start": "90 days", "dose": "1 g", "doses": 3, "every": "24 h", "infusion": "1 h"}],
    "triamcinolone": [{"start": "200 days", "concentration": "5 mg/mL", "volume": "6 mL"}],
    "topical_immunotherapy": [{"start": "230 days", "stop": "290 days", "effect": 0.4}],
    "relapse": [{"time": "90 days", "severity": 2.0}],
}
OTHER_DRUGS = Given(
    400,
    (1, 2, 10, 40, 90, 92, 95, 110, 121, 135, 160, 199, 201, 215, 240, 291, 330, 331, 345),
    (
        Swallowed("autoreactive_cd8_effector", 1, 0.9),
        Infused("immune_challenge", 330, 331, 1.0),
        fumarate(10, 150),
        *(tablet(120 + day, 40) for day in range(28)),
        *(pulse(90 + day, 1, 1000) for day in range(3)),
        injection(200, 30),
        Infused("topical_immunotherapy", 230, 290, 0.4 * 60),
        Swallowed("relapse_deficit", 90, 2.0),
    ),
    patient=SICK,
)
REPORTED = {"rtol": 1e-10}


def output(given):
    return {"visits_only": True, "extra": [f"{time!r} days" for time in given.times]}


def differences(scenario, given):
    """Largest difference of every pool and read-out, relative to its largest value or to what both resolve."""
    values = VERSIONS["alemtuzumab"].defaults()
    rows = solve(given, values, method="LSODA", rtol=1e-10, oracle=oracle)
    trajectory = simulate(scenario)
    assert trajectory.is_complete
    times = sorted({given.start, *given.times, given.horizon})
    assert trajectory.time == pytest.approx(times, abs=1e-6)
    found = {}
    for name in rows[0]:
        expected, simulated = np.array([row[name] for row in rows]), trajectory[name]
        # What stays below a millionth of a unit is rounding of what it is the difference of.
        found[name] = np.abs(simulated - expected).max() / max(np.abs(expected).max(), 1e-6)
    return {name: size for name, size in found.items() if not size <= TOLERANCE}, rows


def test_two_courses_with_premedication_follow_the_equations_written_by_hand():
    scenario = build_scenario(COURSES | {"output": output(TWO_COURSES), "solver": REPORTED})
    wrong, rows = differences(scenario, TWO_COURSES)
    assert wrong == {}
    assert rows[-1]["thyroid_illness"] > 0.1  # the liabilities were chosen so that organs fall ill


def test_the_case_report_follows_the_equations_written_by_hand(configs):
    document = tomllib.loads((configs / "case_report.toml").read_text(encoding="utf-8"))
    # Observed points would be reported as well.
    scenario = build_scenario(document | {"output": output(CASE_REPORT), "solver": REPORTED, "observed": []})
    given = replace(CASE_REPORT, patient=dict(scenario.parameters) | CASE_REPORT.patient)
    wrong, rows = differences(scenario, given)
    assert wrong == {}
    assert max(row["salt_score"] for row in rows) > 10


def test_all_other_drugs_challenges_and_a_relapse_follow_the_equations_written_by_hand():
    scenario = build_scenario(DRUGS | {"output": output(OTHER_DRUGS), "solver": REPORTED})
    wrong, rows = differences(scenario, OTHER_DRUGS)
    assert wrong == {}
    assert max(row["salt_score"] for row in rows) > 10
