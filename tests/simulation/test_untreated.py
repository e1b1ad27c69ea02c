"""Without treatment nothing happens, whatever is switched off and whoever the patient is."""

import numpy as np
import pytest

from immunosim.models.alemtuzumab.network import MECHANISMS

TEN_YEARS = {"horizon": "3652.5 days", "output": {"every": "30 days"}}
DRIFT = 1e-9  # of each pool, or of its scale where it is empty untreated


def drift(trajectory):
    start, scales = trajectory.problem.initial_state, trajectory.problem.model.scales
    size = np.where(start > 0.0, start, scales)
    return np.abs(trajectory.solution.states - start).max(axis=0) / size


@pytest.mark.parametrize("off", [(), *((name,) for name in MECHANISMS), tuple(MECHANISMS)], ids="+".join)
def test_the_untreated_patient_stays_put_for_ten_years(simulated, off):
    trajectory = simulated(**TEN_YEARS, mechanisms={"off": list(off)})
    assert trajectory.is_complete
    assert drift(trajectory).max() <= DRIFT


@pytest.mark.parametrize(
    "patient",
    [
        {"age": "60 years", "weight": "110 kg", "smoker": True, "family_history": True, "anti_drug_antibody": 1.0},
        {"baseline": {"lymphocytes": "1.1e9/L"}, "draws": {"thyroid": 0.01, "platelets": 0.01, "glomerulus": 0.01}},
    ],
)
def test_another_patient_stays_put_as_well(simulated, patient):
    assert drift(simulated(**TEN_YEARS, patient=patient)).max() <= DRIFT


def test_the_patient_of_the_case_report_would_have_stayed_put(simulated, shipped):
    case = shipped("case_report").scenario
    untreated = simulated(**TEN_YEARS, patient={"age": "31 years"}, parameters=dict(case.parameters))
    assert drift(untreated).max() <= DRIFT
    assert untreated["salt_score"] == pytest.approx(0.0, abs=1e-6)


def test_an_untreated_patient_has_no_disease_and_no_drug(simulated):
    trajectory = simulated(**TEN_YEARS, mechanisms={"off": []})
    absent = ("salt_score", "thyroid_hazard", "platelet_hazard", "gbm_hazard", "gbm_injury", "alemtuzumab_serum")
    for name in (*absent, "methylprednisolone_plasma", "prednisolone_plasma", "thyroid_cumulative_hazard"):
        assert np.abs(trajectory[name]).max() <= 1e-9, name
    for name in ("tsh", "thyroid_hormone", "il7", "il15", "baff", "cortisol", "clone_size"):
        assert trajectory[name] == pytest.approx(1.0, rel=DRIFT), name
