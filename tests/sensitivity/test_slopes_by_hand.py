"""Slopes of y' = u - p y - q y^2: against the closed form, and against the method's own steps in complex numbers."""

from dataclasses import dataclass, fields, replace

import numpy as np
import pytest
from sensitivity.conftest import still, with_segments

from immunosim.codegen.vector.build import lane_functions
from immunosim.codegen.vector.slope_build import sensitivity_functions
from immunosim.numerics import Kernels, Segments, SolverOptions, Status
from immunosim.numerics.tangents import Directions, solve_sensitivities
from immunosim.numerics.tangents.step_ir import METHODS

STEP = 1e-30


@dataclass(frozen=True)
class Linear:
    """y' = u - p y from y0 at a start; an infusion at a rate from one time to another, and a dose at a time."""

    p: complex = 0.7
    y0: complex = 2.0
    rate: complex = 5.0
    dose: complex = 3.0
    start: complex = 0.0
    on: complex = 1.0
    off: complex = 2.0
    given: complex = 2.5

    def at(self, t):
        """Return the solution; at a boundary, the one before it."""
        y = self.y0 * np.exp(-self.p * (t - self.start))
        if t > self.on.real:
            until = self.off if t > self.off.real else t
            y += self.rate / self.p * (np.exp(-self.p * (t - until)) - np.exp(-self.p * (t - self.on)))
        if t > self.given.real:
            y += self.dose * np.exp(-self.p * (t - self.given))
        return y

    def slopes(self, times):
        """Return the derivatives by every number, shape (n_times, n_numbers)."""
        stepped = [replace(self, **{one.name: getattr(self, one.name) + STEP * 1j}) for one in fields(self)]
        return np.array([[moved.at(t).imag / STEP for moved in stepped] for t in times])

    def segments(self):
        return Segments(
            [self.start, self.on, self.off, self.given, 4.0],
            [[0.0], [self.rate], [0.0], [0.0]],
            [[0.0], [0.0], [0.0], [self.dose]],
        )


NUMBERS = [one.name for one in fields(Linear)]


def every_direction():
    """Return the directions of the numbers of ``Linear``, in their order."""
    moved = still(len(NUMBERS))
    moved.parameters[0, NUMBERS.index("p"), 0] = 1.0
    moved.initial_states[0, NUMBERS.index("y0"), 0] = 1.0
    inputs, jumps = np.zeros((4, len(NUMBERS), 1)), np.zeros((4, len(NUMBERS), 1))
    times = np.zeros((5, len(NUMBERS)))
    inputs[1, NUMBERS.index("rate")] = 1.0
    jumps[3, NUMBERS.index("dose")] = 1.0
    for boundary, name in enumerate(("start", "on", "off", "given")):
        times[boundary, NUMBERS.index(name)] = 1.0
    return with_segments(moved, inputs=inputs, jumps=jumps, boundary_times=times)


# Ends of segments are among them: there the slope before the boundary is reported.
TIMES = np.array([0.0, 0.3, 1.0, 1.0, 1.2, 2.0, 2.3, 2.5, 2.6, 4.0])


@pytest.mark.parametrize("width", [1, 4])
@pytest.mark.parametrize("p", [0.02, 0.7, 30.0])
def test_slopes_by_rate_state_amount_and_time_are_those_of_the_closed_form(one_pool, width, p):
    linear, n = Linear(p=p), 5
    ensemble, slopes = one_pool.solve(
        np.full((n, 1), linear.y0),
        np.tile([p, 0.0], (n, 1)),
        linear.segments(),
        every_direction(),
        TIMES,
        SolverOptions(rtol=1e-9, atol=1e-12),
        width,
    )
    assert (ensemble.status == Status.OK).all()
    expected = linear.slopes(TIMES)
    # Not moved yet at the first output: the state there is given.
    expected[0, NUMBERS.index("start")] = 0.0
    peak = np.abs(expected).max(axis=0)
    # A thousand tolerances of the solution: its slopes follow its steps with an error of their own.
    assert np.abs(slopes - expected).max(axis=(0, 1)) == pytest.approx(0.0, abs=1e-6 * peak.max())
    assert np.all(np.abs(slopes - expected).max(axis=(0, 1)) <= 1e-6 * peak)


def test_the_start_moves_the_state_at_once(one_pool):
    """At the first output the state is given; right after it the slope is minus its change."""
    linear = Linear()
    times = np.array([0.0, 1e-9])
    _, slopes = one_pool.solve(
        [[linear.y0]], [[linear.p, 0.0]], linear.segments(), every_direction(), times, SolverOptions(rtol=1e-9)
    )
    moved = slopes[0, :, NUMBERS.index("start")]
    assert moved[0] == 0.0
    assert moved[1] == pytest.approx(linear.p * linear.y0, rel=1e-8)


# The method's own steps, in complex numbers


def complex_steps(tableau, y, p, q, u, h, n_steps, inside=(), own=False):
    """Return the states after each step and at shares of it, by steps of a fixed size taken in plain Python."""
    found = []
    for _ in range(n_steps):
        y_new, increments = one_step(tableau, y, p, q, u, h)
        for theta in inside:
            if own:
                found.append(one_step(tableau, y, p, q, u, theta * h)[0])
            else:
                d = tableau.H @ np.array(increments)
                rest = 1.0 - theta
                bend = d[0] + theta * (d[1] + theta * d[2])
                found.append(rest * y + theta * (y_new + rest * bend))
        found.append(y_new)
        y = y_new
    return np.array(found)


def one_step(tableau, y, p, q, u, h):
    w = 1.0 / (tableau.gamma * h) + p + 2.0 * q * y
    increments = []
    for i in range(tableau.n_stages):
        state = y + sum(tableau.A[i, j] * increments[j] for j in range(i))
        change = u - p * state - q * state * state
        increments.append((change + sum(tableau.C[i, j] / h * increments[j] for j in range(i))) / w)
    return state + increments[-1], increments


@pytest.mark.parametrize("method", METHODS)
def test_slopes_are_the_exact_derivatives_of_the_computed_steps(one_pool, method):
    h, n_steps, inside = 0.25, 12, (0.125, 0.5, 0.75)
    given = {"y": 2.0, "p": 0.7, "q": 0.9, "u": 1.5}
    shares = np.array([*inside, 1.0])
    times = (h * (np.arange(n_steps)[:, np.newaxis] + shares)).ravel()
    directions = still(4)
    directions.initial_states[0, 0] = directions.parameters[0, 1, 0] = directions.parameters[0, 2, 1] = 1.0
    inputs = np.zeros((1, 4, 1))
    inputs[0, 3] = 1.0
    segments = Segments([0.0, h * n_steps], [[given["u"]]], [[0.0]])
    # So lax that no step is shortened and no interpolation distrusted.
    options = SolverOptions(rtol=1e3, first_step=h, max_step=h, method=method)
    ensemble, slopes = one_pool.solve(
        [[given["y"]]],
        [[given["p"], given["q"]]],
        segments,
        with_segments(directions, inputs=inputs),
        times,
        options,
    )
    assert ensemble.n_steps[0] == n_steps
    tableau = METHODS[method]
    for k, name in enumerate(("y", "p", "q", "u")):
        moved = {**given, name: given[name] + STEP * 1j}
        expected = complex_steps(tableau, h=h, n_steps=n_steps, inside=inside, **moved)
        np.testing.assert_allclose(ensemble.states[0, :, 0], expected.real, rtol=1e-13)
        # Rounding alone: coefficients of some tens, and steps that multiply it.
        np.testing.assert_allclose(slopes[0, :, k], expected.imag / STEP, rtol=1e-11, atol=1e-13)


def test_an_output_with_a_step_of_its_own_has_the_slope_of_that_step(one_pool):
    h, p, q, u, y = 1.0, 40.0, 3.0, 90.0, 2.2
    directions = still(2)
    directions.parameters[0, 0, 0] = directions.parameters[0, 1, 1] = 1.0
    options = SolverOptions(rtol=2e-2, first_step=h, max_step=h)
    arguments = ([[y]], [[p, q]], Segments([0.0, h], [[u]], [[0.0]]), directions, np.array([0.5, h]), options)
    ensemble, slopes = one_pool.solve(*arguments)
    # One factorisation more than trials: that of the output.
    assert ensemble.n_lu[0] == ensemble.n_steps[0] + ensemble.n_rejected[0] + 1 == 2
    tableau = METHODS["rodas5p"]
    for k, moved in enumerate(((p + STEP * 1j, q), (p, q + STEP * 1j))):
        expected = complex_steps(tableau, y, *moved, u, h, 1, inside=(0.5,), own=True).imag / STEP
        np.testing.assert_allclose(slopes[0, :, k], expected, rtol=1e-11)


# Failures, and what is refused


def test_a_row_that_fails_has_no_slopes_and_disturbs_no_other(one_pool):
    linear = Linear()
    initial = np.array([[2.0], [np.nan], [2.0], [2.0]])
    parameters = np.tile([0.7, 0.0], (4, 1))
    parameters[2] = [0.7, -1.0]  # y' = -0.7 y + y^2 leaves for infinity
    directions = every_direction()
    options = SolverOptions(rtol=1e-6)
    ensemble, slopes = one_pool.solve(initial, parameters, linear.segments(), directions, TIMES, options)
    assert [int(status) == 0 for status in ensemble.status] == [True, False, False, True]
    assert np.isnan(slopes[[1, 2]]).all()
    alone = one_pool.solve(initial[:1], parameters[:1], linear.segments(), directions, TIMES, options)[1]
    np.testing.assert_array_equal(slopes[[0, 3]], np.repeat(alone, 2, axis=0))


def test_every_set_of_segments_has_its_own_slopes(one_pool):
    doses = [1.0, 4.0, 9.0]
    sets = [Segments([0.0, 1.0, 2.0], np.zeros((2, 1)), [[0.0], [dose]]) for dose in doses]
    moved = still(1)
    slopes_of_sets = [with_segments(moved, jumps=np.array([[[0.0]], [[dose]]])).segments[0] for dose in doses]
    directions = replace(moved, segments=slopes_of_sets)
    initial, parameters = np.ones((3, 1)), np.tile([0.5, 0.0], (3, 1))
    _, slopes = one_pool.solve(initial, parameters, sets, directions, np.array([2.0]), SolverOptions(rtol=1e-10))
    np.testing.assert_allclose(slopes[:, 0, 0], np.array(doses) * np.exp(-0.5), rtol=1e-8)


@pytest.mark.parametrize(
    ("directions", "message"),
    [
        (Directions(np.zeros((2, 1, 2)), np.zeros((1, 1, 1))), "Directions.parameters"),
        (Directions(np.zeros((1, 1, 2)), np.full((1, 1, 1), np.nan)), "Directions.initial_states"),
        (with_segments(still(1), jumps=np.zeros((3, 1, 1))), "SegmentSlopes.jumps"),
        (replace(still(1), segments=(with_segments(still(1)).segments[0],) * 2), "Directions.segments has 2 items"),
    ],
)
def test_directions_of_another_shape_are_refused(one_pool, directions, message):
    arguments = (np.ones((3, 1)), np.ones((3, 2)), Segments([0.0, 1.0], [[0.0]], [[0.0]]), directions, [1.0])
    with pytest.raises(ValueError, match=message):
        one_pool.solve(*arguments, SolverOptions())


def test_kernels_without_lanes_and_arrays_of_another_shape_are_refused(one_pool):
    module, given = one_pool.module, ([[1.0]], [[1.0, 0.0]], Segments([0.0, 1.0], [[0.0]], [[0.0]]), still(1), [1.0])
    functions = sensitivity_functions(module, one_pool.variations, [(0, 1)], [(0,)], [(0,)], 2)
    kernels = Kernels(module.rhs, module.jacobian, module.factorise, module.solve, 1, 1, 2)
    with pytest.raises(ValueError, match="need kernels with 2 lanes"):
        solve_sensitivities(kernels, functions, *given)
    in_lanes = replace(kernels, lanes=lane_functions(module, 2))
    with pytest.raises(ValueError, match="out must be"):
        solve_sensitivities(in_lanes, functions, *given, out=np.zeros((1, 1, 2, 1)))


def test_a_direction_that_moves_what_it_was_not_compiled_for_is_refused(one_pool):
    module, segments = one_pool.module, Segments([0.0, 1.0], [[0.0]], [[0.0]])
    functions = sensitivity_functions(module, one_pool.variations, [(0,)], [()], [(0,)], 2)
    lanes = lane_functions(module, 2)
    kernels = Kernels(module.rhs, module.jacobian, module.factorise, module.solve, 1, 1, 2, lanes)
    by_second, by_input = still(1), with_segments(still(1), inputs=np.ones((1, 1, 1)))
    by_second.parameters[0, 0, 1] = 1.0
    for directions, message in ((by_second, "moves parameter 1"), (by_input, "moves input 0")):
        with pytest.raises(ValueError, match=message):
            solve_sensitivities(kernels, functions, [[1.0]], [[1.0, 0.0]], segments, directions, [1.0])
