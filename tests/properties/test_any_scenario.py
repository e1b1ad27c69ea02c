"""What holds for every scenario that can be written."""

import tomllib

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from properties.strategies import numbers, scenarios

from immunosim.codegen.loader import load_model
from immunosim.errors import ParameterError, QuantityError
from immunosim.models import load_parameters
from immunosim.numerics import Status
from immunosim.scenario import build_scenario, to_toml
from immunosim.simulation import simulate
from immunosim.units import convert, format_quantity, parse_quantity

QUICK = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
MECHANISMS = load_model(load_parameters().units()).mechanisms


def simulated_or_refused(tables):
    """Return the trajectory, or None where the parameters contradict one another and are refused with a reason."""
    try:
        return simulate(build_scenario(tables))
    except ParameterError:
        return None


@QUICK
@given(scenarios(MECHANISMS))
def test_any_valid_scenario_gives_finite_results_or_a_status(tables):
    trajectory = simulated_or_refused(tables)
    if trajectory is None:
        return
    values = np.column_stack([trajectory.dataset[name].values for name in trajectory.problem.model.units])
    if trajectory.status == Status.OK:
        assert np.isfinite(values).all()
        # Pools are amounts and counts: what is below zero is rounding (the limit at which a run ends is 1e-6).
        assert (trajectory.solution.states >= -1e-6 * trajectory.problem.model.scales).all()
    else:
        assert np.isnan(trajectory.solution.states).all()
        assert trajectory.failure()


@QUICK
@given(scenarios(MECHANISMS), st.integers(1, 40))
def test_a_run_that_is_cut_off_is_empty_and_says_where(tables, steps):
    trajectory = simulated_or_refused({**tables, "solver": {"max_steps": steps}})
    if trajectory is None or trajectory.is_complete:
        return
    assert trajectory.status == Status.STEP_LIMIT
    assert np.isnan(trajectory["lymphocytes"]).all()
    assert trajectory.time[0] <= trajectory.solution.fail_time <= trajectory.time[-1]


@QUICK
@given(scenarios(MECHANISMS))
def test_a_resolved_scenario_runs_to_the_same_bytes(tables):
    scenario = build_scenario(tables)
    resolved = build_scenario(tomllib.loads(to_toml(scenario)))
    assert to_toml(resolved) == to_toml(scenario)
    first, second = simulated_or_refused(tables), None
    if first is not None:
        second = simulate(resolved)
        assert first.solution.states.tobytes() == second.solution.states.tobytes()
        assert first.time.tobytes() == second.time.tobytes()


@QUICK
@given(numbers(-1e6, 1e6), st.sampled_from(["day", "mg", "cells/uL", "L", "kg", "year", "mg/L"]))
@example(0.1, "day")
def test_a_quantity_is_read_back_as_it_was_written(value, unit):
    assert parse_quantity(format_quantity(value, unit), unit) == value


@QUICK
@given(numbers(1e-6, 1e6), st.sampled_from([("day", "h"), ("mg", "g"), ("cells/uL", "1e9/L"), ("mg/L", "ng/mL")]))
def test_converting_there_and_back_changes_nothing(value, units):
    there, back = units
    # About 4 units in the last place: a conversion is at most two multiplications each way.
    assert convert(convert(value, there, back), back, there) == pytest.approx(value, rel=1e-15)
    assert convert(value, there, back) != value


@QUICK
@given(numbers(0.001, 1000))
def test_a_unit_of_another_kind_is_refused(value):
    with pytest.raises(QuantityError):
        parse_quantity(f"{value} mg/L", "mg")
