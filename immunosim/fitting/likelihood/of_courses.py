"""How well simulated courses of many patients agree with the measurements of one: a log likelihood of each course.

Knows the error model, not where the courses come from.
"""

from __future__ import annotations

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.pointwise import pointwise_likelihood
from immunosim.fitting.likelihood.subject import Subject


def log_likelihoods(subject: Subject, predicted: Array) -> Array:
    """Return the log likelihood of the measurements of a patient for each course, shape (n_courses,).

    Parameters
    ----------
    subject : Subject
    predicted : ndarray, shape (n_courses, n_measurements)
        In the units of the measurements; NaN in a course that failed, of which nothing is said (NaN).
    """
    factors, result = np.zeros(0), np.full(len(predicted), np.nan)
    for row in np.flatnonzero(np.isfinite(predicted).all(axis=1)):
        values = np.maximum(predicted[row], 0.0)
        result[row] = pointwise_likelihood(subject.scatter, subject.values, subject.is_censored, values, factors).total
    return result
