"""A posterior sample as groups of ArviZ: parameters, posterior predictive, pointwise likelihoods, data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.conclusions.predictive import predictive
from immunosim.fitting.likelihood.pointwise import pointwise_likelihood
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.prediction import predict
from immunosim.fitting.search.sampling import Sample, load_arviz, many_walkers
from immunosim.safe_text import stored

if TYPE_CHECKING:
    import arviz

POINT = "measurement"
"""Dimension of the measurements."""


BY_MEASUREMENT = (
    *("value", "patient", "time", "analyte", "is_below", "is_above", "lower_end_of_interval"),
    *("limit_of_quantification", "upper_limit"),
)


def inference_data(sampled: Sample, posterior: Posterior, seed: int = 0) -> arviz.InferenceData:
    """Return a sample with posterior predictive, likelihoods and data, with units; dimension ``measurement``.

    Parameters
    ----------
    sampled : Sample
    posterior : Posterior
        The sampled posterior.
    seed : int
        Of the noise of simulated measurements.
    """
    arviz = load_arviz()
    n, shape = len(posterior.coordinates), sampled.draws.shape[:2]
    patient_values = posterior.of_patients(sampled.flat[:, :n])
    factors = np.log(sampled.flat[:, n:])
    likelihoods = pointwise(posterior, patient_values, factors)
    best = [values[int(np.argmax(sampled.log_density))] for values in patient_values]
    new = predictive(
        posterior.subjects, best, np.zeros(factors.shape[1]), patient_values, factors, seed, posterior.n_threads
    )
    measured = new.measurements
    with many_walkers():
        inference_data = arviz.from_dict(
            posterior={name: sampled.draws[:, :, j] for j, name in enumerate(sampled.names)},
            sample_stats={"lp": sampled.log_density},
            log_likelihood={"value": likelihoods.reshape(*shape, -1)},
            posterior_predictive={"value": new.replicates.reshape(*shape, -1)},
            observed_data={"value": new.observed},
            constant_data={
                "patient": np.array([stored(measurement.patient) for measurement in measured]),
                "time": new.times,
                "analyte": np.array([measurement.analyte for measurement in measured]),
                "is_below": new.is_below,
                "is_above": new.is_above,
                "lower_end_of_interval": new.lower,
                "limit_of_quantification": new.limits,
                "upper_limit": new.upper_limits,
            },
            dims={name: [POINT] for name in BY_MEASUREMENT},
        )
    for name, unit in zip(sampled.names, sampled.units, strict=True):
        inference_data.posterior[name].attrs["units"] = unit
    inference_data.constant_data["time"].attrs["units"] = "day"
    units = posterior.subjects[0].units
    described = {measurement.analyte: units[measurement.analyte] for measurement in measured}
    inference_data.observed_data["value"].attrs["units"] = ", ".join(
        f"{name}: {unit}" for name, unit in described.items()
    )
    return inference_data  # type: ignore[no-any-return]


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
        They sum to the log likelihood.
    """
    predictions = predict(posterior.subjects, values, posterior.n_threads)
    parts = [
        np.array(
            [
                pointwise_likelihood(subject.scatter, subject.values, subject.is_censored, row, factors).values
                for row, factors in zip(rows, log_factors, strict=True)
            ]
        )
        for subject, rows in zip(posterior.subjects, predictions, strict=True)
    ]
    return np.concatenate(parts, axis=1)
