"""Whether twelve synthetic patients are found again: see README.md for the question and the answer."""

import csv
import runpy
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from immunosim import load_scenario
from immunosim.fitting import FitOptions, FitProblem, PopulationFit, case_of, estimate, fit_population, judge_fit
from immunosim.formatting import unit_text
from immunosim.machine import cores
from immunosim.observations import read_observations
from immunosim.plots.style import BLUE, GREY, VERMILION
from immunosim.problem import prepare

HERE = Path(__file__).parent
CONFIGS = HERE.parents[1] / "configs"
MADE = runpy.run_path(str(HERE / "make_clinic.py"))
COMMON, EFFECT, WEIGHT_SD = MADE["COMMON"], MADE["EFFECT"], MADE["WEIGHT_SD"]
FREE = (*MADE["SPREADS"], COMMON)
NINETY = 1.645


def run() -> tuple[dict[str, float], Figure]:
    """Fit the clinic in two stages and compare with the truth."""
    problem = prepare(load_scenario(CONFIGS / "clinic.toml"))
    observations, _ = read_observations(CONFIGS / "data" / "clinic.csv", problem.scenario)
    case = case_of(problem, list(observations), FitOptions(FREE, ("others",), n_threads=cores()))
    alone = [estimate(case.alone(place), 4) for place in range(len(case.patients))]
    arrangement = case.arranged([COMMON], {"antibody_clearance": ["weight"]})
    population = fit_population(case.subjects, arrangement, alone, n_threads=cores())
    truth = _truth([who.name for who in case.patients], [*arrangement.individual, COMMON])
    errors = np.sqrt(np.diag(population.estimate.covariance))
    found = np.log(population.estimate.values)
    effect = np.log(EFFECT) * arrangement.effects[0].per / WEIGHT_SD
    distance = np.log(_values(population) / truth[:, :3])
    numbers = {
        "common": abs(found[0] - np.log(truth[0, 3])) / errors[0],
        "effect": abs(found[1] - effect) / errors[1],
        "medians": _distance_of_medians(population, case, truth),
        "covered": 100.0 * float((np.abs(distance) < NINETY * population.together_sd).mean()),
        "gain": float(np.sqrt((distance**2).mean() / (np.log(population.alone / truth[:, :3]) ** 2).mean())),
        "p_value": judge_fit(population.estimate).p_value,
    }
    # Rounded: a search ends within its tolerance, and not to the last digit.
    digits = {"covered": 1, "gain": 2, "p_value": 2}
    return {name: round(float(value), digits.get(name, 1)) for name, value in numbers.items()}, _figure(
        population, truth
    )


def _values(population: PopulationFit) -> np.ndarray:
    """Return the patients' values of the parameters that differ between them, shape (n_patients, n_individual)."""
    return population.values[:, [population.names.index(name) for name in population.arrangement.individual]]


def _truth(names: list[str], parameters: list[str]) -> np.ndarray:
    """Return the true parameters, shape (n_patients, n_parameters)."""
    text = (CONFIGS / "data" / "clinic_truth.csv").read_text(encoding="utf-8").splitlines()
    rows = {row["patient"]: row for row in csv.DictReader(line for line in text if not line.startswith("#"))}
    return np.array([[float(rows[name][parameter]) for parameter in parameters] for name in names])


def _distance_of_medians(population: PopulationFit, case: FitProblem, truth: np.ndarray) -> float:
    """Return the largest distance of a median from that of the patients, in its standard errors."""
    score = population.arrangement.effects[0].scores
    at_mean = truth[:, :3].copy()
    at_mean[:, population.arrangement.individual.index("antibody_clearance")] /= population.estimate.values[1] ** score
    own = np.exp(np.log(at_mean).mean(axis=0))
    return float(np.max(np.abs(np.log(population.medians / own)) / population.median_sds))


def _figure(population: PopulationFit, truth: np.ndarray) -> Figure:
    figure = Figure(figsize=(7.6, 2.9), layout="constrained")
    for j, (ax, name) in enumerate(zip(figure.subplots(1, 3), population.arrangement.individual, strict=True)):
        _draw(ax, population, truth[:, j], j)
        ax.set_title(name.replace("_", " "))
    return figure


def _draw(ax: Axes, population: PopulationFit, truth: np.ndarray, j: int) -> None:
    """Draw estimates of one parameter against the truth."""
    unit = unit_text(population.arrangement.coordinates.parameters[population.places[0, j]].unit)
    together, factor = _values(population)[:, j], np.exp(NINETY * population.together_sd[:, j])
    ends = [0.8 * min(truth.min(), together.min()), 1.25 * max(truth.max(), together.max())]
    ax.plot(ends, ends, color=GREY, lw=0.9)
    ax.vlines(truth, together / factor, together * factor, color=VERMILION, lw=0.9, label="_")
    ax.plot(truth, population.alone[:, j], "o", color=BLUE, mfc="white", ms=4, label="alone")
    ax.plot(truth, together, "o", color=VERMILION, ms=4, label="together, 90 %")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(*ends)
    ax.set_ylim(*ends)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(mpl.ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(mpl.ticker.NullFormatter())
    shown = f" ({unit})" if unit and unit != "1" else ""
    ax.set_xlabel(f"true{shown}")
    ax.set_ylabel(f"estimated{shown}")
    if j == 0:
        ax.legend(frameon=False, loc="upper left")
