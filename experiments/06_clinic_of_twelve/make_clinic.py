"""Make a table of twelve synthetic patients: ``python experiments/06_clinic_of_twelve/make_clinic.py``.

Writes configs/data/clinic.csv, as a clinic would keep it, and configs/data/clinic_truth.csv. Three parameters differ
between patients (lognormally, about the parameter set's values), one of them also with weight; a fourth is the same in
all, off the set's value. Counts have the week-to-week noise of the fits, subsets share half of it with the total; B
cells have a limit of quantification; counts and visits are missing; two patients were not treated as planned. All of it
is assumed.
"""

from __future__ import annotations

import csv
import datetime
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from immunosim import load_scenario
from immunosim.fitting import ErrorModel, scenario_of, subject_of
from immunosim.fitting.likelihood.prediction import predict
from immunosim.observations import Measurement, PatientRecord
from immunosim.observations.records import RecordedDose
from immunosim.problem import Problem, prepare
from immunosim.report import write_file

CONFIGS = Path(__file__).parents[2] / "configs"
SEED, N = 20190304, 12

SPREADS = {"blood_lysis_rate": 0.4, "antibody_clearance": 0.15, "memory_cd4_from_naive_fraction": 0.3}
"""Standard deviation of the logarithm between patients."""

COMMON = "memory_cd8_turnover_rate"
SHARED, EFFECT = 1.3, 1.25
"""What the common parameter is multiplied by; factor on the clearance for 12 kg more."""

WEIGHT, WEIGHT_SD = 72.0, 12.0
ANALYTES = ("lymphocytes", "cd4", "cd8", "cd19")
MONTHS = (1, 2, 3, 6, 9, 12, 13, 15, 18, 24)
SD, SHARE, LIMIT = 0.132, 0.5, 10.0
"""Noise, what subsets share of it with the total, limit of quantification of B cells (cells/uL)."""

NO_COUNT, NO_VISIT, JITTER = 0.1, 0.06, 4.0
"""Shares of counts and of visits that are missing; standard deviation of the day of a visit."""

HEADERS = ("patient", "date", "lymphocytes [1e9/L]", "CD4 [cells/uL]", "CD8 [cells/uL]", "CD19 [cells/uL]")
HEADERS += ("dose [mg]", "age [years]", "weight [kg]", "sex")

SECOND = 365
"""Day of the second course."""


@dataclass(frozen=True)
class Made:
    """A patient: what a clinic knows, and the parameters."""

    record: PatientRecord
    values: dict[str, float]
    rows: list[list[str]]


def main() -> None:
    """Write both tables."""
    for name, text in tables().items():
        path = CONFIGS / "data" / name
        write_file(path, text.encode())
        print(f"wrote {path.relative_to(CONFIGS.parent)}")


def tables() -> dict[str, str]:
    """Return the text of both tables by file name."""
    problem = prepare(load_scenario(CONFIGS / "clinic.toml"))
    generator = np.random.default_rng(SEED)
    made = [_patient(problem, k, generator) for k in range(N)]
    names = list(made[0].values)
    truth = [[one.record.name, *(f"{one.values[name]:.6g}" for name in names)] for one in made]
    about = "# Twelve synthetic patients, made by experiments/06_clinic_of_twelve/make_clinic.py."
    return {
        "clinic.csv": _csv(about, HEADERS, [row for one in made for row in one.rows]),
        "clinic_truth.csv": _csv(f"{about} Their true parameters.", ("patient", *names), truth),
    }


def _patient(problem: Problem, k: int, generator: np.random.Generator) -> Made:
    weight = float(np.round(generator.normal(WEIGHT, WEIGHT_SD)))
    age = float(generator.integers(22, 52))
    sex = "male" if generator.random() < 0.3 else "female"
    name = f"P{k + 1:02d}"
    record = PatientRecord(name, doses=tuple(_doses(name)), covariates={"age": age, "weight": weight, "sex": sex})
    values = _values(problem, weight, generator)
    days = [0.0, *(month * 30.4375 + generator.normal(0.0, JITTER) for month in MONTHS)]
    # The count before a course is taken the day before its first infusion or on it.
    days = sorted(
        float(round(min(day, SECOND - 1) if month == 12 else day))
        for day, month in zip(days, (0, *MONTHS), strict=True)
    )
    seen = _counts(problem, record, values, days, generator)
    return Made(record, values, _rows(problem, record, days, seen))


def _doses(name: str) -> list[RecordedDose]:
    """Return what a patient was given: P04 had the second course two months late, P09 half of every dose at first."""
    second = SECOND + 61 if name == "P04" else SECOND
    first = 6.0 if name == "P09" else 12.0
    given = [(float(day), first) for day in range(5)] + [(float(second + day), 12.0) for day in range(3)]
    return [RecordedDose(name, day, "alemtuzumab", mass, 4 / 24) for day, mass in given]


def _values(problem: Problem, weight: float, generator: np.random.Generator) -> dict[str, float]:
    typical = {name: float(problem.vector[problem.model.position[name]]) for name in (*SPREADS, COMMON)}
    values = {name: typical[name] * float(np.exp(sd * generator.normal())) for name, sd in SPREADS.items()}
    values["antibody_clearance"] *= EFFECT ** ((weight - WEIGHT) / WEIGHT_SD)
    return values | {COMMON: typical[COMMON] * SHARED}


def _counts(
    problem: Problem, record: PatientRecord, values: dict[str, float], days: list[float], generator: np.random.Generator
) -> np.ndarray:
    """Return counts with noise, shape (n_visits, n_analytes); NaN where they are missing."""
    own = prepare(scenario_of(problem.scenario, record))
    asked = [Measurement(record.name, day, analyte, 1.0) for day in days for analyte in ANALYTES]
    subject = subject_of(record.name, own, list(values), asked, dict.fromkeys(ANALYTES, ErrorModel()))
    perfect = predict((subject,), [np.array([list(values.values())])])[0][0].reshape(len(days), len(ANALYTES))
    total = generator.normal(size=(len(days), 1))
    errors = generator.normal(size=perfect.shape)
    errors[:, 1:] = np.sqrt(SHARE) * total + np.sqrt(1.0 - SHARE) * errors[:, 1:]
    errors[:, :1] = total
    seen = perfect * np.exp(SD * errors)
    seen[generator.random(seen.shape) < NO_COUNT] = np.nan
    seen[generator.random(len(days)) < NO_VISIT] = np.nan
    return seen


def _rows(problem: Problem, record: PatientRecord, days: list[float], seen: np.ndarray) -> list[list[str]]:
    """Return the rows of a patient in the order of time: visits, and infusions on rows of their own."""
    start = problem.scenario.start_date
    assert start is not None
    traits = [f"{record.covariates[name]:g}" for name in ("age", "weight")] + [str(record.covariates["sex"])]
    entries = [(day, _cells(row), "") for day, row in zip(days, seen, strict=True) if np.isfinite(row).any()]
    entries += [(dose.time, [""] * len(ANALYTES), f"{dose.amount:g}") for dose in record.doses]
    return [
        [record.name, (start + datetime.timedelta(days=int(day))).isoformat(), *cells, dose, *traits]
        for day, cells, dose in sorted(entries, key=lambda entry: entry[0])
    ]


def _cells(row: np.ndarray) -> list[str]:
    total, *subsets = row
    cells = ["" if np.isnan(total) else f"{total:.2f}"]
    for analyte, value in zip(ANALYTES[1:], subsets, strict=True):
        is_below = analyte == "cd19" and value < LIMIT
        cells.append("" if np.isnan(value) else f"<{LIMIT:g}" if is_below else f"{value:.0f}")
    return cells


def _csv(about: str, headers: tuple[str, ...], rows: list[list[str]]) -> str:
    text = io.StringIO()
    text.write(f"{about}\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(rows)
    return text.getvalue()


if __name__ == "__main__":
    main()
