"""No malformed population, target file or calibration leaves a traceback or a file: its message, and exit code 2."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

TRAIT = '[[trait]]\nname = "count"\nmultiplies = ["t_cell_count"]\nsd = 0.3\n'
AGE = '[[covariate]]\nname = "age"\nunit = "year"\ndistribution = "normal"\nmean = 34\nsd = 8\n'
COLOUR = '[[covariate]]\nname = "colour"\ndistribution = "choice"\nchoices = { red = 0.5, blue = 0.5 }\n'
SEVERAL = f'{TRAIT}[[trait]]\nname = "lysis"\nmultiplies = ["lysis_rate"]\nsd = 0.3\n'
CORRELATED = '[[correlation]]\nbetween = ["count", "lysis"]\nvalue = 0.3\n'

POPULATIONS = {
    "no TOML": (f"{TRAIT}seed = \n", "line 5, column 8: not valid TOML: Invalid value, correct it there"),
    "nothing": ("", "is empty, write for example [[trait]]"),
    "a table in place of several": (
        '[trait]\nname = "count"\n',
        "trait: expected an array of tables, write [[trait]], got a table",
    ),
    "a spread that is not finite": (
        TRAIT.replace("0.3", "nan"),
        "trait[1].sd: nan is not a finite number, write a finite value",
    ),
    "a parameter twice": (
        TRAIT.replace('["t_cell_count"]', '["t_cell_count", "t_cell_count"]'),
        'trait[1].multiplies: names "t_cell_count" twice, name each parameter once',
    ),
    "an unknown parameter": (
        TRAIT.replace("t_cell_count", "t_cel_count"),
        'trait[1].multiplies: "t_cel_count" is not a parameter of the model teaching, did you mean "t_cell_count"?',
    ),
    "three correlated names": (
        SEVERAL + CORRELATED.replace('"lysis"]', '"lysis", "age"]'),
        "correlation[1].between: has 3 values, give 2",
    ),
    "a pair correlated twice": (
        SEVERAL + CORRELATED + CORRELATED,
        "correlation[2].between: count and lysis have a correlation already, leave one of them out",
    ),
    "an unknown unit": (
        AGE.replace('"year"', '"yers"'),
        'covariate[1].unit: "yers" has the unknown unit "yers", did you mean "years"?',
    ),
    "a unit that is not the parameter's": (
        f'{AGE}sets = "parameters.antibody_volume"\n',
        'covariate[1].unit: "year" is not a unit of antibody_volume, write a unit such as "L"',
    ),
    "a reference in another unit": (
        f'{AGE}effect = [{{ parameter = "lysis_rate", slope = 0.1, reference = "3 kg" }}]\n',
        'covariate[1].effect[1].reference: "3 kg" is a mass, expected a duration such as "31 years"',
    ),
    "a slope of names": (
        f'{COLOUR}effect = [{{ parameter = "lysis_rate", slope = 0.1 }}]\n',
        "covariate[1].effect[1].slope: colour has names, which have no slope, give factors, one for each name",
    ),
    "an unknown sex": (
        COLOUR.replace("red", "femal").replace("blue", "male") + 'sets = "patient.sex"\n',
        'covariate[1].choices: "femal" is not a sex of the scenario, did you mean "female" or "male"?',
    ),
    "a negative standard deviation": (AGE.replace("8", "-8"), "covariate[1].sd: -8 is negative, give 0 or more"),
    "an unknown read-out": (
        f'readouts = ["t_cel"]\n{TRAIT}',
        'readouts[1]: unknown read-out "t_cel", did you mean "t_cells"?',
    ),
    "an endpoint of an unknown read-out": (
        f'endpoints = ["nadir of t_cel"]\n{TRAIT}',
        'endpoints[1]: unknown read-out "t_cel", did you mean "t_cells"?',
    ),
    "a time that is not one of everybody": (
        f'readouts = ["t_cells"]\nat = ["later"]\n{TRAIT}',
        'at[1]: "later" is not a time of everybody, write a time after day 0, such as "6 months"',
    ),
    "a time before day 0": (
        f'readouts = ["t_cells"]\nat = ["-3 days"]\n{TRAIT}',
        'at[1]: day -3 is before day 0, write a time after day 0, such as "6 months"',
    ),
    "an event that the model does not have": (
        f'calibrated_to = ["infarction"]\n{TRAIT}',
        'calibrated_to[1]: "infarction" is not an event of the model, leave it out: the model has no events',
    ),
    "a population that starts from itself": (
        'file = "bad.toml"\n',
        'file: itself starts from "bad.toml", only one level is allowed',
    ),
    "a column without a table": (
        '[[covariate]]\nname = "size"\ndistribution = "column"\ncolumn = "size"\n',
        'covariate[1].column: there is no table, name it: table = "patients.csv"',
    ),
    "a regimen that does not exist": (
        '[[stratum]]\nname = "all"\nshare = 1\nregimen = "no.toml"\n',
        "stratum[1].regimen: {folder}/no.toml does not exist, name a scenario file relative to this one",
    ),
}

TABLES = {
    "missing": (None, "does not exist, name a CSV or Parquet file"),
    "empty": ("", "is empty, give a line of keys, then one patient a line"),
    "without patients": ("patient.age\n", "has no patients, add a line for each patient"),
    "ragged": (
        "parameters.lysis_rate [1/day]\n3,4\n",
        "line 2: has 2 cells, the first line 1, give every patient a value in every column",
    ),
    "with a hole": (
        "label,parameters.lysis_rate [1/day]\na,\n",
        "line 2: parameters.lysis_rate [1/day]: is empty, give a value",
    ),
}

COUNT = {
    "name": '"count"',
    "statistic": '"mean"',
    "readout": '"t_cells"',
    "time": '"1 month"',
    "value": "100",
    "unit": '"cells/uL"',
    "sigma": "0.1",
}
SOURCE = '[source]\ncitation = "Someone 2020"\n'


def published(**changes: str | None) -> str:
    """Return a target file with one target, whose keys are changed, added, or left out where they are None."""
    lines = (f"{key} = {value}\n" for key, value in (COUNT | changes).items() if value is not None)
    return f"{SOURCE}[[target]]\n{''.join(lines)}"


TARGETS = {
    "nothing": ("", "is empty, write [source] and [[target]]"),
    "no source": ("[[target]]\n", "source: is missing, add source = ..."),
    "a target without a name": (published(name='""'), "target[1].name: is empty, give it a name of its own"),
    "an unknown statistic": (
        published(statistic='"quantil"'),
        'target[1].statistic: unknown statistic "quantil", did you mean "quantile" or "quantile_time"?',
    ),
    "an unknown read-out": (
        published(readout='"t_cel"'),
        'target[1].readout: unknown read-out "t_cel", did you mean "t_cells"?',
    ),
    "an unknown hazard": (
        published(statistic='"risk"', readout=None, hazard='"hazard"', unit='"%"', value="10"),
        'target[1].hazard: unknown read-out "hazard", known are antibody_serum, cytokine_level, t_cells',
    ),
    "a hazard with a unit": (
        published(statistic='"risk"', readout=None, hazard='"t_cells"', unit='"%"', value="10"),
        "target[1].hazard: t_cells is in cells/uL, not a hazard, name a cumulative hazard, which has no unit",
    ),
    "an endpoint of an unknown read-out": (
        published(readout=None, endpoint='"nadir of t_cel"', time=None),
        'target[1].endpoint: unknown read-out "t_cel", did you mean "t_cells"?',
    ),
    "a unit of another dimension": (
        published(unit='"kg"'),
        'target[1].unit: the statistic is not in "kg", write a unit such as "cells/uL"',
    ),
    "a level of another dimension": (
        published(statistic='"share_below"', level='"3 kg"', unit='"%"', value="50"),
        'target[1].level: "3 kg" is a mass, expected a cell count such as "500 cells/uL" or "0.5e9/L"',
    ),
    "a time after the horizon": (
        published(time='"90 years"'),
        "target[1]: is read on day 32872.5, after the horizon of teaching_course, day 730.5, "
        "name a longer trial of the cohort, or leave the target out",
    ),
    "a group by an unknown column": (
        published(group='"agee >= 40"'),
        'target[1].group: unknown column "agee", did you mean "age"?',
    ),
    "a group by an unknown stratum": (
        published(group='"stratum = poor"'),
        'target[1].group: no patient has the stratum "poor", known are few, usual',
    ),
    "a group in another unit": (
        published(group='"age >= 40 kg"'),
        'target[1].group: "40 kg" is a mass, expected a duration such as "31 years"',
    ),
    "a condition by an unknown column": (
        published(statistic='"share"', readout=None, time=None, unit='"%"', condition='"size > 3"'),
        "target[1].condition: unknown column",
    ),
    "sigma and interval": (
        published(interval="[90, 110]"),
        "target[1].interval: has sigma and interval, give one of sigma, standard_error and interval",
    ),
    "an interval of three numbers": (
        published(sigma=None, interval="[90, 100, 110]"),
        "target[1].interval: has 3 values, give 2",
    ),
    "an interval of one number": (
        published(sigma=None, interval="[90]"),
        "target[1].interval[2]: is missing, add it to the list",
    ),
    "a tolerance in other words": (
        published(tolerance='"about 15 %"'),
        'target[1].tolerance: "about 15 %" is not a tolerance, write "within 15 %", "within 10", '
        '"within 15 % or 10", "3 to 30" or "|z| <= 2"',
    ),
    "a cohort that the population does not have": (
        published(cohort='"clinic"'),
        "--targets: no target is of a cohort of the population (none); they name clinic, "
        "add [[cohorts]] with this name, or name other targets",
    ),
}


@pytest.fixture
def refused(
    command: Callable[..., Result], contents: Callable[[], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    """Return what runs a command that has to be refused without a file, and gives the lines that it prints."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> list[str]:
        before = contents()
        result = command(*arguments)
        assert result.exit_code == 2, result.output
        assert contents() == before
        assert not (tmp_path / "results").exists()
        return result.output.splitlines()

    return run


@pytest.mark.parametrize("fault", POPULATIONS)
def test_a_malformed_population_is_refused(fault: str, refused: Callable[..., list[str]], tmp_path: Path) -> None:
    text, message = POPULATIONS[fault]
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    lines = refused("cohort", "teaching_course", "--population", "bad.toml", "-n", "8")
    assert lines[-1] == f"{path}: {message.format(folder=tmp_path)}"


@pytest.mark.parametrize("fault", TABLES)
def test_a_malformed_table_of_patients_is_refused(
    fault: str, refused: Callable[..., list[str]], tmp_path: Path
) -> None:
    text, message = TABLES[fault]
    (tmp_path / "people.toml").write_text(f'table = "clinic.csv"\n{TRAIT}', encoding="utf-8")
    if text is not None:
        (tmp_path / "clinic.csv").write_text(text, encoding="utf-8")
    lines = refused("cohort", "teaching_course", "--population", "people.toml", "-n", "8")
    assert lines[-1] == f"{tmp_path / 'clinic.csv'}: {message}"


@pytest.mark.parametrize("fault", TARGETS)
def test_a_malformed_target_file_is_refused_before_the_cohort_runs(
    fault: str, refused: Callable[..., list[str]], tmp_path: Path
) -> None:
    text, message = TARGETS[fault]
    strata = '[[stratum]]\nname = "usual"\nshare = 0.9\n[[stratum]]\nname = "few"\nshare = 0.1\n'
    (tmp_path / "people.toml").write_text(TRAIT + AGE + strata, encoding="utf-8")
    (tmp_path / "bad.toml").write_text(text, encoding="utf-8")
    options = ("--population", "people.toml", "-n", "8", "--targets", "bad.toml")
    lines = [line for line in refused("cohort", "teaching_course", *options) if line.startswith(("bad.toml", "--"))]
    assert lines[0].startswith(message if message.startswith("--") else f"bad.toml: {message}")
