"""A fit and its results: verdicts, posterior draws, the course with its interval, forecasts, optimal sampling."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.conclusions.goodness_of_fit import FitVerdict, judge_fit
from immunosim.fitting.conclusions.identifiability import ParameterVerdict, judge_parameters
from immunosim.fitting.conclusions.mechanism_comparison import Alternative
from immunosim.fitting.conclusions.misfit import MisfitCause, explanations, likely_cause, refusal
from immunosim.fitting.conclusions.optimal_sampling import Draw, rank_draws
from immunosim.fitting.conclusions.predictive import Predictive, predictive
from immunosim.fitting.conclusions.recovery import Return, forecast, posterior_draws, widened
from immunosim.fitting.fit_data import FitData
from immunosim.fitting.likelihood.error_model import ErrorModel
from immunosim.fitting.likelihood.prediction import predict
from immunosim.fitting.likelihood.subject import Subject, asked_of
from immunosim.fitting.search.estimation import Estimate, data_information
from immunosim.fitting.search.profiles import Profile
from immunosim.fitting.search.sampling import Sample
from immunosim.result import Result
from immunosim.scenario.regimen import courses_of
from immunosim.trajectory import day_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

N_DRAWS = 300
"""Number of draws of the posterior where no chain was asked for."""

COURSE_TIMES, COURSE_DRAWS = 240, 200
CANDIDATE_TIMES = 24


@dataclass(frozen=True, eq=False, repr=False)
class Fitted(Result):
    """A fit of one patient, or of several that share all unknowns.

    Attributes
    ----------
    estimate : Estimate
    profiles : dict of str to Profile
    alternatives : tuple of Alternative
        Fits with one mechanism switched off.
    sampled : Sample, optional
    anyway : bool
        Whether to forecast even if the fit is rejected, with wider intervals.
    data : FitData, optional
        What was read of the patients.
    """

    estimate: Estimate
    profiles: dict[str, Profile]
    alternatives: tuple[Alternative, ...] = ()
    sampled: Sample | None = None
    anyway: bool = False
    data: FitData | None = None

    def headline(self) -> str:
        """Return the patients, the measurements and the number of identified parameters in a line."""
        posterior = self.estimate.posterior
        who = self.subjects[0].name if len(self.subjects) == 1 else f"{len(self.subjects)} patients as one"
        known = sum(verdict.kind == "identified" for verdict in self.verdicts)
        return f"{who}, {posterior.n_measurements} measurements, {known} of {len(self.verdicts)} parameters identified"

    def facts(self) -> dict[str, object]:
        """Return the goodness of fit."""
        facts: dict[str, object] = {"chi-squared p": self.fit_verdict.p_value, "AIC": self.fit_verdict.aic}
        facts |= {"starts at the best value": f"{self.estimate.n_at_best} of {len(self.estimate.searches)}"}
        return facts | {"fit": " ".join(self.fit_verdict.sentences)}

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return self.as_dict()

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row per parameter: best value, bounds of its interval, verdict."""
        import pandas as pd

        return pd.DataFrame([asdict(verdict) for verdict in self.verdicts])

    @cached_property
    def dataset(self) -> xr.Dataset:
        """The course of the first patient by analyte, over ``time`` [day] and ``band`` (5 %, best, 95 %)."""
        import xarray as xr

        times, bands = self.course()
        time = ("time", times, {"units": "day", "long_name": "time since day 0"})
        units = self.subjects[0].units
        variables = {name: (("band", "time"), rows, {"units": units[name]}) for name, rows in bands.items()}
        return xr.Dataset(variables, {"time": time, "band": ["low", "best", "high"]})

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The patients."""
        return self.estimate.posterior.subjects

    @cached_property
    def verdicts(self) -> list[ParameterVerdict]:
        """The identifiability of each parameter."""
        return judge_parameters(self.estimate, self.profiles)

    @property
    def n_fixed(self) -> int:
        """Parameters of the model that were not fitted."""
        return len(self.subjects[0].problem.parameters) - len(self.subjects[0].names)

    @cached_property
    def fit_verdict(self) -> FitVerdict:
        """The goodness of fit, with the most likely cause where it is doubtful."""
        verdict, rows = self._tests, self.explanations
        if not rows or not (verdict.is_rejected or rows[0].is_clear):
            return verdict
        return replace(verdict, sentences=(*verdict.sentences, likely_cause(rows)))

    @cached_property
    def _tests(self) -> FitVerdict:
        return judge_fit(self.estimate)

    @cached_property
    def explanations(self) -> list[MisfitCause]:
        """Explanations of a misfit, the most probable first; empty where no test of the residuals calls for one."""
        return explanations(self.estimate) if self._tests.is_suspicious else []

    @cached_property
    def withheld(self) -> str:
        """Why forecasts are withheld: the misfit and its most likely cause; empty where they are not."""
        return "" if self.anyway or not self._tests.is_rejected else refusal(self._tests, self.explanations)

    @property
    def widening(self) -> float:
        """Factor on the standard deviations of all draws: above 1 for forecasts from a rejected fit."""
        return self._tests.widening if self.anyway else 1.0

    @cached_property
    def unknown_draws(self) -> Array:
        """Posterior draws of the unknowns (MCMC or a bridge) in their own units, shape (n_draws, n_unknowns)."""
        if self.sampled is None:
            return posterior_draws(self.estimate, N_DRAWS, widening=self.widening)
        return widened(self.sampled.flat, self.widening)

    def draws(self, index: int = 0) -> Array:
        """Return draws of the parameters of a patient, shape (n_draws, n_parameters)."""
        posterior = self.estimate.posterior
        return posterior.of_patients(self.unknown_draws[:, : len(posterior.coordinates)])[index]

    def best(self, index: int = 0) -> Array:
        """Return the best parameters of a patient, shape (n_parameters,)."""
        posterior = self.estimate.posterior
        patient_values: Array = posterior.of_patients(self.estimate.values[np.newaxis, : len(posterior.coordinates)])[
            index
        ][0]
        return patient_values

    def returns(self, index: int = 0) -> list[Return]:
        """Return the recovery times of the counts of a patient after the last dose; none where they are withheld."""
        if self.withheld:
            return []
        subject = self.subjects[index]
        since = max([0.0, *(course.dosing.start for course in courses_of(subject.problem.scenario))])
        posterior = self.estimate.posterior
        return forecast(
            *(subject, self.draws(index), since),
            n_threads=posterior.n_threads,
            uninformed=() if posterior.designs else posterior.coordinates.nuisance,
        )

    def next_draws(self, readout: str, at: float | str) -> list[Draw]:
        """Return candidate blood draws of the first patient, ranked by SD reduction of a read-out at a time.

        Raises
        ------
        DataError
            If the text is not a time.
        """
        subject = self.subjects[0]
        day = day_of(subject.problem.scenario, at)
        last = max(measurement.time for measurement in subject.measurements)
        times = np.linspace(last, float(subject.problem.segments.boundaries[-1]), CANDIDATE_TIMES + 1)[1:]
        analytes = subject.problem.model.questions.samples
        return rank_draws(self.estimate, 0, times.tolist(), analytes, readout, day, ErrorModel())

    def course(self, index: int = 0) -> tuple[Array, dict[str, Array]]:
        """Return times, and by measured analyte the 90 % interval and the best course.

        Returns
        -------
        times : ndarray, shape (n_times,), day
        bands : dict of str to ndarray, shape (3, n_times)
        """
        subject, n_threads = self.subjects[index], self.estimate.posterior.n_threads
        times = np.linspace(0.0, float(subject.problem.segments.boundaries[-1]), COURSE_TIMES)
        analytes = sorted({measurement.analyte for measurement in subject.measurements})
        asked = asked_of(subject, times, analytes)
        every = max(1, len(self.unknown_draws) // COURSE_DRAWS)
        best = predict((asked,), [self.best(index)[np.newaxis]], n_threads)[0][0]
        spread = predict((asked,), [self.draws(index)[::every]], n_threads)[0]
        low, high = np.nanquantile(spread, [0.05, 0.95], axis=0)
        rows = np.stack([low, best, high]).reshape(3, len(analytes), len(times))
        return times, {analyte: rows[:, k] for k, analyte in enumerate(analytes)}

    def predictive(self, seed: int = 0) -> Predictive:
        """Return the predictive distribution of the measurements, with noise."""
        posterior = self.estimate.posterior
        n = len(posterior.coordinates)
        every = max(1, len(self.unknown_draws) // N_DRAWS)
        draws = self.unknown_draws[::every]
        return predictive(
            posterior.subjects,
            [self.best(index) for index in range(len(self.subjects))],
            np.log(self.estimate.values[n:]),
            posterior.of_patients(draws[:, :n]),
            np.log(draws[:, n:]),
            seed,
            posterior.n_threads,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        record: dict[str, Any] = {
            "patients": [subject.name for subject in self.subjects],
            "parameters": [asdict(verdict) for verdict in self.verdicts],
            "fit": self.fit_verdict.as_dict(),
            "explanations": [row.as_dict() for row in self.explanations],
            "forecasts_withheld": self.withheld,
            "widened_by": self.widening,
            "alternatives": [asdict(alternative) for alternative in self.alternatives],
            "returns": self._returns(),
            "starts": [
                {"value": search.value, "is_converged": search.is_converged, "message": search.message}
                for search in self.estimate.searches
            ],
            "parameters_not_fitted": self.n_fixed,
            "unknowns": self._unknowns(),
        }
        if self.sampled is not None:
            record["sample"] = {
                "names": list(self.sampled.names),
                "r_hat": self.sampled.r_hat.tolist(),
                "effective": self.sampled.effective.tolist(),
                "acceptance": self.sampled.acceptance,
                "has_converged": self.sampled.has_converged,
            }
        return record

    def _returns(self) -> dict[str, list[dict[str, Any]]]:
        return {subject.name: [back.as_dict() for back in self.returns(s)] for s, subject in enumerate(self.subjects)}

    def _unknowns(self) -> dict[str, Any]:
        """Return estimates with their Fisher information, by log parameters."""
        estimate = self.estimate
        n = len(estimate.posterior.coordinates)
        by_log = np.ones(estimate.posterior.n_unknowns)
        by_log[:n] = estimate.values[:n] / estimate.posterior.coordinates.slopes_at(estimate.best.end[:n])
        return {
            "names": estimate.posterior.names,
            "values": estimate.values.tolist(),
            "sd_of_log": np.sqrt(np.diag(estimate.covariance)).tolist(),
            "correlation": estimate.correlation.tolist(),
            "fisher_information_of_log": (by_log[:, np.newaxis] * data_information(estimate) * by_log).tolist(),
        }
