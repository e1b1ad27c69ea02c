"""Whether intervals hold: patients whose truth is drawn from priors are fitted as a user's are, and counted.

    python -m benchmarks.interval_coverage --patients 200 --workers 2

Every parameter with a prior differs between patients. One half is of the population: by the priors that fits use,
which is what their intervals promise to hold for. The other half is as the literature alone has it, about its medians
with its spreads: patients that the calibrated population does not have, which shows what the prior costs them. Each
patient has a noise of its own (known to the fit), visits at irregular times with gaps in what was measured, and a limit
of quantification. Seeds are fixed, so that a run can be repeated.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from scipy.stats import chi2

from immunosim import load_scenario
from immunosim.codegen.loader import Array
from immunosim.ensembles import Endpoint, simulate_ensemble
from immunosim.fitting import ErrorModel, FitOptions, Fitted, case_of, estimate, profiles, subject_of
from immunosim.fitting.conclusions.goodness_of_fit import judge_fit
from immunosim.fitting.conclusions.recovery import forecast
from immunosim.fitting.likelihood.prediction import predict
from immunosim.fitting.parameter_selection import with_priors
from immunosim.fitting.search.profiles import Profile
from immunosim.observations import Measurement, PatientRecord
from immunosim.problem import Problem, prepare

ANALYTES = ("lymphocytes", "cd4", "cd8", "cd19")
GOALS = (("cd4", "0.2e9/L"), ("cd4", "0.4e9/L"), ("lymphocytes", "1.0e9/L"))
LEVELS = (0.9, 0.8)
SHARED = 0.5
LIMIT = 20.0
"""Limit of quantification of subsets, cells/uL."""

STARTS = 20
POPULATION, LITERATURE = "the population", "the literature"
"""Where the truth of a patient comes from."""


@dataclass(frozen=True)
class Outcome:
    """What one patient adds to the study: per level, (held, of) of parameters and of each goal; CPU seconds."""

    truth: str
    parameters: dict[float, tuple[int, int]]
    goals: dict[float, list[bool | None]]
    p_value: float
    seconds: float
    missed: tuple[str, ...]


def patient(
    problem: Problem, names: list[str], about: str, seed: int, visits: tuple[int, int] = (4, 9)
) -> tuple[Array, PatientRecord, dict[str, ErrorModel]]:
    """Return the true parameters, the record and the noise of a synthetic patient with so many visits."""
    generator = np.random.default_rng([seed, about == LITERATURE])
    parameters = [problem.parameters[name] for name in names]
    priors = [one.prior if about == LITERATURE else one.prior_of_patients for one in parameters]
    middle = np.array([prior.median for prior in priors])
    truth = middle * np.exp(np.array([prior.sd for prior in priors]) * generator.normal(size=len(names)))
    sd = generator.uniform(0.08, 0.2)
    last = generator.uniform(395.0, 600.0)
    days = np.sort(generator.uniform(5.0, last, size=int(generator.integers(visits[0], visits[1] + 1))))
    asked = [
        Measurement(f"S{seed}", float(day), analyte, 1.0)
        for day in days
        for analyte in ANALYTES
        if analyte == "lymphocytes" or generator.uniform() < 0.75
    ]
    noise = {analyte: ErrorModel("lognormal", sd) for analyte in sorted({one.analyte for one in asked})}
    subject = subject_of(f"S{seed}", problem, names, asked, noise)
    clean = predict((subject,), [truth[np.newaxis]])[0][0]
    return truth, PatientRecord(f"S{seed}", tuple(_measured(asked, clean, sd, generator))), noise


def _measured(
    asked: list[Measurement], clean: Array, sd: float, generator: np.random.Generator
) -> Iterator[Measurement]:
    common: dict[float, float] = {}
    for one, value in zip(asked, clean, strict=True):
        shared = common.setdefault(one.time, generator.normal())
        error = np.sqrt(SHARED) * shared + np.sqrt(1.0 - SHARED) * generator.normal()
        seen = float(value * np.exp(sd * (shared if one.analyte == "lymphocytes" else error)))
        is_below = one.analyte != "lymphocytes" and seen < LIMIT
        yield replace(one, value=LIMIT if is_below else seen, is_below=is_below)


def is_simulated(record: PatientRecord) -> bool:
    """Return whether the truth of a synthetic patient could be simulated."""
    return all(np.isfinite(one.value) for one in record.measurements)


def _holds(profile: Profile, truth: float, level: float) -> bool:
    """Return whether the interval of the posterior's profile holds a value: its rise there is below the threshold."""
    at = np.log(profile.values)
    signed = np.sign(at - at[np.argmin(profile.rise_with_prior)]) * np.sqrt(np.maximum(profile.rise_with_prior, 0.0))
    root = np.interp(np.log(truth), at, signed, left=-np.inf, right=np.inf)
    return bool(root**2 <= 0.5 * chi2.ppf(level, 1))


def one_patient(about: str, seed: int, n_starts: int = STARTS, has_profiles: bool = True) -> Outcome | None:
    """Fit one synthetic patient; None where its truth cannot be simulated."""
    problem = two_courses()
    names = prior_names(problem)
    truth, record, noise = patient(problem, names, about, seed)
    if not is_simulated(record):
        return None
    begun = time.process_time()
    case = case_of(problem, [record], FitOptions(noise=noise))
    best = estimate(case.alone(), n_starts)
    found = Fitted(best, profiles(best, case.reported) if has_profiles else {})
    seconds = time.process_time() - begun
    true = dict(zip(names, truth.tolist(), strict=True))
    held = {level: [_holds(one, true[name], level) for name, one in found.profiles.items()] for level in LEVELS}
    since = 365.25 + 4
    columns = {name: np.array([value]) for name, value in true.items()}
    endpoints = [Endpoint("last_below", *goal, start=since, name=f"goal_{i}") for i, goal in enumerate(GOALS)]
    exact = simulate_ensemble(problem.scenario, columns, endpoints=endpoints)
    days = [_day(float(exact[f"goal_{i}"][0]), since, problem.scenario.horizon) for i in range(len(GOALS))]
    goals = {}
    for level in LEVELS:
        back = forecast(case.subjects[0], found.draws(), since, GOALS, level)
        goals[level] = [bool(one.low <= day <= one.high) for one, day in zip(back, days, strict=True)]
    missed = tuple(name for name, one in found.profiles.items() if not _holds(one, true[name], 0.9))
    counts = {level: (sum(own), len(own)) for level, own in held.items()}
    return Outcome(about, counts, goals, judge_fit(best).p_value, seconds, missed)


def _day(day: float, since: float, horizon: float) -> float:
    return since if np.isnan(day) else np.inf if day >= horizon - 1e-6 else day


def prior_names(problem: Problem) -> list[str]:
    """Return the names of the parameters that differ between patients: all with a prior."""
    position = problem.model.position
    values = {name: float(problem.vector[position[name]]) for name in problem.parameters}
    return with_priors(problem.parameters, values)


def two_courses() -> Problem:
    """Return the treatment of all patients."""
    return prepare(load_scenario(Path(__file__).parents[1] / "configs" / "two_courses.toml"))


def main() -> None:
    """Run the study and print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--starts", type=int, default=STARTS, help="of each fit; fewer reach the same maximum sooner")
    parser.add_argument("--forecasts-only", action="store_true", help="without profiles, which forecasts do not need")
    parser.add_argument("--out", type=Path, help="write what was counted as JSON")
    asked = parser.parse_args()
    tasks = [(LITERATURE if k % 2 else POPULATION, asked.first + k) for k in range(asked.patients)]
    with ProcessPoolExecutor(asked.workers, get_context("spawn")) as pool:
        done = []
        for task in [pool.submit(one_patient, *one, asked.starts, not asked.forecasts_only) for one in tasks]:
            outcome = task.result()
            if outcome is None:
                continue
            done.append(outcome)
            print(f"\r{len(done)} of {len(tasks)}", end="", flush=True)
            if asked.out:  # so that a run that is stopped has counted something
                asked.out.write_text(json.dumps(_tables(done), indent=1) + "\n")
    print()
    for truth, text in _tables(done).items():
        print(f"patients of {truth}:", json.dumps(text))


def _tables(done: list[Outcome]) -> dict[str, dict[str, object]]:
    """Return what was counted, by where the truth lay."""
    text = {}
    for truth in (POPULATION, LITERATURE):
        own = [one for one in done if one.truth == truth]
        if own:
            text[truth] = {"patients": len(own), **_counted(own)}
    return text


def _counted(own: list[Outcome]) -> dict[str, object]:
    missed = [name for one in own for name in one.missed]
    return {
        **{f"parameters in {level:.0%}": _share([one.parameters[level] for one in own]) for level in LEVELS},
        **{
            f"forecasts in {level:.0%}, {' '.join(goal)}": round(
                float(np.mean([one.goals[level][i] for one in own])), 3
            )
            for level in LEVELS
            for i, goal in enumerate(GOALS)
        },
        "called wrong": sum(one.p_value < 0.01 for one in own),
        "CPU seconds a fit, median": round(float(np.median([one.seconds for one in own])), 2),
        "missed": {name: missed.count(name) for name in sorted(set(missed), key=missed.count, reverse=True)[:8]},
    }


def _share(counts: list[tuple[int, int]]) -> float:
    held, of = np.sum(counts, axis=0)
    return round(float(held / of), 3) if of else float("nan")


if __name__ == "__main__":
    main()
