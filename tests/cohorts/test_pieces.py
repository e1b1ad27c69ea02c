"""Summaries of pieces join to those of whole courses, for every kind and with windows that miss a piece."""

import numpy as np
import pytest

from immunosim.cohorts.pieces import JoinedSummaries
from immunosim.numerics import Kind, Request, Segments, Summary, solve_ensemble
from immunosim.problem import prepare
from immunosim.scenario import load_scenario

LEVELS = {Kind.TIME_BELOW, Kind.TIME_ABOVE, Kind.FIRST_BELOW, Kind.FIRST_ABOVE, Kind.LAST_BELOW, Kind.LAST_ABOVE}


@pytest.fixture(scope="module")
def problem(configs):
    return prepare(load_scenario(configs / "teaching_course.toml"))


def solved(problem, segments, state, summaries):
    request = Request(states=False, summaries=summaries)
    inputs = state[np.newaxis], problem.vector[np.newaxis], segments, [], problem.options
    return solve_ensemble(problem.model.ensemble_kernels, *inputs, request=request)


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
@pytest.mark.parametrize("window", [(-np.inf, np.inf), (100.0, 300.0)], ids=["whole", "late"])
def test_summaries_of_two_pieces_join_to_those_of_the_whole_course(problem, kind, window):
    summary = Summary(kind, 0, 700.0 if kind in LEVELS else np.nan, *window)
    joined, segments, cut = JoinedSummaries((summary,)), problem.segments, 5
    whole = solved(problem, segments, problem.initial_state, (summary,))
    values, state = joined.start(1), problem.initial_state
    for part in (slice(0, cut), slice(cut, None)):
        boundaries = segments.boundaries[part.start : None if part.stop is None else part.stop + 1]
        piece = Segments(boundaries, segments.inputs[part], segments.jumps[part])
        ensemble = solved(problem, piece, state, joined.of_piece)
        values, state = joined.join(values, ensemble.summaries), ensemble.end_state[0]
    ends = np.array([segments.boundaries[0]]), np.array([segments.boundaries[-1]])
    np.testing.assert_allclose(joined.finish(values, *ends), whole.summaries, rtol=1e-13, equal_nan=True)
    assert state.tobytes() == whole.end_state[0].tobytes()
