"""A trajectory with at least the default output times of a scenario.

By default a scenario reports once a day and every hour around doses, which finds peaks and nadirs. This
module knows the times of results, not their values.
"""

from dataclasses import replace

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.scenario import Output, output_times
from immunosim.scenario.segments import SAME_TIME
from immunosim.simulation import solve
from immunosim.trajectory import Trajectory


def refined(trajectory: Trajectory) -> Trajectory:
    """Return the same course with the default output times added to its own.

    The integrator takes the same steps, so that values at the times of the given trajectory do not change. A trajectory
    that failed, or is fine enough, is returned as it is.
    """
    usual = output_times(trajectory.scenario.model_copy(update={"output": Output()}))
    missing = usual[_distance(usual, trajectory.time) > SAME_TIME]
    if not trajectory.is_complete or not missing.size:
        return trajectory
    problem = replace(trajectory.problem, times=np.sort(np.concatenate([trajectory.time, missing])))
    return Trajectory.of(problem, solve(problem))


def _distance(times: Array, others: Array) -> Array:
    """Return the distance of each time to the nearest of the others, which are sorted and at least two."""
    after = np.searchsorted(others, times).clip(1, len(others) - 1)
    nearest: Array = np.minimum(np.abs(times - others[after - 1]), np.abs(times - others[after]))
    return nearest
