"""A cohort under a protocol is stored, cut and identified as any other; its patients are those of single runs."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from immunosim.cohorts import CohortRequest, cohort_plan, open_cohort
from immunosim.scenario.population import Population
from immunosim.sweeps import Base, Plan, RunOptions, Shard, digest_of, run_sweep
from immunosim.sweeps.plan import recipe_from

N = 20
KEPT = CohortRequest(n=N, readouts=("t_cells",), at=(0.0, 180.0), endpoints=("nadir of t_cells from 3 months",))
PROTOCOL = """
[visits]
every = "1 month"
jitter = "5 days"

[dropout]
rate = "0.2/year"

[[assay]]
readout = "t_cells"
cv = 0.1

[[rule]]
name = "again"
readout = "t_cells"
above = "{level}"
after = "2 months"
until = "5 months"
since_last = "1 month"

[[rule.dose]]
drug = "antibody"
dose = "30 mg"
"""


@pytest.fixture(scope="module")
def planned(
    base: Base, described: Callable[..., Population], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Plan]:
    """Return what plans a cohort under a protocol whose rule applies above a level."""
    folder = tmp_path_factory.mktemp("protocol")
    here = replace(base, folder=folder)

    def plan(level: str = "75 cells/uL", of: str = PROTOCOL, kept: CohortRequest = KEPT) -> Plan:
        (folder / "protocol.toml").write_text(of.format(level=level), encoding="utf-8")
        trait = {"name": "count", "multiplies": ["t_cell_count"], "sd": 0.3}
        return cohort_plan(described(protocol="protocol.toml", trait=[trait]), here, kept)

    return plan


def test_a_rule_gives_doses_to_some_patients_and_their_courses_show_it(planned, tmp_path: Path) -> None:
    run_sweep(planned(), tmp_path / "a.nc", RunOptions(1))
    run_sweep(planned("1e6 cells/uL"), tmp_path / "b.nc", RunOptions(1))
    under, without = open_cohort(tmp_path / "a.nc").dataset, open_cohort(tmp_path / "b.nc").dataset
    treated = under["again_orders"].values == 1
    assert 0 < treated.sum() < N
    assert (without["again_orders"].values == 0).all()
    lower = under["t_cells"].values[:, 1] < 0.9 * without["t_cells"].values[:, 1]
    assert lower[treated].all()
    assert under["nadir_t_cells"].values[~treated].tobytes() == without["nadir_t_cells"].values[~treated].tobytes()
    assert (under["again_day"].values[treated] >= 60.0).all()
    assert (np.isnan(under["again_day"].values) == ~treated).all()
    left = under["dropout_day"].values
    assert (under["again_day"].values[treated] <= left[treated]).all()


def test_chunks_shards_and_resuming_leave_the_digest(planned, tmp_path: Path) -> None:
    plan = planned()
    run_sweep(plan, tmp_path / "whole.zarr", RunOptions(1, N))
    run_sweep(plan, tmp_path / "parts.zarr", RunOptions(2, 3, shard=Shard(2, 2)))
    run_sweep(plan, tmp_path / "parts.zarr", RunOptions(1, is_resumed=True))
    assert digest_of(tmp_path / "parts.zarr") == digest_of(tmp_path / "whole.zarr")


def test_a_patient_is_the_same_alone_and_in_the_cohort(planned) -> None:
    source = planned().recipe.population
    plan = planned()
    values = plan.design.rows(0, N)
    asked = plan.recipe.question
    whole, columns = source.simulate(values, source.rows(values), asked, 1)
    for patient in range(0, N, 7):
        line = values[patient : patient + 1]
        alone, own = source.simulate(line, source.rows(line), asked, 1)
        assert alone.readouts[0].tobytes() == whole.readouts[patient].tobytes()
        assert {name: column[1][0].tobytes() for name, column in own.items()} == {
            name: column[1][patient].tobytes() for name, column in columns.items()
        }


def test_the_identity_holds_the_protocol(planned) -> None:
    plan = planned()
    again = recipe_from(json.loads(json.dumps(plan.identity)), "scenario")
    assert again.as_dict() == plan.recipe.as_dict()
    assert planned("90 cells/uL").fingerprint != plan.fingerprint


def test_a_protocol_does_not_keep_pools(planned, refusal) -> None:
    kept = CohortRequest(n=2, pools=True, at=(1.0,))
    assert "pools: are not kept under a protocol, keep read-outs" in refusal(planned, kept=kept)
