"""Machine code of the lanes is left beside the kernels, whole, by whichever process was first."""

from concurrent.futures import ThreadPoolExecutor

import pytest

SOLVE = """
import numpy as np
from immunosim import load_scenario
from immunosim.numerics import solve_ensemble
from immunosim.problem import prepare

problem = prepare(load_scenario("configs/one_course.toml", ("horizon=2 months",)))
states, vectors = np.tile(problem.initial_state, (3, 1)), np.tile(problem.vector, (3, 1))
kernels = problem.model.ensemble_kernels
assert kernels.lanes is not None, problem.model.core.reason
found = solve_ensemble(kernels, states, vectors, problem.segments, problem.times, problem.options)
assert (found.status == 0).all()
print(repr(float(np.abs(found.states).sum())))
"""


@pytest.mark.slow
def test_two_processes_that_solve_on_a_cold_cache_at_once_agree_and_leave_it_whole(run_python, tmp_path):
    folder = tmp_path / "cache"
    places = {"IMMUNOSIM_CACHE_DIR": str(folder)}
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run_python, SOLVE, **places) for _ in range(2)]
        first, second = (run.result() for run in runs)
    assert first == second != ""
    left = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    kinds = sorted(path.name.partition("-")[0] for path in folder.iterdir())
    assert [kind for kind in kinds if kind in ("driver", "lanes", "scalar")] == ["driver", "lanes", "scalar"]
    assert not {"writing", "damaged"} & set(kinds)
    # A third finds what they left, and compiles nothing again.
    assert run_python(SOLVE, **places) == first
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == left
