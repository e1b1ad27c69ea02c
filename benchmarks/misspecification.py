"""Whether the cause of a misfit is named: synthetic patients, each with one planted fault, are fitted and explained.

    python -m benchmarks.misspecification --patients 10 --workers 2

Patients are those of ``benchmarks.interval_coverage``, with 14 to 20 visits. Faults: 6 % of the values three times too
large or too small; a course that was given 30 days later than the scenario says; errors proportional to the value,
fitted as of one absolute size; errors assumed to be half or twice as large as they are. Patients without a fault show
how often a right fit is doubted. Seeds are fixed, so that a run can be repeated.
"""

from __future__ import annotations

import argparse
import json
import time
import tomllib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.interval_coverage import LIMIT, LITERATURE, POPULATION, is_simulated, patient, prior_names, two_courses
from immunosim.fitting import ErrorModel, FitOptions, case_of, estimate, judge_fit
from immunosim.fitting.conclusions.misfit import explanations
from immunosim.observations import PatientRecord
from immunosim.problem import Problem, prepare
from immunosim.scenario import build_scenario, to_toml

FAULTS = {
    "outliers": "outliers",
    "dose date": "dose date",
    "noise form": "noise form",
    "noise twice too small": "noise size",
    "noise twice too large": "noise size",
    "none": "",
}
"""Planted faults, and the cause that is right."""

SHARE, FACTOR, LATE = 0.06, 3.0, 30.0

VISITS = (14, 20)
"""Fewest and most visits: about one a month, as these patients are monitored."""


@dataclass(frozen=True)
class Outcome:
    """What one patient adds to the study; ``named`` is empty where nothing was doubted or is clear."""

    fault: str
    seed: int
    n: int
    p_value: float
    runs_p_value: float
    form_p_value: float
    prior_p_value: float
    is_rejected: bool
    named: str
    named_if_asked: str
    ranked: tuple[tuple[str, float], ...]
    seconds: tuple[float, float]


def faulty(fault: str, seed: int) -> tuple[Problem, PatientRecord, dict[str, ErrorModel]] | None:
    """Return the problem, record and noise of a patient as they reach the fit, with a fault planted.

    None where the truth cannot be simulated.
    """
    problem = two_courses()
    given = _late(problem, seed % 2) if fault == "dose date" else problem
    _, record, noise = patient(given, prior_names(problem), LITERATURE if seed % 2 else POPULATION, seed, VISITS)
    if not is_simulated(record):
        return None
    if fault == "outliers":
        record = _with_outliers(record, seed)
    elif fault == "noise form":
        noise = {analyte: _absolute(model, record, analyte) for analyte, model in noise.items()}
    elif fault.startswith("noise twice"):
        factor = 2.0 if fault.endswith("large") else 0.5
        noise = {analyte: replace(model, relative=model.relative * factor) for analyte, model in noise.items()}
    return problem, record, noise


def _late(problem: Problem, course: int) -> Problem:
    document = tomllib.loads(to_toml(problem.scenario))
    start = float(document["course"][course]["start"].split()[0])
    document["course"][course]["start"] = f"{start + LATE} day"
    return prepare(build_scenario(document))


def _with_outliers(record: PatientRecord, seed: int) -> PatientRecord:
    generator = np.random.default_rng([seed, 6])
    seen = list(record.measurements)
    known = [i for i, one in enumerate(seen) if not one.is_below]
    for i in generator.choice(known, max(1, round(SHARE * len(seen))), replace=False):
        seen[i] = replace(seen[i], value=seen[i].value * FACTOR ** generator.choice([-1.0, 1.0]))
    return replace(record, measurements=tuple(seen))


def _absolute(model: ErrorModel, record: PatientRecord, analyte: str) -> ErrorModel:
    values = [one.value for one in record.measurements if one.analyte == analyte and not one.is_below]
    return ErrorModel("additive", 0.0, model.relative * float(np.median(values or [LIMIT])))


def one_patient(fault: str, seed: int, starts: int) -> Outcome | None:
    """Fit one patient and explain the fit; None where its truth cannot be simulated."""
    planted = faulty(fault, seed)
    if planted is None:
        return None
    problem, record, noise = planted
    begun = time.process_time()
    best = estimate(case_of(problem, [record], FitOptions(noise=noise)).alone(), starts)
    fitted = time.process_time()
    verdict = judge_fit(best)
    rows = explanations(best)
    first = rows[0].cause if rows and rows[0].is_clear else ""
    named = first if verdict.is_suspicious else ""
    ranked = tuple((row.cause, round(row.log_bayes_factor, 1)) for row in rows[:5])
    tests = (verdict.p_value, verdict.runs_p_value, verdict.form_p_value, verdict.prior_p_value, verdict.is_rejected)
    seconds = (fitted - begun, time.process_time() - fitted)
    return Outcome(fault, seed, verdict.n_measurements, *tests, named, first, ranked, seconds)


def main() -> None:
    """Run the study and print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=10, help="of each fault")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--faults", nargs="*", default=list(FAULTS), choices=list(FAULTS))
    parser.add_argument("--starts", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="write every patient as JSON")
    asked = parser.parse_args()
    tasks = [(fault, asked.first + k, asked.starts) for k in range(asked.patients) for fault in asked.faults]
    with ProcessPoolExecutor(asked.workers, get_context("spawn")) as pool:
        running = [pool.submit(one_patient, *task) for task in tasks]
        done = []
        for task in running:
            if (outcome := task.result()) is not None:
                done.append(outcome)
                print(json.dumps(asdict(outcome)), flush=True)
    for fault in asked.faults:
        print(f"{fault}:", json.dumps(counted(fault, [one for one in done if one.fault == fault])))
    if asked.out:
        asked.out.write_text(json.dumps([asdict(one) for one in done], indent=1) + "\n")


def counted(fault: str, own: list[Outcome]) -> dict[str, object]:
    """Return how often the right cause was named, and what else was."""
    return {
        "patients": len(own),
        "named right": sum(one.named == FAULTS[fault] for one in own),
        "named": dict(Counter(one.named or "nothing" for one in own)),
        "named right if asked": sum(one.named_if_asked == FAULTS[fault] for one in own),
        "rejected": sum(one.is_rejected for one in own),
        "CPU seconds, fit and explanations": [
            round(float(np.median([one.seconds[k] for one in own])), 1) for k in (0, 1)
        ],
    }


if __name__ == "__main__":
    main()
