"""Kaplan-Meier curves as they are drawn: steps, numbers at risk, groups, and what a note says."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from synthetic_ensembles import ensemble

from immunosim.ensembles.survival import EventTimes
from immunosim.errors import DataError
from immunosim.plots import encoded
from immunosim.plots.ensembles import chosen, draw_kaplan_meier, ensemble_figure
from immunosim.plots.event_curves import EventGroup, draw_event_curves
from immunosim.scenario.time_reference import TimeReference
from immunosim.units import DAYS_PER_MONTH as MONTH

WINDOW = {"measure": "first_above", "event": "CD4 T cells first above 400 cells/uL", "window_start": 0.0}


def patients(days, status=None, **columns):
    """Return patients with a time to an event within 24 months."""
    given = columns or {"age": np.arange(len(days), dtype=float)}
    result = ensemble(given, {"back": np.array(days, float)}, status=status)
    result["back"].attrs |= WINDOW | {"window_end": 24 * MONTH}
    return result


def axes():
    return Figure().add_subplot()


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts]


TWO_OF_FOUR = EventTimes(np.array([3.0, 6.0, 24.0, 24.0]) * MONTH, np.array([True, True, False, False]))


def test_the_curve_rises_by_a_step_at_each_event_and_the_median_is_marked():
    ax = draw_event_curves(axes(), [EventGroup("", TWO_OF_FOUR)])
    curve, marks, median, _ = ax.lines
    assert curve.get_xdata() == pytest.approx([0.0, 3.0, 6.0, 24.0])
    assert curve.get_ydata() == pytest.approx([0.0, 0.25, 0.5, 0.5])
    assert (marks.get_xdata(), marks.get_ydata()) == (pytest.approx([24.0]), pytest.approx([0.5]))
    assert median.get_xdata() == pytest.approx([6.0, 6.0])


def test_numbers_at_risk_stand_below_their_marks():
    ax = draw_event_curves(axes(), [EventGroup("", TWO_OF_FOUR)])
    counts = {text.xy[0]: text.get_text() for text in ax.texts if text.get_text().isdecimal()}
    assert counts == {0: "4", 3: "4", 6: "3", 9: "2", 12: "2", 15: "2", 18: "2", 21: "2", 24: "2"}


def test_months_count_from_the_last_course():
    ax = draw_event_curves(axes(), [EventGroup("", TWO_OF_FOUR)], TimeReference(last_course=3 * MONTH))
    assert ax.lines[0].get_xdata() == pytest.approx([-3.0, 0.0, 3.0, 21.0])
    assert ax.get_xlabel() == "Months after the last course"
    assert draw_event_curves(axes(), [EventGroup("", TWO_OF_FOUR)]).get_xlabel() == "Months after day 0"


def test_a_curve_whose_median_is_not_reached_has_no_mark_of_it_and_says_so():
    days = [400.0] * 25 + [np.nan] * 39
    ax = draw_kaplan_meier(axes(), patients(days), "back")
    assert len(ax.lines) == 3  # the curve, the censored, the line at one half
    note = " ".join(text for text in texts(ax) if "Kaplan-Meier" in text).replace("\n", " ")
    assert "25 of 64 patients by day 730.5; median not reached." in note
    assert ax.get_title(loc="left") == "CD4 T cells first above 400 cells/µL, 64 patients"


def test_patients_who_failed_are_counted_apart():
    ax = draw_kaplan_meier(axes(), patients([0.0, np.nan, np.nan], np.array([0, 0, 4])), "back")
    note = " ".join(texts(ax)).replace("\n", " ")
    assert "1 of 2 patients by day 730.5, 1 at the start; median day 0." in note
    assert "1 of 3 patients failed and is not shown." in note


def test_a_number_divides_the_patients_into_thirds_of_its_values():
    ax = draw_kaplan_meier(axes(), patients([100.0] * 3 + [np.nan] * 6), "back", "age")
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        *("0 to 2.67 (3 of 3)", "2.67 to 5.33 (0 of 3)"),
        "5.33 to 8 (0 of 3)",
    ]
    assert legend.get_title().get_text() == "Age"


def test_choices_divide_the_patients_and_too_many_are_refused():
    data = patients([1.0, np.nan, 2.0], arm=np.array([0.0, 1.0, 0.0]))
    data["arm"].attrs["flag_meanings"] = "12_mg 24_mg"
    ax = draw_kaplan_meier(axes(), data, "back", "arm")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["12 mg (2 of 2)", "24 mg (0 of 1)"]
    data["arm"].attrs["flag_meanings"] = "a b c d e f"
    with pytest.raises(DataError, match="arm has 6 choices"):
        draw_kaplan_meier(axes(), data, "back", "arm")


def test_a_factor_that_is_constant_makes_one_group():
    ax = draw_kaplan_meier(axes(), patients([1.0, np.nan], dose=np.array([3.0, 3.0])), "back", "dose")
    assert "3" in texts(ax)


def test_times_to_events_are_drawn_so_by_default_and_others_cannot_be():
    data = patients([1.0, 2.0, np.nan, 3.0], age=np.arange(4.0), dose=np.array([1.0, 3.0, 2.0, 4.0]))
    assert (chosen(data).kind, chosen(data, color="age").kind) == ("kaplan_meier", "kaplan_meier")
    assert chosen(data, x="age", y="dose").kind == "heatmap"
    assert encoded(ensemble_figure(data, chosen(data), "not a device"), "png")
    del data["back"].attrs["measure"]
    assert chosen(data).kind == "heatmap"
    with pytest.raises(DataError, match='"back" is not a time to an event'):
        ensemble_figure(data, chosen(data, "kaplan_meier", "back"))


def test_where_nobody_was_simulated_there_is_nothing_to_draw():
    with pytest.raises(DataError, match="no patient was simulated"):
        draw_kaplan_meier(axes(), patients([np.nan], np.array([3])), "back")
