"""What a read-out would be without each treatment and each mechanism: the scenario is simulated again without it.

With r the read-out, x a treatment, and m a mechanism that stops on the day on which x begins:

    effect of x                 e   = r(everything) - r(without x)                            (C1)
    its effect without m        e_m = r(m stops)    - r(m stops, without x)                   (C2)
    share that goes through m         1 - e_m / e                                             (C3)

Every run is a simulation of its own: nothing is linearised, and shares need not add up to one. In (C2) m does not stop
earlier: without lysis there would have been no disease for a later treatment to change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from immunosim.attribution.effects import MOST, Counterfactual, Counterfactuals, Role, Through, main_of
from immunosim.attribution.engine import check_readout, check_times
from immunosim.attribution.left_out import LeftOut, mechanisms_of, treatments_of
from immunosim.attribution.together import Variant, Variants
from immunosim.attribution.weights import Weights
from immunosim.attribution.wording import listed
from immunosim.codegen.loader import Array
from immunosim.errors import SolverError
from immunosim.model.drug import Drug
from immunosim.problem import Problem
from immunosim.trajectory import Trajectory

RESOLUTION = 0.01
"""Differences up to this share of the read-out's value count as nothing."""

NOISE = 10.0
"""Relative differences below this multiple of the relative tolerance may be solver error."""


def counterfactuals(trajectory: Trajectory, readout: str, at: float | None = None) -> Counterfactuals:
    """Simulate a scenario without each of its treatments and mechanisms, and compare a read-out.

    Parameters
    ----------
    trajectory : Trajectory
        Complete.
    readout : str
        Name of a read-out or a pool.
    at : float, day, optional
        Time of the question; by default the one at which a treatment makes the largest difference.

    Returns
    -------
    Counterfactuals
        A run that fails is counted and named in its ``failures``.

    Raises
    ------
    ExplanationError
        If the read-out is unknown or the time lies outside the simulated time.
    SolverError
        If the trajectory failed.
    """
    if not trajectory.is_complete:
        raise SolverError(trajectory.failure())
    check_readout(trajectory, readout)
    check_times(trajectory, {} if at is None else {"at": at})
    problem = trajectory.problem
    times = trajectory.time if at is None else np.union1d(trajectory.time, [at])
    variants = Variants(replace(problem, times=times), readout)
    candidates = [*treatments_of(problem.scenario), *mechanisms_of(problem.scenario, _labels(problem))]
    variants.solve([Variant(), *map(_variant, candidates)])
    values = variants.courses[Variant()]
    floor = _floor(problem, readout, values)
    thresholds = np.maximum(floor, RESOLUTION * np.abs(values))
    present = [item for item in candidates if _variant(item) in variants.courses]
    courses = {item: variants.courses[_variant(item)] for item in present}
    when = _most_telling(values, courses, thresholds) if at is None else int(np.searchsorted(times, at))
    effects = [_effect(item, course, values, thresholds, times, when) for item, course in courses.items()]
    effects.sort(key=lambda effect: -abs(effect.difference))
    return Counterfactuals(
        readout=readout,
        label=trajectory.label(readout),
        unit=trajectory.unit(readout),
        at=float(times[when]),
        is_chosen=at is None,
        times=times,
        values=values,
        floor=floor,
        thresholds=thresholds,
        effects=tuple(_with_mechanisms(effects, thresholds[when], variants, when)),
        failures=_failures(candidates, variants),
        n_runs=len(variants.courses) + len(variants.failures),
        info=problem.model.about(readout),
        scenario=problem.scenario,
    )


def _labels(problem: Problem) -> dict[str, str]:
    return {name: label for name, (label, _) in problem.model.module.MECHANISMS.items()}


def _variant(item: LeftOut) -> Variant:
    return Variant(item.keys, (item.off,) if item.off else ())


def _floor(problem: Problem, readout: str, values: Array) -> float:
    """Return the size up to which a value is nothing: unseen, undetected, or solver error."""
    info = problem.model.about(readout)
    solver = NOISE * problem.options.rtol * float(np.abs(values).max())
    return max(info.unseen_below, info.detection_limit or 0.0, solver)


def _most_telling(values: Array, courses: dict[LeftOut, Array], thresholds: Array) -> int:
    """Return where a treatment, or without any treatment a mechanism, makes the largest difference."""
    treatments = [course for item, course in courses.items() if item.kind != "mechanism"]
    differences = np.abs(np.array([values, *(treatments or courses.values())]) - values).max(axis=0)
    return int(np.argmax(differences)) if (differences > thresholds).any() else values.size - 1


def _effect(item: LeftOut, course: Array, values: Array, thresholds: Array, times: Array, when: int) -> Counterfactual:
    differences = values - course
    largest = int(np.argmax(np.abs(differences)))
    is_more = np.abs(differences) > thresholds
    return Counterfactual(
        left_out=item,
        course=course,
        with_it=float(values[when]),
        without_it=float(course[when]),
        largest=float(differences[largest]),
        largest_at=float(times[largest]),
        is_notable=bool(is_more[when]),
        is_ever_notable=bool(is_more.any()),
    )


def _failures(candidates: Sequence[LeftOut], variants: Variants) -> dict[str, str]:
    """Return what could not be simulated in words, and why."""
    treatments = {item.keys: item.label for item in candidates if item.keys}
    mechanisms = {item.off: item.label for item in candidates if item.off}
    described = {}
    for variant, reason in variants.failures.items():
        stopped = listed([mechanisms[name] for name in variant.off]) if variant.off else ""
        names = [f"without {treatments[variant.keys]}"] if variant.keys else []
        names += [f"without {stopped}" if variant.since is None else f"with {stopped} stopped"] if stopped else []
        described[", ".join(names)] = reason
    return described


def _with_mechanisms(
    effects: Sequence[Counterfactual], threshold: float, variants: Variants, when: int
) -> Iterator[Counterfactual]:
    """Yield effects, that of the most effective treatment with its mechanisms."""
    main = main_of(effects, threshold)
    mechanisms = mechanisms_of(variants.problem.scenario, _labels(variants.problem))
    if main is not None:
        shown = _showing(variants.problem, variants.readout)
        mechanisms = [mechanism for mechanism in mechanisms if mechanism.off != shown]
        variants.solve(variant for mechanism in mechanisms for variant in _stopped(main.left_out, mechanism))
    for effect in effects:
        if effect is main:
            through = _through(effect, variants, mechanisms, when)
            yield replace(effect, through=tuple(sorted(through, key=lambda item: -item.share)))
        else:
            yield effect


def _through(effect: Counterfactual, variants: Variants, mechanisms: Sequence[LeftOut], when: int) -> Iterator[Through]:
    item = effect.left_out
    for mechanism in mechanisms:
        both = _stopped(item, mechanism)
        if all(variant in variants.courses for variant in both):
            with_it, without_it = (float(variants.courses[variant][when]) for variant in both)
            share = 1.0 - (with_it - without_it) / effect.difference
            role: Role = "path"
            if item.drug is not None and _carries(variants, mechanism.off, item.drug):
                role = "carrier"
            elif abs(without_it - effect.without_it) > MOST * abs(effect.difference):
                role = "condition"
            yield Through(mechanism.off, mechanism.label, with_it, without_it, share, role)


def _stopped(item: LeftOut, mechanism: LeftOut) -> tuple[Variant, Variant]:
    """Return a scenario with and without a treatment, in which a mechanism stops when the treatment begins."""
    return Variant((), (mechanism.off,), item.start), Variant(item.keys, (mechanism.off,), item.start)


def _carries(variants: Variants, mechanism: str, drug: Drug) -> bool:
    """Return whether a mechanism brings a drug to where it acts: it owns its pools, or alone reads its input."""
    model = variants.problem.model
    if any(model.module.POOLS[pool][2] == mechanism for pool in drug.holds):
        return True
    if drug.enters not in model.inputs:
        return False
    stopped = variants.prepared(Variant((), (mechanism,)))
    states = np.tile(stopped.initial_state, (1, 1))
    inputs = np.zeros((1, len(model.inputs)))
    given = inputs.copy()
    given[:, model.inputs.index(drug.enters)] = 1.0
    return np.array_equal(model.rates_at(states, stopped.vector, given), model.rates_at(states, stopped.vector, inputs))


def _showing(problem: Problem, readout: str) -> str:
    """Return the mechanism that owns more than half of a read-out: stopped, it would only hold the read-out still."""
    model, state = problem.model, problem.initial_state[np.newaxis]
    weights = Weights.of(problem, readout, direct=True).direct(state, problem.inputs_at(problem.times[:1]))[0]
    parts = np.abs(weights) * np.abs(state[0])
    parts = parts if parts.any() else np.abs(weights) * model.scales
    owned: dict[str, float] = {}
    for pool, part in zip(model.pools, parts, strict=True):
        owner = model.module.POOLS[pool][2]
        owned[owner] = owned.get(owner, 0.0) + float(part)
    owner = max(owned, key=lambda name: owned[name])
    return owner if owned[owner] > MOST * sum(owned.values()) else ""
