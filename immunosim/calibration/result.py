"""The result of a calibration: values and spreads, loss per target, plausible sets, and what informs what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from immunosim.calibration.least_squares import Array
from immunosim.calibration.posterior import LaplacePosterior, effective_size, log_importance
from immunosim.calibration.quantities import FreeQuantity, changed_population
from immunosim.calibration.setup import CalibrationSetup
from immunosim.cohorts.target_report import TargetReport
from immunosim.result import Result
from immunosim.scenario.population import Population

if TYPE_CHECKING:
    import pandas as pd

MOST_INFORMING = 3
"""Targets that are named for a quantity."""

CONFIDENCE = 0.9

LEAST_SHARE = 0.05
"""Share of a parameter's Fisher information from which a target counts as its source."""


@dataclass(frozen=True, eq=False)
class PlausibleEnsemble:
    """Simulated draws of the posterior, and which of them are plausible.

    Attributes
    ----------
    theta, normal : ndarray, shape (n, p)
        Logarithms of the quantities, and the standard normal numbers behind them.
    numbers : ndarray, shape (n, m)
        Of the targets, in their units.
    costs : ndarray, shape (n,)
        Half the sums of squares with priors.
    n_within : ndarray of int, shape (n,)
        Targets within tolerance.
    least_within : int
        As many have to be.
    """

    theta: Array
    normal: Array
    numbers: Array
    costs: Array
    n_within: NDArray[np.int64]
    least_within: int

    @property
    def is_kept(self) -> NDArray[np.bool_]:
        """Which draws are plausible, shape (n,)."""
        return (self.n_within >= self.least_within) & np.isfinite(self.costs)

    @property
    def n_kept(self) -> int:
        """Number of plausible sets."""
        return int(self.is_kept.sum())

    @property
    def effective_size(self) -> float:
        """Effective number of all draws as a sample of the posterior, by importance weights."""
        return effective_size(log_importance(self.costs, self.normal))

    def quantiles(self, values: Array, confidence: float = CONFIDENCE) -> Array:
        """Return the quantiles of the plausible sets that enclose a fraction, shape (2, k); NaN of no set.

        Parameters
        ----------
        values : ndarray, shape (n, k)
        confidence : float
        """
        kept, tail = values[self.is_kept], 0.5 * (1.0 - confidence)
        if not len(kept):
            return np.full((2, values.shape[1]), np.nan)
        quantiles: Array = np.quantile(kept, [tail, 1.0 - tail], axis=0)
        return quantiles


@dataclass(frozen=True, eq=False, repr=False)
class CalibrationResult(Result):
    """A calibrated population.

    Attributes
    ----------
    setup : CalibrationSetup
    posterior : LaplacePosterior
        Of the logarithms.
    costs : tuple of float
        Half the sum of squares with priors, at the start and after each iteration.
    residuals : tuple of two ndarrays, shape (m,)
        Before and after, on the patients of the search.
    before, after : TargetReport
        Fitted targets, on other patients.
    held_out : tuple of two TargetReports
        Targets that the search has not seen, before and after, on these patients.
    ensemble : PlausibleEnsemble
    seconds : float
    """

    setup: CalibrationSetup
    posterior: LaplacePosterior
    costs: tuple[float, ...]
    residuals: tuple[Array, Array]
    before: TargetReport
    after: TargetReport
    held_out: tuple[TargetReport, TargetReport]
    ensemble: PlausibleEnsemble
    seconds: float

    @property
    def quantities(self) -> tuple[FreeQuantity, ...]:
        """The free quantities, as they were."""
        return self.setup.quantities

    @cached_property
    def values(self) -> Array:
        """The calibrated values, shape (p,)."""
        return np.exp(self.posterior.mode)

    @property
    def population(self) -> Population:
        """The calibrated population, whose free spreads are fitted, and the events that it is calibrated to."""
        population = changed_population(self.setup.population, self.quantities, self.values)
        free = {quantity.name for quantity in self.quantities if quantity.kind == "traits"}
        traits = [
            trait.model_copy(update={"evidence": "fitted"}) if trait.name in free else trait
            for trait in population.trait
        ]
        events = self.calibrated_events
        update = {"calibrated_to": events, "calibrated_with": self.parameters if events else {}}
        return population.model_copy(update={"trait": tuple(traits), **update})

    @property
    def calibrated_events(self) -> tuple[str, ...]:
        """The events whose rates were fitted to observed ones: all their targets are met, and inform something free."""
        shares, info = self.posterior.information_shares, self.setup.base.problem.model.readout_info
        told: dict[str, tuple[bool, float]] = {}
        for index, result in enumerate(self.after.results):
            hazard = result.record.hazard
            event = info[hazard].organ if hazard in info else ""
            if event:
                is_met, most = told.get(event, (True, 0.0))
                told[event] = is_met and result.is_within, max(most, float(shares[index].max()))
        return tuple(event for event, (is_met, most) in told.items() if is_met and most >= LEAST_SHARE)

    @property
    def parameters(self) -> dict[str, float]:
        """Calibrated typical values by name."""
        pairs = zip(self.quantities, self.values, strict=True)
        return {quantity.name: float(value) for quantity, value in pairs if quantity.kind == "parameters"}

    def informing(self, index: int) -> dict[str, float]:
        """Return the targets that inform a quantity most, with their shares of its Fisher information."""
        shares = self.posterior.information_shares[:, index]
        names = [result.record.name for result in self.after.results]
        order = np.argsort(-shares, kind="stable")[:MOST_INFORMING]
        return {names[i]: float(shares[i]) for i in order if shares[i] > 0.0}

    def headline(self) -> str:
        """Return how many targets are met before and after."""
        n = len(self.after.results)
        return f"{self.after.n_within} of {n} targets within tolerance on other patients, {self.before.n_within} before"

    def facts(self) -> dict[str, object]:
        """Return the loss before and after, the plausible sets, and how well they represent the posterior."""
        ensemble = self.ensemble
        first, last = (float((part**2).sum()) for part in self.residuals)
        before, after = self.held_out
        held_out = f"{after.n_within} of {len(after.results)} within tolerance, {before.n_within} before"
        return {
            "free quantities": len(self.quantities),
            "loss with priors": f"{self.costs[0]:.1f} to {self.costs[-1]:.1f} in {len(self.costs) - 1} iterations",
            "chi-square, patients of the search": f"{first:.1f} to {last:.1f}",
            "chi-square, other patients": f"{self.before.chi_square:.1f} to {self.after.chi_square:.1f}",
            "plausible sets": f"{ensemble.n_kept} of {len(ensemble.theta)} draws, "
            f"{ensemble.least_within} or more targets within tolerance",
            "effective size of the draws": round(ensemble.effective_size, 1),
            "held-out targets": held_out if after.results else "none",
            "targets not simulated": len(self.setup.not_simulated) + len(after.not_simulated),
            "time": f"{self.seconds / 60.0:.1f} min",
        }

    def summary(self) -> dict[str, Any]:
        """Return every quantity, and how many targets are met before and after, as plain data."""
        return {
            "title": self.setup.record.title,
            "model": self.setup.base.scenario.model,
            "parameter_set": self.setup.base.scenario.parameter_set,
            "fingerprint": self.setup.fingerprint,
            "costs": list(self.costs),
            "seconds": self.seconds,
            "n_draws": len(self.ensemble.theta),
            "n_plausible": self.ensemble.n_kept,
            "effective_size": self.ensemble.effective_size,
            "quantities": self.to_dataframe().to_dict("records"),
            "before": _counted(self.before),
            "after": _counted(self.after),
            "held_out": {"before": _counted(self.held_out[0]), **self.held_out[1].summary()},
        }

    def to_dataframe(self) -> pd.DataFrame:
        """Return a row for each quantity: prior, value, interval of the plausible sets, shift, and what informs it."""
        import pandas as pd

        posterior = self.posterior
        low, high = np.exp(self.ensemble.quantiles(self.ensemble.theta))
        rows = []
        for j, quantity in enumerate(self.quantities):
            has_prior = bool(np.isfinite(quantity.sd))
            rows.append(
                {
                    "quantity": quantity.label,
                    "kind": quantity.kind,
                    "name": quantity.name,
                    "cohort": quantity.cohort,
                    "unit": quantity.unit,
                    "before": quantity.start,
                    "prior_median": quantity.median if has_prior else None,
                    "prior_sd": quantity.sd if has_prior else None,
                    "value": float(self.values[j]),
                    "sd": float(posterior.sd[j]),
                    "low": float(low[j]),
                    "high": float(high[j]),
                    "shift": float(posterior.shift[j]) if has_prior else None,
                    "contraction": float(posterior.contraction[j]) if has_prior else None,
                    "informed_by": self.informing(j),
                }
            )
        return pd.DataFrame(rows)

    def plausible_sets(self) -> pd.DataFrame:
        """Return a row for each plausible set: the quantities, then targets within tolerance and the loss."""
        import pandas as pd

        kept = self.ensemble.is_kept
        table = pd.DataFrame(np.exp(self.ensemble.theta[kept]), columns=[entry.label for entry in self.quantities])
        return table.assign(
            draw=np.flatnonzero(kept), n_within=self.ensemble.n_within[kept], loss=self.ensemble.costs[kept]
        )

    def predicted(
        self,
        statistics: Sequence[Mapping[str, Any]],
        scenario: Path | str | None = None,
        *,
        cohort: str = "",
        patients: int | None = None,
        n_threads: int = 1,
    ) -> pd.DataFrame:
        """Return statistics of a cohort, with the intervals that enclose 90 % of the plausible sets.

        Parameters
        ----------
        statistics : sequence of mapping
            As target files write them: ``{"statistic": "mean", "readout": "cd4", "time": "6 months"}``.
        scenario : Path or str, optional
            Treatments and horizon of the cohort; by default those of the calibration.
        cohort : str
            A cohort of the calibration, by default the first.
        patients : int, optional
            Other ones than those of the search; by default as many.
        n_threads : int

        Returns
        -------
        pandas.DataFrame
            A row for each statistic: its keys, the value with the calibrated quantities, low and high, and the unit.

        Raises
        ------
        DataError, ScenarioError
            If a statistic, cohort or scenario is unknown, or the scenario has another model or parameter set.
        """
        from immunosim.calibration.predicting import predicted_statistics
        from immunosim.sweeps.base import read_base

        base = None if scenario is None else read_base(scenario)
        return predicted_statistics(self, statistics, base, cohort, patients, n_threads)


def _counted(report: TargetReport) -> dict[str, float]:
    return {"n_targets": len(report.results), "n_within": report.n_within, "chi_square": report.chi_square}
