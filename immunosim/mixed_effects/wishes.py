"""What a user wants of a population fit, and the population model and patients that follow from it and the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from immunosim.errors import DataError, did_you_mean
from immunosim.fitting.likelihood.transforms import FreeParameter
from immunosim.fitting.setup import FitProblem
from immunosim.mixed_effects.covariate_terms import CovariateTerm, effects_of
from immunosim.mixed_effects.of_subjects import SubjectModel
from immunosim.mixed_effects.population import (
    LOG,
    LOGIT,
    PopulationCovariate,
    PopulationModel,
    RandomEffect,
    SharedParameter,
    on_scale,
)

MOST_RANDOM = 4
"""Random effects that are chosen where none is named: more are rarely told apart by counts."""

USUAL_SD = 0.3
"""Start of a spread where nothing is known of it."""


@dataclass(frozen=True)
class MixedWishes:
    """A population model in the user's words.

    Attributes
    ----------
    random : mapping of str to float or None
        Parameters that differ between patients, with the start of their spread; empty for those that the data inform
        most.
    common : tuple of str
        Parameters without spread.
    correlated : tuple of tuple of str
        Groups of random effects that are correlated.
    covariates : tuple of CovariateTerm
    degrees : float
        Of freedom of Student's distribution of the random effects; infinite for the normal one.
    """

    random: Mapping[str, float | None] = field(default_factory=dict)
    common: tuple[str, ...] = ()
    correlated: tuple[tuple[str, ...], ...] = ()
    covariates: tuple[CovariateTerm, ...] = ()
    degrees: float = np.inf

    @property
    def named(self) -> tuple[str, ...]:
        """Parameters that the user names, which are free and reported."""
        return tuple(dict.fromkeys([*self.random, *self.common]))


def population_model(case: FitProblem, wishes: MixedWishes) -> tuple[PopulationModel, SubjectModel]:
    """Return the population model of a fit and the patients it is fitted to.

    Parameters
    ----------
    case : FitProblem
    wishes : MixedWishes

    Raises
    ------
    DataError
        If a name is unknown, or names contradict each other.
    """
    parameters = {parameter.name: parameter for parameter in case.coordinates.parameters}
    random = _random_names(case, wishes, parameters)
    for name in wishes.common:
        _known(name, parameters, f"common {name}")
    scale_of = {name: scale_for(case, name) for name in parameters}
    nuisance = [p for p in parameters.values() if p.name not in random and p.name not in wishes.common]
    effects = tuple(_effect(parameters[name], scale_of[name], wishes.random.get(name)) for name in random)
    shared = [_shared(parameters[name], scale_of[name], case) for name in wishes.common]
    shared += [
        SharedParameter(f"error of {analyte}", 0.0, is_error=True, label=f"factor on the error of {analyte}")
        for analyte in case.factors
    ]
    population = PopulationModel(
        len(case.subjects),
        effects,
        tuple(covariate_effects(case, wishes.covariates, random)),
        _blocks(wishes.correlated, random),
        tuple(shared),
        wishes.degrees,
    )
    phi = [*random, *(parameter.name for parameter in nuisance)]
    known = [[np.log(p.prior_median), p.prior_sd] for p in nuisance]
    model = SubjectModel(
        case.subjects,
        tuple(phi),
        (*(scale_of[name] for name in random), *(LOG for _ in nuisance)),
        tuple(wishes.common),
        tuple(scale_of[name] for name in wishes.common),
        len(case.factors),
        np.array(known, np.float64).reshape(-1, 2),
        case.wishes.n_threads,
    )
    return population, model


def _random_names(case: FitProblem, wishes: MixedWishes, parameters: Mapping[str, FreeParameter]) -> list[str]:
    for name in wishes.random:
        _known(name, parameters, f"random {name}")
        if name in wishes.common:
            raise DataError("has no spread where it is common", key=f"random {name}", cure="leave one of them out")
    named = list(wishes.random) or [name for name in case.reported if name not in wishes.common][:MOST_RANDOM]
    if not named:
        raise DataError("no parameter is left that differs between patients", key="random", cure="name some")
    return named


def _known(name: str, parameters: Mapping[str, FreeParameter], key: str) -> None:
    if name not in parameters:
        raise DataError("is not fitted", key=key, cure=did_you_mean(name, list(parameters)))


def scale_for(case: FitProblem, name: str) -> str:
    """Return the scale on which a parameter is distributed: logit for fractions, else logarithmic."""
    about = case.problem.parameters[name]
    return LOGIT if about.unit == "1" and about.upper == 1.0 else LOG


def _effect(parameter: FreeParameter, scale: str, sd: float | None) -> RandomEffect:
    start = sd
    if start is None:
        start = min(parameter.prior_sd, 0.5) if parameter.has_prior else USUAL_SD
        start = start / (1.0 - parameter.value) if scale == LOGIT else start
    prior = (0.0, np.inf)
    if parameter.has_prior:
        prior = float(on_scale(parameter.prior_median, scale)), max(parameter.prior_sd, USUAL_SD)
    return RandomEffect(
        parameter.name, parameter.value, start, scale, prior=prior, label=parameter.label, unit=parameter.unit
    )


def _shared(parameter: FreeParameter, scale: str, case: FitProblem) -> SharedParameter:
    prior = (0.0, np.inf)
    if parameter.has_prior and case.wishes.priors:
        sd = parameter.prior_sd / (1.0 - parameter.prior_median) if scale == LOGIT else parameter.prior_sd
        prior = float(on_scale(parameter.prior_median, scale)), sd
    start = float(on_scale(parameter.value, scale))
    return SharedParameter(parameter.name, start, scale, prior, label=parameter.label, unit=parameter.unit)


def covariate_effects(
    case: FitProblem, terms: Sequence[CovariateTerm], random: Sequence[str]
) -> list[PopulationCovariate]:
    """Return the effects of covariates on random effects.

    Raises
    ------
    DataError
        If a parameter is not random, or a covariate is missing.
    """
    covariates = [patient.covariates for patient in case.patients]
    names = [patient.name for patient in case.patients]
    effects = list[PopulationCovariate]()
    for term in terms:
        if term.parameter not in random:
            cure = did_you_mean(term.parameter, list(random))
            raise DataError("is not a random effect", key=f"covariate {term}", cure=cure)
        effects += effects_of(term, list(random).index(term.parameter), covariates, names)
    twice = [name for name in (effect.name for effect in effects) if [e.name for e in effects].count(name) > 1]
    if twice:
        raise DataError("is named twice", key=f"covariate {twice[0]}", cure="leave one out")
    return effects


def _blocks(correlated: Sequence[Sequence[str]], random: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    blocks, used = list[tuple[int, ...]](), set[str]()
    for group in correlated:
        key = f"correlated {','.join(group)}"
        for name in group:
            if name not in random:
                raise DataError("is not a random effect", key=key, cure=did_you_mean(name, list(random)))
            if name in used or list(group).count(name) > 1:
                raise DataError(f"{name} is named twice", key=key, cure="name each effect once")
            used.add(name)
        if len(group) < 2:
            raise DataError("one effect alone has no correlation", key=key, cure="name two or more, with commas")
        blocks.append(tuple(list(random).index(name) for name in group))
    return tuple(blocks)


def subset(case: FitProblem, chosen: Sequence[int]) -> FitProblem:
    """Return the fit of some of the patients."""
    return replace(
        case,
        patients=tuple(case.patients[i] for i in chosen),
        subjects=tuple(case.subjects[i] for i in chosen),
    )
