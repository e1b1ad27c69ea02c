"""Antibody-mediated autoimmunity: who falls ill and when, and that it is not a matter of how deep the nadir was."""

import numpy as np
import pytest

SEVEN_YEARS = {"horizon": "84 months"}
AT_RISK = {"smoker": True, "family_history": True}
"""Both risk factors: odds ratios 7.3 and 3.05 (Cossburn 2011, as cited by the parameters)."""


@pytest.fixture(scope="module")
def typical(treated):
    """The default patient: the median liability of every organ and no risk factor."""
    return treated(**SEVEN_YEARS)


@pytest.fixture(scope="module")
def at_risk(treated):
    return treated(**SEVEN_YEARS, patient=AT_RISK)


def test_a_smoker_with_family_history_gets_thyroid_disease(at_risk):
    assert at_risk["thyroid_antibody"].max() > 0.9
    assert at_risk["thyroid_hormone"].max() > 1.5
    assert at_risk.at("tsh", at_risk.time[at_risk["thyroid_hormone"].argmax()]) < 0.3


def test_the_typical_patient_does_not(typical):
    """Thyroid disease in 36-47 % over 6-7 years: the median patient stays free of it."""
    assert np.abs(typical["thyroid_hormone"] - 1).max() < 0.2
    assert typical["thyroid_cumulative_hazard"][-1] == 0.0
    assert typical["platelet_count"].min() > 0.95 * typical["platelet_count"][0]
    assert typical["gbm_injury"].max() < 0.02


def test_risk_factors_change_the_thyroid_and_nothing_else(typical, at_risk):
    for name in ("cd4", "lymphocytes", "clone_size", "autoreactive_helpers", "platelet_antibody"):
        np.testing.assert_allclose(at_risk[name][-1], typical[name][-1], rtol=1e-3)


def test_the_cumulative_hazard_is_the_integral_of_the_hazard(at_risk):
    integral = np.trapezoid(at_risk["thyroid_hazard"], at_risk.time) / 365.25
    # Trapezoid over days on a curve that changes over months.
    assert at_risk["thyroid_cumulative_hazard"][-1] == pytest.approx(integral, rel=2e-3)


def test_the_diagnosis_comes_as_the_cumulative_hazard_passes_the_draw(at_risk):
    passed = at_risk.time[at_risk["thyroid_cumulative_hazard"] >= np.log(2)][0]
    assert at_risk.at("thyroid_diagnosis", passed) == pytest.approx(0.5, abs=0.05)


def test_an_untreated_smoker_with_family_history_stays_healthy(simulated):
    untreated = simulated(**SEVEN_YEARS, patient=AT_RISK)
    assert untreated["thyroid_hazard"].max() == 0.0
    assert untreated["thyroid_hormone"] == pytest.approx(1.0, rel=1e-9)


def test_illness_is_not_a_function_of_the_nadir(treated):
    """Patients with autoimmunity are not more lymphopenic (Jones 2013)."""
    shallow, deep = (
        treated(
            horizon="60 months", parameters={"thyroid_liability": 2.0}, patient={"depletion_efficiency": efficiency}
        )
        for efficiency in (0.7, 1.3)
    )
    nadirs = [t["cd4"].min() for t in (shallow, deep)]
    peaks = [t["thyroid_antibody"].max() for t in (shallow, deep)]
    assert nadirs[0] > 1.5 * nadirs[1]
    assert peaks[1] == pytest.approx(peaks[0], rel=0.25)
