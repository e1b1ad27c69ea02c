"""Counterfactuals are simulations without something, and their sentences say the numbers of these simulations."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import immunosim as ims
from immunosim.attribution import Counterfactuals, counterfactuals, courses_csv, effects_csv
from immunosim.attribution.effect_tables import COLUMNS
from immunosim.attribution.together import Variant, Variants
from immunosim.errors import ParameterError
from immunosim.formatting import number
from immunosim.problem import prepare
from immunosim.scenario import Scenario, build_scenario
from immunosim.simulation import simulate, solve
from immunosim.trajectory import Trajectory

STEROID = {"drug": "steroid", "start": "30 days", "dose": "10 mg", "infusion": "1 h"}
ANTIBODY = {"drug": "antibody", "start": "0 days", "dose": "30 mg", "infusion": "4 h"}
TREATED: dict[str, Any] = {"model": "teaching", "horizon": "90 days", "dose": [ANTIBODY, STEROID]}


def changed(**tables: Any) -> Scenario:
    return build_scenario(TREATED | tables)


@pytest.fixture(scope="module")
def treated() -> Trajectory:
    return simulate(changed())


@pytest.fixture(scope="module")
def asked(treated: Trajectory) -> Counterfactuals:
    return counterfactuals(treated, "t_cells", 60.0)


def by_name(result: Counterfactuals) -> dict[str, Any]:
    return {effect.left_out.name: effect for effect in result.effects}


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("dose[1]", {"dose": [STEROID]}),
        ("dose[2]", {"dose": [ANTIBODY]}),
        ("treatments", {"dose": []}),
        ("depletion", {"mechanisms": {"off": ["depletion"]}}),
        ("homeostasis", {"mechanisms": {"off": ["homeostasis"]}}),
    ],
)
def test_a_counterfactual_is_the_simulation_without_it_to_the_bit(
    asked: Counterfactuals, name: str, tables: dict[str, Any]
) -> None:
    # At the same times: how many outputs a step holds decides how they are interpolated, which moves their last bits.
    problem = replace(prepare(changed(**tables)), times=asked.times)
    alone = Trajectory.of(problem, solve(problem))
    assert np.array_equal(by_name(asked)[name].course, alone["t_cells"])
    assert by_name(asked)[name].without_it == alone.at("t_cells", 60.0)
    assert asked.value == simulate(changed()).at("t_cells", 60.0)


def test_what_starts_late_is_untreated_before_it() -> None:
    early = build_scenario(TREATED | {"dose": [ANTIBODY | {"start": "-20 days"}, STEROID]})
    result = counterfactuals(simulate(early), "t_cells", 0.0)
    course = by_name(result)["dose[1]"].course
    assert result.times[0] == -20.0
    assert course.shape == result.times.shape
    assert (course[result.times < 0.0] == course[0]).all()


def test_the_sentence_states_the_numbers_of_the_runs(asked: Counterfactuals) -> None:
    antibody = by_name(asked)["dose[1]"]
    assert asked.sentence() == (
        f"T cells in blood at month 1.97 are {number(antibody.with_it)} with antibody, "
        f"{number(antibody.without_it)} cells/µL without it; "
        "it works through lysis by the antibody (100 % of its effect)."
    )
    assert asked.headline() == asked.summary()["sentence"] == asked.sentences()[0]


def test_the_share_of_a_mechanism_is_what_disappears_when_it_stops(treated: Trajectory) -> None:
    result = counterfactuals(treated, "t_cells", 60.0)
    main = result.main
    assert main is not None
    lysis = next(item for item in main.through if item.name == "depletion")
    without_lysis = simulate(changed(mechanisms={"off": ["depletion"]}))  # the antibody comes first: it stops at once
    assert lysis.with_treatment == pytest.approx(without_lysis.at("t_cells", 60.0), rel=1e-6)
    assert lysis.share == pytest.approx(1.0 - (lysis.with_treatment - lysis.without_treatment) / main.difference)


def test_a_mechanism_that_stops_leaves_what_was_before(treated: Trajectory) -> None:
    variants = Variants(treated.problem, "t_cells")
    whole, stopped = Variant(), Variant((), ("homeostasis",), 30.0)
    variants.solve([whole, stopped])
    begin = int(np.searchsorted(treated.time, 30.0))
    after = variants.courses[stopped][begin:]
    assert after[0] == variants.courses[whole][begin]
    assert after[-1] < 0.9 * variants.courses[whole][-1]


def test_what_brings_the_drug_is_no_path_beside_what_the_drug_does(asked: Counterfactuals) -> None:
    assert asked.main is not None
    roles = {item.name: item.role for item in asked.main.through}
    assert roles["drug_kinetics"] == "carrier"
    assert roles["depletion"] == "path"
    assert "trafficking" not in roles  # it owns the cells in blood: stopped, it holds the read-out still


def test_nothing_is_said_of_a_treatment_without_effect(asked: Counterfactuals) -> None:
    late = simulate(changed(dose=[ANTIBODY, STEROID | {"dose": "0.01 mg", "implausible": True}]))
    result = counterfactuals(late, "t_cells", 89.0)
    assert {effect.left_out.name for effect in result.treatments} == {"dose[1]", "treatments"}
    assert "steroid" not in " ".join(result.sentences()).replace("antibody and steroid", "")
    assert "dose[2]" not in set(result.to_dataframe()["quantity"])
    assert "dose[2]" not in effects_csv(result) + courses_csv(result)


def test_before_a_treatment_it_changes_nothing(treated: Trajectory) -> None:
    result = counterfactuals(treated, "t_cells", 20.0)
    effect = by_name(result)["dose[2]"]
    assert not effect.is_notable
    assert effect.difference == pytest.approx(0.0, abs=result.floor)
    late = simulate(changed(dose=[ANTIBODY | {"start": "30 days"}]))
    before = counterfactuals(late, "t_cells", 10.0)
    assert before.sentence() == "T cells in blood at day 10 are 1500 cells/µL: no treatment or mechanism changes it."
    assert before.notable == ()
    assert any(sentence.startswith("At other times only: antibody (") for sentence in before.sentences())


def test_without_treatment_nothing_happens() -> None:
    result = counterfactuals(simulate(changed(dose=[])), "t_cells")
    assert result.main is None
    assert "no treatment or mechanism changes it" in result.sentence()
    assert result.at == 90.0


def test_without_a_time_the_largest_effect_is_shown(treated: Trajectory) -> None:
    result = counterfactuals(treated, "t_cells")
    assert result.is_chosen
    treatments = [effect for effect in result.effects if effect.left_out.kind != "mechanism"]
    largest = max(treatments, key=lambda effect: abs(effect.largest))
    assert result.at == largest.largest_at


def test_a_run_that_fails_is_counted_and_named(treated: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = Variants.prepared

    def failing(self: Variants, variant: Variant) -> Any:
        if variant.off == ("depletion",):
            raise ParameterError("has no untreated state")
        return prepared(self, variant)

    monkeypatch.setattr(Variants, "prepared", failing)
    result = counterfactuals(treated, "t_cells", 60.0)
    names = list(result.failures)
    stopped = "with lysis by the antibody stopped"
    assert names == ["without lysis by the antibody", stopped, f"without antibody, {stopped}"]
    assert "depletion" not in by_name(result)
    said = f"{len(names)} of {result.n_runs} simulations failed and are left out (without lysis by the antibody: "
    assert any(sentence.startswith(said) for sentence in result.sentences())


def test_an_integration_that_fails_is_a_failure_too(treated: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    prepared = Variants.prepared

    def short_of_steps(self: Variants, variant: Variant) -> Any:
        problem = prepared(self, variant)
        few = replace(problem, options=replace(problem.options, max_steps=3))
        return few if variant.off == ("thymopoiesis",) else problem

    monkeypatch.setattr(Variants, "prepared", short_of_steps)
    result = counterfactuals(treated, "t_cells", 60.0)
    assert "the integration stopped on day" in result.failures["without output of the thymus"]


def test_a_table_has_the_values_with_and_without(asked: Counterfactuals) -> None:
    table = asked.to_dataframe()
    assert list(table.columns) == list(COLUMNS)
    assert (table["with"] - table["without"] == table["difference"]).all()
    assert set(table["unit"]) == {"cells/uL"}
    assert set(table["quantity"]) == {row["quantity"] for row in asked.summary()["effects"]}


def test_several_orders_of_a_drug_are_left_out_one_by_one_and_together() -> None:
    twice = simulate(changed(dose=[ANTIBODY, ANTIBODY | {"start": "10 days"}]))
    effects = by_name(counterfactuals(twice, "t_cells", 20.0))
    assert {"dose[1]", "dose[2]", "antibody"} <= set(effects)
    assert effects["antibody"].left_out.label == "antibody (both)"
    assert effects["antibody"].without_it == pytest.approx(1500.0)


@pytest.mark.slow
def test_the_pulse_of_the_case_report_works_through_the_clones() -> None:
    case, no_pulse = (ims.load_scenario(name) for name in ("case_report", "case_report_no_methylprednisolone"))
    result = ims.explain(case, "salt_score", "course 2 + 10 months")
    day = result.at
    with_it, without_it = (number(ims.simulate(scenario).at("salt_score", day)) for scenario in (case, no_pulse))
    assert result.sentence() == (
        f"SALT score (0-100) at month 22 (10 months after second course) is {with_it} with methylprednisolone (pulse "
        f"for transverse myelitis), {without_it} without it; "
        "it works through autoreactive clones (100 % of its effect)."
    )
