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

CONFIGS = Path(__file__).parents[2] / "configs"
SCENARIOS = sorted(CONFIGS.glob("*.toml"))
CORES = ("js", "wasm", "simd")
NEAR = 1e-6  # of the tolerance: a step that differs in anything but rounding is wrong by far more
N_TIMES = 150
FOLLOWED = ("case_report", "teaching_course", "case_report_version_1")  # compared in read-outs and rates as well

# A parameter so large, or of so wrong a sign, that the integration ends like this.
BROKEN = {
    "thymic_rebound": (-1e3, Status.NEGATIVE),
    "tissue_lysis_rate": (1e100, Status.NON_FINITE),
    "ada_boost": (1e200, Status.STEP_UNDERFLOW),
}


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


def as_data(problem, **further):
    options, shape = problem.options, problem.initial_state.shape
    return {
        "model": problem.scenario.model,
        "vector": [value if np.isfinite(value) else "NaN" for value in problem.vector.tolist()],
        "initial": problem.initial_state.tolist(),
        "boundaries": problem.segments.boundaries.tolist(),
        "inputs": problem.segments.inputs.tolist(),
        "jumps": problem.segments.jumps.tolist(),
        "times": problem.times.tolist(),
        "rtol": options.rtol,
        "atol": np.broadcast_to(options.atol, shape).tolist(),
        "negative": np.broadcast_to(options.negative_tolerance, shape).tolist(),
        "max_steps": options.max_steps,
        "max_step": options.max_step if np.isfinite(options.max_step) else None,
        **further,
    }


def with_options(problem, **options):
    return replace(problem, options=replace(problem.options, **options))


def scaled(problem, name, factor):
    vector = problem.vector.copy()
    vector[list(problem.model.module.PARAMETERS).index(name)] *= factor
    return replace(problem, vector=vector)


def failing(two):
    """Return problems that end in every status that can be brought about from outside."""
    jumps = two.segments.jumps.copy()
    jumps[3, two.model.pools.index("naive_cd4_lymphoid")] = -1e6
    found = {
        Status.STEP_LIMIT: [with_options(two, max_steps=100)],
        Status.NEGATIVE: [replace(two, segments=replace(two.segments, jumps=jumps))],
        Status.NON_FINITE: [replace(two, initial_state=np.full_like(two.initial_state, 1e300))],
        Status.STEP_UNDERFLOW: [],
        Status.REFUSED_INPUT: [scaled(two, "age", np.nan), replace(two, times=two.times - 1.0)],
    }
    for name, (factor, status) in BROKEN.items():
        found[status].append(scaled(two, name, factor))
    return {f"{status.name} {k}": problem for status, problems in found.items() for k, problem in enumerate(problems)}


@pytest.fixture(scope="module")
def problems():
    found = {path.stem: prepared(path) for path in SCENARIOS}
    return {**found, "short_steps": with_options(found["two_courses"], max_step=2.0), **failing(found["two_courses"])}


@pytest.fixture(scope="module")
def in_page(problems, tmp_path_factory):
    data = {name: as_data(problem, follows=name in FOLLOWED) for name, problem in problems.items()}
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
            assert found["pool"] == solution.worst_pool, (name, core)
            if solution.status == Status.OK:
                assert (found["steps"], found["rejected"]) == (solution.n_steps, solution.n_rejected), (name, core)
                states = numbers(found["states"], solution.states.shape)
                assert np.abs((states - solution.states) / tolerance).max() <= NEAR, (name, core)
            else:
                # Before a breakdown steps shrink into rounding: another last bit in the initial state changes their
                # number by as much, in the package as well.
                assert found["steps"] == pytest.approx(solution.n_steps, rel=0.05), (name, core)


def test_no_patient_changes_a_bit_of_another(in_page):
    assert [(name, core) for name in in_page for core in CORES if not in_page[name][core]["is_same"]] == []


def test_a_failure_has_its_status_its_time_and_no_states(problems, in_page):
    seen = set()
    for name, problem in failing(problems["two_courses"]).items():
        solution = solve(problem)
        seen.add(Status(solution.status))
        assert Status(solution.status).name == name.split()[0]
        for core in CORES:
            found = in_page[name][core]
            assert found["fail_time"] == pytest.approx(solution.fail_time, rel=1e-9), (name, core)
            assert np.isnan(numbers(found["states"], -1)).all(), (name, core)
    # A singular matrix has to come from the kernels: no parameter of a shipped model was found to give one.
    assert seen == set(Status) - {Status.OK, Status.SINGULAR_MATRIX}


def test_read_outs_and_rates_are_those_of_the_package(problems, in_page):
    for name in FOLLOWED:
        problem = problems[name]
        model, states, vector = problem.model, solve(problem).states, problem.vector
        segments = problem.segments
        places = np.searchsorted(segments.boundaries, problem.times) - 1
        inputs = segments.inputs[np.clip(places, 0, None)]
        for what, expected in (
            ("readouts", model.readouts_at(states, vector, inputs)),
            ("rates", model.rates_at(states, vector, inputs)),
        ):
            for core in CORES:
                found = numbers(in_page[name][core][what], expected.shape)
                scale = np.nanmax(np.abs(expected), axis=0)
                assert np.allclose(found, expected, rtol=1e-9, atol=1e-10 * scale, equal_nan=True), (name, what, core)


def test_outputs_without_trust_and_steps_with_pivoting_reach_the_same_states(problems, tmp_path):
    two = problems["two_courses"]
    # No factors are trusted: each step is repeated with pivoting. In machine code this limit is built in.
    pivoted = as_data(two, control={"growth_limit": 0.0})
    # No interpolant is trusted: each output inside a step takes a step of its own, as it does after pivoting.
    distrusted = as_data(two, control={"quiet_defect": -1.0, "largest_defect": -1.0})
    page = in_node("solve.mjs", {"pivoted": pivoted, "distrusted": distrusted}, tmp_path)
    solution = solve(two)
    tolerance = two.options.atol + two.options.rtol * np.abs(solution.states)
    for name, core in (("pivoted", "js"), *(("distrusted", core) for core in CORES)):
        found = page[name][core]
        assert (found["status"], found["steps"], found["rejected"]) == ("OK", solution.n_steps, solution.n_rejected)
        distance = np.abs((numbers(found["states"], solution.states.shape) - solution.states) / tolerance).max(axis=1)
        assert distance[-1] <= NEAR, (name, core)  # the end is no interpolant
        assert 0.01 < distance.max() <= 1.0, (name, core)  # elsewhere the interpolant was within its own check
