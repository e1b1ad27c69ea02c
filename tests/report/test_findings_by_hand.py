"""Every figure of a summary against arithmetic by hand, on curves of a few points that stand for a simulation."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from immunosim.model.readout_info import DisplayGroup, ReadoutInfo
from immunosim.report import counts, curves, disease
from immunosim.report.courses import CourseWindow
from immunosim.report.observations import observation_summary
from immunosim.scenario import build_scenario

MONTH = 30.4375
INFO: Mapping[str, ReadoutInfo] = {
    "cells": ReadoutInfo(group="blood", label="cells", unit="cells/uL", lower_limit=500.0),
    "drug_serum": ReadoutInfo(group="drugs", label="drug", unit="ug/mL", detection_limit=1.0, drug="drug"),
    "score": ReadoutInfo(group="skin", label="score", unit="1"),
    "rate": ReadoutInfo(group="events", label="relapse rate", unit="1/year"),
    "organ_hazard": ReadoutInfo(group="risk", label="H", unit="1", organ="gland", organ_name="gland", draw="thyroid"),
    "hormone": ReadoutInfo(group="", label="hormone", unit="mIU/L", extreme="highest"),
}
KINDS = {"cells": "count", "drug_serum": "level", "score": "score", "rate": "hazard"} | {
    "organ_hazard": "cumulative_hazard"
}


class Curves:
    """Curves in place of a trajectory, linear between their times."""

    def __init__(
        self, time: Sequence[float], scenario: Any = None, complete: bool = True, **values: Sequence[float]
    ) -> None:
        self.time, self.values = np.array(time), {name: np.array(one) for name, one in values.items()}
        self.scenario, self.is_complete = scenario or build_scenario({"horizon": "400 days"}), complete
        shown = {name: INFO[name] for name in values}
        model = SimpleNamespace(
            readout_info=shown,
            groups={"blood": DisplayGroup("Blood", "count")},
            readouts_of_kind=lambda kind: {name: info for name, info in shown.items() if KINDS.get(name) == kind},
        )
        self.problem = SimpleNamespace(model=model)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]

    def at(self, name: str, time: float) -> float:
        return float(np.interp(time, self.time, self.values[name]))

    def unit(self, name: str) -> str:
        return INFO[name].unit

    def label(self, name: str) -> str:
        return INFO[name].label


def window(start: float, end: float, infusion_end: float = 0.0, is_last: bool = True) -> CourseWindow:
    return CourseWindow(f"course from {start:g}", start, max(start, infusion_end), end, is_last)


# --- counts ----------------------------------------------------------------------------------------------------------


def test_nadir_recovery_and_visits_of_two_courses() -> None:
    found = counts.count_summary(
        Curves([0, 10, 40, 100, 110, 200], cells=[1000, 100, 400, 700, 50, 950]),
        [window(0.0, 100.0, is_last=False), window(100.0, 200.0)],
        "cells",
    )
    assert (found["untreated"], found["lowest"], found["lowest_day"]) == (1000.0, 50.0, 110.0)
    first, second = found["after_course"]
    assert (first["nadir"], first["nadir_days_after_start"], first["fell_below_limit"]) == (100.0, 10.0, True)
    assert first["days_to_limit"] == pytest.approx(60.0)  # from 400 on day 40 to 700 on day 100: 500 on day 60
    assert first["months_to_limit"] == pytest.approx(60.0 / MONTH)
    assert first["at_months"]["1"] == pytest.approx(100.0 + 300.0 * (MONTH - 10.0) / 30.0)
    assert (first["at_months"]["3"], first["at_months"]["6"]) == (
        pytest.approx(400 + 300 * (3 * MONTH - 40) / 60),
        None,
    )
    assert second["nadir_days_after_start"] == 10.0
    assert second["days_to_limit"] == pytest.approx(10.0 + 90.0 * 450.0 / 900.0)


def test_a_count_that_never_fell_below_its_limit_has_no_time_of_recovery() -> None:
    (after,) = counts.count_summary(Curves([0, 10, 50], cells=[900, 600, 800]), [window(0.0, 50.0)], "cells")[
        "after_course"
    ]
    assert (after["fell_below_limit"], after["days_to_limit"], after["months_to_limit"]) == (False, None, None)


def test_a_count_at_its_limit_is_not_below_it() -> None:
    (after,) = counts.count_summary(Curves([0, 10, 50], cells=[900, 500, 800]), [window(0.0, 50.0)], "cells")[
        "after_course"
    ]
    assert not after["fell_below_limit"]


# --- drugs -----------------------------------------------------------------------------------------------------------


def level_of(time: Sequence[float], values: Sequence[float], infusion_end: float) -> list[dict[str, Any]]:
    trajectory = Curves(time, drug_serum=values)
    found = counts.level_summaries(trajectory, [window(0.0, float(time[-1]), infusion_end)])
    after: list[dict[str, Any]] = found["drug"]["after_course"]
    return after


def test_a_drug_is_gone_where_its_curve_crosses_the_limit_after_the_last_infusion() -> None:
    (found,) = level_of([0, 1, 2, 3, 13], [0, 0.5, 11, 6, 0], infusion_end=2.0)
    assert (found["peak"], found["peak_days_after_start"]) == (11.0, 2.0)
    assert found["undetectable_days_after_start"] == pytest.approx(3.0 + 10.0 * 5.0 / 6.0)


def test_a_drug_that_falls_before_the_first_time_after_the_infusion_is_gone_too() -> None:
    (found,) = level_of([0, 1, 2, 3], [0, 9, 0.5, 0.1], infusion_end=1.5)
    assert found["undetectable_days_after_start"] == pytest.approx(1.0 + 8.0 / 8.5)


def test_a_last_dose_that_was_not_detected_does_not_make_a_drug_stay() -> None:
    (found,) = level_of([0, 1, 2, 3, 4, 5], [0, 9, 1, 0, 0.5, 0], infusion_end=4.0)
    assert found["undetectable_days_after_start"] == pytest.approx(2.0)


def test_a_drug_that_is_there_at_the_end_is_not_gone() -> None:
    (found,) = level_of([0, 1, 2], [0, 9, 5], infusion_end=1.0)
    assert found["undetectable_days_after_start"] is None


def test_a_drug_that_stays_below_its_limit_is_not_listed() -> None:
    assert level_of([0, 1, 2], [0, 1, 0], infusion_end=1.0) == []


# --- score, organs, relapses -----------------------------------------------------------------------------------------


def scenario_with_pulses() -> Any:
    pulse = {"dose": "1 g", "doses": 1, "every": "24 h"}
    return build_scenario(
        {"horizon": "400 days", "methylprednisolone": [pulse | {"start": "50 days"}, pulse | {"start": "120 days"}]}
    )


def test_the_peak_of_a_score_is_counted_from_course_and_pulses() -> None:
    trajectory = Curves([0, 60, 100, 400], scenario_with_pulses(), score=[0, 10, 80, 2])
    found = disease.hair_summary(trajectory, [window(10.0, 400.0)])
    assert found is not None
    assert (found["peak"], found["peak_day"], found["at_end"]) == (80.0, 100.0, 2.0)
    assert found["peak_months_after_course"] == pytest.approx(90.0 / MONTH)
    assert (found["peak_days_after_pulse"], found["peak_days_from_nearest_pulse"]) == (50.0, -20.0)
    assert found["after_course"][0]["at_months"]["1"] == pytest.approx(trajectory.at("score", 10.0 + MONTH))
    first, second = found["after_pulse"]
    assert first["at_start"] == pytest.approx(10.0 * 50 / 60)
    assert first["after_4_weeks"] == pytest.approx(10.0 + 70.0 * 18 / 40)
    assert second["after_4_months"] == pytest.approx(80.0 - 78.0 * (120 + 4 * MONTH - 100) / 300)


def test_a_peak_before_everything_has_neither_course_nor_pulse() -> None:
    trajectory = Curves([0, 1, 400], scenario_with_pulses(), score=[0, 9, 0])
    found = disease.hair_summary(trajectory, [window(10.0, 400.0)])
    assert found is not None
    assert found["peak_course"] is found["peak_months_after_course"] is found["peak_days_after_pulse"] is None
    assert found["peak_days_from_nearest_pulse"] == -49.0


def test_a_visit_after_the_horizon_was_not_simulated() -> None:
    trajectory = Curves([0, 130], scenario_with_pulses(), score=[0, 13])
    found = disease.hair_summary(trajectory, [])
    assert found is not None
    assert found["after_pulse"][1]["after_4_weeks"] is None
    assert found["after_pulse"][1]["at_start"] == pytest.approx(12.0)


def test_an_organ_falls_ill_where_its_hazard_reaches_the_draw() -> None:
    draws = {"patient": {"draws": {"thyroid": 0.3}}, "horizon": "400 days"}
    trajectory = Curves([0, 100, 400], build_scenario(draws), organ_hazard=[0, 0.1, 0.7], hormone=[2, 9, 4])
    found = disease.autoimmunity_summary(trajectory)
    assert found is not None
    organ = found["organs"]["gland"]
    assert organ["onset_day"] == pytest.approx(200.0)
    assert organ["cumulative_hazard"] == 0.7
    assert found["extremes"]["hormone"] == {
        "name": "hormone",
        "unit": "mIU/L",
        "extreme": "highest",
        "value": 9.0,
        "day": 100.0,
    }


def test_the_relapse_hazard_is_averaged_from_day_zero_on() -> None:
    found = disease.relapse_summary(Curves([-10, 0, 10, 30], rate=[4.0, 2.0, 0.0, 0.0]))
    assert found == {"untreated_per_year": 4.0, "mean_per_year": pytest.approx(10.0 / 30.0), "reported_relapses": 0}


def test_what_a_model_does_not_have_is_none() -> None:
    nothing = Curves([0, 1], cells=[1, 1])
    assert (
        disease.hair_summary(nothing, [])
        is disease.relapse_summary(nothing)
        is disease.autoimmunity_summary(nothing)
        is None
    )


# --- observations ----------------------------------------------------------------------------------------------------


def compared(simulated: float, unit: str = "cells/uL", complete: bool = True, **point: Any) -> dict[str, Any]:
    observed = [{"readout": "cd4", "unit": unit, "points": [{"time": "10 days"} | point]}]
    scenario = build_scenario({"horizon": "20 days", "observed": observed})
    trajectory = Curves([0, 20], scenario, complete)
    trajectory.at = lambda _name, _time: simulated  # type: ignore[method-assign]
    trajectory.unit, trajectory.label = lambda _name: "cells/uL", lambda _name: "CD4"  # type: ignore[method-assign]
    (found,) = observation_summary(trajectory)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("simulated", "point", "difference", "outside"),
    [
        (120.0, {"value": 100}, 20.0, 20.0),
        (80.0, {"value": 100}, -20.0, -20.0),
        (100.0, {"value": 100}, 0.0, 0.0),
        (150.0, {"low": 100, "high": 200}, 0.0, 0.0),
        (250.0, {"low": 100, "high": 200}, 100.0 * 100 / 150, 25.0),
        (50.0, {"low": 100, "high": 200}, -100.0 * 100 / 150, -50.0),
        (5.0, {"below": 10}, None, 0.0),
        (15.0, {"below": 10}, None, 50.0),
        (5.0, {"value": 0}, None, None),
        (0.0, {"value": 0}, 0.0, 0.0),
    ],
)
def test_differences_are_percent_of_the_observed_value_and_of_the_nearest_end(
    simulated: float, point: dict[str, float], difference: float | None, outside: float | None
) -> None:
    found = compared(simulated, **point)
    assert found["difference_percent"] == (difference if difference is None else pytest.approx(difference))
    assert found["outside_percent"] == (outside if outside is None else pytest.approx(outside))


def test_an_observation_is_converted_to_the_unit_of_the_read_out() -> None:
    found = compared(500.0, unit="1e9/L", value=0.5)
    assert (found["observed_low"], found["unit"], found["difference_percent"]) == (
        pytest.approx(500.0),
        "cells/uL",
        pytest.approx(0.0),
    )


def test_an_observation_of_a_failed_course_has_no_simulated_value() -> None:
    found = compared(500.0, complete=False, value=5)
    assert found["simulated"] is found["difference_percent"] is found["outside_percent"] is None


# --- curves ----------------------------------------------------------------------------------------------------------

COURSES = st.lists(st.tuples(st.floats(0.01, 9.0), st.floats(-100.0, 100.0)), min_size=2, max_size=12).map(
    lambda pairs: (np.cumsum([step for step, _ in pairs]), np.array([value for _, value in pairs]))
)


@given(COURSES, st.floats(-100.0, 100.0))
def test_the_first_time_at_a_level_is_that_of_a_fine_search(
    course: tuple[np.ndarray, np.ndarray], level: float
) -> None:
    time, values = course
    found = curves.rise_to(time, values, level, time[0], time[-1])
    rising = [i for i in range(time.size - 1) if values[i] < level <= values[i + 1]]
    if not rising:
        assert found is None
        return
    assert found is not None
    assert time[rising[0]] <= found <= time[rising[0] + 1]
    assert np.interp(found, time, values) == pytest.approx(level, abs=1e-6)


@given(COURSES)
def test_what_is_highest_is_lowest_upside_down(course: tuple[np.ndarray, np.ndarray]) -> None:
    time, values = course
    value, when = curves.highest(time, values, time[0], time[-1])
    assert curves.lowest(time, -values, time[0], time[-1]) == (-value, when)
    assert value == values.max()


@given(COURSES, st.floats(-5.0, 5.0), st.floats(-5.0, 5.0))
def test_the_mean_is_linear_and_within_the_extremes(
    course: tuple[np.ndarray, np.ndarray], factor: float, shift: float
) -> None:
    time, values = course
    found = curves.mean(time, values, time[0], time[-1])
    assert values.min() - 1e-9 <= found <= values.max() + 1e-9
    moved = curves.mean(time, factor * values + shift, time[0], time[-1])
    assert moved == pytest.approx(factor * found + shift, abs=1e-9)
