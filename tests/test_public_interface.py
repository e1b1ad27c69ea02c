"""What the package offers at its top, how quickly it is there, and how results are labelled."""

import ast
import json
from pathlib import Path

import pytest

import immunosim
from immunosim.errors import DataError

HEAVY = ("numba", "sympy", "xarray", "scipy", "pandas", "matplotlib", "pydantic")

# What a model says of its drugs, without its equations.
CLINIC = {
    "immunosim.model",
    "immunosim.model.drug",
    "immunosim.model.package",
    "immunosim.model.patient_keys",
    "immunosim.model.readout_info",
    "immunosim.model.scope",
    "immunosim.models",
    "immunosim.models.registry",
    "immunosim.models.alemtuzumab",
    "immunosim.models.alemtuzumab.clinic",
}

LOADED = """
import json, sys
{0}
print(json.dumps([name for name in sys.modules if name.split(".")[0] in {1!r} or name.startswith("immunosim.")]))
"""


@pytest.fixture
def loaded(run_python):
    """Return what runs a text in a fresh interpreter and gives the modules of interest that it imported."""
    return lambda text: set(json.loads(run_python(LOADED.format(text, HEAVY)).splitlines()[-1]))


@pytest.fixture(scope="module")
def trajectory():
    course = {"start": "0 days", "dose": "12 mg", "doses": 2, "every": "24 h", "premedication": True}
    return immunosim.simulate(immunosim.Scenario(title="two infusions", horizon="30 days", course=[course]))


def test_importing_the_package_imports_nothing_heavy(loaded):
    assert loaded("import immunosim; immunosim.__version__") == set()


def test_reading_a_scenario_imports_neither_numerics_nor_model(loaded):
    modules = loaded("import immunosim; immunosim.load_scenario('configs/two_courses.toml')")
    assert not [name for name in modules if name.split(".")[0] in ("numba", "sympy", "xarray", "scipy")]
    assert not [name for name in modules if name.startswith("immunosim.numerics")]
    assert {name for name in modules if name.startswith("immunosim.model")} <= CLINIC


def test_a_warm_simulation_imports_neither_sympy_nor_the_model(loaded, model):
    # `model` has filled the cache.
    text = "import immunosim; s = immunosim.load_scenario('configs/one_course.toml'); assert immunosim.simulate(s)"
    modules = loaded(f"{text}.is_complete")
    assert "immunosim.simulation" in modules
    assert not [name for name in modules if name.split(".")[0] in ("sympy", "matplotlib")]
    assert not [name for name in modules if name.startswith("immunosim.plots")]
    assert {name for name in modules if name.startswith("immunosim.model")} <= CLINIC


VERBS = {
    *("load_scenario", "simulate", "explain", "compare", "attribute", "verify", "differentiate"),
    *("ensemble", "sweep", "sensitivity", "fit", "forecast", "read_data", "examples", "replay", "failure_atlas"),
}


def test_the_public_names_are_reachable_and_others_are_not(configs):
    assert set(immunosim.__all__) >= VERBS | {"Scenario", "Trajectory", "Endpoint", "EnsembleResult"}
    assert all(getattr(immunosim, name) for name in immunosim.__all__)
    assert isinstance(immunosim.load_scenario(configs / "two_courses.toml"), immunosim.Scenario)
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        immunosim.simulat  # noqa: B018


def test_completion_offers_the_public_names_alone():
    assert dir(immunosim) == sorted(immunosim.__all__)


def test_every_public_name_is_declared_for_type_checkers():
    tree = ast.parse(Path(immunosim.__file__).read_text(encoding="utf-8"))
    declared = {name.name for one in ast.walk(tree) if isinstance(one, ast.ImportFrom) for name in one.names}
    assert declared - {"Any", "import_module"} == set(immunosim.__all__) - {"__version__"}


def test_a_simulation_is_a_trajectory_of_its_scenario(trajectory):
    assert isinstance(trajectory, immunosim.Trajectory)
    assert trajectory.scenario.title == "two infusions"
    assert trajectory.time[0] == 0.0
    assert trajectory.time[-1] == 30.0
    assert trajectory["cd4"].shape == trajectory.time.shape


def test_every_variable_has_a_long_name_and_every_measured_one_a_unit(trajectory):
    dataset = trajectory.dataset
    assert dataset["time"].attrs["units"] == "day"
    for name, variable in dataset.data_vars.items():
        assert variable.attrs["long_name"], name
        if "time" in variable.dims:
            assert variable.attrs["units"], name
            assert variable.attrs["kind"] in ("read-out", "pool"), name


def test_every_pool_and_readout_is_in_the_dataset_once(trajectory):
    model = trajectory.problem.model
    over_time = [name for name, variable in trajectory.dataset.data_vars.items() if "time" in variable.dims]
    assert sorted(over_time) == sorted({*model.pools, *model.readouts})


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("lymphocytes", "1e9/L"),
        ("cd4", "cells/uL"),
        ("alemtuzumab_serum", "ug/mL"),
        ("antibody_central", "mg"),
        ("relapse_rate", "1/year"),
        ("salt_score", "1"),
        ("platelet_count", "1e9/L"),
    ],
)
def test_units_are_those_of_the_clinic(trajectory, name, unit):
    assert trajectory.dataset[name].attrs["units"] == unit


def test_rates_are_per_day_of_what_they_change(trajectory):
    rates, model = trajectory.rates(), trajectory.problem.model
    assert set(rates.data_vars) == set(model.processes)
    for name, (label, mechanism, reactant, product) in model.module.PROCESSES.items():
        changed = model.module.POOLS[reactant or product][1]
        expected = {"units": f"{changed}/day", "long_name": label, "mechanism": mechanism}
        assert rates[name].attrs == expected
    assert rates["infusion_of_alemtuzumab"].attrs["units"] == "mg/day"


def test_the_rates_of_a_pool_add_up_to_its_change(trajectory):
    rates, model = trajectory.rates(), trajectory.problem.model
    change = 0.0
    for name, (_, _, reactant, product) in model.module.PROCESSES.items():
        change = change + rates[name].values * ((product == "nk_cells") - (reactant == "nk_cells"))
    grown = (change[1:] + change[:-1]) / 2 * (trajectory.time[1:] - trajectory.time[:-1])
    # After the infusions, where a day is short for NK cells (turnover 0.07 a day); trapezoid over a day.
    late = trajectory.time[1:] > 15
    moved = (trajectory["nk"][1:] - trajectory["nk"][:-1])[late]
    assert grown[late] == pytest.approx(moved, rel=3e-3)


def test_a_value_between_two_output_times_is_interpolated(trajectory):
    before, after = trajectory.at("cd4", 20.0), trajectory.at("cd4", 21.0)
    assert trajectory.at("cd4", 20.5) == pytest.approx((before + after) / 2, rel=1e-12)


@pytest.mark.parametrize("time", [-500.0, 99999.0, float("nan"), "-500 days", "99999 days"])
def test_a_time_outside_the_simulated_one_has_no_value(trajectory, time):
    with pytest.raises(DataError, match="is outside the simulated time span, choose a time from day"):
        trajectory.at("cd4", time)


def test_a_time_may_be_text_with_a_unit(trajectory):
    assert trajectory.at("cd4", "20 days") == trajectory.at("cd4", 20.0)
    with pytest.raises(DataError, match="has no unit"):
        trajectory.at("cd4", "20")
