"""Automatic choice of free parameters: those about which the data are most informative beyond the priors.

Greedy: each choice adds most to the information relative to the priors (the gain of entropy), given those chosen
before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from immunosim.fitting.likelihood.error_model import ErrorModel
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.subject import subject_of
from immunosim.fitting.likelihood.transforms import coordinates_of
from immunosim.observations import Measurement
from immunosim.parameters import ParameterSet
from immunosim.problem import Problem

MAX_PARAMETERS = 8
MIN_GAIN = 0.35
"""Smallest information gain of a free parameter: its standard deviation falls by about a third."""


def with_priors(parameters: ParameterSet, values: Mapping[str, float]) -> list[str]:
    """Return the names of the parameters that a fit can search under a prior: those that are not switched off."""
    return [name for name in parameters if parameters[name].prior is not None and values[name] > 0.0]


def informed_parameters(
    problems: Sequence[Problem],
    measurements: Sequence[Sequence[Measurement]],
    noise: Mapping[str, ErrorModel],
    most: int = MAX_PARAMETERS,
    candidates: Sequence[str] = (),
) -> list[str]:
    """Return the names of the free parameters, the most informed first; none where the data inform none.

    Parameters
    ----------
    problems : sequence of Problem
        One for each patient.
    measurements : sequence of sequences of Measurement
        Of each patient. Their information is averaged over patients.
    noise : mapping of str to Noise
    most : int
    candidates : sequence of str
        By default all parameters with a prior.
    """
    parameters, position = problems[0].parameters, problems[0].model.position
    values = {name: float(problems[0].vector[position[name]]) for name in parameters}
    names = list(candidates) or with_priors(parameters, values)
    coordinates = coordinates_of(parameters, values, names)
    subjects = tuple(
        subject_of(f"patient {k}", problem, coordinates.names, of_patient, noise)
        for k, (problem, of_patient) in enumerate(zip(problems, measurements, strict=True), 1)
    )
    posterior = Posterior(subjects, coordinates, with_priors=False)
    _, _, hessian = posterior.evaluate(posterior.start[np.newaxis])
    by_log = np.array([values[name] for name in coordinates.names]) / coordinates.slopes_at(posterior.start)
    sds = np.array([parameter.prior_sd for parameter in coordinates.parameters])
    scale = by_log * sds
    information = scale[:, np.newaxis] * hessian[0] * scale / len(subjects)
    chosen: list[int] = []
    while len(chosen) < min(most, len(names)):
        known = np.linalg.inv(np.eye(len(chosen)) + information[np.ix_(chosen, chosen)])
        across = information[:, chosen]
        left = np.diag(information) - np.einsum("ij,jk,ik->i", across, known, across)
        left[chosen] = -1.0
        best = int(np.argmax(left))
        if 0.5 * np.log1p(max(left[best], 0.0)) < MIN_GAIN:
            break
        chosen.append(best)
    return [coordinates.names[j] for j in chosen]
