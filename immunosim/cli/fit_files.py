"""A fit with all that follows from it, and the files that it leaves."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.fit import (
    Estimate,
    Noise,
    Profile,
    Sample,
    forecast,
    judge_fit,
    judge_parameters,
    laplace_draws,
    rank_draws,
    sample,
)
from immunosim.fit.forecast import Return
from immunosim.fit.next_draw import Draw
from immunosim.fit.verdict import FitVerdict, ParameterVerdict
from immunosim.individual import PATIENT_KEYS

if TYPE_CHECKING:
    from immunosim.cli.progress import Progress
    from immunosim.codegen.loader import Array

N_DRAWS = 500
COURSE_TIMES = 240
CANDIDATE_TIMES = 24
ANALYTES = ("lymphocytes", "cd4", "cd8", "cd19")


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fit of one patient.

    Attributes
    ----------
    estimate : Estimate
    profiles : dict of str to Profile
    sampled : Sample, optional
    """

    estimate: Estimate
    profiles: dict[str, Profile]
    sampled: Sample | None = None

    def with_sample(self, n_draws: int, seed: int, now: Progress) -> Fitted:
        """Return the fit with a sample of its posterior."""
        now.begin("Sampling")

        def report(done: int, of: int) -> None:
            now.detail = f"{done} of {of} steps"

        return replace(self, sampled=sample(self.estimate, n_draws, n_draws // 2, seed=seed, report=report))

    @cached_property
    def verdicts(self) -> list[ParameterVerdict]:
        """What the data say of each parameter."""
        return judge_parameters(self.estimate, self.profiles)

    @property
    def n_fixed(self) -> int:
        """Parameters of the model that were not fitted."""
        posterior = self.estimate.posterior
        return len(posterior.subjects[0].problem.parameters) - len(posterior.coordinates)

    @cached_property
    def fit_verdict(self) -> FitVerdict:
        """Whether the model fits."""
        return judge_fit(self.estimate)

    @cached_property
    def draws(self) -> Array:
        """Draws of the parameters: of the sample, or of the normal approximation."""
        n = len(self.estimate.posterior.coordinates)
        return laplace_draws(self.estimate, N_DRAWS) if self.sampled is None else self.sampled.flat[:, :n]

    @cached_property
    def returns(self) -> list[Return]:
        """When counts are back after the last dose."""
        subject = self.estimate.posterior.subjects[0]
        doses = [course.start for course in subject.problem.scenario.course]
        since = max([0.0, *doses])
        return forecast(subject, self.draws, since, n_threads=self.estimate.posterior.n_threads)

    def next_draws(self, readout: str, at: float) -> list[Draw]:
        """Return further draws by how much they would tell."""
        subject = self.estimate.posterior.subjects[0]
        last = max(one.time for one in subject.measurements)
        times = np.linspace(last, float(subject.problem.segments.boundaries[-1]), CANDIDATE_TIMES + 1)[1:]
        return rank_draws(self.estimate, subject, times.tolist(), ANALYTES, readout, at, Noise())

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        found: dict[str, Any] = {
            "parameters": [asdict(one) for one in self.verdicts],
            "fit": self.fit_verdict.as_dict(),
            "returns": [asdict(one) for one in self.returns],
            "starts": [
                {"value": one.value, "is_converged": one.is_converged, "message": one.message}
                for one in self.estimate.searches
            ],
            "parameters_not_fitted": self.n_fixed,
            "correlation": self.estimate.correlation.tolist(),
        }
        if self.sampled is not None:
            found["sample"] = {
                "names": list(self.sampled.names),
                "r_hat": self.sampled.r_hat.tolist(),
                "effective": self.sampled.effective.tolist(),
                "has_converged": self.sampled.has_converged,
            }
        return found


def write_fit(fitted: Fitted, folder: Path, force: bool, command: str) -> list[Path]:
    """Write the files of a fit, all or none."""
    from immunosim.plots import encoded
    from immunosim.plots.fits import course_figure, profile_figure, waterfall_figure
    from immunosim.report import INTENDED_USE, to_json
    from immunosim.report.output_files import FIT, write_folder

    posterior = fitted.estimate.posterior
    subject = posterior.subjects[0]
    times, bands = _bands(fitted)
    words = {one.name: one.kind for one in fitted.verdicts}
    units = {**subject.problem.model.units, "cd3": "cells/uL"}
    files = {
        "fit.json": to_json(fitted.as_dict() | {"command": command}).encode(),
        "fitted.toml": _fitted_scenario(fitted).encode(),
        "course.png": encoded(course_figure(subject.measurements, times, bands, units, INTENDED_USE), "png"),
        "profiles.png": encoded(profile_figure(fitted.profiles, words, INTENDED_USE), "png"),
        "waterfall.png": encoded(waterfall_figure(fitted.estimate, INTENDED_USE), "png"),
    }
    if fitted.sampled is not None:
        files["posterior.nc"] = _netcdf(fitted.sampled)
    return write_folder(folder, files, force, FIT)


def _netcdf(sampled: Sample) -> bytes:
    """Return a sample as the NetCDF groups of ArviZ."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posterior.nc"
        sampled.to_inference_data().to_netcdf(str(path))
        return path.read_bytes()


def _bands(fitted: Fitted) -> tuple[Array, dict[str, Array]]:
    """Return times and, by analyte, ends of the 90 % interval and the best course."""
    from immunosim.fit.subjects import analyte_weights
    from immunosim.observations import Measurement

    posterior = fitted.estimate.posterior
    subject = posterior.subjects[0]
    times = np.linspace(0.0, float(subject.problem.segments.boundaries[-1]), COURSE_TIMES)
    analytes = sorted({one.analyte for one in subject.measurements})
    analyte_weights(subject.problem, analytes)
    asked = tuple(Measurement(subject.name, float(time), one, 1.0) for one in analytes for time in times)
    other = replace(subject, measurements=asked, problem=replace(subject.problem, times=times))
    n = len(posterior.coordinates)
    best = other.predict(fitted.estimate.values[np.newaxis, :n], posterior.n_threads)[0]
    spread = other.predict(fitted.draws[:: max(1, len(fitted.draws) // 200)], posterior.n_threads)
    low, high = np.nanquantile(spread, [0.05, 0.95], axis=0)
    found = {}
    for k, analyte in enumerate(analytes):
        own = slice(k * COURSE_TIMES, (k + 1) * COURSE_TIMES)
        found[analyte] = np.stack([low[own], best[own], high[own]])
    return times, found


def _fitted_scenario(fitted: Fitted) -> str:
    """Return the scenario with the fitted values, resolved."""
    from immunosim.scenario import build_scenario, to_toml
    from immunosim.scenario.overrides import apply_overrides

    scenario = fitted.estimate.posterior.subjects[0].problem.scenario
    document = tomllib.loads(to_toml(scenario))
    names = fitted.estimate.posterior.coordinates.names
    changes = [
        f"{PATIENT_KEYS.get(name, f'parameters.{name}')}={float(value)!r}"
        for name, value in zip(names, fitted.estimate.values, strict=False)
    ]
    return to_toml(build_scenario(apply_overrides(document, changes)))
