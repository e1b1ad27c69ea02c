"""Fits and forecasts from Python do what the command line does."""

import pytest

import immunosim as ims
from immunosim.door.fit_input import fit_problem
from immunosim.errors import DataError

FREE = ["antibody_clearance"]


@pytest.fixture(scope="module")
def fitted():
    return ims.fit("case_report", free=FREE, starts=4, without=["thymopoiesis"])


def test_a_fit_in_one_line_has_verdicts_and_alternatives(fitted):
    assert [one.name for one in fitted.verdicts] == FREE
    assert [one.without for one in fitted.alternatives] == ["thymopoiesis"]


def test_limits_and_noise_are_a_mapping_or_texts():
    by_mapping = fit_problem(
        "case_report",
        free=FREE,
        fix=["others"],
        limits={"antibody_clearance": ("0.5 L/day", 9)},
        noise={"lymphocytes": "additive:0.1"},
    )
    by_text = fit_problem(
        "case_report",
        free=FREE,
        fix="others",
        limits=["antibody_clearance=0.5:9"],
        noise=["lymphocytes=additive:0.1"],
    )
    (one,), (other,) = by_mapping.coordinates.parameters, by_text.coordinates.parameters
    assert (one.lower, one.upper) == (other.lower, other.upper) == (0.5, 9.0)
    assert by_mapping.noise == by_text.noise


def test_a_table_is_read_once_and_fitted_by_patient():
    table = ims.read_data("clinic.csv", "clinic")
    assert not [one for one in table.findings if one.severity == "error"]
    case = fit_problem("clinic", table, patient="P01", free=FREE)
    assert [one.name for one in case.patients] == ["P01"]
    assert len(fit_problem("clinic", "clinic.csv", free=FREE).patients) == 12


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"together": "pooled"}, "there is one patient"),
        ({"without": ["thymus"]}, "is not an active mechanism"),
        ({"common": FREE}, "is for `together=two-stage`"),
        ({"patient": "P01"}, "needs a table"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments, complaint):
    with pytest.raises(DataError, match=complaint):
        ims.fit("case_report", free=FREE, **arguments)


@pytest.mark.parametrize("function", [ims.fit, ims.forecast])
def test_a_misspelt_keyword_is_refused(function):
    with pytest.raises(TypeError, match=r'unexpected keyword argument .limit., did you mean "limits"'):
        function("case_report", limit={"antibody_clearance": (1, 5)})


def test_a_forecast_takes_goals_and_text_times():
    found = ims.forecast("case_report", goals=["cd4@0.2e9/L"], as_of="course 2 + 3 months", free=FREE, starts=2)
    (update,) = found.updates["patient"]
    assert [(one.readout, one.level) for one in update.returns] == [("cd4", "0.2e9/L")]
    assert update.n_visits < len(ims.load_scenario("case_report").observed[0].points)
