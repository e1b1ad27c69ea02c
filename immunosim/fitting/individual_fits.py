"""Several patients: each fitted alone, with profiles, and what the fits of all have in common."""

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
"""Fewest patients from which between-patient variability is estimated."""


class FitStore(Protocol):
    """Where finished fits are kept."""

    def load(self, name: str) -> dict[str, Any] | None:
        """Return what is kept under a name."""

    def save(self, name: str, record: dict[str, Any]) -> None:
        """Keep a record under a name."""


@dataclass(frozen=True, eq=False, repr=False)
class PatientFits(Result):
    """Fits of several patients.

    Attributes
    ----------
    case : FitProblem
    fits : dict of str to Fitted
        Of each patient alone, by name.
    failures : dict of str to str
        Of patients who could not be simulated: why.
    population : PopulationFit, optional
        The distribution they are drawn from.
    """

    case: FitProblem
    fits: dict[str, Fitted]
    failures: dict[str, str]
    population: PopulationFit | None = None

    def headline(self) -> str:
        """Return in a line how many patients were fitted."""
        together = "" if self.population is None else ", and all together"
        return f"{len(self.fits)} patients, each fitted individually{together}; {len(self.failures)} failed"

    def facts(self) -> dict[str, object]:
        """Return the verdicts on each parameter."""
        return {name: ", ".join(f"{n} {kind}" for kind, n in self.kinds(name).most_common()) for name in self._names}

    def summary(self) -> dict[str, Any]:
        """Return the verdicts on each parameter, how often, and why patients failed."""
        return {"verdicts": {name: dict(self.kinds(name)) for name in self._names}, "failures": self.failures}

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a patient and parameter: best value, ends of its interval, verdict."""
        import pandas as pd

        found = [fit.to_dataframe().assign(patient=name) for name, fit in self.fits.items()]
        table = pd.concat(found, ignore_index=True)
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
        """Return how often a parameter is called what."""
        found = [one for fit in self.fits.values() for one in fit.verdicts if one.name == parameter]
        return Counter(one.kind for one in found)


def fit_each(
    case: FitProblem,
    n_starts: int,
    seed: int = 0,
    store: FitStore | None = None,
    report: Callable[[str, int, int], None] | None = None,
) -> PatientFits:
    """Fit every patient alone.

    Parameters
    ----------
    case : FitProblem
    n_starts : int
    seed : int
    store : FitStore, optional
        What is found there is not computed again; what is computed is kept there.
    report : callable, optional
        Told the patient who is fitted next, how many are done, and of how many.

    Raises
    ------
    SolverError
        If no patient can be fitted.
    """
    fits, failures = {}, {}
    for place, patient in enumerate(case.patients):
        if report is not None:
            report(patient.name, place, len(case.patients))
        try:
            fits[patient.name] = _fit(case, place, n_starts, seed, store)
        except SolverError as error:
            failures[patient.name] = str(error)
    if not fits:
        raise SolverError(f"no patient can be fitted: {next(iter(failures.values()))}")
    return PatientFits(case, fits, failures)


def _fit(case: FitProblem, place: int, n_starts: int, seed: int, store: FitStore | None) -> Fitted:
    posterior, name = case.alone(place), case.patients[place].name
    kept = store.load(name) if store is not None else None
    if kept is not None:
        return Fitted(*from_record(posterior, kept))
    best = estimate(posterior, n_starts, seed)
    found = profiles(best, case.reported)
    if store is not None:
        store.save(name, as_record(best, found))
    return Fitted(best, found)


def fit_together(
    several: PatientFits,
    common: Collection[str] = (),
    covariates: Mapping[str, Sequence[str]] | None = None,
    report: Callable[[int, float], None] | None = None,
) -> PatientFits:
    """Fit the distribution that the patients are drawn from, from the fits of each alone.

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
        Told after each round its number and how far it moved.

    Raises
    ------
    DataError
        If a name is unknown, or fewer than three patients could be fitted.
    """
    case = several.case.conditional()
    places = [place for place, who in enumerate(case.patients) if who.name in several.fits]
    if len(places) < LEAST_PATIENTS:
        cure = "give more, or fit them with --patients each or pooled"
        raise DataError(
            f"{len(places)} patients are too few to estimate between-patient variability", key="--patients", cure=cure
        )
    chosen = [case.patients[place] for place in places]
    arrangement = arrange(case.coordinates.parameters, chosen, common, covariates, case.wishes.priors)
    subjects = [case.subjects[place] for place in places]
    alone = [_alone(case, place, several.fits[who.name].estimate) for place, who in zip(places, chosen, strict=True)]
    population = fit_population(subjects, arrangement, alone, case.factors, case.wishes.n_threads, report)
    return replace(several, population=population)


def _alone(case: FitProblem, place: int, free: Estimate) -> Estimate:
    """Return the fit of a patient with fewer free parameters, searched from where the fit with all of them ended."""
    if len(case.coordinates) == len(free.posterior.coordinates):
        return free
    values = dict(zip(free.posterior.names, free.values.tolist(), strict=True))
    posterior = case.alone(place)
    start = posterior.start.copy()
    n = len(case.coordinates)
    start[:n] = case.coordinates.of(np.array([values[name] for name in case.coordinates.names]))
    searches = search_together(posterior.evaluate, np.stack([start, posterior.start]))
    return Estimate(posterior, tuple(sorted(searches, key=lambda search: search.value)))
