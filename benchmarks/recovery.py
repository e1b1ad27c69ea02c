"""Fit synthetic patients whose parameters are known, and count how often intervals hold them and verdicts are right.

Each patient's parameters are drawn from the priors of the parameter set, the counts of one course over two years get
lognormal noise, a limit of quantification for B cells, and gaps. Of every fit: the bias of what is called identified,
how often 90 % intervals by profile (data alone) and by a sample of the posterior hold the truth, and whether a
parameter that no count depends on is called flat.

    python -m benchmarks.recovery [--patients 100]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from immunosim import load_scenario
from immunosim.fitting import (
    Coordinates,
    ErrorModel,
    FreeParameter,
    Posterior,
    coordinates_of,
    estimate,
    judge_parameters,
    profiles,
    sample,
    subject_of,
)
from immunosim.fitting.likelihood.prediction import predict
from immunosim.machine import cores
from immunosim.observations import Measurement
from immunosim.problem import Problem, prepare

SCENARIO = Path(__file__).parents[1] / "configs" / "one_course.toml"
CHANGES = ("horizon=25 months",)
FITTED = ("blood_lysis_rate", "antibody_clearance", "memory_cd4_from_naive_fraction", "memory_cd8_turnover_rate")
SILENT = "platelet_draw"
ANALYTES = ("lymphocytes", "cd4", "cd8", "cd19")
MONTHS = (1, 2, 3, 6, 9, 12, 18, 24)
GAPS, LIMIT = 0.2, 10.0
"""Share of the measurements that are missing; limit of quantification of B cells, cells/uL."""

N_STEPS, N_WARM_UP = 600, 300
"""Steps of each of twenty walkers."""


@dataclass
class Tally:
    """What was counted over patients."""

    errors: dict[str, list[float]] = field(default_factory=dict)
    by_profile: list[bool] = field(default_factory=list)
    by_draws: list[bool] = field(default_factory=list)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    n_unconverged: int = 0


def main(announce: Callable[[str], None] = print) -> None:
    """Read the arguments and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=100)
    n = parser.parse_args().patients
    problem, tally = prepare(load_scenario(SCENARIO, CHANGES)), Tally()
    started = time.perf_counter()
    for seed in range(n):
        _one(problem, seed, tally)
    announce(f"{n} patients in {time.perf_counter() - started:.0f} s")
    every = [error for errors in tally.errors.values() for error in errors]
    for name, errors in [*tally.errors.items(), ("all of these", every)]:
        standard_error = 1.253 * np.std(errors) / np.sqrt(len(errors))  # of a median of normal errors
        bias = f"median bias {100 * np.median(errors):+.1f} % (standard error {100 * standard_error:.1f} %)"
        announce(f"{name}: identified in {len(errors)}, {bias}")
    for what, held in (("profile", tally.by_profile), ("draws", tally.by_draws)):
        announce(f"90 % intervals by {what}: {np.mean(held):.1%} of {len(held)} hold the truth")
    announce(f"samples that have not converged: {tally.n_unconverged} of {n}")
    for (name, kind), count in sorted(tally.kinds.items()):
        announce(f"{name} called {kind}: {count} of {n}")


def _one(problem: Problem, seed: int, tally: Tally) -> None:
    """Make a patient, fit it and count."""
    generator = np.random.default_rng(seed)
    names = [*FITTED, SILENT]
    values = {name: float(problem.vector[problem.model.position[name]]) for name in names}
    coordinates = _centred(coordinates_of(problem.parameters, values, names))
    truth = np.array([_drawn(one, generator) for one in coordinates.parameters])
    noise = dict.fromkeys(ANALYTES, ErrorModel())
    measured = _measured(problem, coordinates.names, truth, noise, generator)
    subject = subject_of("patient", problem, coordinates.names, measured, noise, shared=0.0)
    found = estimate(Posterior((subject,), coordinates, n_threads=cores()), 3, seed)
    drawn = profiles(found)
    sampled = sample(found, N_STEPS, N_WARM_UP, seed=seed)
    tally.n_unconverged += not sampled.has_converged
    low, high = np.quantile(sampled.flat, [0.05, 0.95], axis=0)
    for j, verdict in enumerate(judge_parameters(found, drawn)):
        tally.kinds[verdict.name, verdict.kind] += 1
        if verdict.name == SILENT:
            continue
        tally.by_draws.append(bool(low[j] <= truth[j] <= high[j]))
        below, above = drawn[verdict.name].is_closed
        holds = (not below or verdict.low <= truth[j]) and (not above or truth[j] <= verdict.high)
        tally.by_profile.append(bool(holds))
        if verdict.kind == "identified":
            tally.errors.setdefault(verdict.name, []).append(float(np.log(verdict.value / truth[j])))


def _centred(coordinates: Coordinates) -> Coordinates:
    """Return the parameters with priors about their own values, from which patients are drawn."""
    return Coordinates(
        tuple(replace(one, prior_median=one.value) if one.has_prior else one for one in coordinates.parameters)
    )


def _drawn(parameter: FreeParameter, generator: np.random.Generator) -> float:
    """Return a value from the prior, drawn again until it lies within the limits."""
    if not parameter.has_prior:
        return parameter.value
    while True:
        value = parameter.value * float(np.exp(parameter.prior_sd * generator.normal()))
        if parameter.lower < value < parameter.upper:
            return value


def _measured(
    problem: Problem, names: list[str], truth: np.ndarray, noise: dict[str, ErrorModel], generator: np.random.Generator
) -> list[Measurement]:
    asked = [Measurement("patient", month * 30.4375, one, 1.0) for month in MONTHS for one in ANALYTES]
    planned = subject_of("patient", problem, names, asked, noise)
    ((perfect,),) = predict((planned,), [truth[np.newaxis]])
    found = []
    for one, value in zip(asked, perfect, strict=True):
        seen = value * float(np.exp(noise[one.analyte].relative * generator.normal()))
        limit = LIMIT if one.analyte == "cd19" else 0.0
        if generator.random() >= GAPS:
            found.append(replace(one, value=max(seen, limit), is_below=seen < limit))
    return found


if __name__ == "__main__":
    main()
