"""What holds for every model: at rest untreated, equations that agree, and every verb that reads a scenario.

One scenario a model, from its own declaration: its first drug at its usual dose.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import immunosim as ims
from immunosim.codegen.equations import describe
from immunosim.codegen.latex import latex_document
from immunosim.model.package import ModelPackage
from immunosim.models import find_model
from immunosim.models.registry import BUILT_IN
from immunosim.plots.network_diagram import network_diagram
from immunosim.problem import Problem, prepare
from immunosim.report import summarise
from immunosim.scenario import Scenario, build_scenario

HORIZON = "60 days"


# The example package is compiled anew: half a minute.
@pytest.fixture(scope="module", params=[*BUILT_IN, pytest.param("anti_cd20", marks=pytest.mark.slow)])
def package(request: pytest.FixtureRequest) -> ModelPackage:
    if request.param not in BUILT_IN:
        request.getfixturevalue("plugin")
    return find_model(request.param)


@pytest.fixture(scope="module")
def readout(package: ModelPackage) -> str:
    """Return the read-out that a report of the model explains."""
    network = package.declare(package.parameters().units(), is_validated=False)
    return str(network.questions.explained)


def each_drug_once(package: ModelPackage) -> dict[str, Any]:
    """Return a scenario's document: a plausible dose of every drug, or an effect, one a week."""
    doses = [
        {"drug": drug.name, "start": f"{7 * number} days"}
        | ({"effect": 0.5} if drug.takes_effect else {"dose": f"{np.sqrt(np.prod(drug.plausible)):.0f} mg"})
        for number, drug in enumerate(package.drugs)
    ]
    return {"title": "each drug once", "model": package.name, "horizon": HORIZON, "dose": doses}


@pytest.fixture(scope="module")
def scenario(package: ModelPackage) -> Scenario:
    return build_scenario(each_drug_once(package))


@pytest.fixture(scope="module")
def problem(scenario: Scenario) -> Problem:
    return prepare(scenario)


@pytest.fixture(scope="module")
def trajectory(scenario: Scenario) -> Any:
    return ims.simulate(scenario)


def test_the_untreated_state_is_steady(problem: Problem) -> None:
    state, slopes = problem.initial_state, np.zeros(len(problem.model.pools))
    problem.model.kernels.rhs(state, problem.vector, np.zeros(len(problem.model.inputs)), slopes)
    np.testing.assert_allclose(slopes / problem.model.scales, 0.0, atol=1e-12)


def test_the_jacobian_is_the_derivative_of_the_right_hand_side(problem: Problem, trajectory: Any) -> None:
    model, vector, state = problem.model, problem.vector, trajectory.solution.states[-1].copy()
    inputs, values = np.zeros(len(model.inputs)), np.zeros(model.kernels.n_jacobian)
    model.kernels.jacobian(state, vector, inputs, values)
    dense = np.zeros((state.size, state.size))
    dense[list(model.module.JACOBIAN_ROWS), list(model.module.JACOBIAN_COLUMNS)] = values
    for column, scale in enumerate(model.scales):
        # An empty pool needs a step that rounding of large flows does not drown: at 1e-3 of the scale the error of the
        # difference quotient was 2e-4, at 1e-2 it is 2e-5, at 1e-1 it is 1e-6.
        step = 1e-6 * max(abs(state[column]), 1e-2 * scale)
        ends = []
        for sign in (1, -1):
            moved, slopes = state.copy(), np.zeros(state.size)
            moved[column] += sign * step
            model.kernels.rhs(moved, vector, inputs, slopes)
            ends.append(slopes)
        expected = (ends[0] - ends[1]) / (2 * step)
        size = np.abs(dense[:, column]).max() + 1e-12
        np.testing.assert_allclose(dense[:, column] / size, expected / size, atol=1e-4)


def test_an_independent_solver_mass_balances_and_doses_agree(trajectory: Any) -> None:
    assert [str(check) for check in ims.verify(trajectory).failures] == []


def test_every_drug_is_balanced_or_says_why_not(package: ModelPackage, trajectory: Any) -> None:
    balanced = {balance.drug for balance in ims.verify(trajectory).balances}
    assert balanced == {drug.name for drug in package.drugs if not drug.without_balance}


def test_a_summary_names_every_drug_and_is_plain_json(package: ModelPackage, trajectory: Any) -> None:
    summary = json.loads(json.dumps(summarise(trajectory)))
    assert summary["dose_totals"].keys() == {drug.name for drug in package.drugs if not drug.takes_effect}
    assert summary["status"]["name"] == "OK"


def test_a_page_is_written(trajectory: Any, tmp_path: Path) -> None:
    trajectory.report(tmp_path / "page.html")
    assert "each drug once" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_readout_is_what_it_is_because_of_something(scenario: Scenario, readout: str) -> None:
    found = ims.explain(scenario, readout, at=60.0)
    assert found.failures == {}
    assert found.main is not None
    assert found.value == found.main.with_it
    assert f" with {found.main.left_out.label}, " in found.sentence()


def test_a_change_is_explained_without_a_residual(scenario: Scenario, readout: str) -> None:
    found = ims.explain(scenario, readout, at=60.0, accounting=True)
    assert abs(found.residual) <= 1e-6 * max(abs(found.change), 1.0)


def test_a_sweep_ends_with_every_patient(scenario: Scenario, package: ModelPackage, readout: str) -> None:
    name = next(name for name in package.parameters() if package.parameters().value(name) > 0.0)
    found = ims.ensemble(
        scenario, {name: package.parameters().value(name) * np.array([0.9, 1.0, 1.1])}, readouts=[readout]
    )
    assert found.status.tolist() == [0, 0, 0]


def test_a_diagram_equations_latex_and_schema_are_made(package: ModelPackage) -> None:
    parameters = package.parameters()
    network = package.declare(parameters.units())
    described = describe(network)
    assert network_diagram(described).axes
    assert latex_document(network, parameters).rstrip().endswith(r"\end{document}")
    assert {pool.name for pool in described.pools} == set(network.pools)


FITTED = {
    "alemtuzumab": "antibody_clearance",
    "alemtuzumab_1": "antibody_clearance",
    "teaching": "lysis_rate",
    "anti_cd20": "anti_cd20_clearance",
}


def test_a_fit_finds_the_value_that_made_the_data(package: ModelPackage, readout: str, trajectory: Any) -> None:
    name = FITTED[package.name]
    points = [{"time": f"{day} days", "value": float(trajectory.at(readout, day))} for day in (1, 3, 10, 20, 40, 60)]
    observed = {"readout": readout, "unit": trajectory.unit(readout), "points": points}
    # Priors of the others, of which six values say little, would move what they are confounded with.
    scenario = build_scenario(each_drug_once(package) | {"observed": [observed]})
    found = ims.fit(scenario, free=[name], fix=["others"], starts=2)
    values = found.to_dataframe()
    assert float(values["value"].iloc[0]) == pytest.approx(package.parameters().value(name), rel=0.05)
