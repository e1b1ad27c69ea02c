"""Tables of plausible sets that a population names: what a set changes, ensembles of several tables, malformed ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

import immunosim
from immunosim.errors import ImmunosimError

SCENARIO = """
model = "teaching"
horizon = "60 days"
population = "people.toml"

[[course]]
drug = "antibody"
start = "0 days"
dose = "30 mg"
"""
PEOPLE = """
plausible_sets = {names}
{more}

[[trait]]
name = "count"
multiplies = ["t_cell_count"]
sd = 0.3
keeps_mean = true

[[stratum]]
name = "usual"
share = 0.9
sampled = 0.75

[[stratum]]
name = "resistant"
share = 0.1
sampled = 0.25
parameters = {{ lysis_rate = "1 1/day" }}

[[cohorts]]
name = "slow"
"""
PROTOCOL = """
[visits]
every = "5 days"

[[rule]]
name = "again"
readout = "t_cells"
above = "10 cells/uL"
after = "10 days"
until = "50 days"
since_last = "10 days"

[[rule.dose]]
drug = "antibody"
dose = "30 mg"
"""
COUNTS = """t_cell_count,sd of count,share of resistant,division_rate in slow,draw,n_within,loss
1000,0.2,0.1,0.5,0,3,1.0
1500,0.3,0.2,1.0,1,3,2.0
2000,0.4,0.3,2.0,4,2,3.0
"""
UNTREATED = {"readout": "t_cells", "time": "0 days"}
MEAN = {"statistic": "mean", **UNTREATED}

Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Return what writes a scenario, its population, and tables of sets by name; a text stands for one table."""

    def write(tables: str | dict[str, str] = COUNTS, more: str = "") -> Path:
        by_name = {"sets.csv": tables} if isinstance(tables, str) else tables
        for name, text in by_name.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / "people.toml").write_text(PEOPLE.format(names=list(by_name), more=more), encoding="utf-8")
        path = tmp_path / "short.toml"
        path.write_text(SCENARIO, encoding="utf-8")
        return path

    return write


def predicted(path: Path, *statistics: dict[str, str], **options: object) -> list[dict[str, float]]:
    """Return the rows of statistics over few patients."""
    table = immunosim.predict_cohort(path, statistics, **({"patients": 16, "n_threads": 1} | options))  # type: ignore[arg-type]
    return list(table.to_dict("records"))  # type: ignore[arg-type]


def test_a_set_changes_typical_values_spreads_shares_and_factors(written: Written) -> None:
    share = {"statistic": "share", "condition": "stratum = resistant"}
    mean, sd, resistant = predicted(written(), MEAN, {"statistic": "sd", **UNTREATED}, share)
    # the value: typical count of the parameter set, spread and share of the population
    assert mean["high"] / mean["low"] == pytest.approx(2.0, rel=0.1)
    assert sd["high"] / sd["low"] == pytest.approx(4.0, rel=0.25)
    assert (resistant["value"], resistant["low"], resistant["high"]) == pytest.approx((0.1, 0.1, 0.3))
    assert (mean["n_sets"], mean["n_failed"]) == (3, 0)
    later = {"statistic": "mean", "readout": "t_cells", "time": "60 days"}
    (usual,) = predicted(written(COUNTS.replace("1000,0.2", "2000,0.4")), later)
    (slow,) = predicted(written(COUNTS.replace("1000,0.2", "2000,0.4")), later, cohort="slow")
    assert slow["value"] == usual["value"]
    assert slow["low"] < usual["low"]


def test_a_set_takes_a_row_of_each_table_from_the_first_again_after_the_last(written: Written) -> None:
    tables = {"a.csv": "t_cell_count\n1000\n1500\n2000\n", "b.csv": "sd of count\n0.01\n0.5\n"}
    path = written(tables)
    cv = {"statistic": "cv", **UNTREATED}
    first = predicted(path, MEAN, cv, sets=2)
    assert first[0]["high"] < 1700
    assert predicted(path, MEAN, cv, sets=6)[0]["n_sets"] == 6
    assert predicted(path, MEAN)[0]["n_sets"] == 3
    ((low, high),) = [(row["low"], row["high"]) for row in predicted(path, cv, sets=3)]
    assert low < 0.02 < 0.3 < high
    with pytest.raises(ImmunosimError, match="sets: 7 of 6 plausible sets cannot be taken, ask for 2 to 6"):
        predicted(path, MEAN, sets=7)


def test_a_plain_text_names_one_table(written: Written) -> None:
    path = written()
    people = path.with_name("people.toml")
    people.write_text(people.read_text(encoding="utf-8").replace("['sets.csv']", '"sets.csv"'), encoding="utf-8")
    assert predicted(path, MEAN)[0]["n_sets"] == 3


def test_sets_in_which_too_many_patients_fail_are_left_out_and_counted(written: Written) -> None:
    path = written("t_cell_count\n1000\n1000\n9900\n")
    table = immunosim.predict_cohort(path, [MEAN], patients=16, n_threads=1)
    failed = table.attrs["failed_by_set"]
    (row,) = table.to_dict("records")
    assert failed[:3] == [0, 0, 0]
    assert failed[3] > 0
    assert (row["n_sets"], row["n_failed"]) == (2, failed[3])
    assert row["high"] == row["low"]


def test_patients_treated_by_rule_are_simulated_under_each_set(written: Written) -> None:
    path = written(more='protocol = "rules.toml"')
    path.with_name("rules.toml").write_text(PROTOCOL, encoding="utf-8")
    later = {"statistic": "mean", "readout": "t_cells", "time": "60 days"}
    (by_rule,) = predicted(path, later)
    (as_planned,) = predicted(written(), later)
    assert by_rule["high"] < as_planned["high"]


MALFORMED = {
    "unknown parameter": (
        ("t_cell_count,", "t_cell_cont,"),
        'sets.csv: column t_cell_cont: is not a parameter of the model, did you mean "t_cell_count"',
    ),
    "unknown trait": (("sd of count", "sd of cont"), "sets.csv: column sd of cont: is not a trait of the population"),
    "unknown stratum": (
        ("share of resistant", "share of resistent"),
        "sets.csv: column share of resistent: is not a stratum of the population",
    ),
    "unknown cohort": (
        ("division_rate in slow", "division_rate in slo"),
        'sets.csv: column division_rate in slo: is not a named cohort of the population, did you mean "slow"?',
    ),
    "unknown parameter of a factor": (
        ("division_rate in slow", "division_rat in slow"),
        "sets.csv: column division_rat in slow: is not a parameter of the model",
    ),
    "no number": (
        ("1500,", "many,"),
        'sets.csv: line 3: column t_cell_count: "many" is not a number, write a number without a unit',
    ),
    "an empty cell": (("0.3,0.2", ",0.2"), 'sets.csv: line 3: column sd of count: "" is not a number'),
    "not finite": (
        ("1500,", "nan,"),
        "sets.csv: line 3: column t_cell_count: nan is out of bounds, write",
    ),
    "out of bounds": (
        ("0.4,0.3", "0.4,0.6"),
        "sets.csv: line 4: column share of resistant: 0.6 is out of bounds, write a number from 0.0001 to 0.5",
    ),
    "a short line": (("1500,0.3,0.2,1.0,1,3,2.0", "1500,0.3"), "sets.csv: line 3: has 2 cells, the first line 7"),
    "a column twice": (("sd of count", "t_cell_count"), "sets.csv: column t_cell_count: occurs twice"),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_table_is_refused_with_its_place_even_where_no_sets_are_asked_for(
    written: Written, what: str
) -> None:
    (old, new), message = MALFORMED[what]
    assert old in COUNTS
    path = written(COUNTS.replace(old, new, 1))
    for refuse in (lambda: immunosim.cohort(path, 4), lambda: immunosim.check(path)):
        with pytest.raises(ImmunosimError) as caught:
            refuse()
        assert message in str(caught.value)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ("t_cell_count\n", "sets.csv: holds no plausible set"),
        ("", "sets.csv: holds no plausible set"),
        ("draw,loss\n1,2\n", "sets.csv: has no column of values, add a column with the name of a parameter"),
        (
            "share of usual,share of resistant\n0.5,0.4\n",
            "share of ...: every stratum has a share of sets, and they sum to 1, leave one column out",
        ),
        (
            {"a.csv": "t_cell_count\n1000\n", "b.csv": "t_cell_count\n1000\n"},
            "b.csv: column t_cell_count: is a column of",
        ),
    ],
)
def test_tables_without_sets_or_with_names_of_another_are_refused(
    written: Written, tables: str | dict[str, str], message: str
) -> None:
    with pytest.raises(ImmunosimError) as caught:
        predicted(written(tables), MEAN)
    assert message in str(caught.value)


def test_a_missing_table_and_a_population_without_one_are_refused(written: Written) -> None:
    path = written()
    path.with_name("sets.csv").unlink()
    with pytest.raises(ImmunosimError, match=r"sets.csv: plausible_sets: does not exist, name a file relative to"):
        predicted(path, MEAN)
    people = path.with_name("people.toml")
    people.write_text(people.read_text(encoding="utf-8").replace("plausible_sets", "# "), encoding="utf-8")
    with pytest.raises(ImmunosimError, match=r"people\.toml: plausible_sets: names no plausible sets, name a table"):
        predicted(path, MEAN)


def test_a_table_is_named_once(written: Written) -> None:
    path = written()
    people = path.with_name("people.toml")
    text = people.read_text(encoding="utf-8").replace("['sets.csv']", "['sets.csv', 'sets.csv']")
    people.write_text(text, encoding="utf-8")
    with pytest.raises(ImmunosimError, match=r'people\.toml: plausible_sets: two entries are called "sets\.csv"'):
        predicted(path, MEAN)


TARGETS = """
[source]
citation = "made for a test"

[[target]]
name = "untreated"
statistic = "mean"
readout = "t_cells"
time = "0 days"
value = 1500
unit = "cells/uL"
sigma = 0.1
"""


def test_targets_have_intervals_over_the_sets_beside_those_of_patients(written: Written) -> None:
    path = written(COUNTS.replace("1000,", "1600,").replace("1500,", "1600,"))
    published = path.with_name("targets.toml")
    published.write_text(TARGETS, encoding="utf-8")
    plain = immunosim.cohort(path, 16, targets=published)
    compared = immunosim.cohort(path, 16, targets=published, sets=3, set_patients=16)
    (row,) = compared.to_dataframe().to_dict("records")
    assert compared.to_dataframe()[list(plain.to_dataframe())].equals(plain.to_dataframe())
    (same,) = predicted(path, MEAN)
    assert (row["sets_low"], row["sets_high"]) == pytest.approx((same["low"], same["high"]), rel=1e-6)
    told = compared.summary()["sets"]
    assert (told["n"], told["patients"], told["failed_by_set"]) == (3, 16, {"": [0, 0, 0]})
    assert told["outside"] == ["t_cell_count"]  # 1500 in the parameter set
    assert "plausible sets" in compared.facts()


def test_sets_are_for_targets(written: Written) -> None:
    with pytest.raises(ImmunosimError, match="sets: are for targets"):
        immunosim.cohort(written(), 4, sets=3)  # type: ignore[call-overload]
