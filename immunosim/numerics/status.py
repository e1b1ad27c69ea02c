"""What became of a solve, as a value: numerical failure is data, not an exception."""

from enum import IntEnum


class Status(IntEnum):
    """Outcome of one solve; zero is success, so that ``status != 0`` marks the failed rows of an ensemble."""

    OK = 0
    STEP_LIMIT = 1
    STEP_UNDERFLOW = 2
    NON_FINITE = 3
    NEGATIVE = 4
    SINGULAR_MATRIX = 5
    REFUSED_INPUT = 6


_ADVICE = {
    Status.OK: "The solve reached the last boundary.",
    Status.STEP_LIMIT: (
        "The step limit was reached before the last boundary: raise max_steps, loosen rtol, "
        "or look for a rate that is far faster than the rest near the time of failure."
    ),
    Status.STEP_UNDERFLOW: (
        "No step was small enough to meet the tolerance: the solution probably grows without bound or the right-hand "
        "side jumps near the time of failure; check the parameters, or raise the absolute tolerance of the pool named."
    ),
    Status.NON_FINITE: (
        "The right-hand side or its Jacobian is NaN or infinite however small the step: look at the fail state for a "
        "pool at or below zero inside a fraction, a power or a logarithm."
    ),
    Status.NEGATIVE: (
        "A pool fell below minus its tolerance although the step met the error tolerance: check that its losses vanish "
        "when it is empty and that no jump removes more than is there, or tighten its absolute tolerance."
    ),
    Status.SINGULAR_MATRIX: (
        "The linear system could not be factorised however small the step, with pivoting where the kernels allow it: "
        "the Jacobian probably holds extreme entries; check the parameters."
    ),
    Status.REFUSED_INPUT: (
        "The solve was not started: the initial state, the parameters or a jump is not finite, or an output time lies "
        "outside the first and last boundary."
    ),
}


def advice(status: Status | int) -> str:
    """Return one sentence that says what the status means and what to try next."""
    return _ADVICE[Status(status)]
