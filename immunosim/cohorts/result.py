"""The result of a cohort: its patients as a labelled dataset, with their weights, strata, traits and covariates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.cohorts.draws import PATIENT, WEIGHT
from immunosim.cohorts.event_requests import SEED
from immunosim.cohorts.population import STRATUM, BoundPopulation
from immunosim.cohorts.rows import CohortRows
from immunosim.cohorts.target_report import COHORT
from immunosim.ensembles.columns import endpoint_names
from immunosim.errors import DataError
from immunosim.result import Result
from immunosim.sweeps.result import SweepResult, sweep_in

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = {"p5": 0.05, "median": 0.5, "p95": 0.95}


@dataclass(frozen=True, eq=False, repr=False)
class CohortResult(Result):
    """The patients of a cohort.

    Attributes
    ----------
    stored : SweepResult
        As it is stored: figures, tables, failures and replay take it.
    """

    stored: SweepResult

    @cached_property
    def dataset(self) -> xr.Dataset:
        """Read-outs over patient and time, endpoints, status, weight, stratum, traits and covariates over patient."""
        dataset = self.stored.dataset
        names = [factor.name for factor in self.rows.factors]
        return (
            dataset.set_coords(names)
            .assign_coords(patient=dataset[PATIENT].astype(np.int64))
            .swap_dims({"sample": PATIENT})
            .assign_attrs({SEED: self.population.population.seed or 0, COHORT: self.population.population.cohort})
        )

    @property
    def rows(self) -> CohortRows:
        """How its patients are built."""
        source = self.stored.recipe.population
        assert isinstance(source, CohortRows)
        return source

    @property
    def population(self) -> BoundPopulation:
        """The population that its patients were drawn from."""
        return self.rows.bound

    @property
    def weight(self) -> Array:
        """Patients of the population for each simulated one."""
        return self.stored[WEIGHT]

    @property
    def stratum(self) -> Array:
        """Name of the stratum of each patient."""
        names = np.array([stratum.name for stratum in self.population.strata])
        strata: Array = names[self.stored[STRATUM].astype(np.int64)]
        return strata

    @property
    def failed(self) -> list[int]:
        """Indices of the failed patients."""
        return self.stored.failed

    @property
    def unexplained(self) -> dict[str, dict[str, float]]:
        """Factors of parameters that no covariate explains, by stratum."""
        by_stratum = {stratum.name: dict(self.population.factors_of(stratum)) for stratum in self.population.strata}
        return {name: factors for name, factors in by_stratum.items() if factors}

    def __len__(self) -> int:
        """Return the number of patients."""
        return len(self.stored)

    def headline(self) -> str:
        """Return the number of patients and of failures in a line."""
        return self.stored.headline()

    def facts(self) -> dict[str, object]:
        """Return strata, what differs, the factors that no covariate explains, and the stored outputs."""
        strata, counts = np.unique(self.stratum, return_counts=True)
        facts: dict[str, object] = {
            "strata": ", ".join(f"{count:,} {name}" for name, count in zip(strata, counts, strict=True)),
            **self.stored.facts(),
        }
        for stratum, factors in self.unexplained.items():
            text = ", ".join(f"{name} x {factor:g}" for name, factor in factors.items())
            facts[f"unexplained by covariates ({stratum})"] = text
        return facts

    def summary(self) -> dict[str, dict[str, float | str]]:
        """Return weighted quantiles of every endpoint over the patients who have a value, with their number."""
        return {name: self._described(name) for name in endpoint_names(self.stored.dataset)}

    def _described(self, name: str) -> dict[str, float | str]:
        variable = self.stored.dataset[name]
        values, weight = np.asarray(variable.values, np.float64), self.weight
        has_value = np.isfinite(values)
        levels = list(QUANTILES.values())
        quantiles = np.full(len(levels), np.nan)
        if has_value.any():
            kept, weights = values[has_value], weight[has_value]
            quantiles = np.quantile(kept, levels, weights=weights, method="inverted_cdf")
        share = float(weight[has_value].sum() / weight.sum()) if len(weight) else np.nan
        about: dict[str, float | str] = {"unit": str(variable.attrs["units"]), "n": int(has_value.sum())}
        return about | {"share": share} | dict(zip(QUANTILES, map(float, quantiles), strict=True))

    def to_dataframe(self, over_time: bool = False) -> pd.DataFrame:
        """Return one row per patient, or one per patient and time.

        Parameters
        ----------
        over_time : bool
            Return time courses instead of endpoints, covariates and status.
        """
        table = self.stored.to_dataframe(over_time)
        return table if over_time else table.assign(stratum=self.stratum)


def open_cohort(path: str | Path) -> CohortResult:
    """Open the result of ``immunosim cohort``.

    Raises
    ------
    DataError
        If it is missing, damaged, or is not the result of a cohort.
    """
    return cohort_of(sweep_in(Path(path)), str(path))


def cohort_of(stored: SweepResult, file: str = "result") -> CohortResult:
    """Return a stored result as a cohort.

    Raises
    ------
    DataError
        If it is that of a sweep.
    """
    identity: dict[str, Any] = stored.identity
    if "population" not in identity:
        raise DataError("holds no cohort", file=file, cure="name what immunosim cohort wrote")
    return CohortResult(stored)
