"""Endpoints are read from texts as they are meant, and named by what they say."""

import numpy as np
import pytest

from immunosim.ensembles import Endpoint
from immunosim.ensembles.endpoints import KINDS, LONGEST_TEXT, OF_HAZARD, OF_VALUE
from immunosim.errors import DataError
from immunosim.numerics import Kind
from immunosim.numerics.request import WITHOUT_THRESHOLD


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nadir of cd4", Endpoint("nadir", "cd4")),
        ("nadir cd4", Endpoint("nadir", "cd4")),
        ("  nadir\tof  cd4 ", Endpoint("nadir", "cd4")),
        ("nadir of cd4 as lowest", Endpoint("nadir", "cd4", name="lowest")),
        ("nadir  of  cd4  as  lowest", Endpoint("nadir", "cd4", name="lowest")),
        ("nadir of cd4 from 1 month", Endpoint("nadir", "cd4", start="1 month")),
        ("nadir of cd4  from  1 month", Endpoint("nadir", "cd4", start="1 month")),
        ("nadir of cd4 to 5 days", Endpoint("nadir", "cd4", end="5 days")),
        ("nadir of cd4  to  5 days  as  x", Endpoint("nadir", "cd4", end="5 days", name="x")),
        ("area of cd8 from 0 days to 2 years", Endpoint("area", "cd8", start="0 days", end="2 years")),
        ("time_below cd4 0.2e9/L", Endpoint("time_below", "cd4", "0.2e9/L")),
        ("time_below cd4  0.2e9/L", Endpoint("time_below", "cd4", "0.2e9/L")),
        ("time_below of cd4 200 cells/uL", Endpoint("time_below", "cd4", "200 cells/uL")),
        (
            "time_below cd4 200 cells/uL from 1 month to 2 years as low",
            Endpoint("time_below", "cd4", "200 cells/uL", "1 month", "2 years", "low"),
        ),
        ("first_above tonic 3 as from_x", Endpoint("first_above", "tonic", "3", name="from_x")),
    ],
)
def test_a_text_is_read_as_it_is_meant(text, expected):
    assert Endpoint.of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nadir",
        "nadir of",
        "nadir of of",
        "nadir of cd4 as two words",
        "nadir of cd4 as",
        "na-dir of cd4",
        "x" * 301,
    ],
)
def test_a_text_of_another_form_is_refused_with_an_example(text):
    with pytest.raises(DataError, match="is not an endpoint") as error:
        Endpoint.of(text)
    assert "nadir of cd4" in error.value.cure


def test_a_text_is_read_up_to_a_length():
    text = "nadir of cd4 as "
    with pytest.raises(DataError, match="is not an endpoint"):
        Endpoint.of(text + "x" * (LONGEST_TEXT + 1 - len(text)))
    assert Endpoint.of(text + "x" * (LONGEST_TEXT - len(text))).name.startswith("xxx")


@pytest.mark.parametrize(
    ("endpoint", "label"),
    [
        (Endpoint("nadir", "cd4"), "nadir_cd4"),
        (Endpoint("nadir", "cd4", name="a b/c"), "a b/c"),
        (Endpoint("time_below", "cd4", "0.2e9/L"), "time_below_cd4_0.2e9_per_L"),
        (Endpoint("time_below", "cd4", 200.0), "time_below_cd4_200.0"),
        (Endpoint("time_below", "cd4", "200 cells/uL"), "time_below_cd4_200_cells_per_uL"),
    ],
)
def test_a_label_says_kind_read_out_and_threshold(endpoint, label):
    assert endpoint.label == label


def test_every_kind_of_summary_can_be_asked_for():
    assert set(KINDS.values()) == set(Kind)


def test_kinds_that_hold_a_value_of_the_read_out_take_no_threshold():
    assert {KINDS[kind] for kind in OF_VALUE} <= WITHOUT_THRESHOLD
    assert {KINDS[kind] for kind in OF_HAZARD} == {Kind.AREA}


def test_a_threshold_decides_between_summaries():
    names = [kind.name for kind in Kind if kind not in WITHOUT_THRESHOLD]
    assert all(name.endswith(("_BELOW", "_ABOVE")) for name in names)
    assert len(names) == 6


def test_an_endpoint_can_be_a_key():
    assert len({Endpoint("nadir", "cd4"), Endpoint("nadir", "cd4"), Endpoint("peak", "cd4")}) == 2
    assert Endpoint("time_below", "cd4", np.float64(2.0)) == Endpoint("time_below", "cd4", 2.0)
