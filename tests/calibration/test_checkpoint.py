"""The progress of a calibration on disk: a resumed search takes the same steps to the bit."""

from pathlib import Path

import numpy as np
import pytest

from immunosim.calibration.checkpoint import StoredProgress, read_progress
from immunosim.calibration.least_squares import Array, LeastSquares, SearchOptions, SearchState, first_state, search
from immunosim.errors import DataError

OPTIONS = SearchOptions(difference=1e-3, tolerance=1e-9, iterations=30)


def residuals(theta: Array) -> Array:
    """Return residuals of a curved problem."""
    return np.column_stack([np.exp(theta[:, 0]) - 2.0, np.sin(theta[:, 1]) / 3.0, theta[:, 0] * theta[:, 1] - 0.1])


PROBLEM = LeastSquares(residuals, np.zeros(2), np.array([1.0, np.inf]), np.full(2, -5.0), np.full(2, 5.0))


def stored(folder: Path, state: SearchState) -> StoredProgress:
    """Return a state that was written and read."""
    path = folder / "progress.json"
    StoredProgress("key", state, state.residuals).save(path)
    progress = read_progress(path, "key")
    assert progress is not None
    return progress


def test_a_search_that_is_resumed_after_any_iteration_ends_in_the_same_bits(tmp_path: Path) -> None:
    start = first_state(PROBLEM, np.array([1.5, 1.0]))
    states = list(search(PROBLEM, start, OPTIONS))
    assert len(states) > 2
    for state in (start, *states[:-1]):
        *_, last = search(PROBLEM, stored(tmp_path, state).state, OPTIONS)
        assert last.theta.tobytes() == states[-1].theta.tobytes()
        assert last.jacobian.tobytes() == states[-1].jacobian.tobytes()
        assert last.costs == states[-1].costs


def test_residuals_of_draws_are_read_back_in_order(tmp_path: Path) -> None:
    state, path = first_state(PROBLEM, np.zeros(2)), tmp_path / "progress.json"
    more = np.array([[0.1, 0.2, 1.0 / 3.0], [np.nan, np.inf, 0.0]])
    StoredProgress("key", state, state.residuals).with_more(more).save(path)
    progress = read_progress(path, "key")
    assert progress is not None
    assert np.array(progress.ensemble).tobytes() == more.tobytes()


def test_without_a_file_there_is_no_progress(tmp_path: Path) -> None:
    assert read_progress(tmp_path / "progress.json", "key") is None


def test_progress_of_other_settings_is_refused(tmp_path: Path) -> None:
    state, path = first_state(PROBLEM, np.zeros(2)), tmp_path / "progress.json"
    StoredProgress("key", state, state.residuals).save(path)
    with pytest.raises(DataError, match=r"other settings.*start again"):
        read_progress(path, "another")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    path.write_text('{"state": 3}', encoding="utf-8")
    with pytest.raises(DataError, match="not the progress"):
        read_progress(path, "key")
