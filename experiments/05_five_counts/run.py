"""How little the counts of the published case determine: see README.md for the question and the answer."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from immunosim import load_scenario
from immunosim.fitting import ErrorModel, FitOptions, Fitted, case_of, estimate, informed_parameters, profiles
from immunosim.observations import read_observations
from immunosim.plots.fit_courses import draw_course
from immunosim.plots.fits import draw_profile
from immunosim.plots.style import GREY
from immunosim.problem import prepare
from immunosim.units import DAYS_PER_MONTH

CONFIGS = Path(__file__).parents[2] / "configs"
FREE = (
    *("antibody_clearance", "blood_lysis_rate", "memory_cd4_from_naive_fraction", "memory_cd8_turnover_rate"),
    *("naive_b_turnover_rate", "thymic_export_rate"),
)
NINETY = 1.645


def run() -> tuple[dict[str, float], Figure]:
    """Fit six parameters to the case's counts and count what they determine."""
    problem = prepare(load_scenario(CONFIGS / "case_report.toml"))
    observations, _ = read_observations(CONFIGS / "data" / "case_report_counts.csv", problem.scenario)
    case = case_of(problem, list(observations), FitOptions(FREE))
    best = estimate(case.alone(), n_starts=10)
    one = Fitted(best, profiles(best, case.reported))
    kinds = [verdict.kind for verdict in one.verdicts]
    shares = [verdict.share_of_prior for verdict in one.verdicts]
    back = one.returns()[0]
    chosen = informed_parameters([problem], [case.patients[0].measurements], {"lymphocytes": ErrorModel()})
    numbers = {
        "values": float(one.fit_verdict.n_measurements - one.fit_verdict.n_censored),
        "chosen": float(len(chosen)),
        "identified": float(kinds.count("identified")),
        "known_as_before": float(sum(share > 0.9 for share in shares)),
        # Rounded: a search ends within its tolerance, and not to the last digit.
        "widest_share": round(100.0 * max(shares)),
        "p_value": round(one.fit_verdict.p_value, 1),
        "cd4_back_width": round((min(back.high, problem.scenario.horizon) - back.low) / DAYS_PER_MONTH, 1),
    }
    return numbers, _figure(one)


def _figure(one: Fitted) -> Figure:
    figure = Figure(figsize=(7.6, 5.4), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(1.0, 1.7))
    times, bands = one.course()
    ax = draw_course(top.subplots(), one.subjects[0].measurements, times, bands["lymphocytes"])
    ax.set_ylabel("lymphocytes (10⁹/L)")
    ax.set_xlabel("months after day 0")
    ax.set_xticks(np.arange(0.0, times[-1] / DAYS_PER_MONTH + 1.0, 6.0))
    ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3)
    priors = {before.name: before for before in one.estimate.posterior.coordinates.parameters}
    for panel, verdict in zip(bottom.subplots(2, 3).ravel(), one.verdicts, strict=True):
        before = priors[verdict.name]
        draw_profile(panel, one.profiles[verdict.name])
        panel.set_xlim(before.lower, before.upper)
        reach = np.exp(NINETY * before.prior_sd)
        panel.axvspan(before.prior_median / reach, before.prior_median * reach, color=GREY, alpha=0.15, lw=0)
        if before.unit == "1":
            panel.set_xlabel("share", fontsize=7.0)
        panel.set_title(f"{verdict.name.replace('_', ' ')}: {verdict.kind}", fontsize=7.0)
        panel.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    return figure
