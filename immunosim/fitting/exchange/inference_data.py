"""A sample of a posterior as the groups of ArviZ: parameters, new measurements, pointwise likelihoods, data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.conclusions.predictive import limits_of, predictive
from immunosim.fitting.likelihood.pointwise import pointwise_likelihood
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.prediction import predict
from immunosim.fitting.search.sampling import Sample, load_arviz
from immunosim.safe_text import stored

if TYPE_CHECKING:
    import arviz

POINT = "measurement"
"""Dimension of what was measured."""


def inference_data(sampled: Sample, posterior: Posterior, seed: int = 0) -> arviz.InferenceData:
    """Return a sample with new measurements, likelihoods and data, with units; dimension ``measurement``.

    Parameters
    ----------
    sampled : Sample
    posterior : Posterior
        That was sampled.
    seed : int
        Of the noise of new measurements.
    """
    arviz = load_arviz()
    n, shape = len(posterior.coordinates), sampled.draws.shape[:2]
    own = posterior.of_patients(sampled.flat[:, :n])
    factors = np.log(sampled.flat[:, n:])
    likelihoods = pointwise(posterior, own, factors)
    best = [values[int(np.argmax(sampled.log_density))] for values in own]
    new = predictive(posterior.subjects, best, np.zeros(factors.shape[1]), own, factors, seed, posterior.n_threads)
    measured = new.measurements
    found = arviz.from_dict(
        posterior={name: sampled.draws[:, :, j] for j, name in enumerate(sampled.names)},
        sample_stats={"lp": sampled.log_density},
        log_likelihood={"value": likelihoods.reshape(*shape, -1)},
        posterior_predictive={"value": new.replicates.reshape(*shape, -1)},
        observed_data={"value": new.observed},
        constant_data={
            "patient": np.array([stored(one.patient) for one in measured]),
            "time": new.times,
            "analyte": np.array([one.analyte for one in measured]),
            "is_below": new.is_below,
            "limit_of_quantification": limits_of(measured),
        },
        dims={name: [POINT] for name in ("value", "patient", "time", "analyte", "is_below", "limit_of_quantification")},
    )
    for name, unit in zip(sampled.names, sampled.units, strict=True):
        found.posterior[name].attrs["units"] = unit
    found.constant_data["time"].attrs["units"] = "day"
    units = posterior.subjects[0].units
    described = {one.analyte: units[one.analyte] for one in measured}
    found.observed_data["value"].attrs["units"] = ", ".join(f"{name}: {unit}" for name, unit in described.items())
    return found  # type: ignore[no-any-return]


def pointwise(posterior: Posterior, values: list[Array], log_factors: Array) -> Array:
    """Return the logarithm of the likelihood of each measurement given those before it in its sample.

    Parameters
    ----------
    posterior : Posterior
    values : list of ndarray, shape (n_rows, n_parameters)
        Of each patient.
    log_factors : ndarray, shape (n_rows, n_factors)

    Returns
    -------
    ndarray, shape (n_rows, n)
        They add up to the logarithm of the likelihood.
    """
    predictions = predict(posterior.subjects, values, posterior.n_threads)
    parts = [
        np.array(
            [
                pointwise_likelihood(subject.scatter, subject.values, subject.is_below, row, factors).values
                for row, factors in zip(rows, log_factors, strict=True)
            ]
        )
        for subject, rows in zip(posterior.subjects, predictions, strict=True)
    ]
    return np.concatenate(parts, axis=1)
