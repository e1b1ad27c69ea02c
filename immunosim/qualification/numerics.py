"""Checks of the numbers: untreated state, known answers, the conformance set, SciPy, mass balances, reference bits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from immunosim.conformance import ConformanceCase, CurveComparison, cases, compare, compare_all
from immunosim.diagnosis.reference import FACTORS, digest_of, reference_test, solved_reference
from immunosim.diagnosis.self_test import LIMIT as SELF_TEST_LIMIT
from immunosim.diagnosis.self_test import self_test
from immunosim.models import drugs_of
from immunosim.problem import prepare
from immunosim.qualification.records import CheckOutcome, Tell, outcome
from immunosim.scenario import build_scenario, load_scenario
from immunosim.scenario.examples import shipped_folder
from immunosim.simulation import simulate
from immunosim.verification import Balance, Verification, verify
from immunosim.verification.reference import equations

DRIFT_LIMIT = 1e-9
"""Largest drift of an untreated pool in ten years, relative to its untreated value."""

TURNOVER_LIMIT = 1e-12
"""Largest slope of an untreated pool, 1/day, relative to its untreated value or scale."""

RESOLVED = ("one_course", "healthy_steroid_pulse", "40_all_drugs_over_five_months")
"""Regimens that are solved again by SciPy; together they give all five drugs."""

BALANCED = tuple(drug.name for drug in drugs_of() if drug.holds)


def check_untreated(tell: Tell) -> CheckOutcome:
    """Check that a person who is not treated stays as she is."""
    problem = prepare(build_scenario({"horizon": "10 years", "output": {"every": "30 days"}}), "untreated person")
    initial = problem.initial_state
    size = np.where(initial > 0.0, initial, problem.model.scales)
    slope, _ = equations(problem, np.zeros(len(problem.model.inputs)))
    steepest = float(np.max(np.abs(slope(0.0, initial)) / size))
    states = simulate(problem.scenario).solution.states
    drifts = np.max(np.abs(states - initial), axis=0) / size
    pool = problem.model.pools[int(np.argmax(drifts))]
    value = f"drift {drifts.max():.1e} ({pool}), slope {steepest:.1e} per day"
    return outcome(value, bool(drifts.max() <= DRIFT_LIMIT and steepest <= TURNOVER_LIMIT))


def check_known_answer(tell: Tell) -> CheckOutcome:
    """Check the self-test of ``immunosim doctor``."""
    test = self_test()
    return outcome(f"{test.status}, largest error {test.error:.1e} (limit {SELF_TEST_LIMIT:.0e})", test.passed)


def check_conformance(tell: Tell) -> CheckOutcome:
    """Check the conformance set, each regimen simulated alone."""
    return _conformance(map(compare, _told(cases(), tell)))


def check_conformance_in_ensembles(tell: Tell) -> CheckOutcome:
    """Check the conformance set by the core of ensembles."""
    return _conformance(compare_all(cases()))


def check_solver(tell: Tell) -> CheckOutcome:
    """Check solutions against SciPy."""
    found = [(name, verified(name)["accuracy"]) for name in _each(RESOLVED, tell)]
    name, worst = max(found, key=lambda pair: pair[1].value)
    failed = [f"{name}: {check}" for name, check in found if not check.passed]
    return outcome(f"{worst.value:.1e} ({worst.where}, {name}; limit {worst.limit:.0e})", not failed, failed)


def check_balances(tell: Tell) -> CheckOutcome:
    """Check the mass balance of each drug."""
    worst: dict[str, Balance] = {}
    for balance in (balance for name in RESOLVED for balance in verified(name).balances):
        if balance.drug not in worst or balance.error > worst[balance.drug].error:
            worst[balance.drug] = balance
    limit = verified(RESOLVED[0])["mass balance"].limit
    failed = [f"{drug}: mismatch {b.error:.1e} of {b.given:g} mg" for drug, b in worst.items() if not b.error <= limit]
    failed += [f"{drug} was not given: its balance is not checked" for drug in BALANCED if drug not in worst]
    value = ", ".join(f"{drug} {balance.error:.1e}" for drug, balance in worst.items())
    return outcome(f"{value} (limit {limit:.0e})", not failed, failed)


def check_doses(tell: Tell) -> CheckOutcome:
    """Check times, amounts and jumps of all doses, and that no pool is negative."""
    names = ("dose times", "dose amounts", "boluses", "signs")
    found = [(name, verified(name)[check]) for name in RESOLVED for check in names]
    failed = [f"{name}: {check}" for name, check in found if not check.passed]
    worst = {check: max(c.value for _, c in found if c.name == check) for check in names}
    return outcome(", ".join(f"{check} {value:.1e}" for check, value in worst.items()), not failed, failed)


def check_reference(tell: Tell) -> CheckOutcome:
    """Check the reference ensemble."""
    test = reference_test()
    notes = () if test.passed else (f"digest {test.digest}, expected {test.expected or 'none'}: report it",)
    return outcome(test.sentence, test.passed, notes)


def check_order_and_threads(tell: Tell) -> CheckOutcome:
    """Check that the reference ensemble has the same bits in another order, and on more threads."""
    whole = solved_reference()
    order = tuple(reversed(range(len(FACTORS))))
    turned = solved_reference(order, n_threads=2)
    is_same = digest_of(turned[np.argsort(order)]) == digest_of(whole)
    return outcome("same bits" if is_same else "other bits", is_same)


@cache
def verified(name: str) -> Verification:
    """Return the verification of a shipped scenario."""
    path = shipped_folder() / f"{name}.toml"
    if not path.is_file():
        path = next(case.scenario_file for case in cases() if case.name == name)
    return verify(prepare(load_scenario(path), str(path)))


def _conformance(comparisons: Iterable[CurveComparison]) -> CheckOutcome:
    found = list(comparisons)
    failed = [
        f"{c.case.name}: error {c.error:.1e} at {c.where} (limit {c.case.tolerance:.0e}; {c.case.origin})"
        for c in found
        if not c.passed
    ]
    kinds = {"algebra": True, "independent solver": False}
    worst = {kind: max(c.error for c in found if c.case.is_algebra is is_algebra) for kind, is_algebra in kinds.items()}
    errors = ", ".join(f"{error:.1e} ({kind})" for kind, error in worst.items())
    return outcome(f"{len(found) - len(failed)} of {len(found)} regimens, largest error {errors}", not failed, failed)


def _told(chosen: Sequence[ConformanceCase], tell: Tell) -> Iterable[ConformanceCase]:
    for case in chosen:
        tell(f"regimen {case.number} of {len(chosen)}")
        yield case


def _each(names: Sequence[str], tell: Tell) -> Iterable[str]:
    for place, name in enumerate(names, 1):
        tell(f"{name}, {place} of {len(names)}")
        yield name
