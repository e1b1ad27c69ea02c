"""The shipped experiments: every row has a source, every number is what it was, no known miss is hidden."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import immunosim
from experiments.published import row_of
from experiments.running import HERE, find_experiments, run_experiment
from experiments.scorecard import ASSUMED, CASE_REPORT, Kind, Verdict, load_rows
from experiments.tables import as_markdown, tally
from immunosim import load_scenario, simulate
from immunosim.cohorts.targets import located_targets, shipped_targets
from immunosim.models import load_references

FOLDERS = find_experiments()
ROWS = {name: load_rows(folder / "expected.json") for name, folder in FOLDERS.items()}
WITH_TARGETS = ("03_steroid_pulse", "08_one_population", "09_secondary_autoimmunity", "10_alopecia", "12_fumarate")
OF_COHORTS = ("total_", "methylprednisolone_", "thyroid_", "risk_")
"""Numbers of 03 and 04 that are of a cohort, whose scenario is not read by the experiment."""

NOT_PREDICTED = {
    "regrown_500mg_3d",
    "regrown_pulse_month_12",
    "cd19_months_to_limit",
    "lymphocytes_months_to_limit",
    "cd8_months_to_limit",
    "cd4_months_to_limit",
    "count_at_72_h",
    "thyroid_by_34_months",
}
KEY = re.compile(r"^@\w+\{(?P<key>[^,\s]+),$", re.MULTILINE)


@pytest.fixture(scope="module")
def outcomes():
    return {name: run_experiment(folder) for name, folder in FOLDERS.items()}


@pytest.fixture(scope="module")
def own_sources():
    return set(KEY.findall((HERE / "references.bib").read_text(encoding="utf-8")))


def test_the_fit_of_the_cases_is_no_part_of_the_scorecard():
    model = ["01_case_report", "02_two_courses", "03_steroid_pulse", "04_mechanisms_off"]
    fits = ["05_five_counts", "06_clinic_of_twelve", "07_trial_means"]
    populations = ["08_one_population", "09_secondary_autoimmunity", "10_alopecia", "11_knife_edge", "12_fumarate"]
    assert list(FOLDERS) == [*model, *fits, *populations]


@pytest.mark.parametrize("name", FOLDERS)
def test_an_experiment_has_a_question_a_command_an_answer_and_a_figure(name):
    text = (FOLDERS[name] / "README.md").read_text(encoding="utf-8")
    assert "**Question.**" in text
    assert f"`python -m experiments {name}`" in text
    assert "**Answer.**" in text
    assert (FOLDERS[name] / "figure.png").is_file()


@pytest.mark.parametrize("name", FOLDERS)
def test_every_source_can_be_looked_up(name, own_sources):
    known = set(load_references()) | own_sources | set(shipped_targets("alemtuzumab")) | {ASSUMED, CASE_REPORT}
    assert [(row.name, source) for row in ROWS[name] for source in row.source if source not in known] == []


def test_every_source_of_the_experiments_is_used_and_is_nowhere_else(own_sources):
    used = {source for rows in ROWS.values() for row in rows for source in row.source}
    assert own_sources <= used
    assert not own_sources & set(load_references())


@pytest.mark.parametrize("name", FOLDERS)
def test_names_of_rows_are_unique(name):
    names = [row.name for row in ROWS[name]]
    assert len(set(names)) == len(names)


def test_what_repeats_another_experiment_names_it():
    assert {row.repeats for rows in ROWS.values() for row in rows} - {""} <= set(FOLDERS)


@pytest.mark.parametrize("name", FOLDERS)
def test_an_experiment_uses_the_public_interface_alone(name):
    source = (FOLDERS[name] / "run.py").read_text(encoding="utf-8")
    modules = set(re.findall(r"^from (immunosim\S*) import", source, re.MULTILINE))
    public = {"fitting", "machine", "observations", "plots.fit_courses", "plots.fits", "plots.style", "report"}
    public |= {"formatting", "problem", "simulation", "units"}
    public |= {"plots", "plots.cohorts", "cohorts.target_report", "cohorts.targets"}
    assert modules <= {"immunosim", *(f"immunosim.{name}" for name in public)}
    assert "pyplot" not in source
    assert "immunosim import _" not in source


@pytest.mark.parametrize("name", FOLDERS)
def test_no_number_of_an_experiment_fails(name, outcomes):
    """A kernel of another machine moves a number by less than the 0.1 % that is allowed."""
    assert [(one.row.name, one.simulated) for one in outcomes[name].judged if one.has_failed] == []
    assert isinstance(outcomes[name].figure, Figure)


def test_the_known_misses_of_numbers_that_were_not_fitted_are_these(outcomes):
    missed = {
        one.row.name
        for outcome in outcomes.values()
        for one in outcome.judged
        if one.verdict is Verdict.KNOWN and one.row.kind is Kind.PREDICTED
    }
    assert missed == NOT_PREDICTED


def test_expected_counts_are_the_published_means():
    with Path(FOLDERS["02_two_courses"] / "published.csv").open(encoding="utf-8", newline="") as file:
        means = {f"{row['readout']}_month_{row['month']}": float(row["mean"]) for row in csv.DictReader(file)}
    means = {name: mean for name, mean in means.items() if not name.endswith("_month_0")}
    expected = {row.name: row.expected for row in ROWS["02_two_courses"] if "dubuisson2018" in row.source}
    assert expected == means
    repeated = {row.name: row.expected for row in ROWS["04_mechanisms_off"] if row.name in means and row.expected}
    assert repeated == {name: means[name] for name in repeated}


def test_without_the_relapse_mechanism_the_hazard_leaves_its_limits_and_nothing_else_is_lost(outcomes, configs):
    """Independent of the experiment's own measure: the untreated hazard throughout, 0.59 a year."""
    scenario = load_scenario(configs / "two_courses.toml", ['mechanisms.off=["relapse"]'])
    low, high = next(row.limits for row in ROWS["04_mechanisms_off"] if row.name == "relapse_rate")
    assert not low <= simulate(scenario)["relapse_rate"].mean() <= high
    counted = {one.row.name: one.simulated for one in outcomes["04_mechanisms_off"].judged}
    assert counted["lost_without_relapse"] == 1


@pytest.mark.parametrize(
    "name",
    [
        # Its cohorts take two minutes, whatever becomes of the rest.
        pytest.param(name, marks=pytest.mark.slow) if name == "04_mechanisms_off" else name
        for name in FOLDERS
        if name < "08"
    ],
)
def test_a_failed_integration_makes_every_number_of_an_experiment_fail(name, monkeypatch):
    """Above all in 04, where a number may be missing because there is nothing to ask about."""
    few_steps = "solver.max_steps=20"
    monkeypatch.setattr(immunosim, "load_scenario", lambda path, changes=(): load_scenario(path, [*changes, few_steps]))
    found = [one for one in run_experiment(FOLDERS[name]).judged if not one.row.name.startswith(OF_COHORTS)]
    assert [one.row.name for one in found if not (np.isnan(one.simulated) and one.has_failed)] == []


def test_the_page_shows_the_scorecard_and_the_readme_its_sums(outcomes):
    judged = {name: outcome.judged for name, outcome in outcomes.items()}
    assert as_markdown(judged) in (HERE.parent / "docs" / "scorecard.md").read_text(encoding="utf-8")
    readme = (HERE.parent / "README.md").read_text(encoding="utf-8")
    for kind in (Kind.PREDICTED, Kind.FITTED):
        rows = [(name, one) for name, found in judged.items() for one in found if one.row.kind is kind]
        assert f"{kind.value}: {tally(rows)}" in readme.replace("\n", " ")


def test_rows_of_target_files_are_those_of_the_files_and_none_is_left_out():
    """Three patients in 4,096 become severely lymphopenic in five months, too few for a median."""
    left = {"months to 0.91 after severe lymphopenia of 5 months", "total 2 h after 1 g"}
    left |= {"time of the lowest count after 1 g"}  # like the count at 2 h asked of the curve of one person
    targets = [target for target in located_targets(["all"], "alemtuzumab") if target.record.name not in left]
    rows = {row.name: row for name in WITH_TARGETS for row in ROWS[name]}
    for target in targets:
        made = row_of(target)
        row = rows[made["name"]].model_dump(mode="json")
        assert row["tolerance"]["range"] == pytest.approx(made["tolerance"]["range"])
        assert {key: row[key] for key in ("what", "unit", "source", "why", "fitted")} == {
            key: made[key] for key in ("what", "unit", "source", "why", "fitted")
        }


def test_a_version_that_is_compared_has_what_it_gave_at_its_release():
    page = (HERE.parent / "docs" / "version_1" / "scorecard.md").read_text(encoding="utf-8")
    compared = [row for rows in ROWS.values() for row in rows if row.simulated_by_version_1 is not None]
    assert len(compared) > 100
    assert "The scorecard of version 1" in page
