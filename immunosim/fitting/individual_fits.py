"""Individual fits of several patients with profiles, and the distribution of their parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from immunosim.errors import DataError, SolverError
from immunosim.fitting.exchange.checkpoint import as_record, from_record
from immunosim.fitting.fitted import Fitted
from immunosim.fitting.likelihood.covariates import arrange
from immunosim.fitting.search.estimation import Estimate, estimate
from immunosim.fitting.search.multistart import search_together
from immunosim.fitting.search.profiles import profiles
from immunosim.fitting.search.two_stage import PopulationFit, fit_population
from immunosim.fitting.setup import FitProblem
from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

LEAST_PATIENTS = 3
"""Smallest number of patients from which between-patient variability is estimated."""


class FitStore(Protocol):
    """Storage of finished fits."""

    def load(self, name: str) -> dict[str, Any] | None:
        """Return the record stored under a name."""

    def save(self, name: str, record: dict[str, Any]) -> None:
        """Store a record under a name."""


@dataclass(frozen=True, eq=False, repr=False)
class PatientFits(Result):
    """Fits of several patients.

    Attributes
    ----------
    case : FitProblem
    fits : dict of str to Fitted
        Individual fit of each patient, by name.
    failures : dict of str to str
        Reasons, by patient who could not be simulated.
    population : PopulationFit, optional
        The distribution of their parameters.
    """

    case: FitProblem
    fits: dict[str, Fitted]
    failures: dict[str, str]
    population: PopulationFit | None = None

    def headline(self) -> str:
        """Return the number of fitted patients in a line."""
        together = "" if self.population is None else ", and all together"
        return f"{len(self.fits)} patients, each fitted individually{together}; {len(self.failures)} failed"

    def facts(self) -> dict[str, object]:
        """Return the verdicts on each parameter."""
        return {name: ", ".join(f"{n} {kind}" for kind, n in self.kinds(name).most_common()) for name in self._names}

    def summary(self) -> dict[str, Any]:
        """Return the counts of verdicts on each parameter, and the reasons of failures."""
        return {"verdicts": {name: dict(self.kinds(name)) for name in self._names}, "failures": self.failures}

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row per patient and parameter: best value, bounds of its interval, verdict."""
        import pandas as pd

        tables = [fit.to_dataframe().assign(patient=name) for name, fit in self.fits.items()]
        table = pd.concat(tables, ignore_index=True)
        return table[["patient", *(name for name in table.columns if name != "patient")]]

    @property
    def dataset(self) -> xr.Dataset:
        """Best values with the ends of their intervals, over ``patient`` and ``name``."""
        table = self.to_dataframe().set_index(["patient", "name"])
        return table[["value", "low", "high"]].to_xarray()

    @property
    def _names(self) -> list[str]:
        return list(self.case.reported)

    def kinds(self, parameter: str) -> Counter[str]:
        """Return the number of patients by verdict on a parameter."""
        verdicts = [verdict for fit in self.fits.values() for verdict in fit.verdicts if verdict.name == parameter]
        return Counter(verdict.kind for verdict in verdicts)


def fit_each(
    case: FitProblem,
    n_starts: int,
    seed: int = 0,
    store: FitStore | None = None,
    report: Callable[[str, int, int], None] | None = None,
) -> PatientFits:
    """Fit every patient individually.

    Parameters
    ----------
    case : FitProblem
    n_starts : int
    seed : int
    store : FitStore, optional
        Fits stored there are reused; new fits are stored there.
    report : callable, optional
        Receives the next patient, the number of patients done, and the total.

    Raises
    ------
    SolverError
        If no patient can be fitted.
    """
    fits, failures = {}, {}
    for index, patient in enumerate(case.patients):
        if report is not None:
            report(patient.name, index, len(case.patients))
        try:
            fits[patient.name] = _fit(case, index, n_starts, seed, store)
        except SolverError as error:
            failures[patient.name] = str(error)
    if not fits:
        raise SolverError(f"no patient can be fitted: {next(iter(failures.values()))}")
    return PatientFits(case, fits, failures)


def _fit(case: FitProblem, index: int, n_starts: int, seed: int, store: FitStore | None) -> Fitted:
    posterior, name = case.alone(index), case.patients[index].name
    data = case.data.of(name)
    kept = store.load(name) if store is not None else None
    if kept is not None:
        return Fitted(*from_record(posterior, kept), data=data)
    best = estimate(posterior, n_starts, seed)
    profile_by_name = profiles(best, case.reported)
    if store is not None:
        store.save(name, as_record(best, profile_by_name))
    return Fitted(best, profile_by_name, data=data)


def fit_together(
    several: PatientFits,
    common: Collection[str] = (),
    covariates: Mapping[str, Sequence[str]] | None = None,
    report: Callable[[int, float], None] | None = None,
) -> PatientFits:
    """Fit the distribution of the patients' parameters, starting from the individual fits.

    Parameters that are free under their priors alone in those fits are held at the scenario's values here: this
    distribution is over the reported ones.

    Parameters
    ----------
    several : PatientFits
    common : collection of str
        Parameters that all patients share.
    covariates : mapping of str to sequence of str, optional
        By parameter the covariates that it depends on.
    report : callable, optional
        Receives after each round its number and its change.

    Raises
    ------
    DataError
        If a name is unknown, or fewer than three patients could be fitted.
    """
    case = several.case.conditional()
    places = [index for index, who in enumerate(case.patients) if who.name in several.fits]
    if len(places) < LEAST_PATIENTS:
        cure = "give more, or fit them with `together=each` or pooled"
        raise DataError(
            f"{len(places)} patients are too few to estimate between-patient variability", key="together", cure=cure
        )
    chosen = [case.patients[index] for index in places]
    arrangement = arrange(case.coordinates.parameters, chosen, common, covariates, case.wishes.priors)
    subjects = [case.subjects[index] for index in places]
    alone = [_alone(case, index, several.fits[who.name].estimate) for index, who in zip(places, chosen, strict=True)]
    population = fit_population(subjects, arrangement, alone, case.factors, case.wishes.n_threads, report)
    return replace(several, population=population)


def _alone(case: FitProblem, index: int, free: Estimate) -> Estimate:
    """Return the fit of a patient with fewer free parameters, searched from where the fit with all of them ended."""
    if len(case.coordinates) == len(free.posterior.coordinates):
        return free
    values = dict(zip(free.posterior.names, free.values.tolist(), strict=True))
    posterior = case.alone(index)
    start = posterior.start.copy()
    n = len(case.coordinates)
    start[:n] = case.coordinates.of(np.array([values[name] for name in case.coordinates.names]))
    searches = search_together(posterior.evaluate, np.stack([start, posterior.start]))
    return Estimate(posterior, tuple(sorted(searches, key=lambda search: search.value)))
