"""Every keyword of the door refuses what it cannot use in our own words, and its defaults are the command line's."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

import immunosim as ims
from immunosim.door.keywords import refuse_unknown
from immunosim.door.sweeping import KeptOutputs
from immunosim.door.times import day_of, duration_of, simulated_day_of
from immunosim.door.watching import Quiet
from immunosim.errors import ImmunosimError
from immunosim.scenario import Scenario, build_scenario

COURSE = {"drug": "antibody", "start": "2 days", "dose": "30 mg", "infusion": "4 h"}
NADIR = ["nadir of t_cells"]
VARY = {"lysis_rate": "x0.5:x2:log"}


@pytest.fixture(scope="module")
def taught() -> Scenario:
    return build_scenario({"model": "teaching", "horizon": "20 days", "course": [COURSE], "start_date": "2020-02-20"})


# --- rows ------------------------------------------------------------------------------------------------------------

TABLES: Mapping[str, tuple[Any, str]] = {
    "a column twice": (pd.DataFrame([[1.0, 2.0]], columns=["lysis_rate"] * 2), "lysis_rate"),
    "a key twice": (pd.DataFrame([[30, 40]], columns=["patient.age"] * 2), "patient.age"),
    "no rows": (pd.DataFrame({"lysis_rate": []}), "patient"),
    "no rows of a key": (pd.DataFrame({"patient.weight": []}), "patient"),
    "an unknown column": (pd.DataFrame({"lysisrate": [10.0]}), 'did you mean "lysis_rate"'),
    "columns without names": (pd.DataFrame([[1.0, 2.0]]), "column 0"),
    "a text that is no quantity": (pd.DataFrame({"lysis_rate": ["10 1/day", "fast"]}), "fast"),
    "a missing number of a key": (pd.DataFrame({"patient.weight": [70.0, np.nan]}), "row 2"),
    "a missing text": (pd.DataFrame({"patient.weight": ["70 kg", None]}), "row 2"),
    "columns of two lengths": ({"lysis_rate": [1.0, 2.0], "division_boost": [1.0]}, "different lengths"),
    "keys of two lengths": ({"patient.weight": [60.0, 70.0], "lysis_rate": [1.0]}, "different lengths"),
    "a number for a column": ({"patient.weight": 70}, "vector"),
    "a number for a parameter": ({"lysis_rate": 7.0}, "vector"),
    "a table in a column": ({"lysis_rate": np.ones((2, 2))}, "vector"),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("simulate", [ims.ensemble, ims.sweep])
def test_a_table_that_cannot_be_used_is_refused_by_name(
    taught: Scenario, simulate: Callable[..., Any], name: str
) -> None:
    rows, fact = TABLES[name]
    with pytest.raises(ImmunosimError) as caught:
        simulate(taught, rows=rows, endpoints=NADIR)
    if name != "a column twice" or simulate is ims.sweep:
        assert fact in str(caught.value)
    assert caught.value.cure or caught.value.problems


def test_rows_are_in_the_order_of_the_table_whatever_its_index(taught: Scenario) -> None:
    table = pd.DataFrame({"lysis_rate": [20.0, 5.0, 10.0]}, index=["z", "a", "a"])
    found = ims.ensemble(taught, table, endpoints=NADIR)["nadir_t_cells"]
    assert found[1] > found[2] > found[0]  # the slower the lysis, the more cells are left


def test_a_row_of_no_number_fails_alone(taught: Scenario) -> None:
    found = ims.ensemble(taught, {"lysis_rate": [10.0, np.nan, -1.0]}, endpoints=NADIR)
    assert np.isfinite(found["nadir_t_cells"]).tolist() == [True, False, False]


def test_text_with_a_unit_is_the_number_in_the_models_unit(taught: Scenario) -> None:
    by_text = ims.ensemble(taught, {"lysis_rate": ["0.5 1/h"]}, endpoints=NADIR)
    by_number = ims.ensemble(taught, {"lysis_rate": [12.0]}, endpoints=NADIR)
    assert by_text["nadir_t_cells"][0] == pytest.approx(by_number["nadir_t_cells"][0], rel=1e-9)


# --- what is asked for -----------------------------------------------------------------------------------------------

ASKED: Mapping[str, tuple[Callable[[Scenario], Any], str]] = {
    "an unknown unit of time": (lambda one: ims.ensemble(one, {"lysis_rate": [1.0]}, times=["1 wek"]), "week"),
    "a time after the end": (lambda one: ims.ensemble(one, {"lysis_rate": [1.0]}, times=["99 days"]), "99"),
    "times that go back": (lambda one: ims.ensemble(one, {"lysis_rate": [1.0]}, times=[5.0, 1.0]), "decrease"),
    "an unknown endpoint": (lambda one: ims.ensemble(one, endpoints=["nadirr of t_cells"]), '"nadir"'),
    "an unknown read-out": (lambda one: ims.ensemble(one, readouts=["t_cell"]), "t_cells"),
    "no scenario": (lambda one: ims.ensemble([]), "scenario"),
    "nothing that varies": (lambda one: ims.sweep(one, endpoints=NADIR), "factor"),
    "a design and a table": (lambda one: ims.sweep(one, VARY, rows={"division_boost": [1.0]}), "table"),
    "an unknown design": (lambda one: ims.sweep(one, VARY, n=2, design="sobl"), "sobol"),
    "an interval of nothing": (lambda one: ims.sweep(one, VARY, n=2, readouts=["t_cells"], every=0), "0 days"),
    "an interval that goes back": (lambda one: ims.sweep(one, VARY, n=2, readouts=["t_cells"], every=-1), "-1"),
    "an interval without a number": (lambda one: ims.sweep(one, VARY, n=2, readouts=["t_cells"], every="soon"), "soon"),
    "an unknown read-out to explain": (lambda one: ims.explain(one, "tcells"), "t_cells"),
    "an end before the start": (lambda one: ims.explain(one, "t_cells", "10 days", "12 days", accounting=True), "12"),
    "a course that is not given": (lambda one: ims.explain(one, "t_cells", "course 2 + 1 day"), "course 2"),
    "one scenario to compare": (lambda one: ims.compare(one), "two scenarios"),
    "a time outside a comparison": (lambda one: ims.compare({"a": one, "b": one}, at=["30 days"]), "30"),
    "an unknown key": (lambda one: ims.simulate(one, {"horizonn": "3 days"}), '"horizon"'),
    "a number without its unit": (lambda one: ims.simulate(one, {"horizon": 3}), "unit"),
    "an unknown name": (lambda _: ims.simulate("case_reprot"), "case_report"),
    "a parameter twice": (lambda one: ims.differentiate(one, ["lysis_rate", "lysis_rate"]), "lysis_rate"),
    "a file that is not there": (lambda _: ims.read_data("no.csv"), "no.csv"),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_cannot_be_done_is_refused_in_our_own_words(taught: Scenario, name: str) -> None:
    ask, fact = ASKED[name]
    with pytest.raises(ImmunosimError) as caught:
        ask(taught)
    assert fact in str(caught.value)


@pytest.mark.parametrize("name", ["endpoint", "readout", "pool"])
def test_a_keyword_that_is_nearly_right_names_the_right_one(name: str) -> None:
    with pytest.raises(TypeError) as caught:
        refuse_unknown({name: 1}, KeptOutputs)
    assert f'"{name}s"' in str(caught.value)
    refuse_unknown({f"{name}s": 1}, KeptOutputs)


def test_a_mapping_and_single_scenarios_do_not_mix(taught: Scenario) -> None:
    with pytest.raises(TypeError, match="mapping"):
        ims.compare({"a": taught}, taught)


def test_scenarios_of_one_name_are_numbered(taught: Scenario) -> None:
    assert ims.compare(taught, taught, taught).names == ("scenario", "scenario (2)", "scenario (3)")


# --- times and overrides ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "day"),
    [(3, 3.0), (3.5, 3.5), (np.float32(2.0), 2.0), ("1 week", 7.0), ("2020-02-25", 5.0), ("course 1 + 12 h", 2.5),
     ("-2 days", -2.0)],
)  # fmt: skip
def test_a_time_is_a_number_a_text_a_date_or_follows_a_dose(taught: Scenario, time: Any, day: float) -> None:
    assert day_of(taught, time, "at") == pytest.approx(day)


@pytest.mark.parametrize("time", [-1.0, 20.5, "1 month", float("nan")])
def test_a_time_that_is_not_simulated_is_refused(taught: Scenario, time: Any) -> None:
    with pytest.raises(ImmunosimError, match="outside"):
        simulated_day_of(taught, time, "at")


@pytest.mark.parametrize(("text", "days"), [("1 month", 30.4375), ("36 h", 1.5), (2, 2.0), ("0 days", 0.0)])
def test_a_duration_is_a_number_of_days_or_a_text(text: Any, days: float) -> None:
    assert duration_of(text, "every") == pytest.approx(days)


def test_a_mapping_a_list_and_a_text_change_alike(taught: Scenario) -> None:
    changes: list[Any] = [{"parameters.lysis_rate": "12 1/day"}, ["parameters.lysis_rate=12 1/day"]]
    courses = [ims.simulate(taught, one)["t_cells"] for one in changes]
    assert np.array_equal(courses[0], courses[1])
    assert not np.array_equal(courses[0], ims.simulate(taught)["t_cells"])


def test_changes_leave_the_scenario_that_was_given(taught: Scenario) -> None:
    before = taught.model_dump()
    ims.simulate(taught, {"horizon": "5 days"})
    ims.ensemble(taught, {"lysis_rate": [1.0]}, overrides={"horizon": "5 days"}, endpoints=NADIR)
    assert taught.model_dump() == before


# --- telling ---------------------------------------------------------------------------------------------------------


def test_a_report_counts_every_row_once_and_the_failed_among_them(taught: Scenario) -> None:
    told: list[tuple[int, int, int]] = []
    rates = [10.0, np.nan, 12.0]
    ims.ensemble(taught, {"lysis_rate": rates}, endpoints=NADIR, report=lambda *counts: told.append(counts))
    assert told[-1] == (3, 3, 1)
    assert all(done <= of for done, of, _ in told)


def test_a_quiet_watch_hands_on_sentences_and_nothing_else() -> None:
    told: list[str] = []
    watch = Quiet(told.append)
    watch.begin("a step")
    watch.counting(3, "another step")(1, 0)
    watch.announce("a sentence")
    assert told == ["a sentence"]
    Quiet().announce("to nobody")


# --- defaults --------------------------------------------------------------------------------------------------------


def option_defaults(verb: str) -> dict[str, Any]:
    """Return the defaults of the options of a verb, by name."""
    from immunosim.cli.verbs import Verbs

    return {one.name: one.default for one in Verbs()[verb].params}


def test_an_explanation_is_traced_and_net_as_on_the_command_line() -> None:
    options, parameters = option_defaults("explain"), inspect.signature(ims.explain).parameters
    assert [bool(options[name]) for name in ("direct", "gross")] == [False, False]
    assert [parameters[name].default for name in ("direct", "gross")] == [False, False]
