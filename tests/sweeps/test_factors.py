"""A factor maps the unit interval to its values: ends included, equal shares, even spacing on its scale."""

import numpy as np
import pytest

from immunosim.sweeps import Factor

LINEAR = Factor("k", "K", "mg", low=2.0, high=6.0)
LOG = Factor("k", "K", "mg", low=1.0, high=100.0, is_log=True)
WHOLE = Factor("k", "K", "", low=3.0, high=6.0, is_whole=True)
LISTED = Factor("k", "K", "mg", values=(5.0, 1.0, 9.0))
CHOSEN = Factor("k", "K", "", values=(0.0, 1.0), choices=("female", "male sex"))


@pytest.mark.parametrize("factor", [LINEAR, LOG, WHOLE], ids=["linear", "log", "whole"])
def test_the_ends_of_the_interval_are_the_ends_of_the_range(factor):
    assert factor.at(np.array([0.0, 1.0])).tolist() == [factor.low, factor.high]
    assert factor.levels(5)[[0, -1]].tolist() == [factor.low, factor.high]


def test_a_range_never_leaves_its_ends_by_rounding():
    factor = Factor("k", "K", "1", low=0.1, high=0.7, is_log=True)
    values = factor.at(np.linspace(0.0, 1.0, 10_001))
    assert values.min() == 0.1
    assert values.max() == 0.7
    assert (np.diff(values) > 0.0).all()


def test_places_are_even_on_the_scale():
    assert LINEAR.at(np.array([0.25, 0.5])).tolist() == [3.0, 4.0]
    assert LOG.at(np.array([0.25, 0.5])) == pytest.approx([10.0**0.5, 10.0], rel=1e-15)  # one rounding of a power
    assert LOG.levels(3) == pytest.approx([1.0, 10.0, 100.0], rel=1e-15)


def test_one_level_is_the_middle_on_the_scale():
    assert LINEAR.levels(1).tolist() == [4.0]
    assert LOG.levels(1) == pytest.approx([10.0], rel=1e-15)
    assert WHOLE.levels(1).tolist() == [4.0]  # 4.5 is not a whole number


@pytest.mark.parametrize(("factor", "n"), [(WHOLE, 4), (LISTED, 3)], ids=["whole", "listed"])
def test_each_value_has_an_equal_part_of_the_interval(factor, n):
    values, counts = np.unique(factor.at((np.arange(1200) + 0.5) / 1200), return_counts=True)
    assert values.size == n
    assert (counts == 1200 // n).all()


def test_a_list_keeps_its_order_and_is_its_own_levels():
    assert LISTED.at(np.array([0.0, 0.34, 0.99, 1.0])).tolist() == [5.0, 1.0, 9.0, 9.0]
    assert LISTED.levels(17).tolist() == [5.0, 1.0, 9.0]


def test_levels_of_whole_numbers_are_whole_and_once_each():
    assert WHOLE.levels(100).tolist() == [3.0, 4.0, 5.0, 6.0]
    assert WHOLE.levels(2).tolist() == [3.0, 6.0]


def test_values_keep_the_shape_of_their_places():
    for factor in (LINEAR, LOG, WHOLE, LISTED):
        assert factor.at(np.full((2, 3), 0.5)).shape == (2, 3)


def test_values_are_written_as_a_scenario_has_them():
    assert LINEAR.text(0.1 + 0.2) == "0.30000000000000004 mg"  # every bit: the patient must be made again
    assert WHOLE.text(4.0) == "4"
    assert CHOSEN.text(1.0) == "male sex"
    assert Factor("k", "K", "1").text(0.5) == "0.5"


def test_attributes_say_scale_and_meanings():
    assert LOG.attributes() == {"units": "mg", "long_name": "K", "kind": "varied", "scale": "log"}
    assert (LINEAR.scale, LOG.scale) == ("linear", "log")
    about = CHOSEN.attributes()
    assert (about["units"], about["flag_values"], about["flag_meanings"]) == ("1", [0, 1], "female male_sex")


def test_results_call_a_parameter_by_its_name():
    assert Factor("parameters.cd4_scale", "", "1").name == "cd4_scale"
    assert Factor("course.1.dose", "", "mg").name == "course.1.dose"


@pytest.mark.parametrize("factor", [LINEAR, LOG, WHOLE, LISTED, CHOSEN])
def test_a_factor_comes_back_from_json(factor):
    import json

    assert Factor.from_dict(json.loads(json.dumps(factor.as_dict()))) == factor
