"""What is drawn where nothing is said, and what is refused by name."""

import numpy as np
import pytest
from synthetic_ensembles import ensemble

from immunosim.errors import DataError
from immunosim.plots import encoded
from immunosim.plots.ensembles import TAKES, Plot, Threshold, chosen, ensemble_figure

N = 400
LIMITS = {"cd4": (Threshold(400.0, "LLN"), Threshold(200.0, "severe"))}


@pytest.fixture
def found():
    generator = np.random.default_rng(11)
    columns = {name: generator.uniform(1.0, 2.0, N) for name in ("weak", "strong", "middling")}
    result = 3.0 * columns["strong"] + columns["middling"] + 0.1 * columns["weak"]
    course = 100.0 * result[:, np.newaxis] * np.array([1.0, 0.1, 0.5, 0.9])
    columns["constant"] = np.ones(N)
    endpoints = {"nadir_cd4": 100.0 * result, "time_below_cd4": result, "back": 100.0 * result}
    kept = ensemble(columns, endpoints, {"cd4": course})
    kept["back"].attrs |= {"measure": "first_above", "event": "CD4 back", "window_start": 0.0, "window_end": 1000.0}
    return kept


@pytest.mark.parametrize(
    ("asked", "kind", "of"),
    [
        ({}, "heatmap", "nadir_cd4"),
        ({"of": "cd4"}, "bands", "cd4"),
        ({"color": "weak"}, "spaghetti", "cd4"),
        ({"of": "cd4", "at": 100.0}, "heatmap", "cd4"),
        ({"of": "cd4", "x": "weak"}, "heatmap", "cd4"),
        ({"threshold": "0.3e9/L"}, "contour", "nadir_cd4"),
        ({"of": "cd4", "threshold": "300 cells/uL"}, "bands", "cd4"),
        ({"kind": "bands"}, "bands", "cd4"),
        ({"kind": "parallel"}, "parallel", "nadir_cd4"),
        ({"kind": "kaplan_meier"}, "kaplan_meier", "back"),
        ({"of": "back"}, "kaplan_meier", "back"),
    ],
)
def test_what_is_not_said_is_chosen(found, asked, kind, of):
    plot = chosen(found, **asked)
    assert (plot.kind, plot.of) == (kind, of)


def test_the_axes_are_what_goes_with_the_result(found):
    plot = chosen(found)
    assert (plot.x, plot.y) == ("strong", "middling")
    assert (chosen(found, y="strong").x, chosen(found, x="weak").y) == ("middling", "strong")


def test_limits_belong_to_the_values_of_a_read_out(found):
    assert chosen(found, "contour", limits=LIMITS).thresholds == LIMITS["cd4"]
    assert chosen(found, "bands", "cd4", limits=LIMITS).thresholds == LIMITS["cd4"]
    assert chosen(found, "contour", "time_below_cd4", limits=LIMITS).thresholds == ()
    assert chosen(found, threshold="0.3e9/L", limits=LIMITS).thresholds == (Threshold(300.0, ""),)


def test_a_renamed_endpoint_keeps_its_limits(found):
    found = found.rename(nadir_cd4="lowest")
    assert chosen(found, "contour", limits=LIMITS).thresholds == ()
    found["lowest"].attrs |= {"readout": "cd4", "measure": "nadir"}
    assert chosen(found, "contour", limits=LIMITS).thresholds == LIMITS["cd4"]
    found["lowest"].attrs["measure"] = "time_below"
    assert chosen(found, "contour", limits=LIMITS).thresholds == ()


@pytest.mark.parametrize(
    ("asked", "key", "reason", "cure"),
    [
        ({"kind": "heatmapp"}, "kind", 'unknown kind of figure "heatmapp"', 'did you mean "heatmap"'),
        ({"of": "nadir_cd5"}, "of", 'unknown result "nadir_cd5"', 'did you mean "nadir_cd4"'),
        ({"of": "weak"}, "of", '"weak" is a factor, not a result', "known are"),
        ({"x": "week"}, "x", '"week" was not varied', 'did you mean "weak"'),
        ({"y": "constant"}, "y", '"constant" is the same in all patients', "choose one that differs"),
        ({"x": "weak", "y": "weak"}, "y", "cannot be on both axes", "choose another"),
        ({"of": "cd4", "at": 900.0}, "at", "day 900 is outside the simulated time span", "choose from day 0 to 365"),
        ({"of": "nadir_cd4", "at": 9.0}, "at", "is an endpoint, which has no time", "leave out"),
        ({"kind": "bands", "of": "nadir_cd4"}, "of", "which has no time course", "name a read-out"),
        ({"kind": "bands", "x": "weak"}, "x", "does not apply to a figure of the kind bands", '"heatmap" or "contour"'),
        ({"kind": "heatmap", "threshold": "1"}, "threshold", "does not apply", '"contour", "bands" or "spaghetti"'),
        ({"color": "weak", "at": 3.0}, None, "no kind of figure takes at, color together", "leave some out"),
        ({"of": "nadir_cd4", "color": "weak"}, "of", 'no figure of "nadir_cd4" takes color', "leave it out"),
        ({"of": "cd4", "color": "weaker"}, "color", '"weaker" was not varied', 'did you mean "weak"'),
        ({"threshold": "3 mg"}, "threshold", '"3 mg" is a mass', "expected a cell count"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(found, asked, key, reason, cure):
    with pytest.raises(DataError) as caught:
        ensemble_figure(found, chosen(found, **asked))
    assert (caught.value.key, reason in caught.value.reason) == (key, True), caught.value
    assert cure in caught.value.cure


def test_a_result_without_courses_says_so(found):
    with pytest.raises(DataError, match="the result holds no time course"):
        chosen(found.drop_vars(["cd4", "time"]), "bands")
    with pytest.raises(DataError, match="neither endpoints nor read-outs"):
        chosen(found.drop_vars(["cd4", "time", "nadir_cd4", "time_below_cd4", "back"]))


def test_one_varied_quantity_is_no_map():
    found = ensemble({"age": np.arange(9.0), "same": np.ones(9)}, {"e": np.arange(9.0)})
    assert chosen(found).kind == "parallel"
    with pytest.raises(DataError, match='only "age" varied, a map needs two quantities'):
        chosen(found, "heatmap")


def test_patients_that_all_failed_leave_nothing_to_draw():
    found = ensemble({"age": np.arange(9.0)}, {"e": np.arange(9.0)}, status=np.full(9, 2))
    with pytest.raises(DataError, match="all 9 patients failed") as caught:
        chosen(found)
    assert caught.value.cure == "see why: immunosim failures RESULT"


@pytest.mark.parametrize("kind", list(TAKES))
@pytest.mark.parametrize("file", ["png", "pdf", "svg"])
def test_every_kind_is_a_figure_with_the_same_bytes_every_time(found, kind, file):
    plot = chosen(found, kind, limits=LIMITS)
    assert isinstance(plot, Plot)
    first, second = (encoded(ensemble_figure(found, plot, "For research."), file) for _ in range(2))
    assert first == second


def test_what_lies_on_disk_is_drawn_as_well(found, tmp_path):
    import xarray as xr

    found.chunk({"sample": 100}).to_netcdf(tmp_path / "found.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "found.nc", engine="h5netcdf") as opened:
        for kind in TAKES:
            ensemble_figure(opened, chosen(opened, kind, limits=LIMITS))
