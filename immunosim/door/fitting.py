"""Fits in the one order of their steps: search, profiles, comparison of mechanisms, sample; one patient or several."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Unpack

from immunosim.codegen.loader import say_nothing
from immunosim.door.fit_input import FitSettings, Table, fit_problem, refuse_uninformed
from immunosim.door.keeping import parts_of
from immunosim.door.table_alone import FitTarget
from immunosim.door.watching import Quiet, Watch
from immunosim.errors import DataError, did_you_mean
from immunosim.fitting import (
    FitProblem,
    Fitted,
    PatientFits,
    estimate,
    fingerprint_of,
    fit_each,
    fit_together,
    profiles,
    sample,
)
from immunosim.fitting import require_sampler as require_sampler
from immunosim.fitting.conclusions.mechanism_comparison import alternatives
from immunosim.fitting.individual_fits import FitStore

Together = Literal["each", "pooled", "two-stage"]


@dataclass(frozen=True)
class FitPlan:
    """What is done in a fit.

    Attributes
    ----------
    n_starts, seed, n_draws : int
    is_two_stage : bool
    common : tuple of str
    covariates : mapping of str to sequence of str
        By parameter.
    mechanisms : tuple of str
        Left out in turn, for comparison.
    target : (str, float), optional
        Read-out and day that further draws are ranked for.
    anyway : bool
        Whether to forecast even if a fit is rejected, with wider intervals.
    """

    n_starts: int
    seed: int
    n_draws: int
    is_two_stage: bool
    common: tuple[str, ...]
    covariates: Mapping[str, Sequence[str]]
    mechanisms: tuple[str, ...]
    target: tuple[str, float] | None = None
    anyway: bool = False

    def fingerprint(self, case: FitProblem) -> str:
        """Return what determines the parts of a run that are kept."""
        pooled = sorted((name, *covariates) for name, covariates in self.covariates.items())
        return f"{fingerprint_of(case.all_alike())} {self.n_starts} starts, seed {self.seed}, {pooled}"


def fit(
    scenario: FitTarget,
    data: Table | None = None,
    *,
    together: Together = "each",
    common: Collection[str] = (),
    covariates: Mapping[str, Sequence[str]] | None = None,
    without: Collection[str] | None = None,
    starts: int = 20,
    seed: int = 0,
    draws: int = 0,
    anyway: bool = False,
    keep: Path | str | None = None,
    announce: Callable[[str], None] = say_nothing,
    **settings: Unpack[FitSettings],
) -> Fitted | PatientFits:
    """Fit parameters to observed counts, and say what the fit means.

    Parameters
    ----------
    scenario : Scenario, Path, str or PatientData
        Or a table with doses, which needs no scenario.
    data : Path, str or PatientData, optional
        A table of counts, in place of the scenario's [[observed]] series.
    together : str
        Several patients: ``each`` alone, ``pooled`` as if they were one, or ``two-stage``, each with parameters of its
        own that are drawn from one distribution.
    common : collection of str
        With ``two-stage``: parameters that all share.
    covariates : mapping of str to sequence of str, optional
        With ``two-stage`` or ``pooled``: by parameter the covariates that it depends on.
    without : collection of str, optional
        Mechanisms that the fit of one patient is compared without; by default every one.
    starts, seed : int
        Starts of the search, and seed of everything that is drawn.
    draws : int
        MCMC steps per walker; 0 draws without a chain, by a bridge from the normal approximation.
    anyway : bool
        Forecast even if the residuals reject the fit: standard deviations are then multiplied by the root of
        chi-squared over its degrees of freedom. By default such forecasts are withheld.
    keep : Path or str, optional
        Where finished patients and steps of a sample are kept until the fit ends: the same call goes on with them after
        an interruption.
    announce : callable
        Told in a sentence what is found on the way.
    **settings : FitSettings
        ``patient``, ``free``, ``fix``, ``limits``, ``noise``, ``shared``, ``priors``, ``overrides``, ``n_threads``.

    Returns
    -------
    Fitted or PatientFits
        The second where several patients are not pooled.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If a name is unknown, there is nothing to fit or to fit to, or options do not go together.
    SolverError
        If nothing can be simulated.
    """
    if draws:
        require_sampler()
    watch = Quiet(announce)
    case = fit_problem(scenario, data, watch=watch, **settings)
    plan = FitPlan(
        *(starts, seed, draws, together == "two-stage", tuple(common)),
        covariates=covariates or {},
        mechanisms=mechanisms_of(case, without),
        anyway=anyway,
    )
    refuse_mixture(case, plan, together, without)
    with parts_of(keep, plan.fingerprint(case), announce) as store:
        if len(case.patients) == 1 or together == "pooled":
            return fit_one(case, plan, watch, store.file("chain.steps") if store and draws else None)
        return fit_several(case, plan, watch, store)


def fit_one(
    case: FitProblem,
    plan: FitPlan,
    now: Watch,
    chain: Path | None = None,
    guard: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Fitted:
    """Fit one patient, or several as one.

    Parameters
    ----------
    case : FitProblem
    plan : FitPlan
    now : Watch
    chain : Path, optional
        Where the steps of a sample are kept.
    guard : callable
        Entered while the sample is drawn.
    """
    posterior = case.pooled(plan.covariates)[0] if len(case.patients) > 1 else case.alone()

    def report(done: int, of: int) -> None:
        now.detail = f"{done} of {of}"

    def omitted(name: str) -> None:
        now.detail = f"without {name}"

    now.begin("Searching")
    best = estimate(posterior, plan.n_starts, plan.seed, report)
    now.begin("Profiling")
    profiled = profiles(best, case.reported, report=report)
    now.begin("Fitting without each mechanism")
    others = alternatives(best, plan.mechanisms, report=omitted)
    sampled, draws = None, plan.n_draws
    if draws:
        now.begin("Sampling")
        mark = plan.fingerprint(case) if chain else ""
        with guard():
            sampled = sample(best, draws, draws // 2, 0, plan.seed, report, chain, mark, now.announce)
    now.begin("Drawing")
    return Fitted(best, profiled, tuple(others), sampled, plan.anyway, case.data)


def fit_several(
    case: FitProblem,
    plan: FitPlan,
    now: Watch,
    store: FitStore | None = None,
    guard: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> PatientFits:
    """Fit several patients, each alone, then together where that is asked for; a store keeps finished patients."""

    def report(name: str, done: int, of: int) -> None:
        now.detail = f"patient {name}, {done} of {of} are done"

    def rounds(number: int, change: float) -> None:
        now.detail = f"iteration {number}, change {change:.3g} times the tolerance"

    now.begin("Fitting")
    with guard():
        fits = fit_each(case, plan.n_starts, plan.seed, store, report)
    if plan.is_two_stage:
        now.begin("Fitting all together")
        fits = fit_together(fits, plan.common, plan.covariates, rounds)
    now.begin("Drawing")
    return replace(fits, fits={name: replace(fit, anyway=plan.anyway) for name, fit in fits.fits.items()})


def refuse_mixture(case: FitProblem, plan: FitPlan, together: str, without: Collection[str] | None) -> None:
    """Refuse options that would do nothing, and data that inform no parameter.

    Raises
    ------
    DataError
    """
    refuse_uninformed(case)
    is_one = len(case.patients) == 1
    if is_one and together != "each":
        raise DataError("there is one patient", key="together", cure="give a table of several, or leave it out")
    if plan.common and not plan.is_two_stage:
        raise DataError("is for `together=two-stage`", key="common", cure="add it, or leave `common` out")
    if plan.covariates and together == "each":
        cure = "add `together=two-stage` or pooled"
        raise DataError("cannot be estimated from one patient", key="covariate", cure=cure)
    if is_one or together == "pooled":
        return
    given = {"next_draw": plan.target, "draws": plan.n_draws, "without": without}
    for option in (name for name, value in given.items() if value):
        raise DataError("is for one patient", key=option, cure="choose one with `patient`, or `together=pooled`")
    arranged = case.arranged(plan.common, plan.covariates)  # says what is wrong with names before anything is done
    if not set(arranged.individual) & set(case.reported):
        cure = "leave one out, or use `together=pooled`"
        raise DataError("no parameter is left that differs between patients", key="common", cure=cure)


def mechanisms_of(case: FitProblem, without: Collection[str] | None) -> tuple[str, ...]:
    """Return the mechanisms to leave out in turn: those that are named, by default all that act.

    Raises
    ------
    DataError
        If a name is not a mechanism that acts.
    """
    known = [name for name in case.problem.model.mechanisms if name not in case.problem.scenario.mechanisms.off]
    chosen = known if without is None else list(without)
    for name in chosen:
        if name not in known:
            raise DataError("is not an active mechanism", key=f"without {name}", cure=did_you_mean(name, known))
    return tuple(chosen)
