"""What is kept is read from texts, is something where nothing is asked for, and exists."""

import numpy as np
import pytest

from immunosim.ensembles import Endpoint
from immunosim.sweeps import Outputs, outputs_of
from immunosim.sweeps.outputs import _apart


@pytest.fixture(scope="module")
def kept(base):
    """Return what says what is kept of the base."""

    def call(endpoints=(), readouts=(), at=(), every=None, pools=False):
        return outputs_of(base.problem, endpoints, readouts, at, every, pools)

    return call


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("nadir of cd4", Endpoint("nadir", "cd4")),
        ("nadir cd4", Endpoint("nadir", "cd4")),
        ("  nadir  of\tcd4 ", Endpoint("nadir", "cd4")),
        ("time_below cd4 0.2e9/L", Endpoint("time_below", "cd4", "0.2e9/L")),
        ("time_below cd4 200", Endpoint("time_below", "cd4", "200")),
        ("time_below cd4 200 cells / uL", Endpoint("time_below", "cd4", "200 cells / uL")),
        ("mean cd4 from 1 month", Endpoint("mean", "cd4", None, "1 month")),
        ("mean of cd4 to 10", Endpoint("mean", "cd4", None, None, "10")),
        ("peak salt_score as worst", Endpoint("peak", "salt_score", name="worst")),
        (
            "time_below cd4 0.2e9/L from 1 month to 2 years as low",
            Endpoint("time_below", "cd4", "0.2e9/L", "1 month", "2 years", "low"),
        ),
    ],
)
def test_an_endpoint_is_read_in_all_its_parts(text, endpoint):
    assert Endpoint.of(text) == endpoint


@pytest.mark.parametrize(
    "text", ["", "nadir", "nadir of", "nadir of cd4 as", "nadir of cd4 as two words", "nadir of cd4 from"]
)
def test_what_is_no_endpoint_is_refused(refusal, text):
    assert refusal(Endpoint.of, text) == (
        f'endpoint "{text}": is not an endpoint, '
        'write for example "nadir of cd4" or "time_below cd4 0.2e9/L from 1 month to 2 years as low"'
    )


def test_usual_endpoints_are_kept_where_nothing_is_asked_for(kept, model):
    assert len(model.questions.endpoints) == 6
    assert kept() == Outputs(tuple(map(Endpoint.of, model.questions.endpoints)))


def test_usual_endpoints_are_not_added_to_what_is_asked_for(kept):
    assert kept(["nadir of cd4"]).endpoints == (Endpoint("nadir", "cd4"),)
    assert kept(readouts=["cd4"]).endpoints == ()
    assert kept(pools=True).endpoints == ()


def test_readouts_are_kept_every_month_unless_times_are_given(kept):
    months = tuple(30.4375 * np.arange(7))
    assert kept(readouts=["cd4"]).times == months
    assert kept(pools=True).times == months
    assert kept(readouts=["cd4"], at=[50.0, 10.0, 50.0]).times == (10.0, 50.0)
    assert kept(readouts=["cd4"], at=[50.0, 61.0], every=60.875).times == (0.0, 50.0, 60.875, 61.0, 121.75, 182.625)
    assert kept(["nadir of cd4"]).times == ()


def test_an_interval_ends_at_the_horizon_whatever_its_rounding(kept, base):
    times = kept(readouts=["cd4"], every=0.015).times  # 12175 * 0.015 is above 182.625
    assert times[-1] == base.scenario.horizon
    assert len(times) == 12176


def test_outputs_come_back_from_plain_values(kept):
    found = kept(["time_below cd4 0.2e9/L as low"], ["cd4"], [1.0], None, True)
    assert Outputs.from_dict(found.as_dict()) == found


NOTHING = "times: are given, but no read-out is stored over time, add `readouts=cd4`, or leave out `at` and `every`"
TWICE = "request it once, or rename an endpoint"


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"at": [1.0]}, NOTHING),
        ({"endpoints": ["nadir of cd4"], "every": 1.0}, NOTHING),
        ({"readouts": ["cd4"], "every": 0.0}, "every: an interval of 0 days, write for example `every=1 month`"),
        ({"readouts": ["cd4"], "every": -1.0}, "every: an interval of -1 days, write for example `every=1 month`"),
        (
            {"readouts": ["cd4"], "every": 1e-5},
            "every: keeps 18,262,500 values per patient, ask for a longer `every`, or for fewer read-outs",
        ),
        (
            {"readouts": ["cd4"], "at": [200.0]},
            "times: days 200 to 200 are outside the simulated time span, choose from day 0 to 182.625",
        ),
        ({"readouts": ["cd5"]}, 'unknown read-out "cd5", did you mean "cd4" or "cd8"?'),
        ({"readouts": ["cd4", "cd4"]}, f'two results are called "cd4", {TWICE}'),
        ({"endpoints": ["nadir cd4", "nadir of cd4"]}, f'two results are called "nadir_cd4", {TWICE}'),
        ({"endpoints": ["nadir cd4 as cd8"], "readouts": ["cd8"]}, f'two results are called "cd8", {TWICE}'),
        ({"endpoints": ["nadir cd4 as status"]}, f'two results are called "status", {TWICE}'),
        ({"endpoints": ["nadir cd4 as nk_cells"], "pools": True}, f'two results are called "nk_cells", {TWICE}'),
        (
            {"endpoints": ["nadr of cd4"]},
            'endpoint nadr_cd4: "nadr" is not a kind of endpoint, did you mean "nadir" or "time_of_nadir"?',
        ),
        (
            {"endpoints": ["nadir of cd4 to 7 months"]},
            "endpoint nadir_cd4: its window from day 0 to 213.062 is outside the simulated time span, "
            "choose from day 0 to 182.625",
        ),
        (
            {"endpoints": ["time_below cd4 2 mg"]},
            'endpoint time_below_cd4_2_mg: "2 mg" is a mass, expected a cell count such as "500 cells/uL" or "0.5e9/L"',
        ),
        (
            {"endpoints": ["time_below cd4"]},
            'endpoint time_below_cd4: time_below needs a threshold, write for example "time_below cd4 1 cells/uL"',
        ),
        ({"endpoints": ["nadir cd4 200"]}, "endpoint nadir_cd4_200: nadir takes no threshold, leave it out"),
        (
            {"endpoints": ["risk cd4"]},
            "endpoint risk_cd4: cd4 is not a hazard, its unit is cells/uL, "
            "choose a read-out in 1/year, such as relapse_rate",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused(kept, refusal, wish, message):
    assert refusal(kept, **wish) == message


def test_times_that_differ_by_rounding_are_one():
    assert _apart(np.array([0.0, 1.0, 1.0 + 1e-9, 2.0])).tolist() == [0.0, 1.0, 2.0]
    assert _apart(np.array([0.0, 1e-5])).tolist() == [0.0, 1e-5]
