"""The blood side of the second version: what titres, emigrants, steroids, fumarate and the traits of patients do."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from immunosim.codegen.loader import Model
from immunosim.cohorts import read_population, shipped_populations
from immunosim.parameters import ParameterSet
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory
from immunosim.units import DAYS_PER_MONTH as MONTH

COURSES: list[dict[str, Any]] = [
    {"start": f"{12 * i} months", "dose": "12 mg", "doses": doses, "every": "24 h", "infusion": "4 h"}
    | {"premedication": True}
    for i, doses in enumerate((5, 3))
]
SWITCHES = (
    *("antibody_kinetics", "anti_drug_antibody", "depletion", "trafficking", "thymopoiesis", "recent_emigrants"),
    *("t_cell_homeostasis", "regulatory_t_cells", "b_cell_repopulation", "nk_cells", "other_lymphocytes"),
    *("cytokines", "corticosteroids", "steroid_tolerance", "prior_therapy"),
)


def run(months: int = 25, courses: int = 2, off: tuple[str, ...] = (), **tables: Any) -> Trajectory:
    given: dict[str, Any] = {
        "course": COURSES[:courses],
        "horizon": f"{months} months",
        "mechanisms": {"off": list(off)},
    }
    return simulate(build_scenario(given | tables))


def of_titre(titre: float, **parameters: float) -> Trajectory:
    return run(patient={"anti_drug_antibody": titre}, parameters=parameters)


def on_fumarate(stop: int, months: int, **tables: Any) -> Trajectory:
    given = {"start": "0 days", "stop": f"{stop} months", "dose": "240 mg", "times_per_day": 2}
    return run(months, courses=0, dimethyl_fumarate=[given], **tables)


def after_pulse(dose: str, doses: int) -> float:
    """Return the highest tissue effect of daily infusions."""
    pulse = {"start": "1 day", "dose": dose, "doses": doses, "every": "24 h", "infusion": "1 h"}
    return float(run(2, courses=0, methylprednisolone=[pulse])["glucocorticoid_effect"].max())


def on_month(trajectory: Trajectory, name: str, month: float) -> float:
    return float(np.interp(month * MONTH, trajectory.time, trajectory[name]))


def test_titres_make_no_difference_if_antibody_does_not_neutralise() -> None:
    none, high = (of_titre(titre, neutralising_strength=0.0) for titre in (0.0, 10.0))
    for name in ("cd4", "cd8", "cd19", "alemtuzumab_serum"):
        np.testing.assert_array_equal(none[name], high[name])


@pytest.mark.parametrize(("month", "least"), [(1, 1.8), (3, 1.05), (13, 1.8), (15, 1.05)])
def test_a_titre_raises_cd4_after_each_course(month: int, least: float) -> None:
    counts = [on_month(of_titre(titre), "cd4", month) for titre in (0.0, 1.0, 3.7)]
    assert counts[1] > least * counts[0]
    assert counts[2] > counts[1]


@pytest.mark.parametrize(
    ("titre", "expected"), [(0.0, (10, 13)), (0.25, (13, 19)), (1.0, (22, 34)), (3.7, (46, 64)), (13.6, (91, 110))]
)
def test_cd4_a_month_after_each_course_depends_on_the_titre_as_fitted(titre: float, expected: tuple[int, int]) -> None:
    """The numbers are those of an independent implementation, before the last calibration moved values."""
    patient = of_titre(titre)
    assert [on_month(patient, "cd4", month) for month in (1, 13)] == pytest.approx(expected, rel=0.2)


def test_an_assay_with_complexes_reads_neutralised_drug_as_well() -> None:
    none, high = of_titre(0.0), of_titre(3.7)
    assert on_month(high, "alemtuzumab_serum", 0.5) > on_month(none, "alemtuzumab_serum", 0.5)


@pytest.mark.parametrize(("sensitivity", "most"), [(0.3, 1.035), (1.0, 1.02), (4.0, 1.0)])
def test_counts_stay_low_on_fumarate_and_hardly_overshoot_after_it(sensitivity: float, most: float) -> None:
    patient = on_fumarate(40, 72, parameters={"fumarate_sensitivity": sensitivity})
    share = patient["lymphocytes"] / patient["lymphocytes"][0]
    late = share[(patient.time >= 15 * MONTH) & (patient.time <= 36 * MONTH)]
    assert (late - np.minimum.accumulate(late)).max() < 0.03
    assert share[patient.time > 40 * MONTH].max() < most
    assert share[-1] > 0.85


def test_counts_return_later_after_years_of_fumarate_in_a_sensitive_patient() -> None:
    def months_to_return(stop: int) -> float:
        patient = on_fumarate(stop, stop + 60, parameters={"fumarate_sensitivity": 8.0})
        halfway = (on_month(patient, "lymphocytes", stop) + patient["lymphocytes"][0]) / 2
        since = patient.time - stop * MONTH
        return float(since[np.argmax((since > 0) & (patient["lymphocytes"] > halfway))]) / MONTH

    assert months_to_return(40) > 1.5 * months_to_return(5)


def test_half_the_capacity_of_cd8_division_is_seen_after_a_year() -> None:
    full, half = (run(13, parameters={"cd8_division_capacity": value}) for value in (1.0, 0.5))
    assert on_month(half, "cd8", 12) < 0.85 * on_month(full, "cd8", 12)
    assert half["cd8"][0] == full["cd8"][0]


def test_sex_changes_no_number() -> None:
    female, male = (run(patient={"sex": sex}) for sex in ("female", "male"))
    for name in ("lymphocytes", "cd4", "salt_score", "methylprednisolone_plasma", "thyroid_antibody"):
        np.testing.assert_array_equal(female[name], male[name])


def fastest_slope(model: Model, values: Mapping[str, float], off: tuple[str, ...] = ()) -> float:
    """Return the largest slope of a pool in the untreated state, relative to its value where that is not small."""
    vector = model.close(dict(values), off)
    state, slope = model.baseline(vector), np.zeros(len(model.pools))
    model.module.rhs(state, vector, np.zeros(len(model.inputs)), slope)
    return float(np.max(np.abs(slope) / np.maximum(state, model.scales)))


@pytest.mark.parametrize("off", [(), *((name,) for name in SWITCHES)])
@pytest.mark.parametrize("age", [20.0, 34.0, 65.0])
def test_the_untreated_state_is_steady_at_any_age_whatever_is_off(
    model: Model, defaults: dict[str, float], age: float, off: tuple[str, ...]
) -> None:
    assert fastest_slope(model, defaults | {"age": age}, off) < 1e-14


@pytest.mark.parametrize("age", [20.0, 34.0, 65.0])
def test_recent_emigrants_are_part_of_the_untreated_naive_count(
    model: Model, defaults: dict[str, float], age: float
) -> None:
    values = defaults | {"age": age}
    counts = []
    for off in ((), ("recent_emigrants",)):
        vector = model.close(values, off)
        inputs = np.zeros((1, len(model.inputs)))
        read = model.readouts_at(model.baseline(vector)[None], vector, inputs)[0]
        named = dict(zip(model.readouts, read, strict=True))
        counts.append(named["cd4"])
    assert counts[0] == pytest.approx(counts[1], rel=1e-12)


@pytest.mark.parametrize("off", ["thymopoiesis", "recent_emigrants"])
def test_without_a_thymus_or_its_stage_there_are_no_recent_emigrants(off: str) -> None:
    patient = run(off=(off,))
    assert not patient["recent_cd4"].any()
    assert not patient["recent_cd8"].any()


def test_recent_emigrants_bring_naive_cells_back_into_blood_sooner() -> None:
    seen, unseen = (on_month(run(3, 1, off), "naive_fraction_of_cd4", 2) for off in ((), ("recent_emigrants",)))
    assert seen > 1.5 * unseen


def test_tissue_effects_of_pulses_lie_in_order_and_apart() -> None:
    pulses = (("100 mg", 3), ("1 g", 1), ("500 mg", 3), ("1 g", 5))
    small, single, usual, full = (after_pulse(*pulse) for pulse in pulses)
    assert single - small > 0.05
    assert usual - single > 0.1
    assert full - usual > 0.1


def test_a_pulse_of_one_gram_does_to_an_untreated_person_what_was_fitted() -> None:
    pulse = {"start": "1 day", "dose": "1 g", "infusion": "1 h"}
    healthy = run(1, courses=0, methylprednisolone=[pulse], output={"every": "1 h"})
    hours = 24 * (healthy.time - 1)
    share = healthy["lymphocytes"] / healthy["lymphocytes"][0]
    found = np.interp([2, 8, 24, 36, 72], hours, share)
    np.testing.assert_allclose(found, [0.56, 0.33, 0.72, 1.01, 1.26], atol=0.01)
    levels = 1e3 * np.interp([24, 48], hours, healthy["methylprednisolone_plasma"])
    np.testing.assert_allclose(levels, [25.8, 7.46], rtol=0.005)
    assert 4 < hours[np.argmin(share)] < 10


def test_without_tolerance_the_receptor_stays_and_the_second_gram_acts_as_the_first(model: Model) -> None:
    pulse = {"start": "1 day", "dose": "1 g", "doses": 3, "every": "24 h", "infusion": "1 h"}
    healthy = run(1, courses=0, methylprednisolone=[pulse])
    fixed = run(1, courses=0, methylprednisolone=[pulse], off=("steroid_tolerance",))
    assert healthy["steroid_receptor"].min() < 0.85
    assert np.ptp(fixed["steroid_receptor"]) == 0.0
    assert fixed["cd4"].min() < healthy["cd4"].min()


ILL = {"thyroid_liability": 3.0, "platelet_liability": 5.0, "gbm_liability": 5.0}
PATCH = {"follicle_clone_size": 0.02, "antigen_amplification": 3.5, "field_at_risk": 0.2}
READ: dict[str, tuple[str, float]] = {
    "all_counts": ("lymphocytes", 0),
    "cd4_counts": ("cd4", 0),
    "cd8_counts": ("cd8", 0),
    "b_counts": ("cd19", 0),
    "nk_counts": ("nk", 0),
    "cd4_division": ("cd4", 12),
    "cd8_division": ("cd8", 12),
    "lysis": ("cd4", 1),
    "exchange": ("cd4", 1),
    "thymus": ("naive_fraction_of_cd4", 12),
    "clearance": ("alemtuzumab_serum", 0.5),
    "b_turnover": ("cd19", 3),
    "naive_split": ("naive_fraction_of_cd4", 0),
    "anti_drug_titre": ("neutralising_titre", 1),
    "fumarate_sensitivity": ("lymphocytes", 12),
    "relapse_activity": ("relapse_rate", 0),
    "thyroid_tempo": ("thyroid_antibody", 15),
    "platelet_tempo": ("platelet_antibody", 15),
    "gbm_tempo": ("gbm_antibody", 15),
    "thyroid_remission": ("thyroid_antibody", 60),
    "platelet_remission": ("platelet_antibody", 60),
    "gbm_remission": ("gbm_antibody", 60),
    "skin_clone": ("autoreactive_cd8_effector", 0),
    "skin_amplification": ("autoreactive_cd8_effector", 12),
    "clone_restraint": ("clone_size", 12),
    "field": ("salt_score", 12),
}
"""The read-out that each trait is named for, and the month at which it is read."""
TRAITS = read_population(shipped_populations("alemtuzumab")["trials"]).trait


def moved(trait: Any, values: Mapping[str, float], factor: float) -> dict[str, float]:
    """Return the values that a trait changes in a patient who lies at a factor from the typical one."""
    changed = {name: values[name] * factor for name in trait.multiplies}
    for name in trait.odds:
        odds = factor * values[name] / (1 - values[name])
        changed[name] = odds / (1 + odds)
    for first, second in trait.splits:
        total, ratio = values[first] + values[second], factor * values[first] / values[second]
        changed |= {first: total * ratio / (1 + ratio), second: total / (1 + ratio)}
    return changed


@pytest.mark.parametrize("trait", TRAITS, ids=lambda trait: trait.name)
def test_each_trait_moves_the_read_out_that_it_is_named_for(trait: Any, parameters: ParameterSet) -> None:
    values = parameters.values() | ILL | PATCH | {"anti_drug_antibody": 1.0}
    name, month = READ[trait.name]
    run_trait: Callable[..., Trajectory] = run
    if trait.name == "fumarate_sensitivity":
        run_trait = lambda months, **tables: on_fumarate(24, months, **tables)  # noqa: E731
    read = []
    for factor in (1.0, np.exp(trait.sd)):
        given = ILL | PATCH | moved(trait, values, factor)
        titre = given.pop("anti_drug_antibody", 1.0)
        patient = run_trait(61, patient={"anti_drug_antibody": titre}, parameters=given)
        read.append(on_month(patient, name, month))
    assert abs(np.log(read[1] / read[0])) > 0.04
