"""Choice of the step: error norm, predictive controller, first step."""

import numpy as np
import numpy.typing as npt

from immunosim.numerics.calling import evaluate
from immunosim.numerics.compilation import kernel
from immunosim.numerics.elements import add_scaled, copy_into, first_non_finite, largest_scaled
from immunosim.numerics.workspace import RHS, Control, Functions, Method, Work

Array = npt.NDArray[np.float64]

# Safety factors of 0.9 and 0.98, a longest growth of 3 and of 10, and no predictive controller came out within 5 % of
# this at equal error (decision 9).
SAFETY = 0.95
LARGEST_FACTOR = 6.0
SMALLEST_FACTOR = 0.2
# An error of zero would ask for an infinite step, and after a tiny one an ordinary one would look like a catastrophe.
# No factor needs to know how far beyond the other end an error is.
SMALLEST_ERROR = 1e-10
SMALLEST_REMEMBERED_ERROR = 1e-2
LARGEST_ERROR = 1e5


@kernel
def error_norm(control: Control, y: Array, y_new: Array, error: Array) -> tuple[float, int]:
    """Return the largest scaled error and its pool.

    Scaled componentwise, and the largest, not the root mean square: a mean over 46 pools would let one pool be wrong by
    seven tolerances while the others are quiet, and the rare autoreactive cells are the ones that matter.
    """
    # Measured: the mean takes 27 % fewer steps, with errors past 1e-4 at a relative tolerance of 1e-5 (decision 5).
    return largest_scaled(error, y, y_new, control.atol, control.rtol)


@kernel
def root_of(method: Method, norm: float) -> float:
    """Return what the step would be multiplied by to have an error of one, norm^(-1 / (embedded order + 1))."""
    bounded = min(max(norm, SMALLEST_ERROR), LARGEST_ERROR)
    # One root serves both formulas of the controller, where one would take two powers: LLVM has no power of vectors,
    # and the lanes compute this one by Newton's iteration (decision 11).
    root: float = bounded ** (-1.0 / (method.embedded_order + 1))
    return root


@kernel
def accepted_factor(method: Method, memory: Array, h: float, norm: float) -> float:
    """Return the factor from this accepted step to the next, and remember this one.

    Gustafsson's predictive controller as in Hairer's RODAS (Hairer and Wanner, Solving Ordinary Differential Equations
    II, IV.8): it extrapolates how the error coefficient changed over the last step, so steps shrink before they fail.
    ``memory`` holds the size and the root of the last step, size zero for none.
    """
    root = root_of(method, norm)
    factor: float = SAFETY * root
    if memory[0] > 0.0:
        # The smaller of both: where the error falls fast, the prediction asks for more than the error itself allows.
        factor = min(factor, SAFETY * (h / memory[0]) * (root * root / memory[1]))
    memory[0] = h
    memory[1] = min(root, root_of(method, SMALLEST_REMEMBERED_ERROR))
    return min(LARGEST_FACTOR, max(SMALLEST_FACTOR, factor))


@kernel
def rejected_factor(method: Method, norm: float) -> float:
    """Return the factor by which a step with too large an error shrinks."""
    factor: float = SAFETY * root_of(method, norm)
    return max(SMALLEST_FACTOR, factor)


@kernel
def scaled_size(control: Control, y: Array, values: Array) -> float:
    """Return the largest of ``values`` in units of the tolerance at ``y``."""
    size: float = largest_scaled(values, y, y, control.atol, control.rtol)[0]
    return size


@kernel
def estimate_first_step(
    functions: Functions, method: Method, control: Control, work: Work, p: Array, u: Array, span: float
) -> float:
    """Return a first step from the first and second derivative at the start.

    Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I, II.4.  Where the state is at rest their fixed
    1e-6 is taken in units of the segment, since the unit of time is not ours to know.
    """
    size = scaled_size(control, work.y, work.y)
    slope = scaled_size(control, work.y, work.f)
    trial = min(span, 0.01 * size / slope if size > 1e-5 and slope > 1e-5 else 1e-6 * span)
    copy_into(work.y_new, work.y)
    add_scaled(work.y_new, trial, work.f)
    evaluate(functions.rhs, work.y_new, p, u, work.f_new)
    work.counts[RHS] += 1
    if first_non_finite(work.f_new) >= 0:
        # Euler's step left the domain of the rates, such as a fraction of a pool that it emptied: a hundredth of it is
        # tried, and step control does the rest.
        return 0.01 * trial
    add_scaled(work.f_new, -1.0, work.f)
    steepest = max(slope, scaled_size(control, work.y, work.f_new) / trial)
    if steepest <= 1e-15:
        return max(1e-6 * span, 1e-3 * trial)
    longest: float = (0.01 / steepest) ** (1.0 / method.order)
    return min(100.0 * trial, longest, span)
