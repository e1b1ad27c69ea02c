"""The result of a cohort: its patients as a labelled dataset, with their weights, strata, traits and covariates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.cohorts.draws import PATIENT, WEIGHT
from immunosim.cohorts.event_requests import SEED
from immunosim.cohorts.event_table import EventSummary, event_summaries, incidence_by, table_of
from immunosim.cohorts.intervals import MOST_RESAMPLED, Bootstrap, Interval
from immunosim.cohorts.kept_events import KeptEvents, kept_events
from immunosim.cohorts.known import DRAWS
from immunosim.cohorts.population import STRATUM, BoundPopulation
from immunosim.cohorts.rows import CohortRows
from immunosim.cohorts.target_report import COHORT
from immunosim.ensembles.columns import endpoint_names
from immunosim.errors import DataError
from immunosim.result import Result
from immunosim.scenario.time_reference import TimeReference
from immunosim.sweeps.result import SweepResult, sweep_in
from immunosim.units import parse_quantity

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
        for event in self.event_summaries if len(self) <= MOST_RESAMPLED else ():
            who = f"{event.n_events:,} of {event.n:,} patients"
            facts[f"event: {event.name}"] = f"{100.0 * event.incidence.value:.3g} % by day {event.end:g} ({who})"
        return facts

    def summary(self) -> dict[str, dict[str, float | str]]:
        """Return what the endpoints and the events come to, weighted.

        A time to an event has Kaplan-Meier quantiles over all patients who did not fail, infinite where they are not
        reached, the incidence by the end of its window, and numbers of events, censored and failed patients. So have
        the events that are drawn from cumulative hazards, as ``event of NAME``. Other endpoints have quantiles over
        the patients who have a value, with their number.
        """
        events = {event.name: event for event in self.event_summaries if not event.is_drawn}
        drawn = [event for event in self.event_summaries if event.is_drawn]
        return {
            name: self._of_event(events[name]) if name in events else self._described(name)
            for name in endpoint_names(self.stored.dataset)
        } | {f"event of {event.name}": self._of_event(event) for event in drawn}

    def events(self, competing: Sequence[str] = (), bootstrap: Bootstrap | None = None) -> pd.DataFrame:
        """Return a row for each event that the cohort keeps, weighted; patients who failed do not count.

        Events are the endpoints that are times to an event, and those that are drawn, one draw for each patient, from
        the cumulative hazards that are kept over time or at the end. The columns are the name, numbers of patients
        who did not fail (``n``), with the event, censored, with a competing event, and failed; the incidence by
        ``by_day``, by Kaplan-Meier or, with competing events, Aalen-Johansen; and the median day, infinite where it is
        not reached, NaN where only the hazard at the end is kept.

        Parameters
        ----------
        competing : sequence of str
            Endpoints, or hazards kept over time, whose events end the observation.
        bootstrap : Bootstrap, optional
            Of the intervals, by default of 90 %; NaN above 20,000 patients.

        Raises
        ------
        DataError
            If the cohort holds nothing of the name of a competing event.
        """
        if not competing and bootstrap is None:
            return table_of(self.event_summaries)
        return table_of(list(event_summaries(self.dataset, self.kept_events, competing, bootstrap)))

    def incidence(
        self,
        name: str,
        at: float | str | None = None,
        *,
        competing: Sequence[str] = (),
        group: str = "",
        bootstrap: Bootstrap | None = None,
    ) -> Interval:
        """Return the weighted cumulative incidence of an event by a time, with its interval.

        Parameters
        ----------
        name : str
            As in the table of ``events``.
        at : float or str, optional
            Day after day 0, or text such as "5 years"; by default the end of the observation.
        competing : sequence of str
            As ``events`` takes them.
        group : str
            Patients, such as "smoker = yes and age >= 40 years".
        bootstrap : Bootstrap, optional

        Raises
        ------
        DataError, QuantityError
            If there is no such event or group, or its times are not known and a time is asked for.
        """
        day = math.inf if at is None else parse_quantity(at, "day", bare=not isinstance(at, str))
        return incidence_by(self.dataset, self.kept_events, name, day, competing, group, bootstrap)

    @cached_property
    def kept_events(self) -> KeptEvents:
        """What is kept of events: times that endpoints measured, and cumulative hazards."""
        recipe = self.stored.recipe
        hazards = recipe.model.readouts_of_kind("cumulative_hazard")
        drawn = {name: self._column_of_draws(info.draw) for name, info in hazards.items()}
        first = float(self.population.base.problem.segments.boundaries[0])
        return kept_events(self.dataset, recipe.question.measures, drawn, first)

    @cached_property
    def event_summaries(self) -> list[EventSummary]:
        """The events in numbers."""
        return list(event_summaries(self.dataset, self.kept_events))

    def _column_of_draws(self, draw: str) -> str:
        """Return the covariate that sets the draw by which the model decides on an event; empty where none does."""
        sets = {bound.record.sets: bound.record.name for bound in self.population.covariates[0]}
        return sets.get(f"{DRAWS}{draw}", "") if draw else ""

    @property
    def reference(self) -> TimeReference | None:
        """What months and dates are counted from; None where strata have treatments of their own."""
        return None if any(stratum.regimen for stratum in self.population.strata) else self.stored.reference

    def _of_event(self, event: EventSummary) -> dict[str, float | str]:
        about, reference = event.described(), self.reference
        if reference is None:
            return about
        return about | {
            "median_month": reference.month(event.median.value),
            "median_date": reference.date(event.median.value),
        }

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
