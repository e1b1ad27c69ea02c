"""The results of a cohort do not depend on how it is cut, shared out, interrupted or stored."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from immunosim.cohorts import BoundPopulation, CohortRequest, bound_population, cohort_plan, open_cohort
from immunosim.cohorts.rows import CohortDesign, CohortRows
from immunosim.ensembles import replay
from immunosim.scenario.population import Population
from immunosim.simulation import simulate
from immunosim.sweeps import Base, Plan, RunOptions, Shard, digest_of, open_result, read_base, run_sweep
from immunosim.sweeps.blocks import template_of
from immunosim.sweeps.cluster import solve_block
from immunosim.sweeps.merging import merge_stores
from immunosim.sweeps.plan import recipe_from
from immunosim.sweeps.running import begin

N = 100
KEPT = CohortRequest(n=N, readouts=("t_cells",), at=(0.0, 30.0, 180.0), endpoints=("nadir of t_cells",))


@pytest.fixture(scope="module")
def plan(rich: BoundPopulation, base: Base) -> Plan:
    """Return 100 patients of two strata."""
    return cohort_plan(rich.population, base, KEPT)


@pytest.fixture(scope="module")
def whole(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the store of an uninterrupted run."""
    path = tmp_path_factory.mktemp("cohort") / "whole.zarr"
    run_sweep(plan, path, RunOptions(1, 16))
    return path


@pytest.mark.parametrize(("rows", "threads"), [(7, 2), (1000, 1)])
def test_chunks_and_threads_leave_the_digest(plan: Plan, whole: Path, tmp_path: Path, rows: int, threads: int) -> None:
    run_sweep(plan, tmp_path / "a.zarr", RunOptions(threads, rows))
    assert digest_of(tmp_path / "a.zarr") == digest_of(whole)


def test_a_netcdf_file_has_the_digest_of_the_store(plan: Plan, whole: Path, tmp_path: Path) -> None:
    run_sweep(plan, tmp_path / "a.nc", RunOptions(2))
    assert digest_of(tmp_path / "a.nc") == digest_of(whole)


def test_shards_and_merged_parts_leave_the_digest(plan: Plan, whole: Path, tmp_path: Path) -> None:
    for number in (2, 1):
        run_sweep(plan, tmp_path / f"{number}.zarr", RunOptions(1, 16, shard=Shard(number, 2)))
    merge_stores(tmp_path / "a.zarr", [tmp_path / "1.zarr", tmp_path / "2.zarr"])
    assert digest_of(tmp_path / "a.zarr") == digest_of(whole)


def test_an_interrupted_run_is_resumed_to_the_same_digest(plan: Plan, whole: Path, tmp_path: Path) -> None:
    run_sweep(plan, tmp_path / "a.zarr", RunOptions(1, 16, shard=Shard(2, 3)))
    run_sweep(plan, tmp_path / "a.zarr", RunOptions(2, is_resumed=True))
    assert digest_of(tmp_path / "a.zarr") == digest_of(whole)


def test_a_worker_builds_the_same_patients_from_the_identity_alone(plan: Plan, whole: Path, tmp_path: Path) -> None:
    begin(plan, tmp_path / "a.zarr", 16, template_of(plan.recipe), "")
    identity = json.dumps(plan.recipe.as_dict())
    for block, start in ((6, 96), (2, 32)):
        values = plan.design.rows(start, min(start + 16, N))
        assert solve_block(str(tmp_path / "a.zarr"), identity, block, values) == (len(values), 0)
    result, expected = open_result(tmp_path / "a.zarr"), open_result(whole)
    assert result["t_cells"][32:48].tobytes() == expected["t_cells"][32:48].tobytes()


def test_the_first_patients_of_a_larger_cohort_are_the_same(plan: Plan, whole: Path, tmp_path: Path) -> None:
    rows = plan.recipe.population
    assert isinstance(rows, CohortRows)
    larger = replace(plan, design=CohortDesign(rows.bound, 300))
    run_sweep(larger, tmp_path / "a.nc", RunOptions(2))
    few, many = open_cohort(whole).dataset, open_cohort(tmp_path / "a.nc").dataset
    for name in ("t_cells", "nadir_t_cells", "weight", "count", "years"):
        assert few[name].values.tobytes() == many[name].values[:N].tobytes(), name


def test_another_population_is_another_cohort(plan: Plan, base: Base, rich: BoundPopulation) -> None:
    other = rich.population.model_copy(update={"seed": 1})
    assert cohort_plan(other, base, KEPT).fingerprint != plan.fingerprint
    assert cohort_plan(rich.population, base, KEPT).fingerprint == plan.fingerprint


def test_the_identity_of_a_cohort_gives_the_same_recipe(plan: Plan) -> None:
    again = recipe_from(plan.identity, "scenario")
    assert again.as_dict() == plan.recipe.as_dict()


def test_a_result_has_a_dimension_of_patients_with_weights_and_strata(whole: Path) -> None:
    cohort = open_cohort(whole)
    assert cohort.dataset["t_cells"].dims == ("patient", "time")
    assert cohort.dataset["patient"].values.tolist() == list(range(N))
    assert {"weight", "stratum", "count", "years"} <= set(cohort.dataset.coords)
    assert set(cohort.stratum) == {"usual", "resistant"}
    assert cohort.unexplained == {"resistant": {"thymic_export_rate": 0.5}}
    assert "unexplained by covariates (resistant)" in cohort.facts()
    values, weight = cohort.stored["nadir_t_cells"], cohort.weight
    order = np.argsort(values)
    half = np.searchsorted(np.cumsum(weight[order]), 0.5 * weight.sum())
    assert cohort.summary()["nadir_t_cells"]["median"] == values[order][half]


def test_a_patient_can_be_replayed_alone(whole: Path) -> None:
    again = replay(open_result(whole), 5)
    assert again.is_reproduced
    assert again.status == "OK"


def test_a_stratum_has_its_own_regimen(base: Base, described: Callable[..., Population], tmp_path: Path) -> None:
    regimen = 'model = "teaching"\nhorizon = "6 months"\n'
    (tmp_path / "none.toml").write_text(regimen, encoding="utf-8")
    strata = [{"name": "treated", "share": 0.5}, {"name": "untreated", "share": 0.5, "regimen": "none.toml"}]
    section = described(stratum=strata, trait=[{"name": "count", "multiplies": ["t_cell_count"], "sd": 0.3}])
    bound = bound_population(section, replace(base, folder=tmp_path))
    plan = cohort_plan(section, replace(base, folder=tmp_path), KEPT)
    run_sweep(plan, tmp_path / "a.nc", RunOptions(2))
    cohort = open_cohort(tmp_path / "a.nc")
    lost = cohort.dataset["t_cells"].values[:, 0] - cohort.dataset["nadir_t_cells"].values
    is_treated = cohort.stratum == "treated"
    assert lost[is_treated].min() > 100.0
    assert lost[~is_treated].max() < 1.0
    assert [stratum.name for stratum in bound.strata] == ["treated", "untreated"]


def test_doses_per_body_weight_follow_the_patient(described: Callable[..., Population], tmp_path: Path) -> None:
    base = read_base("one_course", ["horizon=30 days", "course.1.dose=0.2 mg/kg"])
    weight = {"name": "mass", "sets": "patient.weight", "distribution": "lognormal", "median": "70 kg", "log_sd": 0.3}
    plan = cohort_plan(described(covariate=[weight]), base, CohortRequest(n=8, readouts=("cd4",), at=(30.0,)))
    result = run_sweep(plan, tmp_path / "a.nc", RunOptions(1))
    kilograms = float(result["mass"][3])
    alone = read_base("one_course", ["horizon=30 days", "course.1.dose=0.2 mg/kg", f"patient.weight={kilograms!r} kg"])
    assert result["cd4"][3, 0] == pytest.approx(simulate(alone.scenario).at("cd4", 30.0), rel=1e-4)


def test_untreated_counts_are_covariates(described: Callable[..., Population], tmp_path: Path) -> None:
    base = read_base("one_course", ["horizon=30 days"])
    count = {"name": "before", "sets": "patient.baseline.cd4", "distribution": "lognormal"}
    section = described(covariate=[count | {"median": "0.9e9/L", "log_sd": 0.3}])
    plan = cohort_plan(section, base, CohortRequest(n=8, readouts=("cd4",), at=(0.0,)))
    result = run_sweep(plan, tmp_path / "a.nc", RunOptions(1))
    assert result["cd4"][:, 0] == pytest.approx(result["before"], rel=1e-12)
    assert np.median(result["before"]) == pytest.approx(900.0, rel=0.1)
    assert replay(result, 2).is_reproduced
