"""Timing of the integrator against SciPy's LSODA on the same problem: time and error side by side.

All solve with the same compiled right-hand side, tolerances, restarts and output times. LSODA is run through both
interfaces of SciPy, since ``odeint`` has less Python around it than ``solve_ivp``; our steps by the compiled loop, as
in ensembles, and by plain Python, as in a run of one patient, which does not compile.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np

from immunosim.codegen.loader import Array, say_nothing
from immunosim.errors import SolverError
from immunosim.numerics import Solution, solve_ensemble
from immunosim.problem import Problem
from immunosim.simulation import solve
from immunosim.verification.accuracy import errors_against
from immunosim.verification.records import Contender, Timing
from immunosim.verification.reference import Piece, Reference, magnitudes_of, pieces_of, solve_reference


def time_against_lsoda(
    problem: Problem,
    rounds: int = 5,
    *,
    reference: Reference | None = None,
    announce: Callable[[str], None] = say_nothing,
) -> Timing:
    """Time the integrator and LSODA in alternating rounds, and measure the errors of both.

    Parameters
    ----------
    problem : Problem
    rounds : int
        Each round runs every contender once; a round before the first is not counted.
    reference : Reference, optional
        Reference for the errors; computed if not given.
    announce : callable
        Receives a sentence on each step.

    Raises
    ------
    SolverError
        If one of them cannot solve the problem.
    """
    runs: dict[str, Callable[[], Array]] = {
        "immunosim": lambda: _ours(_compiled(problem)),
        "immunosim, one patient": lambda: _ours(solve(problem)),
        "LSODA by solve_ivp": _lsoda(problem, _solve_ivp),
        "LSODA by odeint": _lsoda(problem, _odeint),
    }
    states = {name: run() for name, run in runs.items()}
    if reference is None:
        reference = solve_reference(problem, magnitudes_of(problem, states["immunosim"]), announce=announce)
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(1, rounds + 1):
        announce(f"Timing against LSODA: round {number} of {rounds}")
        for name, run in runs.items():
            start = perf_counter()
            run()
            seconds[name].append(perf_counter() - start)
    ours, alone, *others = (
        Contender(name, median(seconds[name]), float(errors_against(reference, problem.times, states[name]).max()))
        for name in runs
    )
    return Timing(ours, alone, tuple(others), problem.options.rtol, rounds)


def _compiled(problem: Problem) -> Solution:
    row = problem.initial_state[np.newaxis], problem.vector[np.newaxis]
    kernels = problem.model.ensemble_kernels
    return solve_ensemble(kernels, *row, problem.segments, problem.times, problem.options).row(0)


def _ours(solution: Solution) -> Array:
    if solution.status:
        raise SolverError(f"the integration failed ({solution.status.name})", cure="simulate it to see the reason")
    return solution.states


def _lsoda(problem: Problem, solve_piece: Callable[[Problem, Piece, Array], Array]) -> Callable[[], Array]:
    """Return a run over all segments; what can be prepared once is not timed."""
    times, pieces = problem.times, pieces_of(problem, problem.times)

    def run() -> Array:
        states = np.empty((times.size, problem.initial_state.size))
        state = states[0] = problem.initial_state
        for piece in pieces:
            end = solve_piece(problem, piece, state + piece.jumps)
            states[piece.rows] = end[: piece.rows.stop - piece.rows.start]
            state = end[-1]
        return states

    return run


def _rhs(problem: Problem, inputs: Array) -> Callable[[float, Array], Array]:
    # One array serves all calls: LSODA copies what it is given, so nothing need be allocated.
    kernel, vector, out = problem.model.kernels.rhs, problem.vector, np.empty(problem.initial_state.size)

    def rhs(_: float, state: Array) -> Array:
        kernel(state, vector, inputs, out)
        return out

    return rhs


def _solve_ivp(problem: Problem, piece: Piece, state: Array) -> Array:
    from scipy.integrate import solve_ivp

    rhs, options = _rhs(problem, piece.inputs), problem.options
    span = (piece.start, piece.end)
    solution = solve_ivp(rhs, span, state, method="LSODA", t_eval=piece.times, rtol=options.rtol, atol=options.atol)
    if not solution.success:
        raise SolverError(f"LSODA by solve_ivp stopped after day {piece.start:g}: {solution.message}")
    states: Array = solution.y.T
    return states


def _odeint(problem: Problem, piece: Piece, state: Array) -> Array:
    from scipy.integrate import odeint

    rhs, options = _rhs(problem, piece.inputs), problem.options
    times = np.concatenate([[piece.start], piece.times])
    limits = {"tcrit": [piece.end], "mxstep": options.max_steps}
    courses, information = odeint(
        rhs, state, times, tfirst=True, rtol=options.rtol, atol=options.atol, full_output=True, **limits
    )
    if information["message"] != "Integration successful.":
        raise SolverError(f"LSODA by odeint stopped after day {piece.start:g}: {information['message']}")
    states: Array = courses[1:]
    return states
