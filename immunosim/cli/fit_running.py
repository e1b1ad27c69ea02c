"""Fits with progress, kept where they are interrupted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from immunosim.cli.partial import interruptible
from immunosim.cli.progress import Progress
from immunosim.door import fitting
from immunosim.door.fitting import FitPlan

if TYPE_CHECKING:
    from immunosim.door.keeping import Partial
    from immunosim.fitting import FitProblem, Fitted, PatientFits


def fit_one(case: FitProblem, wanted: FitPlan, store: Partial | None, command: str, now: Progress) -> Fitted:
    """Fit one patient, or several as one; the steps of a sample are kept."""
    chain = store.file("chain.steps") if store and wanted.n_draws else None
    return fitting.fit_one(case, wanted, now, chain, partial(interruptible, "the steps so far", command))


def fit_several(case: FitProblem, wanted: FitPlan, store: Partial | None, command: str, now: Progress) -> PatientFits:
    """Fit several patients, each alone, then together where that is asked for; finished patients are kept."""
    return fitting.fit_several(case, wanted, now, store, partial(interruptible, "patients that are done", command))
