"""The page of a cohort: population, treatments, failures, figures, targets, what is assumed and versions."""

import re
from pathlib import Path

import pytest
from report.test_pages_of_results import Page, assert_harmless

import immunosim as ims
from immunosim.errors import DataError

TARGETS = """
[source]
citation = "Someone, Journal 2020"

[[target]]
name = "cells at month 2"
statistic = "mean"
readout = "t_cells"
time = "2 months"
value = 5000
unit = "cells/uL"
sigma = 0.1
grade = "B"
"""
POPULATION = """
title = "People of the test"

[[trait]]
name = "lysis"
multiplies = ["lysis_rate"]
sd = 0.3
evidence = "assumed"
note = "Chosen for the test."

[[covariate]]
name = "years"
distribution = "normal"
mean = 34
sd = 8

[[stratum]]
name = "usual"
share = 0.9
sampled = 0.5

[[stratum]]
name = "resistant_people"
share = 0.1
sampled = 0.5
parameters = { lysis_rate = "2 1/day" }
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return the folder of a stored cohort of the teaching model with its population and a target file."""
    folder: Path = tmp_path_factory.mktemp("cohort")
    (folder / "people.toml").write_text(POPULATION)
    (folder / "targets.toml").write_text(TARGETS)
    ims.cohort(
        "teaching_course",
        12,
        population=folder / "people.toml",
        readouts=["t_cells"],
        at=["0 days", "1 month", "2 months", "3 months"],
        endpoints=["first_above t_cells 0.2e9/L from 1 month as back"],
        overrides=["horizon=3 months"],
        path=folder / "people.nc",
    )
    return folder


@pytest.fixture(scope="module")
def page(files):
    path = ims.write_report(files / "people.nc", targets=[files / "targets.toml"])
    assert path == files / "people_report.html"
    return Page(path.read_text(encoding="utf-8"))


def test_it_loads_and_runs_nothing(page):
    assert_harmless(page)


def test_it_says_who_was_simulated_and_what_is_assumed(page):
    words = " ".join(page.words)
    for fact in (
        *("People of the test", "12 of 12", "resistant people", "lysis_rate = 2", "normal, mean 34.0, sd 8.00"),
        *("Spread of lysis: assumed.", "Lysis: Chosen for the test.", "without a statement of evidence"),
        *("Doses", "model key", "fingerprint"),
    ):
        assert fact in words, fact


def test_strata_have_their_weighted_share(page):
    words = page.words
    row = words.index("resistant people")
    assert [word for word in words[row + 1 : row + 8] if word.strip()][:3] == ["10 %", "6", "10 %"]


def test_events_are_shown_as_survival_data_before_the_targets(page):
    words = " ".join(page.words)
    assert "Kaplan-Meier estimates, weighted; failed patients do not count" in words
    assert words.index("Events of cumulative hazards") < words.index("Published against simulated")
    assert "Cumulative incidence: T cells in blood first above 200 cells/µL" in words
    assert re.search(r"first above 200 cells/µL\s+\d+ of 12\s+\d+\s+0\s", words)


def test_it_compares_published_with_simulated_numbers(page):
    words = " ".join(page.words)
    for fact in ("0 of 1", "cells at month 2", "Someone, Journal 2020", "NO", "Targets"):
        assert fact in words, fact
    assert page.tags.count("svg") == 3  # over time, incidence, forest


def test_without_targets_it_has_neither_forest_nor_table_of_them(files):
    path = ims.write_report(files / "people.nc", files / "alone.html")
    page = Page(path.read_text(encoding="utf-8"))
    assert page.tags.count("svg") == 2
    assert "Published against simulated" not in " ".join(page.words)


def test_a_result_that_is_not_of_a_cohort_takes_no_targets(files, tmp_path):
    ims.sweep("teaching_course", {"lysis_rate": "x0.5:x2:log"}, n=2, path=tmp_path / "sweep.nc")
    with pytest.raises(DataError, match="holds no cohort"):
        ims.write_report(tmp_path / "sweep.nc", targets=[files / "targets.toml"])


def test_its_figures_are_drawn_from_python(files):
    from immunosim.cohorts import open_cohort

    cohort = open_cohort(files / "people.nc")
    assert "within tolerance" in cohort.plot(kind="forest", targets=[files / "targets.toml"]).axes[0].get_title("left")
    assert cohort.plot("t_cells", kind="visits", color="stratum").axes[0].get_legend() is not None
    assert cohort.plot(kind="parallel").axes
    with pytest.raises(DataError, match='unknown kind of figure "boxes"'):
        cohort.plot(kind="boxes")
