"""``immunosim cohort`` as a new user meets it: the population, what came of it, and what is wrong."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from immunosim.cohorts import open_cohort

FEW = ("-n", "16", "--chunk", "8", "--workers", "2", "--endpoint", "nadir of cd4")
TRAIT = '[[trait]]\nname = "lysis"\nmultiplies = ["blood_lysis_rate"]\nsd = 0.3\n'


@pytest.fixture
def population(short: Path) -> Path:
    """Return the file of a population beside the short scenario."""
    path = short.parent / "people.toml"
    path.write_text(TRAIT, encoding="utf-8")
    return path


def test_a_first_cohort_says_what_it_took_and_what_is_next(
    command, short: Path, population: Path, contents: Callable[[], list[str]]
) -> None:
    result = command("cohort", short, *FEW, "--population", population)
    assert result.exit_code == 0, result.output
    assert re.search(r"16 patients in chunks of 8: about .*, .*B of memory and .*B on disk\n", result.stderr)
    assert result.stdout.startswith("16 patients: 16 OK\n")
    assert "Next:   immunosim plot results/short_cohort.nc\n" in result.stdout
    assert contents() == ["people.toml", "results/short_cohort.nc", "short.toml"]
    cohort = open_cohort("results/short_cohort.nc")
    assert cohort.dataset["nadir_cd4"].dims == ("patient",)


def test_the_scenario_may_hold_the_population_and_what_is_kept(command, short: Path, population: Path) -> None:
    section = '\n[population]\nfile = "people.toml"\nn = 5\nreadouts = ["cd4"]\nat = ["30 days"]\n'
    short.write_text(short.read_text(encoding="utf-8") + section, encoding="utf-8")
    result = command("cohort", short, "--out", "a.zarr", "--json")
    assert json.loads(result.stdout) == {"result": "a.zarr", "tables": [], "status": {"OK": 5}, "endpoints": {}}
    assert open_cohort("a.zarr").dataset["cd4"].shape == (5, 1)


def test_a_dry_run_writes_nothing(command, short: Path, population: Path, contents: Callable[[], list[str]]) -> None:
    result = command("cohort", short, "-n", "1000000", "--population", population, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "1,000,000 patients in chunks of" in result.stdout
    assert contents() == ["people.toml", "short.toml"]


def test_a_scenario_without_population_says_what_to_add(command, short: Path) -> None:
    result = command("cohort", short, *FEW)
    assert result.exit_code == 2
    assert "there is no population, add [population] to the scenario, or name one: --population FILE" in result.stderr


def test_a_check_says_how_patients_differ(command, short: Path, population: Path) -> None:
    section = '\n[population]\nfile = "people.toml"\nn = 5\n'
    short.write_text(short.read_text(encoding="utf-8") + section, encoding="utf-8")
    result = command("check", short)
    assert re.search(r"Population\n.*\nlysis +blood_lysis_rate +log-normal, SD 0.3\npatients +5\n", result.stdout)
    population.write_text(TRAIT.replace("blood", "blod"), encoding="utf-8")
    assert 'did you mean "blood_lysis_rate"' in command("check", short).stderr


def test_an_unknown_cohort_is_named(command, short: Path, population: Path) -> None:
    result = command("cohort", short, *FEW, "--population", population, "--cohort", "older")
    assert result.exit_code == 2
    assert f'{population}: cohort: unknown cohort "older"' in result.stderr


TARGETS = """
[source]
citation = "Someone 2020"

[[target]]
name = "CD4 at two weeks"
statistic = "mean"
readout = "cd4"
time = "14 days"
value = 40
unit = "cells/uL"
sigma = 0.2

[[target]]
name = "elsewhere"
cohort = "clinic"
statistic = "mean"
readout = "cd4"
time = "14 days"
value = 40
unit = "cells/uL"
sigma = 0.2
"""


def test_targets_are_compared_with_their_cohort_in_one_command(
    command, short: Path, population: Path, contents: Callable[[], list[str]]
) -> None:
    published = short.parent / "published.toml"
    published.write_text(TARGETS, encoding="utf-8")
    asked = ("cohort", short, "-n", "8", "--population", population, "--targets", published)
    result = command(*asked)
    assert result.exit_code == 0, result.output
    assert "Published and simulated\n" in result.stdout
    assert "Fitted: " in result.stdout
    assert "Not simulated: 1 targets of clinic." in result.stdout
    written = {f"results/short_targets/{name}" for name in ("cohort.nc", "targets.csv", "targets.json", "targets.png")}
    assert written <= set(contents())
    again = command(*asked, "--resume", "--json", "--report")
    assert json.loads(again.stdout)["n_targets"] == 1
    assert "Report: results/short_targets/cohort_report.html (open it in a browser)\n" in again.stderr
    assert "Someone 2020" in Path("results/short_targets/cohort_report.html").read_text(encoding="utf-8")


def test_targets_have_intervals_over_plausible_sets_in_print_tables_and_page(
    command, short: Path, population: Path
) -> None:
    published = short.parent / "published.toml"
    published.write_text(TARGETS, encoding="utf-8")
    asked = ("cohort", short, "-n", "8", "--population", population, "--targets", published, "--set-patients", "4")
    none = command(*asked, "--sets", "3")
    assert none.exit_code == 2
    assert f"{population}: plausible_sets: names no plausible sets, name a table in it" in none.stderr
    sets = population.with_name("sets.csv")
    sets.write_text("blood_lysis_rate\n5\n10\n20\n", encoding="utf-8")
    population.write_text('plausible_sets = "sets.csv"\n' + population.read_text(encoding="utf-8"), encoding="utf-8")
    result = command(*asked, "--sets", "3", "--report")
    assert result.exit_code == 0, result.output
    assert "90 %, patients" in result.stdout
    assert "90 %, sets" in result.stdout
    assert "3 plausible sets of the population, the same 4 patients" in result.stdout
    folder = Path("results/short_targets")
    assert json.loads((folder / "targets.json").read_text(encoding="utf-8"))["sets"]["failed_by_set"] == {"": [0, 0, 0]}
    assert (folder / "targets.csv").read_text(encoding="utf-8").splitlines()[0].endswith("sets_low,sets_high")
    assert "90 % interval, sets" in (folder / "cohort_report.html").read_text(encoding="utf-8")
    sets.write_text("blood_lysis_rate\n5\nten\n", encoding="utf-8")
    refused = command(*asked, "--force")
    assert f'{sets}: line 3: column blood_lysis_rate: "ten" is not a number' in refused.stderr


def test_a_page_is_written_beside_the_result(command, short: Path, population: Path) -> None:
    kept = ("--endpoint", "first_above cd4 0.1e9/L from 7 days as back", "--endpoint", "risk relapse_rate")
    result = command("cohort", short, "-n", "8", "--population", population, *kept, "--report", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["endpoints"]
    assert {"incidence", "median", "n_censored", "n_failed"} <= set(told["back"])
    assert set(told) == {"back", "risk_relapse_rate", "event of risk_relapse_rate"}
    assert "Report: results/short_cohort_report.html (open it in a browser)\n" in result.stderr
    page = Path("results/short_cohort_report.html").read_text(encoding="utf-8")
    assert "Kaplan-Meier estimates, weighted" in page
    printed = command("cohort", short, "-n", "8", "--population", population, *kept, "--resume").stdout
    assert "Times to events (Kaplan-Meier, weighted)" in printed


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--targets", "nobody2020"), "nobody2020: targets: is neither a file nor a target file of the model"),
        (
            ("--targets", "hillcawthorne2012"),
            "no target is of a cohort of the population (none)",
        ),
        (("--sets", "4"), "--sets: are for targets, name targets"),
        (("--sets", "1"), "Invalid value for '--sets'"),
        (("--sets", "4", "--set-patients", "0"), "Invalid value for '--set-patients'"),
        (("--targets", "all", "--parquet"), "--parquet: is not written of several cohorts"),
        (("--seed", "-1"), "Invalid value for '--seed'"),
        (("-n", "0"), "Invalid value for '-n'"),
        (("--population", "nobody"), "nobody: population: is neither a file nor a population of the model"),
        (("--at", "1 month"), "times: are given, but no read-out is stored over time"),
        (("--readout", "cd5"), 'unknown read-out "cd5"'),
        (("--endpoint", "deepest cd4"), '"deepest" is not a kind of endpoint'),
        (("--shard", "3/2"), "3/2"),
    ],
)
def test_wrong_options_are_refused_with_their_reason(
    command, short: Path, population: Path, options: tuple[str, ...], reason: str
) -> None:
    people = () if "--population" in options else ("--population", population)
    result = command("cohort", short, "-n", "8", *people, *options)
    assert result.exit_code == 2
    assert reason in " ".join(result.stderr.replace("│", " ").split())


def test_figures_and_the_page_of_a_cohort_take_targets(command, short: Path, population: Path) -> None:
    targets = short.parent / "targets.toml"
    targets.write_text(
        '[source]\ncitation = "Someone 2020"\n\n[[target]]\nname = "cells"\nstatistic = "mean"\nreadout = "cd4"\n'
        'time = "30 days"\nvalue = 50\nunit = "cells/uL"\nsigma = 0.1\n',
        encoding="utf-8",
    )
    kept = ("--readout", "cd4", "--at", "0 days", "--at", "30 days", "--out", "a.nc")
    assert command("cohort", short, "-n", "8", "--population", population, *kept).exit_code == 0
    drawn = command("plot", "a.nc", "--targets", targets)
    assert drawn.stdout.splitlines()[:2] == ["Drawn:  bands, 8 patients", "Figure: a_bands.png"]
    assert "forest, 8 patients" in command("plot", "a.nc", "--kind", "forest", "--targets", "targets.toml").stdout
    refused = command("plot", "a.nc", "--kind", "forest")
    assert refused.exit_code == 2
    assert "a forest needs targets" in refused.stderr
    written = command("report", "a.nc", "--targets", targets)
    assert "Report: a_report.html" in written.stdout
    assert "Someone 2020" in Path("a_report.html").read_text(encoding="utf-8")
