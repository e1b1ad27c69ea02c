"""An ensemble is its patients one by one, labelled; what cannot be is data, what is asked wrongly is an error."""

from dataclasses import replace

import numpy as np
import pytest

from immunosim.ensembles import Endpoint, load_ensemble, replay, simulate_ensemble, solving
from immunosim.errors import DataError
from immunosim.files import OutputError
from immunosim.problem import prepare
from immunosim.scenario import load_scenario
from immunosim.simulation import simulate

POSSIBLE = [0, 1, 2, 4, 5, 7, 8]
REFUSED = [3, 6]


def alone(scenario, columns, sample):
    """Return the trajectory of one patient, by way of a scenario."""
    own = {name: float(column[sample]) for name, column in columns.items() if name != "age"}
    patient = scenario.patient.model_copy(update={"age": float(columns["age"][sample])})
    return simulate(scenario.model_copy(update={"parameters": own, "patient": patient}))


@pytest.mark.parametrize("sample", [0, 5])
def test_a_patient_of_an_ensemble_is_the_patient_alone(result, scenario, columns, sample):
    trajectory = alone(scenario, columns, sample)
    for name in ("cd4", "lymphocytes", "relapse_rate", "naive_cd4_blood", "hair_cover"):
        # Lanes and the scalar core differ by rounding, and the patients' absolute tolerances by their untreated states.
        np.testing.assert_allclose(result[name][sample], trajectory[name], rtol=1e-5, err_msg=name)


def test_impossible_patients_are_refused_and_counted(result):
    assert result.counts() == {"OK": 7, "REFUSED_INPUT": 2}
    assert result.failed == REFUSED
    assert np.isnan(result["cd4"][REFUSED]).all()
    assert np.isnan(result["nadir_cd4"][REFUSED]).all()
    assert np.isfinite(result["cd4"][POSSIBLE]).all()
    np.testing.assert_array_equal(result["failed_sample"], REFUSED)
    assert repr(result) == "<EnsembleResult: 9 patients, 2 failed>"


def test_every_variable_says_its_unit(result):
    units = {name: result.dataset[name].attrs.get("units") for name in result.dataset.variables}
    assert units["cd4"] == "cells/uL"
    assert units["nadir_cd4"] == "cells/uL"
    assert units["time_below_cd4_0.2e9_per_L"] == "day"
    assert units["area_cd8"] == "cells/uL day"
    assert units["risk_relapse_rate"] == "1"
    assert units["age"] == "year"
    assert units["time"] == "day"


def test_an_endpoint_says_what_it_measures_of_which_read_out(result):
    about = result.dataset["highest"].attrs
    assert (about["readout"], about["measure"]) == ("alemtuzumab_serum", "peak")


def test_endpoints_agree_with_a_fine_course(result, scenario, columns):
    output = scenario.output.model_copy(update={"every": 0.05, "during_treatment": 1e-3})
    fine = scenario.model_copy(update={"output": output})
    trajectory = alone(fine, columns, 2)
    time, cd4, cd8 = trajectory.time, trajectory["cd4"], trajectory["cd8"]
    found = {
        name: float(result[name][2]) for name in result.dataset.data_vars if result.dataset[name].dims == ("sample",)
    }
    assert found["nadir_cd4"] == pytest.approx(cd4.min(), rel=1e-4)
    first_year = time <= 11 * 30.4375
    assert found["time_of_nadir_cd4"] == pytest.approx(time[first_year][cd4[first_year].argmin()], abs=0.05)
    assert found["highest"] == pytest.approx(trajectory["alemtuzumab_serum"].max(), rel=1e-4)
    assert found["area_cd8"] == pytest.approx(np.trapezoid(cd8, time), rel=1e-4)
    early = time <= 100.0
    assert found["mean_cd8"] == pytest.approx(np.trapezoid(cd8[early], time[early]) / 100.0, rel=1e-4)
    below = (cd4[1:] < 200.0) & (cd4[:-1] < 200.0)
    assert found["time_below_cd4_0.2e9_per_L"] == pytest.approx(np.sum(np.diff(time)[below]), abs=0.2)
    later = (time >= 60.0) & (trajectory["lymphocytes"] > 1.0)
    assert found["first_above_lymphocytes_1.0"] == pytest.approx(time[later][0], abs=0.05)
    hazard = np.trapezoid(trajectory["relapse_rate"], time) / 365.25
    assert found["cumulative_hazard_relapse_rate"] == pytest.approx(hazard, rel=1e-4)
    assert found["risk_relapse_rate"] == pytest.approx(1.0 - np.exp(-hazard), rel=1e-4)


def test_chunks_and_threads_change_no_bit(result, scenario, columns, monkeypatch):
    monkeypatch.setattr(solving, "ROWS_PER_CHUNK", 2)
    told = []
    again = simulate_ensemble(
        scenario, columns, readouts=("cd4",), n_threads=2, report=lambda *numbers: told.append(numbers)
    )
    np.testing.assert_array_equal(again["cd4"], result["cd4"])
    assert told == [(2, 9, 0), (4, 9, 1), (6, 9, 1), (8, 9, 2), (9, 9, 2)]


def test_given_counts_stay_given_whatever_else_varies(configs):
    scenario = load_scenario(configs / "one_course.toml", ("patient.baseline.cd4=800 cells/uL",))
    found = simulate_ensemble(scenario, {"memory_cd4_turnover_rate": [0.01, 0.02]}, readouts=("cd4",), times=[0.0])
    np.testing.assert_allclose(found["cd4"][:, 0], 800.0, rtol=1e-9)
    with pytest.raises(DataError, match=r"cd4_scale: follows from patient\.baseline\.cd4"):
        simulate_ensemble(scenario, {"cd4_scale": [1.0, 2.0]})


def test_every_patient_may_have_a_scenario_of_its_own(configs):
    scenarios = [
        load_scenario(configs / "two_courses.toml", ("horizon=13 months", "output.every=10 days")),
        load_scenario(configs / "one_course.toml", ("horizon=3 months", "output.every=10 days")),
    ]
    found = simulate_ensemble(scenarios, readouts=("cd4",))
    for sample, scenario in enumerate(scenarios):
        trajectory = simulate(scenario)
        known = trajectory.time.size
        np.testing.assert_array_equal(found["time_of_sample"][sample, :known], trajectory.time)
        np.testing.assert_allclose(found["cd4"][sample, :known], trajectory["cd4"], rtol=1e-5)
        assert np.isnan(found["cd4"][sample, known:]).all()
    assert found.scenario_of(1) == scenarios[1]


def test_without_parameters_it_is_the_one_patient_of_the_scenario(scenario):
    found = simulate_ensemble(scenario, readouts=("cd4",))
    assert len(found) == 1
    np.testing.assert_allclose(found["cd4"][0], simulate(scenario)["cd4"], rtol=1e-9)


# Files


def test_a_result_is_read_back_as_it_was_written(result, tmp_path):
    path = result.save(tmp_path / "ensemble.nc")
    again = load_ensemble(path)
    assert again.dataset.identical(result.dataset)
    assert again.parameters_of(2) == result.parameters_of(2)
    assert again.scenario_of(2) == result.scenario_of(2)
    assert [entry.name for entry in tmp_path.iterdir()] == ["ensemble.nc"]


def test_a_place_that_cannot_be_written_is_named(result, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        result.save(tmp_path / "file" / "ensemble.nc")


@pytest.mark.parametrize("content", [None, b"not a file of ours"], ids=["missing", "text"])
def test_a_file_that_is_no_ensemble_is_named(tmp_path, content):
    path = tmp_path / "other.nc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as error:
        load_ensemble(path)
    assert error.value.file == str(path)
    assert error.value.cure


def test_another_dataset_is_not_taken_for_an_ensemble(result, tmp_path):
    path = tmp_path / "other.nc"
    result.dataset.drop_attrs().to_netcdf(path, engine="h5netcdf")
    with pytest.raises(DataError, match="holds no ensemble"):
        load_ensemble(path)


# What is asked wrongly


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"parameters": {"thymic_export": [1.0]}}, "thymic_export: is not a parameter"),
        ({"parameters": {"age": [[1.0]]}}, "age: is not a vector"),
        ({"parameters": {"age": ["old"]}}, "age: contains a value that is not a number"),
        ({"parameters": {"age": [30.0], "weight": [60.0, 70.0]}}, "different lengths"),
        ({"readouts": ["cd5"]}, 'unknown read-out "cd5"'),
        ({"times": [0.0, 1e6]}, "outside the simulated time span"),
        ({"times": [2.0, 1.0]}, "does not decrease"),
        ({"endpoints": [Endpoint("lowest", "cd4")]}, '"lowest" is not a kind of endpoint'),
        ({"endpoints": [Endpoint("nadir", "cd5")]}, 'unknown read-out "cd5"'),
        ({"endpoints": [Endpoint("nadir", "cd4", 3.0)]}, "nadir takes no threshold"),
        ({"endpoints": [Endpoint("time_below", "cd4")]}, "time_below needs a threshold"),
        ({"endpoints": [Endpoint("time_below", "cd4", "3 mg")]}, "mg"),
        ({"endpoints": [Endpoint("nadir", "cd4", end="10 years")]}, "outside the simulated time span"),
        ({"endpoints": [Endpoint("risk", "cd4")]}, "cells"),
        ({"endpoints": [Endpoint("nadir", "cd4"), Endpoint("nadir", "cd4")]}, 'two results are called "nadir_cd4"'),
    ],
)
def test_what_cannot_be_answered_is_refused_before_it_is_computed(scenario, arguments, complaint):
    with pytest.raises(DataError, match=complaint):
        simulate_ensemble(scenario, **arguments)


def test_parameters_and_regimens_vary_together(scenario):
    weaker = scenario.model_copy(update={"title": "half the dose", "course": (halved(scenario.course[0]),)})
    ages = [30.0, 40.0, 50.0]
    mixed = simulate_ensemble([scenario, weaker, scenario], {"age": ages}, readouts=["cd4", "baff"], times=[0.0, 20.0])
    for patient, of in enumerate((scenario, weaker, scenario)):
        alone = simulate_ensemble(of, {"age": [ages[patient]]}, readouts=["cd4", "baff"], times=[0.0, 20.0])
        for name in ("cd4", "baff"):
            assert mixed[name][patient].tobytes() == alone[name][0].tobytes()
    assert mixed["cd4"][1, 1] > mixed["cd4"][2, 1]
    assert replay(mixed, 1).is_reproduced


def halved(course):
    return course.model_copy(update={"dose": 0.5 * course.dose})


def test_several_scenarios_need_as_many_rows_of_parameters(scenario):
    with pytest.raises(DataError, match="2 scenarios have 3 rows of parameters"):
        simulate_ensemble([scenario, scenario], {"age": [30.0, 40.0, 50.0]})
    with pytest.raises(DataError, match="there is no scenario"):
        simulate_ensemble([])
    other = scenario.model_copy(update={"solver": scenario.solver.model_copy(update={"rtol": 1e-4})})
    with pytest.raises(DataError, match="different"):
        simulate_ensemble([scenario, other])


def test_an_endpoint_may_be_renamed():
    endpoint = Endpoint("nadir", "cd4", name="lowest")
    assert endpoint.label == "lowest"
    assert replace(endpoint, name="").label == "nadir_cd4"


def test_rows_of_several_scenarios_have_tolerances_of_their_own(scenario):
    people = [scenario.patient.model_copy(update={"age": age}) for age in (25.0, 45.0, 70.0)]
    several = [scenario.model_copy(update={"patient": one}) for one in (*people, people[0])]
    options = [prepare(one).options for one in several]
    assert not np.array_equal(options[0].atol, options[2].atol)
    times = np.linspace(0.0, scenario.horizon, 20)
    arguments = {"readouts": ("cd4",), "times": times, "endpoints": [Endpoint("nadir", "cd4")]}
    found = simulate_ensemble(several, **arguments)
    turned = simulate_ensemble(several[::-1], **arguments, n_threads=1)
    for name in ("cd4", "nadir_cd4", "n_steps", "status"):
        np.testing.assert_array_equal(found[name], turned[name][::-1])
        for row, one in enumerate(several):
            np.testing.assert_array_equal(found[name][row], simulate_ensemble(one, **arguments)[name][0])
