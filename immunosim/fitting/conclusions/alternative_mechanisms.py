"""Alternative models of the same patients: each with one mechanism switched off."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from immunosim.errors import ImmunosimError
from immunosim.fitting.conclusions.hypotheses import Hypothesis
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.search.estimation import Estimate
from immunosim.problem import prepare
from immunosim.scenario import Scenario, build_scenario, to_toml

MIN_LOG_LIKELIHOOD_DIFFERENCE = 1e-3
"""Difference of the log likelihood within the integrator's tolerance."""


def mechanism_alternatives(fitted: Estimate) -> Iterator[Hypothesis]:
    """Yield the same model without one mechanism, for each that acts on what was measured.

    Parameters
    ----------
    fitted : Estimate
    """
    problem = fitted.posterior.subjects[0].problem
    for name in problem.model.mechanisms:
        if name in problem.scenario.mechanisms.off:
            continue
        try:
            without = without_mechanism(fitted.posterior, name)
        except ImmunosimError:  # the scenario sets something that only this mechanism has
            continue
        if not predicts_the_same(fitted, without):
            sentence = f"the model without {name} fits better"
            cure = f"compare with `without={name}`, and ask whether this patient may lack it"
            yield Hypothesis("mechanism", f"without {name}", without, lambda _, sentence=sentence: sentence, cure)  # type: ignore[misc]


def predicts_the_same(fitted: Estimate, other: Posterior) -> bool:
    """Return whether another model of the same data predicts the same at the best point of a fit."""
    best = fitted.best.end[np.newaxis]
    difference = np.abs(other.log_likelihoods(best) - fitted.posterior.log_likelihoods(best)).max()
    return bool(difference < MIN_LOG_LIKELIHOOD_DIFFERENCE)


def without_mechanism(posterior: Posterior, mechanism: str) -> Posterior:
    """Return the posterior with a mechanism switched off in all patients.

    Raises
    ------
    ScenarioError, ParameterError
        If the scenario cannot do without it.
    """
    return replace(posterior, subjects=tuple(_subject(subject, mechanism) for subject in posterior.subjects))


def _subject(subject: Subject, mechanism: str) -> Subject:
    problem = prepare(_switched_off(subject.problem.scenario, mechanism))
    return replace(subject, problem=replace(problem, times=subject.problem.times))


def _switched_off(scenario: Scenario, mechanism: str) -> Scenario:
    document = tomllib.loads(to_toml(scenario))
    off = [*document.get("mechanisms", {}).get("off", []), mechanism]
    return build_scenario(document | {"mechanisms": {"off": off}})
