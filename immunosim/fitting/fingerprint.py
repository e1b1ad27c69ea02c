"""A fingerprint of everything that determines a fit, which identifies the checkpoints of an interrupted run."""

from __future__ import annotations

import hashlib
from dataclasses import astuple

import numpy as np

from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.subject import Subject


def fingerprint_of(posterior: Posterior) -> str:
    """Return a hash of data, noise, parameters, priors, treatments and the model of a posterior."""
    digest = hashlib.sha256()
    about = [
        posterior.factors,
        posterior.with_priors,
        [astuple(parameter) for parameter in posterior.coordinates.parameters],
    ]
    digest.update(repr(about).encode())
    for design in posterior.designs:
        digest.update(np.ascontiguousarray(design).tobytes())
    for subject in posterior.subjects:
        _add(digest, subject)
    return digest.hexdigest()


def _add(digest: hashlib._Hash, subject: Subject) -> None:
    problem = subject.problem
    model = problem.model.key
    patient = (subject.name, subject.names, subject.measurements, problem.scenario.patient)
    solved = (model, problem.scenario.mechanisms.off, problem.options.method, problem.options.rtol)
    digest.update(repr((patient, solved)).encode())
    scatter, segments = subject.scatter, problem.segments
    treatments = (problem.vector, problem.initial_state, segments.boundaries, segments.inputs, segments.jumps)
    for array in (*treatments, scatter.relative, scatter.absolute, scatter.whitening, scatter.degrees):
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update(repr((scatter.is_log.tolist(), scatter.factor_of.tolist())).encode())
