"""The integrator of the page against the package's, on every shipped scenario of every model at five years."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from teach.in_node import in_node, needs_node

from immunosim import load_scenario
from immunosim.errors import ScenarioError
from immunosim.numerics import Status
from immunosim.problem import prepare
from immunosim.simulation import solve

pytestmark = needs_node

SCENARIOS = sorted((Path(__file__).parents[2] / "configs").glob("*.toml"))
CORES = ("js", "wasm", "simd")
NEAR = 1e-6  # of the tolerance: a step that differs in anything but rounding is wrong by far more
N_TIMES = 150


def prepared(path, *overrides):
    """Return a scenario at five years, or at its own horizon where nothing may follow it."""
    try:
        problem = prepare(load_scenario(path, ("horizon=60 months", *overrides)))
    except ScenarioError:
        problem = prepare(load_scenario(path, overrides))
    first, last = problem.segments.boundaries[[0, -1]]
    near_doses = problem.segments.boundaries[1:-1] + 0.03
    times = np.union1d(np.linspace(first, last, N_TIMES), near_doses[near_doses < last])
    return replace(problem, times=times)


def as_data(problem):
    options, shape = problem.options, problem.initial_state.shape
    return {
        "model": problem.scenario.model,
        "vector": problem.vector.tolist(),
        "initial": problem.initial_state.tolist(),
        "boundaries": problem.segments.boundaries.tolist(),
        "inputs": problem.segments.inputs.tolist(),
        "jumps": problem.segments.jumps.tolist(),
        "times": problem.times.tolist(),
        "rtol": options.rtol,
        "atol": np.broadcast_to(options.atol, shape).tolist(),
        "negative": np.broadcast_to(options.negative_tolerance, shape).tolist(),
        "max_steps": options.max_steps,
    }


@pytest.fixture(scope="module")
def problems():
    found = {path.stem: prepared(path) for path in SCENARIOS}
    two = prepared(next(path for path in SCENARIOS if path.stem == "two_courses"))
    # Failures: too few steps, and a state that a jump makes negative.
    found["step_limit"] = replace(two, options=replace(two.options, max_steps=100))
    jumps = two.segments.jumps.copy()
    jumps[3, two.model.pools.index("naive_cd4_lymphoid")] = -1e6
    found["negative"] = replace(two, segments=replace(two.segments, jumps=jumps))
    return found


@pytest.fixture(scope="module")
def in_page(problems, tmp_path_factory):
    data = {name: as_data(problem) for name, problem in problems.items()}
    return in_node("solve.mjs", data, tmp_path_factory.mktemp("engine"))


def numbers(values, shape):
    return np.array(values, dtype=np.float64).reshape(shape)  # None becomes NaN


def test_every_core_takes_the_same_steps_to_the_same_states(problems, in_page):
    for name, problem in problems.items():
        solution = solve(problem)
        tolerance = problem.options.atol + problem.options.rtol * np.abs(solution.states)
        for core in CORES:
            found = in_page[name][core]
            assert found["status"] == Status(solution.status).name, (name, core)
            assert (found["steps"], found["rejected"]) == (solution.n_steps, solution.n_rejected), (name, core)
            assert found["same"], (name, core)
            states = numbers(found["states"], solution.states.shape)
            if solution.status == Status.OK:
                assert np.abs((states - solution.states) / tolerance).max() <= NEAR, (name, core)


def test_a_failure_has_its_time_and_no_states(problems, in_page):
    for name in ("step_limit", "negative"):
        solution = solve(problems[name])
        assert solution.status != Status.OK
        for core in CORES:
            found = in_page[name][core]
            assert found["fail_time"] == pytest.approx(solution.fail_time, rel=1e-9)
            assert np.isnan(numbers(found["states"], -1)).all()


def test_read_outs_are_those_of_the_package(problems, in_page):
    for name in ("case_report", "teaching_course", "case_report_version_1"):
        problem = problems[name]
        solution = solve(problem)
        no_inputs = np.zeros((len(problem.times), len(problem.model.inputs)))
        expected = problem.model.readouts_at(solution.states, problem.vector, no_inputs)
        found = numbers(in_page[name]["wasm"]["readouts"], expected.shape)
        scale = np.nanmax(np.abs(expected), axis=0)
        assert np.allclose(found, expected, rtol=1e-9, atol=1e-10 * scale, equal_nan=True)
