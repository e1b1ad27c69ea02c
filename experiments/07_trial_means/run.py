"""What means of a trial determine when they are fitted as if they were one patient: see README.md."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from immunosim import load_scenario
from immunosim.fitting import ErrorModel, FitOptions, Fitted, case_of, estimate, judge_fit, profiles
from immunosim.formatting import unit_text
from immunosim.observations import read_observations
from immunosim.plots.fit_courses import draw_course
from immunosim.problem import prepare

CONFIGS = Path(__file__).parents[2] / "configs"
FREE = (
    *("antibody_clearance", "blood_lysis_rate", "memory_cd4_from_naive_fraction", "memory_cd8_turnover_rate"),
    "memory_cd4_turnover_rate",
)
BETWEEN, N_PATIENTS = 0.4, 360
"""Relative standard deviation between patients, assumed; patients behind a mean, about."""


def run() -> tuple[dict[str, float], Figure]:
    """Fit five parameters to the means and say how well the model describes them."""
    problem = prepare(load_scenario(CONFIGS / "two_courses.toml"))
    observations, _ = read_observations(CONFIGS / "data" / "care_ms_means.csv", problem.scenario)
    case = case_of(problem, list(observations), FitOptions(FREE, ("others",)))
    best = estimate(case.alone(), n_starts=10)
    one = Fitted(best, profiles(best))
    found = one.predictive()
    distance = np.log(found.observed / found.predicted)
    of_means = dict.fromkeys(case.noise, ErrorModel("lognormal", BETWEEN / N_PATIENTS**0.5))
    as_means = estimate(
        case_of(problem, list(observations), FitOptions(FREE, ("others",), noise=of_means)).alone(), n_starts=10
    )
    # The parameter set's own baseline is the mean before the first dose, which no parameter that is fitted moves.
    later = np.array([measured.time > 0.0 for measured in one.subjects[0].measurements])
    numbers = {
        "identified": float([verdict.kind for verdict in one.verdicts].count("identified")),
        # Rounded: a search ends within its tolerance, and not to the last digit.
        "distance": round(100.0 * float(np.sqrt((distance[later] ** 2).mean()))),
        "largest": round(100.0 * float(np.abs(distance).max())),
        "p_value": round(one.fit_verdict.p_value, 1),
        "p_value_of_means": round(judge_fit(as_means).p_value, 3),
        "clearance": round(float(best.values[0]), 1),
    }
    return numbers, _figure(one)


def _figure(one: Fitted) -> Figure:
    times, bands = one.course()
    units = one.subjects[0].problem.model.units
    figure = Figure(figsize=(7.6, 2.6), layout="constrained")
    for ax, (analyte, band) in zip(figure.subplots(1, len(bands)), bands.items(), strict=True):
        own = [measured for measured in one.subjects[0].measurements if measured.analyte == analyte]
        draw_course(ax, own, times, band)
        ax.set_title(f"{analyte} ({unit_text(units[analyte])})")
        ax.set_xlabel("months after day 0")
        ax.set_xlim(-0.5, 25.0)
        ax.set_xticks(np.arange(0.0, 25.0, 6.0))
    handles, _ = figure.axes[0].get_legend_handles_labels()
    words = ["90 % of the course", "best fit", "means of trials"]
    figure.axes[0].legend(handles, words, frameon=False, loc="upper right", fontsize=7.0)
    return figure
