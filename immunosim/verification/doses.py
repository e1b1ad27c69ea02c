"""Checks of the doses: times, amounts, jumps of the state, and the mass balance of each drug.

The segments of the integrator are checked against the scenario's events.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import ModelError
from immunosim.model.drug import Drug
from immunosim.problem import Problem
from immunosim.scenario import Bolus, Infusion, events_of
from immunosim.scenario.challenges import challenge_events
from immunosim.scenario.drug_names import known_drugs
from immunosim.verification.records import Balance, Check
from immunosim.verification.resolved import Resolved

# Dose times may move by this much (day, 0.1 ms) where two of them are one boundary.
SAME_TIME = 1e-9

# Rounding of times near day 1e3, relative to an infusion of minutes.
SAME_AMOUNT = 1e-9

BALANCE_LIMIT = 1e-6


def check_dose_times(problem: Problem) -> Check:
    """Check that every dose begins and ends on a boundary of the segments."""
    boundaries = problem.segments.boundaries
    events = events_of(problem.scenario)
    worst, where = 0.0, f"{len(events)} doses"
    for event in events:
        begin, end = _span(event)
        for verb, time in (("start", begin), ("end", end)):
            distance = float(np.abs(boundaries - time).min())
            if distance > worst:
                worst, where = distance, f"{verb} of {_title(event)} on day {time:.6g}"
    return Check("dose times", "largest distance of a dose from a boundary, day", worst, SAME_TIME, where)


def check_dose_amounts(problem: Problem) -> Check:
    """Check at every boundary that the segments have given the ordered amounts."""
    boundaries, targets = problem.segments.boundaries, _by_target(problem, _all_events(problem))
    worst, where = 0.0, f"{len(targets)} inputs and pools"
    for target, events in targets.items():
        ordered = np.sum([_cumulative(event, boundaries) for event in events], axis=0)
        mismatch = np.abs(_given(problem, target) - ordered) / (ordered[-1] or 1.0)  # an effect may be zero
        row = int(np.argmax(mismatch))
        if mismatch[row] > worst:
            worst, where = float(mismatch[row]), f"{target} until day {boundaries[row]:.6g}"
    return Check("dose amounts", "largest mismatch of amounts given and ordered", worst, SAME_AMOUNT, where)


def check_boluses(problem: Problem, resolved: Resolved, magnitudes: Array) -> Check:
    """Check that the state jumps by the boluses, and nowhere else.

    The state after a jump is known one rounding of time later. What an infusion of a second gives in that time is more
    than the limit, so what flows then is not part of the jump.
    """
    boundaries, pools = problem.segments.boundaries, problem.model.pools
    ordered = np.zeros_like(resolved.after)
    for target, events in _by_target(problem, _all_events(problem)).items():
        for event in events:
            if isinstance(event, Bolus):
                ordered[_nearest(boundaries[:-1], event.time), pools.index(target)] += event.amount
    since = np.nextafter(boundaries[:-1], np.inf) - boundaries[:-1]
    flown = since[:, np.newaxis] * _slopes(problem, resolved.after)
    mismatch = np.abs(resolved.after - flown - resolved.before[:-1] - ordered) / magnitudes
    row, pool = np.unravel_index(int(np.argmax(mismatch)), mismatch.shape)
    where = f"{pools[pool]} on day {boundaries[row]:.6g}"
    claim = "largest mismatch of a jump and the bolus, as a share of the pool's maximum"
    return Check("boluses", claim, float(mismatch[row, pool]), SAME_AMOUNT, where)


def balances_of(problem: Problem, resolved: Resolved) -> tuple[Balance, ...]:
    """Return the mass balance of each given drug, by quadrature of its eliminating processes.

    Raises
    ------
    ModelError
        If a drug was given whose declaration names a pool that the model does not have, or no drug enters a target.
    """
    nodes = problem.model.rates_at(resolved.states, problem.vector, problem.segments.inputs[resolved.segment])
    rates = nodes * resolved.weights[:, np.newaxis]
    per_segment = np.zeros((problem.segments.n_segments, rates.shape[1]))
    np.add.at(per_segment, resolved.segment, rates)
    removed = np.concatenate([np.zeros((1, rates.shape[1])), np.cumsum(per_segment, axis=0)])
    return tuple(_balances(problem, resolved, removed))


def check_balances(balances: Sequence[Balance]) -> Check:
    """Check that the given amount equals the eliminated and the remaining amount."""
    claim = "largest mismatch of a drug given, eliminated and remaining, as a share of what is given"
    if not balances:
        return Check("mass balance", claim, 0.0, BALANCE_LIMIT, "no drug given")
    worst = max(balances, key=lambda balance: np.inf if np.isnan(balance.error) else balance.error)
    return Check("mass balance", claim, worst.error, BALANCE_LIMIT, worst.drug)


def _balances(problem: Problem, resolved: Resolved, removed: Array) -> Iterator[Balance]:
    """Yield the balance of each drug from the amounts removed until each boundary, (n_segments + 1, n_processes)."""
    model = problem.model
    ends = [described[2:] for described in model.module.PROCESSES.values()]
    for drug in _balanced(problem):
        pools = [model.pools.index(name) for name in drug.holds]
        given = _entered(problem, drug)
        if given[-1] == 0.0:
            continue
        leaving = [i for i, (source, target) in enumerate(ends) if source in drug.holds and target not in drug.holds]
        eliminated = removed[:, leaving].sum(axis=1)
        held = resolved.before[:, pools].sum(axis=1)
        error = np.abs(given - eliminated - (held - held[0])) / given[-1]
        yield Balance(drug.name, float(given[-1]), float(eliminated[-1]), float(held[-1]), float(error.max()))


def _balanced(problem: Problem) -> list[Drug]:
    """Return the drugs that pools hold; whatever a dose enters must be declared by one of the model's drugs."""
    drugs = known_drugs(problem.scenario)
    for target in _by_target(problem, events_of(problem.scenario)):
        if target not in [drug.enters for drug in drugs]:
            raise ModelError(
                f'a dose enters "{target}", which no drug declares', cure="declare the drug with its pools"
            )
    balanced = [drug for drug in drugs if drug.holds]
    for drug in balanced:
        missing = [pool for pool in drug.holds if pool not in problem.model.pools]
        if missing:
            raise ModelError(f'the model has no pool "{missing[0]}" to hold {drug.label}', cure="correct its holds")
    return balanced


def _slopes(problem: Problem, states: Array) -> Array:
    """Return the derivative of each state, (n_segments, n_pools), with the inputs of its segment, per day."""
    slopes = np.empty_like(states)
    for state, inputs, slope in zip(states, problem.segments.inputs, slopes, strict=True):
        problem.model.kernels.rhs(state, problem.vector, inputs, slope)
    return slopes


def _entered(problem: Problem, drug: Drug) -> Array:
    """Return the amount entered into the pools of a drug until each boundary, before the jump there, mg."""
    total = np.sum([_given(problem, pool) for pool in drug.holds], axis=0)
    if drug.is_infused and not _is_frozen(problem, drug.entered_pool):
        fraction = problem.vector[problem.model.position[drug.available_fraction]] if drug.available_fraction else 1.0
        total = total + fraction * _given(problem, drug.enters)
    entered: Array = total
    return entered


def _given(problem: Problem, target: str) -> Array:
    """Return the amount that the segments have given into an input or a pool until each boundary, before the jump."""
    segments, model = problem.segments, problem.model
    if target in model.inputs:
        amounts = segments.inputs[:, model.inputs.index(target)] * np.diff(segments.boundaries)
    else:
        amounts = segments.jumps[:, model.pools.index(target)]
    return np.concatenate([[0.0], np.cumsum(amounts)])


def _all_events(problem: Problem) -> list[Infusion | Bolus]:
    """Return the doses and the challenges."""
    return [*events_of(problem.scenario), *(event for _, event in challenge_events(problem.scenario))]


def _by_target(problem: Problem, given: Sequence[Infusion | Bolus]) -> dict[str, list[Infusion | Bolus]]:
    """Return events by the input or pool they enter, without jumps of pools that are switched off."""
    events: dict[str, list[Infusion | Bolus]] = {}
    for event in given:
        target = event.input if isinstance(event, Infusion) else event.pool
        if isinstance(event, Infusion) or not _is_frozen(problem, target):
            events.setdefault(target, []).append(event)
    return events


def _cumulative(event: Infusion | Bolus, boundaries: Array) -> Array:
    """Return the amount given by an event until each boundary, before the jump, with its times moved to boundaries."""
    begin, end = (boundaries[_nearest(boundaries, time)] for time in _span(event))
    if begin == end:
        return np.where(boundaries > begin, event.amount, 0.0)
    amounts: Array = event.amount * np.clip((boundaries - begin) / (end - begin), 0.0, 1.0)
    return amounts


def _span(event: Infusion | Bolus) -> tuple[float, float]:
    return (event.start, event.stop) if isinstance(event, Infusion) else (event.time, event.time)


def _nearest(boundaries: Array, time: float) -> int:
    return int(np.abs(boundaries - time).argmin())


def _is_frozen(problem: Problem, pool: str) -> bool:
    return problem.model.module.POOLS[pool][2] in problem.scenario.mechanisms.off


def _title(event: Infusion | Bolus) -> str:
    return event.label or (event.input if isinstance(event, Infusion) else event.pool)
