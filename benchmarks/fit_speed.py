"""The same fit of one patient by immunosim and by SciPy alone: least squares with LSODA and finite differences.

Both minimise the same posterior over the same coordinates. SciPy has the compiled right-hand side of the model (numba),
LSODA at the tolerance of our default, and differentiates by forward differences, as users of SciPy do. It is run from a
few starts and scaled; the optimum of each start is compared.

    python -m benchmarks.fit_speed [--starts 50] [--scipy-starts 2]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares

from benchmarks.recovery import ANALYTES, CHANGES, MONTHS, SCENARIO
from immunosim import load_scenario
from immunosim.fitting import ErrorModel, Posterior, Subject, coordinates_of, estimate, subject_of
from immunosim.fitting.likelihood.prediction import predict
from immunosim.fitting.search.estimation import draw_starts
from immunosim.machine import cores
from immunosim.observations import Measurement
from immunosim.problem import Problem, prepare

STEP = 1e-3
"""Relative step of SciPy's differences: with its default, LSODA's own errors drown the derivatives."""

FITTED = (
    *("blood_lysis_rate", "antibody_clearance", "memory_cd4_from_naive_fraction", "memory_cd8_turnover_rate"),
    *("naive_b_turnover_rate", "memory_cd4_turnover_rate", "il7_nonspecific_fraction", "thymic_export_rate"),
)


def main(announce: Callable[[str], None] = print) -> None:
    """Read the arguments and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=50)
    parser.add_argument("--scipy-starts", type=int, default=5)
    arguments = parser.parse_args()
    posterior = _posterior()
    estimate(posterior, 2, 0)  # compiles
    started = time.perf_counter()
    found = estimate(posterior, arguments.starts, 1)
    ours = time.perf_counter() - started
    announce(f"immunosim: {arguments.starts} starts in {ours:.1f} s, best {found.best.value:.4f}")
    starts = draw_starts(posterior, arguments.starts, 1)[: arguments.scipy_starts]
    (subject,) = posterior.subjects

    def residuals(unknowns: np.ndarray) -> np.ndarray:
        values = posterior.coordinates.values_at(unknowns)
        z = np.log(subject.values / _predicted(subject, values)) / subject.scatter.relative
        distances = [np.log(v / one.prior_median) / one.prior_sd for v, one in zip(values, priors, strict=True)]
        return np.concatenate([subject.scatter.whitening @ z, distances])

    priors = posterior.coordinates.parameters
    residuals(starts[0])
    started = time.perf_counter()
    results = [least_squares(residuals, start, diff_step=STEP) for start in starts]
    each = (time.perf_counter() - started) / len(starts)
    calls = sum(result.nfev + result.njev * len(FITTED) for result in results)
    ends = posterior.evaluate(np.array([result.x for result in results]))[0]
    announce(f"SciPy: {len(starts)} starts, {each:.1f} s each ({calls} solutions in all), best {ends.min():.4f}")
    announce(f"ratio for {arguments.starts} starts: {each * arguments.starts / ours:.0f}")


def _posterior() -> Posterior:
    problem = prepare(load_scenario(SCENARIO, CHANGES))
    values = {name: float(problem.vector[problem.model.position[name]]) for name in FITTED}
    coordinates = coordinates_of(problem.parameters, values, FITTED)
    noise, generator = dict.fromkeys(ANALYTES, ErrorModel()), np.random.default_rng(3)
    asked = [Measurement("patient", month * 30.4375, one, 1.0) for month in MONTHS for one in ANALYTES]
    truth = np.array(list(values.values())) * np.exp(0.2 * generator.normal(size=len(values)))
    planned = subject_of("patient", problem, coordinates.names, asked, noise)
    ((perfect,),) = predict((planned,), [truth[np.newaxis]])
    seen = perfect * np.exp(0.132 * generator.normal(size=len(perfect)))
    measured = [Measurement("patient", one.time, one.analyte, float(v)) for one, v in zip(asked, seen, strict=True)]
    subject = subject_of("patient", problem, coordinates.names, measured, noise)
    return Posterior((subject,), coordinates, n_threads=cores())


def _predicted(subject: Subject, values: np.ndarray) -> np.ndarray:
    """Return predictions by LSODA, segment by segment."""
    problem: Problem = subject.problem
    rows = subject.rows(values[np.newaxis])
    vector, state = rows.vectors[0], rows.states[0]
    segments, times = problem.segments, problem.times
    states = np.empty((len(times), len(state)))
    for k in range(segments.n_segments):
        first, last = segments.boundaries[k : k + 2]
        state = state + segments.jumps[k]
        inside = times[(times > first) & (times <= last)]
        found = solve_ivp(
            _right_hand_side(problem, vector, segments.inputs[k]),
            (first, last),
            state,
            method="LSODA",
            t_eval=np.append(inside, last),
            rtol=problem.options.rtol,
            atol=problem.options.atol,
        )
        states[np.isin(times, inside)] = found.y[:, : len(inside)].T
        state = found.y[:, -1]
    readouts = problem.model.readouts_at(states, vector, problem.inputs_at(times))
    predicted: np.ndarray = (readouts[subject.places] * subject.weights).sum(axis=1)
    return predicted


def _right_hand_side(problem: Problem, vector: np.ndarray, inputs: np.ndarray) -> Callable[..., np.ndarray]:
    kernel, inputs = problem.model.module.rhs, np.ascontiguousarray(inputs)

    def right_hand_side(_: float, state: np.ndarray) -> np.ndarray:
        change = np.empty_like(state)
        kernel(state, vector, inputs, change)
        return change

    return right_hand_side


if __name__ == "__main__":
    main()
