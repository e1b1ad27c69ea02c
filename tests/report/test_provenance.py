"""Where a result comes from: own values and who set them, doses, versions; and results at the size they will have."""

from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from immunosim.errors import ImmunosimError
from immunosim.report import output_files, provenance
from immunosim.report.doses import dose_headers, dose_rows
from immunosim.report.limits import limits_of
from immunosim.report.output_files import FIT, FORECAST, RUN, FolderKind, refuse_large, to_json
from immunosim.report.sampling import _distance, refined
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

COURSE = {"drug": "antibody", "start": "0 days", "dose": "30 mg", "doses": 2, "every": "24 h", "infusion": "4 h"}


def taught(**changes: Any) -> Trajectory:
    return simulate(build_scenario({"model": "teaching", "horizon": "60 days", "course": [COURSE]} | changes))


@pytest.fixture(scope="module")
def plain() -> Trajectory:
    return taught()


def test_a_patient_of_the_default_values_differs_in_nothing(plain: Trajectory) -> None:
    assert provenance.patient_differences(plain.problem) == []
    assert provenance.individual_sentence(plain.scenario) == ""


def test_an_own_value_is_told_beside_the_default_with_the_key_that_set_it() -> None:
    (found,) = provenance.patient_differences(taught(parameters={"lysis_rate": "12 1/day"}).problem)
    assert (found["parameter"], found["value"], found["unit"]) == ("lysis_rate", 12.0, "1/day")
    assert found["set_by"] == "parameters.lysis_rate"
    assert found["default"] != 12.0


@pytest.mark.parametrize("n", [1, 2])
def test_own_values_are_an_assumption_without_data_and_a_reproduction_beside_them(n: int) -> None:
    own = dict(list({"lysis_rate": "12 1/day", "division_boost": 2.0}.items())[:n])
    observed = [{"readout": "t_cells", "unit": "cells/uL", "points": [{"time": "9 days", "value": 5}]}]
    alone, beside = (
        provenance.individual_sentence(
            build_scenario({"model": "teaching", "horizon": "60 days", "parameters": own} | more)
        )
        for more in ({}, {"observed": observed})
    )
    assert "assumption" in alone
    assert "chosen to reproduce" in beside
    assert (f"This {n} value was" if n == 1 else f"These {n} values were") in alone


def test_what_is_switched_off_says_what_that_means() -> None:
    about = provenance.model_description(taught(mechanisms={"off": ["thymopoiesis"]}).problem)
    assert list(about["mechanisms_off"]) == ["thymopoiesis"]
    assert "thymus" in about["mechanisms_off"]["thymopoiesis"]
    assert about["name"] == "teaching"


def test_the_key_of_the_kernels_is_that_of_the_model(plain: Trajectory) -> None:
    assert provenance.model_description(plain.problem)["key"] == plain.problem.model.key


def test_a_source_tree_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert provenance.version() == "not installed"


def test_the_work_of_the_solver_is_that_of_the_solution(plain: Trajectory) -> None:
    told = provenance.solver_summary(plain)
    assert told["accepted_steps"] == plain.solution.n_steps > 0
    assert told["jacobians"] <= told["right_hand_sides"]
    assert told["relative_tolerance"] == plain.problem.options.rtol


# --- doses -----------------------------------------------------------------------------------------------------------


def test_the_table_of_doses_has_a_row_for_each_order_and_drug() -> None:
    given = {"premedication": {"dose": "1 g", "days": 1}}
    without, before = (
        build_scenario({"model": "teaching", "horizon": "60 days", "course": [COURSE | more]}) for more in ({}, given)
    )
    assert list(dose_rows(without)) == [("antibody", "course[1]", "0.00", "1.17", "0.0", "2", "60")]
    rows = {row[0]: row for row in dose_rows(before)}
    assert (rows["steroid"][-1], rows["antibody"][-1]) == ("1000", "60")
    assert len(dose_headers(before)) == len(rows["steroid"])
    assert provenance.dose_summary(before) == pytest.approx({"steroid": 1000.0, "antibody": 60.0})


def test_dates_head_the_column_where_the_scenario_has_one() -> None:
    scenario = build_scenario(
        {"model": "teaching", "horizon": "60 days", "course": [COURSE], "start_date": "2020-02-28"}
    )
    (row,) = dose_rows(scenario)
    assert dose_headers(scenario)[4] == "date"
    assert row[4] == "2020-02-28"


# --- sampling and limits ---------------------------------------------------------------------------------------------


def test_a_course_that_is_reported_seldom_is_looked_at_finely(plain: Trajectory) -> None:
    seldom = taught(output={"every": "30 days", "during_treatment": "30 days"})
    fine = refined(seldom)
    assert fine.time.size >= plain.time.size > seldom.time.size
    assert np.isin(seldom.time, fine.time).all()
    both = np.searchsorted(fine.time, seldom.time)
    assert fine["t_cells"][both] == pytest.approx(seldom["t_cells"], rel=1e-12)
    assert refined(plain) is plain


def test_a_failed_course_is_not_solved_again() -> None:
    failed = taught(solver={"max_steps": 2}, output={"every": "30 days"})
    assert refined(failed) is failed


def test_distances_are_to_the_nearest_on_either_side() -> None:
    others = np.array([0.0, 1.0, 4.0])
    times = np.array([-2.0, 0.0, 0.4, 0.9, 2.4, 2.6, 5.0])
    assert _distance(times, others) == pytest.approx([2.0, 0.0, 0.4, 0.1, 1.4, 1.4, 1.0])


def test_limits_are_those_that_the_model_declares(plain: Trajectory) -> None:
    assert limits_of(plain.problem.model) == {"t_cells": 700.0, "antibody_serum": 0.05}


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name", "is_foreign"),
    [
        (RUN, "trajectory.nc", False),
        (RUN, "thesis.docx", True),
        (RUN, "figure.png.bak", True),
        (FIT, "course_a.png", False),
        (FIT, "fitted_3.toml", False),
        (FIT, "individuals.csv.old", True),
        (FORECAST, "forecast_p1.png", False),
        (FORECAST, "my_forecast.png", True),
    ],
)
def test_what_immunosim_did_not_write_is_foreign(kind: FolderKind, name: str, is_foreign: bool) -> None:
    assert kind.foreign([*kind.signature, name]) == ([name] if is_foreign else [])


def test_a_run_that_nobody_could_read_is_refused_with_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = build_scenario({"model": "teaching", "horizon": "60 days"})
    monkeypatch.setattr(output_files, "MOST_TIMES", 61)
    refuse_large(Path("out"), scenario)
    monkeypatch.setattr(output_files, "MOST_TIMES", 60)
    with pytest.raises(ImmunosimError, match="61 output times") as caught:
        refuse_large(Path("out"), scenario)
    assert "output.every" in caught.value.cure


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"a": float("nan")}, '{\n  "a": null\n}\n'),
        ([float("-inf"), (1, np.float64("inf"))], "[\n  null,\n  [\n    1,\n    null\n  ]\n]\n"),
        ({"µ": "\x1b"}, '{\n  "µ": "\\u001b"\n}\n'),
        ({}, "{}\n"),
    ],
)
def test_json_holds_no_number_that_is_none_and_no_control(data: Any, text: str) -> None:
    assert to_json(data) == text
