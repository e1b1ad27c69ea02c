"""Parts of a fit alone: profile likelihoods, or a sample of the posterior, of one patient or of several as one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Unpack

from immunosim.codegen.loader import say_nothing
from immunosim.door.fit_input import FitSettings, Table, fit_problem, refuse_uninformed
from immunosim.door.keeping import parts_of
from immunosim.door.table_alone import FitTarget
from immunosim.door.watching import Quiet, Watch
from immunosim.errors import DataError, did_you_mean
from immunosim.fitting import FitProblem, Fitted, estimate, fingerprint_of, profiles, require_sampler
from immunosim.fitting import sample as draw_sample

AsOne = Literal["each", "pooled"]
"""Several patients: refused, or fitted as if they were one."""

MOST_NAMED = 10


@dataclass(frozen=True)
class SamplerPlan:
    """How long the sampler runs, and with how many walkers.

    Attributes
    ----------
    draws : int
        MCMC steps per walker after warm-up.
    warm_up : int
        Warm-up steps per walker; 0 for half of the draws.
    walkers : int
        0 for four per unknown, at least 16.
    """

    draws: int = 1000
    warm_up: int = 0
    walkers: int = 0


def profile(
    scenario: FitTarget,
    data: Table | None = None,
    parameters: Collection[str] = (),
    *,
    confidence: float = 0.9,
    points: int = 10,
    together: AsOne = "each",
    starts: int = 20,
    seed: int = 0,
    announce: Callable[[str], None] = say_nothing,
    **settings: Unpack[FitSettings],
) -> Fitted:
    """Fit, then compute the profile likelihood of each parameter, and nothing else of a fit.

    A parameter is held at a value and all others are optimised again. Its own prior is left out, so that the profile
    shows the information in the data.

    Parameters
    ----------
    scenario, data
        As ``fit`` takes them.
    parameters : collection of str
        Fitted parameters to profile; by default all.
    confidence : float
        Of the intervals.
    points : int
        Points of a profile on each side of the estimate.
    together : str
        ``pooled`` fits several patients as if they were one; by default several are refused.
    starts, seed : int
        As for ``fit``.
    announce : callable
    **settings : FitSettings
        As for ``fit``.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If a name is unknown, there is nothing to fit or to fit to, or there are several patients.
    """
    watch = Quiet(announce)
    case = fit_problem(scenario, data, watch=watch, **settings)
    refuse_several(case, together)
    return profile_of(case, parameters, confidence, points, starts, seed, watch)


def profile_of(
    case: FitProblem, parameters: Collection[str], confidence: float, points: int, starts: int, seed: int, now: Watch
) -> Fitted:
    """Profile patients who are ready to be fitted; arguments and errors as of ``profile``."""
    posterior, names = case.all_alike(), list(parameters)
    known = posterior.coordinates.names
    for name in names:
        if name not in known:
            cure = f"{did_you_mean(name, known)}, or fit it with `free`"
            raise DataError("is not fitted", key=f"parameter {name}", cure=cure)

    def report(done: int, of: int) -> None:
        now.detail = f"{done} of {of} searches have ended"

    now.begin("Searching")
    best = estimate(posterior, starts, seed, report)
    now.begin("Profiling")
    return Fitted(best, profiles(best, names, confidence, points, report), data=case.data)


def profile_record(one: Fitted) -> dict[str, Any]:
    """Return verdicts and profiles as plain values, ready for JSON."""
    from immunosim.fitting.exchange.checkpoint import as_record

    return {
        "parameters": [asdict(verdict) for verdict in one.verdicts],
        "profiles": as_record(one.estimate, one.profiles)["profiles"],
    }


def sample(
    scenario: FitTarget,
    data: Table | None = None,
    *,
    draws: int = 1000,
    warm_up: int = 0,
    walkers: int = 0,
    together: AsOne = "each",
    starts: int = 20,
    seed: int = 0,
    keep: Path | str | None = None,
    announce: Callable[[str], None] = say_nothing,
    **settings: Unpack[FitSettings],
) -> Fitted:
    """Fit, then sample the posterior by ensemble MCMC, and nothing else of a fit.

    Parameters
    ----------
    scenario, data
        As ``fit`` takes them.
    draws : int
        MCMC steps per walker after warm-up.
    warm_up : int
        Warm-up steps per walker; 0 for half of the draws.
    walkers : int
        0 for four per unknown, at least 16.
    together : str
        ``pooled`` fits several patients as if they were one; by default several are refused.
    starts, seed, keep
        As for ``fit``; the steps of the sample are kept.
    announce : callable
    **settings : FitSettings
        As for ``fit``.

    Returns
    -------
    Fitted
        Its ``sampled`` holds the draws, with R-hat and effective sample size.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If a name is unknown, there is nothing to fit or to fit to, there are several patients, or a package is missing.
    """
    require_sampler()
    watch = Quiet(announce)
    case = fit_problem(scenario, data, watch=watch, **settings)
    refuse_several(case, together)
    with parts_of(keep, mark_of(case, starts), announce) as store:
        chain = store.file("chain.steps") if store else None
        return sample_of(case, SamplerPlan(draws, warm_up, walkers), starts, seed, watch, chain)


def sample_of(
    case: FitProblem,
    plan: SamplerPlan,
    starts: int,
    seed: int,
    now: Watch,
    chain: Path | None = None,
    guard: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Fitted:
    """Sample the posterior of patients who are ready to be fitted.

    Parameters
    ----------
    case : FitProblem
    plan : SamplerPlan
    starts, seed : int
    now : Watch
    chain : Path, optional
        Where the steps are kept.
    guard : callable
        Entered while the sample is drawn.
    """

    def report(done: int, of: int) -> None:
        now.detail = f"{done} of {of}"

    now.begin("Searching")
    best = estimate(case.all_alike(), starts, seed, report)
    now.begin("Sampling")
    mark = mark_of(case, starts)
    steps = plan.draws, plan.warm_up or plan.draws // 2, plan.walkers, seed
    with guard():
        drawn = draw_sample(best, *steps, report, chain, mark, now.announce)
    return Fitted(best, {}, sampled=drawn, data=case.data)


def mark_of(case: FitProblem, starts: int) -> str:
    """Return what determines the steps of a sample that are kept."""
    return f"{fingerprint_of(case.all_alike())} {starts} starts"


def refuse_several(case: FitProblem, together: str) -> None:
    """Refuse data that inform no parameter, and several patients for a job on one, unless they are pooled.

    Raises
    ------
    DataError
        With the names of the patients.
    """
    refuse_uninformed(case)
    if together not in ("each", "pooled"):
        raise DataError(f"{together} is for a fit", key="together", cure="use `together=pooled`, or choose a `patient`")
    if len(case.patients) > 1 and together == "each":
        names = ", ".join([one.name for one in case.patients][:MOST_NAMED])
        cure = f"choose one with `patient` ({names}), or take them as one with `together=pooled`"
        raise DataError(f"there are {len(case.patients)} patients", key="data", cure=cure)
