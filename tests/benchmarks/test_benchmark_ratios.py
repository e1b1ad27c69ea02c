"""Ratios of speeds from rows that were made up so that the answers are known."""

import pytest

from benchmarks.ratios import at_equal_rtol, at_matched_error


def _row(tool, rtol, speed, error):
    return {
        "problem": "default",
        "tool": tool,
        "rtol": rtol,
        "trajectories_per_second": speed,
        "error_median": error,
    }


@pytest.fixture
def results():
    """Return two of our methods, a peer ten times slower than one of them at 1e-4, and one that failed."""
    rows = [
        _row("immunosim-rodas5p", 1e-3, 4000.0, 1e-3),
        _row("immunosim-rodas5p", 1e-6, 1000.0, 1e-5),
        _row("immunosim-rodas5", 1e-3, 1500.0, 1e-4),
        _row("immunosim-rodas5", 1e-6, 1200.0, 1e-4),
        _row("numbalsoda", 1e-3, 400.0, 1e-3),
        _row("numbalsoda", 1e-6, 100.0, 1e-5),
        _row("sundae", 1e-6, 50.0, None),
    ]
    shares = [
        {"method": "rodas5p", "rtol": rtol, "trajectories_per_second_at_fma_peak": speed}
        for rtol, speed in ((1e-3, 16000.0), (1e-6, 4000.0))
    ]
    return {"problems": [{"name": "default"}], "rows": rows, "limit": {"shares": shares}}


def test_matched_error_takes_our_fastest_method_and_skips_what_failed(results):
    (found,) = at_matched_error(results)
    assert (found["ours"], found["peer"]) == ("immunosim-rodas5p", "numbalsoda")
    # Half way between 1e-3 and 1e-5 in logarithms: 2000 over 200.
    assert found["ratio"] == pytest.approx(10.0, rel=1e-12)
    assert (found["target"], found["reached"]) == (20.0, False)
    # Twenty times 200 of the 8000 that the peak would allow at this error.
    assert found["share_of_fma_peak_for_target"] == pytest.approx(0.5, rel=1e-12)


def test_equal_tolerance_takes_our_fastest_method_that_is_no_less_accurate(results):
    (found,) = at_equal_rtol(results)
    assert (found["ours"], found["peer"], found["ratio"]) == ("immunosim-rodas5p", "numbalsoda", 10.0)
    assert (found["target"], found["reached"]) == (12.0, False)
    assert found["share_of_fma_peak_for_target"] == pytest.approx(12 * 100 / 4000, rel=1e-12)
