"""Parallel coordinates: each patient is a line through what varied; those that failed have a colour of their own."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from synthetic_ensembles import ensemble

from immunosim.errors import DataError
from immunosim.plots.ensembles import draw_parallel
from immunosim.plots.ensembles.axes import FAILED
from immunosim.plots.ensembles.ranking import most_correlated, rank_correlation

N = 60


def notes(ax):
    return " ".join(text.get_text().replace("\n", " ") for text in ax.texts)


def axes():
    return Figure().add_subplot()


@pytest.fixture
def found():
    """Return patients whose result follows a rate; those with the ten highest rates fail."""
    generator = np.random.default_rng(9)
    rate = 10.0 ** np.linspace(-3.0, 1.0, N)
    columns = {"lysis_rate": rate, "noise": generator.uniform(0.0, 1.0, N), "sex": np.arange(N) % 2}
    status = np.where(np.arange(N) >= N - 10, 1, 0)
    return ensemble(
        columns, {"nadir_cd4": np.arange(N) + 1.0}, status=status, log=["lysis_rate"], choices={"sex": "female male"}
    )


def lines_of(ax):
    return [one for one in ax.collections if isinstance(one, LineCollection)]


def test_lines_pass_through_the_values_of_each_patient(found):
    well, _ = lines_of(draw_parallel(axes(), found, "nadir_cd4"))
    segments = np.array(well.get_segments())
    assert segments.shape == (50, 4, 2)
    heights = segments[np.argsort(segments[:, 3, 1])]
    # The rate stands next to the result; on its logarithmic axis even rates are evenly spaced.
    assert np.allclose(heights[:, 2, 1], np.arange(50) / (N - 1))
    assert np.allclose(heights[:, 3, 1], np.arange(50) / 49.0)


def test_patients_that_failed_are_lines_of_their_own_colour(found):
    ax = draw_parallel(axes(), found, "nadir_cd4")
    _, bad = lines_of(ax)
    segments = np.array(bad.get_segments())
    assert len(segments) == 10
    assert (segments[:, 3, 1] < 0.0).all()
    assert to_rgba(FAILED)[:3] == tuple(bad.get_colors()[0][:3])
    assert "failed" in [text.get_text() for text in ax.texts]
    assert "10 of 60 patients failed and are drawn as well." in notes(ax)


def test_axes_are_named_with_units_and_choices_by_name(found):
    ax = draw_parallel(axes(), found, "nadir_cd4")
    labels = [label.get_text().replace("\n", " ") for label in ax.get_xticklabels()]
    assert sorted(labels[:2]) == ["Noise", "Sex"]
    assert labels[2:] == ["Lysis rate [1/day]", "Nadir cd4 [cells/µL]"]
    assert {"female", "male", "0.01", "10"} <= {text.get_text() for text in ax.texts}


def test_many_quantities_are_cut_to_those_that_matter():
    generator = np.random.default_rng(3)
    columns = {f"p{i}": generator.uniform(size=200) for i in range(12)}
    found = ensemble(columns, {"e": columns["p5"] + 0.01 * columns["p7"]})
    ax = draw_parallel(axes(), found, "e")
    assert [label.get_text() for label in ax.get_xticklabels()][-2:] == ["P5", "E"]
    assert "Of 12 factors the 8 most correlated with the result are shown." in notes(ax)


def test_many_patients_are_thinned_and_it_is_said():
    generator = np.random.default_rng(3)
    x = generator.uniform(size=2000)
    found = ensemble({"a": x, "b": generator.uniform(size=2000)}, {"e": x}, status=(x > 0.8).astype(int))
    n_failed = int((x > 0.8).sum())
    ax = draw_parallel(axes(), found, "e")
    assert [len(one.get_segments()) for one in lines_of(ax)] == [500, 150]
    assert f"500 of {2000 - n_failed:,} patients drawn, chosen evenly with seed 1" in notes(ax)
    assert f"{n_failed} of 2,000 patients failed; 150 of them are drawn." in notes(ax)


def test_a_patient_whose_quantity_is_no_number_is_counted(found):
    found["noise"].values[55] = np.nan
    assert "1 patient not drawn, since a factor is not a number." in notes(draw_parallel(axes(), found, "nadir_cd4"))


def test_nothing_to_draw_is_refused(found):
    with pytest.raises(DataError, match="no factor varied"):
        draw_parallel(axes(), ensemble({"a": np.ones(5)}, {"e": np.arange(5.0)}), "e")
    with pytest.raises(DataError, match="no patient has a value"):
        draw_parallel(axes(), ensemble({"a": np.arange(5.0)}, {"e": np.full(5, np.nan)}), "e")


def test_the_strongest_correlation_comes_first(found):
    from immunosim.ensembles.columns import outcome

    assert most_correlated(found, outcome(found, "nadir_cd4"), 1) == ["lysis_rate"]


def test_rank_correlation_is_one_of_any_monotonic_relation_and_none_of_a_constant():
    x = np.linspace(0.1, 3.0, 30)
    assert rank_correlation(x, np.exp(x)) == pytest.approx(1.0)
    assert rank_correlation(x, -(x**3)) == pytest.approx(-1.0)
    assert rank_correlation(x, np.ones(30)) == 0.0
    assert rank_correlation(np.array([1.0, np.nan]), np.array([1.0, 2.0])) == 0.0
