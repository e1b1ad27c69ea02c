"""Run a calibration: search, then plausible sets, then fresh patients; stored after each step, resumed from there.

Knows neither tables nor files of results.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import xarray as xr

from immunosim.calibration.checkpoint import StoredProgress, read_progress
from immunosim.calibration.least_squares import LeastSquares, first_state, search
from immunosim.calibration.posterior import LaplacePosterior
from immunosim.calibration.result import CalibrationResult, PlausibleEnsemble
from immunosim.calibration.setup import FRESH, CalibrationSetup
from immunosim.calibration.simulating import CohortTargets, TargetCohort
from immunosim.cohorts.intervals import Bootstrap
from immunosim.cohorts.target_report import TargetReport, evaluate, evaluate_kept
from immunosim.errors import DataError

PROGRESS = "progress.json"
"""Name of the file in the folder of a calibration."""

SETS_AT_ONCE = 32
"""Draws of the posterior between two writes."""

Reports = tuple[TargetReport, TargetReport]
"""Before and after."""


class StepWatch(Protocol):
    """Told what a calibration does."""

    def begin(self, what: str) -> None:
        """Begin a step."""

    def announce(self, message: str) -> None:
        """Say something in a sentence that remains."""


@dataclass(frozen=True, eq=False)
class CalibrationRun:
    """A calibration that is carried out.

    Attributes
    ----------
    setup : CalibrationSetup
    folder : Path, optional
        Where progress is stored; None to store nothing.
    n_threads : int
    watch : StepWatch
    """

    setup: CalibrationSetup
    folder: Path | None
    n_threads: int
    watch: StepWatch

    def result(self) -> CalibrationResult:
        """Return the result, from whatever has been stored before.

        Raises
        ------
        DataError
            If the cohorts fail at the starting point, or what is stored belongs to another calibration.
        OutputError
            If progress cannot be stored.
        """
        setup = self.setup
        targets = setup.targets(setup.record.patients, self.n_threads)
        problem = setup.problem(targets)
        progress = self._searched(problem, self._begun(problem))
        posterior = LaplacePosterior.of(problem, progress.state)
        progress = self._drawn(targets, problem, posterior, progress)
        (before, after), held_out = self._on_fresh_patients(progress)
        return CalibrationResult(
            setup=setup,
            posterior=posterior,
            costs=progress.state.costs,
            residuals=(progress.initial, progress.state.residuals),
            before=before,
            after=after,
            held_out=held_out,
            ensemble=self._ensemble(targets, problem, posterior, progress),
            seconds=progress.seconds,
        )

    def _begun(self, problem: LeastSquares) -> StoredProgress:
        fingerprint = self.setup.fingerprint
        stored = None if self.folder is None else read_progress(self.folder / PROGRESS, fingerprint)
        if stored is not None:
            self.watch.announce(f"Resumed after iteration {stored.state.iteration}.")
            return stored
        self.watch.begin("Simulating the cohorts as they are")
        start, begin = np.log([quantity.start for quantity in self.setup.quantities]), time.monotonic()
        try:
            state = first_state(problem, start)
        except ValueError as error:
            reason = "a target has no number at the starting point: patients fail, or half of them have no event"
            raise DataError(reason, file=self.setup.file, cure="evaluate the targets of these cohorts") from error
        progress = StoredProgress(fingerprint, state, state.residuals)
        return self._kept(progress, begin)

    def _searched(self, problem: LeastSquares, progress: StoredProgress) -> StoredProgress:
        if progress.state.is_over:
            return progress
        steps = search(problem, progress.state, self.setup.options)
        while not progress.state.is_over:
            of, number = self.setup.record.iterations, progress.state.iteration + 1
            self.watch.begin(f"Iteration {number} of at most {of}, loss {progress.state.cost:.1f}")
            begin = time.monotonic()
            progress = self._kept(replace(progress, state=next(steps)), begin)
            self.watch.announce(f"Iteration {progress.state.iteration}: loss {progress.state.cost:.2f}")
        return progress

    def _drawn(
        self, targets: CohortTargets, problem: LeastSquares, posterior: LaplacePosterior, progress: StoredProgress
    ) -> StoredProgress:
        """Return the progress with as many simulated draws as the plausible sets need."""
        asked = self.setup.record.ensemble
        while len(progress.ensemble) < asked.most:
            kept = self._ensemble(targets, problem, posterior, progress).n_kept
            if kept >= asked.n:
                break
            first = len(progress.ensemble)
            self.watch.begin(f"Simulating parameter sets, {kept} of {asked.n} plausible ones so far")
            begin, numbers = time.monotonic(), range(first, min(first + SETS_AT_ONCE, asked.most))
            theta, _ = posterior.draws(numbers, self.setup.record.seed, asked.scale)
            values = targets.numbers(problem.clipped(theta))
            progress = self._kept(progress.with_more(values), begin)
        return progress

    def _ensemble(
        self, targets: CohortTargets, problem: LeastSquares, posterior: LaplacePosterior, progress: StoredProgress
    ) -> PlausibleEnsemble:
        asked, seed = self.setup.record.ensemble, self.setup.record.seed
        n, m = len(progress.ensemble), progress.initial.size
        theta, normal = posterior.draws(range(n), seed, asked.scale)
        numbers = np.array(progress.ensemble).reshape(n, m)
        residuals = targets.standardised(numbers)
        theta = problem.clipped(theta)
        costs = problem.costs(theta, residuals)
        best = int(targets.are_within(targets.from_residuals(progress.state.residuals)[np.newaxis]).sum())
        return PlausibleEnsemble(
            theta=theta,
            normal=normal,
            numbers=numbers,
            costs=costs,
            n_within=targets.are_within(numbers).sum(axis=1),
            least_within=best - asked.may_miss,
        )

    def _on_fresh_patients(self, progress: StoredProgress) -> tuple[Reports, Reports]:
        """Return fitted and held-out targets before and after, on patients that the search has not seen."""
        self.watch.begin("Judging the result on other patients")
        setup, bootstrap = self.setup, Bootstrap()
        fitted = [target for cohort in setup.cohorts for target in cohort.targets]
        held_out = [*(target for cohort in setup.held_out for target in cohort.targets), *setup.not_judged]
        before, after = (evaluate(fitted, part, bootstrap) for part in self._fresh(setup.cohorts, progress))
        others = evaluate_kept(held_out, self._fresh(setup.held_out, progress), bootstrap)
        return (before, after), (others[0], others[1])

    def _fresh(self, cohorts: Sequence[TargetCohort], progress: StoredProgress) -> list[dict[str, xr.Dataset]]:
        """Return the cohorts before and after, of other patients, by name."""
        quantities, n = self.setup.quantities, self.setup.record.fresh_patients
        start = np.array([quantity.start for quantity in quantities])
        values = np.array([start, np.exp(progress.state.theta)])
        datasets = {
            cohort.name: cohort.seeded(self.setup.record.seed + FRESH).datasets(quantities, values, n, self.n_threads)
            for cohort in cohorts
        }
        return [{name: both[index] for name, both in datasets.items()} for index in (0, 1)]

    def _kept(self, progress: StoredProgress, begin: float) -> StoredProgress:
        """Return progress with the time since ``begin``, stored where there is a folder."""
        progress = replace(progress, seconds=progress.seconds + time.monotonic() - begin)
        if self.folder is not None:
            progress.save(self.folder / PROGRESS)
        return progress
