"""A fit with all that follows from it: verdicts, draws, the course with its interval, forecasts, next draws."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.conclusions.identifiability import FitVerdict, ParameterVerdict, judge_fit, judge_parameters
from immunosim.fitting.conclusions.mechanism_comparison import Alternative
from immunosim.fitting.conclusions.optimal_sampling import Draw, rank_draws
from immunosim.fitting.conclusions.predictive import Predictive, predictive
from immunosim.fitting.conclusions.recovery import Return, forecast, laplace_draws
from immunosim.fitting.likelihood.error_model import ErrorModel
from immunosim.fitting.likelihood.prediction import predict
from immunosim.fitting.likelihood.subject import Subject, asked_of
from immunosim.fitting.search.estimation import Estimate, data_information
from immunosim.fitting.search.profiles import Profile
from immunosim.fitting.search.sampling import Sample
from immunosim.result import Result
from immunosim.scenario.regimen import courses_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

N_DRAWS = 500
"""Draws from the normal approximation."""

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
        Fits with mechanisms off.
    sampled : Sample, optional
    """

    estimate: Estimate
    profiles: dict[str, Profile]
    alternatives: tuple[Alternative, ...] = ()
    sampled: Sample | None = None

    def headline(self) -> str:
        """Return in a line who was fitted, and what is known."""
        posterior = self.estimate.posterior
        who = self.subjects[0].name if len(self.subjects) == 1 else f"{len(self.subjects)} patients as one"
        known = sum(one.kind == "identified" for one in self.verdicts)
        return f"{who}, {posterior.n_measurements} measurements, {known} of {len(self.verdicts)} parameters identified"

    def facts(self) -> dict[str, object]:
        """Return how well the model fits."""
        found: dict[str, object] = {"chi-squared p": self.fit_verdict.p_value, "AIC": self.fit_verdict.aic}
        found |= {"starts at the best value": f"{self.estimate.n_at_best} of {len(self.estimate.searches)}"}
        return found | {"fit": " ".join(self.fit_verdict.sentences)}

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return self.as_dict()

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a parameter: best value, ends of its interval, verdict."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self.verdicts])

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
        """What the data say of each parameter."""
        return judge_parameters(self.estimate, self.profiles)

    @property
    def n_fixed(self) -> int:
        """Parameters of the model that were not fitted."""
        return len(self.subjects[0].problem.parameters) - len(self.subjects[0].names)

    @cached_property
    def fit_verdict(self) -> FitVerdict:
        """Whether the model fits."""
        return judge_fit(self.estimate)

    @cached_property
    def unknown_draws(self) -> Array:
        """Draws of the unknowns in their own units, shape (n_draws, n_unknowns): sampled, or approximated."""
        return laplace_draws(self.estimate, N_DRAWS) if self.sampled is None else self.sampled.flat

    def draws(self, place: int = 0) -> Array:
        """Return draws of the parameters of a patient, shape (n_draws, n_parameters)."""
        posterior = self.estimate.posterior
        return posterior.of_patients(self.unknown_draws[:, : len(posterior.coordinates)])[place]

    def best(self, place: int = 0) -> Array:
        """Return the best parameters of a patient, shape (n_parameters,)."""
        posterior = self.estimate.posterior
        found: Array = posterior.of_patients(self.estimate.values[np.newaxis, : len(posterior.coordinates)])[place][0]
        return found

    def returns(self, place: int = 0) -> list[Return]:
        """Return when counts of a patient are back after the last dose."""
        subject = self.subjects[place]
        since = max([0.0, *(course.dosing.start for course in courses_of(subject.problem.scenario))])
        posterior = self.estimate.posterior
        return forecast(
            *(subject, self.draws(place), since),
            n_threads=posterior.n_threads,
            uninformed=() if posterior.designs else posterior.coordinates.nuisance,
        )

    def next_draws(self, readout: str, at: float) -> list[Draw]:
        """Return further draws of the first patient, ranked by SD reduction."""
        subject = self.subjects[0]
        last = max(one.time for one in subject.measurements)
        times = np.linspace(last, float(subject.problem.segments.boundaries[-1]), CANDIDATE_TIMES + 1)[1:]
        analytes = subject.problem.model.questions.samples
        return rank_draws(self.estimate, 0, times.tolist(), analytes, readout, at, ErrorModel())

    def course(self, place: int = 0) -> tuple[Array, dict[str, Array]]:
        """Return times, and by measured analyte the ends of the 90 % interval with the best course between them.

        Returns
        -------
        times : ndarray, shape (n_times,), day
        bands : dict of str to ndarray, shape (3, n_times)
        """
        subject, n_threads = self.subjects[place], self.estimate.posterior.n_threads
        times = np.linspace(0.0, float(subject.problem.segments.boundaries[-1]), COURSE_TIMES)
        analytes = sorted({one.analyte for one in subject.measurements})
        asked = asked_of(subject, times, analytes)
        every = max(1, len(self.unknown_draws) // COURSE_DRAWS)
        best = predict((asked,), [self.best(place)[np.newaxis]], n_threads)[0][0]
        spread = predict((asked,), [self.draws(place)[::every]], n_threads)[0]
        low, high = np.nanquantile(spread, [0.05, 0.95], axis=0)
        rows = np.stack([low, best, high]).reshape(3, len(analytes), len(times))
        return times, {analyte: rows[:, k] for k, analyte in enumerate(analytes)}

    def predictive(self, seed: int = 0) -> Predictive:
        """Return what the fit predicts of the measurements, with the noise."""
        posterior = self.estimate.posterior
        n = len(posterior.coordinates)
        every = max(1, len(self.unknown_draws) // N_DRAWS)
        draws = self.unknown_draws[::every]
        return predictive(
            posterior.subjects,
            [self.best(place) for place in range(len(self.subjects))],
            np.log(self.estimate.values[n:]),
            posterior.of_patients(draws[:, :n]),
            np.log(draws[:, n:]),
            seed,
            posterior.n_threads,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        found: dict[str, Any] = {
            "patients": [subject.name for subject in self.subjects],
            "parameters": [asdict(one) for one in self.verdicts],
            "fit": self.fit_verdict.as_dict(),
            "alternatives": [asdict(one) for one in self.alternatives],
            "returns": {subject.name: list(map(asdict, self.returns(s))) for s, subject in enumerate(self.subjects)},
            "starts": [
                {"value": one.value, "is_converged": one.is_converged, "message": one.message}
                for one in self.estimate.searches
            ],
            "parameters_not_fitted": self.n_fixed,
            "unknowns": self._unknowns(),
        }
        if self.sampled is not None:
            found["sample"] = {
                "names": list(self.sampled.names),
                "r_hat": self.sampled.r_hat.tolist(),
                "effective": self.sampled.effective.tolist(),
                "acceptance": self.sampled.acceptance,
                "has_converged": self.sampled.has_converged,
            }
        return found

    def _unknowns(self) -> dict[str, Any]:
        """Return estimates with their information, by logarithms."""
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
