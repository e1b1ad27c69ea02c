"""Fits of one patient or of several, with progress, kept where they are interrupted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from immunosim.cli.partial import Partial, interruptible
from immunosim.cli.printing import say
from immunosim.cli.progress import Progress
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
from immunosim.fitting.conclusions.mechanism_comparison import alternatives


@dataclass(frozen=True)
class Wanted:
    """What is asked of a fit.

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
    """

    n_starts: int
    seed: int
    n_draws: int
    is_two_stage: bool
    common: tuple[str, ...]
    covariates: Mapping[str, Sequence[str]]
    mechanisms: tuple[str, ...]
    target: tuple[str, float] | None

    def fingerprint(self, case: FitProblem) -> str:
        """Return what determines the parts of a run that are kept."""
        pooled = sorted((name, *covariates) for name, covariates in self.covariates.items())
        return f"{fingerprint_of(case.all_alike())} {self.n_starts} starts, seed {self.seed}, {pooled}"


def fit_one(case: FitProblem, wanted: Wanted, store: Partial | None, command: str, now: Progress) -> Fitted:
    """Fit one patient, or several as one; the steps of a sample are kept."""
    posterior = case.pooled(wanted.covariates)[0] if len(case.patients) > 1 else case.alone()

    def report(done: int, of: int) -> None:
        now.detail = f"{done} of {of}"

    now.begin("Searching")
    best = estimate(posterior, wanted.n_starts, wanted.seed, report)
    now.begin("Profiling")
    found = profiles(best, report=report)
    now.begin("Fitting without each mechanism")
    others = alternatives(best, wanted.mechanisms, report=lambda name: setattr(now, "detail", f"without {name}"))
    sampled, draws = None, wanted.n_draws
    if draws:
        now.begin("Sampling")
        chain, mark = (store.file("chain.steps"), wanted.fingerprint(case)) if store else (None, "")
        with interruptible("the steps so far", command):
            sampled = sample(best, draws, draws // 2, 0, wanted.seed, report, chain, mark, say)
    now.begin("Drawing")
    return Fitted(best, found, tuple(others), sampled)


def fit_several(case: FitProblem, wanted: Wanted, store: Partial | None, command: str, now: Progress) -> PatientFits:
    """Fit several patients, each alone, then together where that is asked for; finished patients are kept."""

    def report(name: str, done: int, of: int) -> None:
        now.detail = f"patient {name}, {done} of {of} are done"

    def rounds(number: int, change: float) -> None:
        now.detail = f"round {number}, {change:.3g} times what still counts as a move"

    now.begin("Fitting")
    with interruptible("patients that are done", command):
        found = fit_each(case, wanted.n_starts, wanted.seed, store, report)
    if wanted.is_two_stage:
        now.begin("Fitting all together")
        found = fit_together(found, wanted.common, wanted.covariates, rounds)
    now.begin("Drawing")
    return found
