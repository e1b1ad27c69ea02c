"""A fit as the tables of PEtab: parameters with limits, priors and fitted values, and the noise of every analyte.

Parameters that patients do not share are named in the table of conditions. The factor of a covariate cannot be said in
PEtab: it is part of the patient's own value and prior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.fitting.likelihood.error_model import ErrorModel
from immunosim.fitting.likelihood.posterior import FACTOR_SD
from immunosim.fitting.likelihood.transforms import FreeParameter
from immunosim.fitting.search.estimation import Estimate
from immunosim.fitting.search.two_stage import PopulationFit
from immunosim.fitting.setup import FitProblem
from immunosim.observations import Observations, PatientRecord, PetabParameter, petab_files
from immunosim.observations.petab import Transformation, condition_ids

FACTOR = "noise_factor_"
WIDEST_FACTOR = 20.0
"""Largest factor on the noise, either way, that the tables allow about 1 and about what was fitted; assumed.

A fit has no limits on it, but PEtab wants some."""

_SHARED = """- **Errors that are shared.** A total and its subsets of one sample share an error here ({share:.0%} of
  a subset's variance); PEtab takes all measurements for independent.
"""

_RANGES = """- **Ranges.** Values that were reported as ranges scatter more here than their analyte's noise; PEtab
  takes them for single values.
"""

_FIRST_NOISE = """- **Noise that was estimated.** Every patient was fitted alone with factors of its own; PEtab has one
  for all patients here, and nominal values are those of {name}.
"""

_DISTRIBUTION = """- **Distribution.** Priors of the patients' own parameters are the fitted distribution,
  taken as known.
"""

_EFFECTS = """- **Covariates.** Factors of {names} cannot be fitted with PEtab: they are part of
  the patients' own values, limits and priors.
"""

_BEFORE = """- **Before day 0.** Simulations of PEtab start on day 0: earlier measurements are left out.
"""


def tables_of_one(case: FitProblem, best: Estimate) -> dict[str, str]:
    """Return the tables of a fit in which all patients have the same parameters."""
    names = case.coordinates.names
    fitted = dict(zip(best.posterior.names, best.values.tolist(), strict=True))
    parameters = [_petab(one, one.name, fitted[one.name]) for one in case.coordinates.parameters]
    return _tables(case, case.patients, parameters, _factors(case, best.values[len(names) :]), {})


def tables_of_each(case: FitProblem, fits: Mapping[str, Estimate]) -> dict[str, str]:
    """Return the tables of patients who were fitted alone; noise that is estimated is that of the first, and said."""
    patients = [who for who in case.patients if who.name in fits]
    ids, names = condition_ids([who.name for who in patients]), case.coordinates.names
    parameters = [
        _petab(one, f"{one.name}_{ids[who.name]}", value)
        for who in patients
        for one, value in zip(case.coordinates.parameters, fits[who.name].values, strict=False)
    ]
    own = {who.name: {name: f"{name}_{ids[who.name]}" for name in names} for who in patients}
    first = fits[patients[0].name]
    said = _FIRST_NOISE.format(name=patients[0].name) if case.factors and len(patients) > 1 else ""
    return _tables(case, patients, parameters, _factors(case, first.values[len(names) :]), own, said)


def tables_of_population(case: FitProblem, population: PopulationFit) -> dict[str, str]:
    """Return the tables of patients and the distribution of their parameters, which is their prior."""
    case = case.conditional()
    patients = [who for who in case.patients if who.name in population.patients]
    ids = condition_ids([who.name for who in patients])
    individual, n = population.arrangement.individual, len(population.arrangement.coordinates)
    parameters = [
        _petab(one, one.name, population.of(patients[0].name)[j])
        for j, one in enumerate(case.coordinates.parameters)
        if one.name not in individual
    ]
    for who, place in zip(patients, population.places, strict=True):
        for j, name in enumerate(individual):
            own = case.coordinates.parameters[case.coordinates.names.index(name)]
            value = float(population.of(who.name)[population.names.index(name)])
            effect = value / float(population.estimate.values[place[j]])
            # Limits are those of what the factor of the covariate multiplies.
            one = replace(own, lower=own.lower * effect, upper=own.upper * effect)
            one = replace(one, prior_median=float(population.medians[j]) * effect, prior_sd=float(population.sds[j]))
            parameters.append(_petab(one, f"{name}_{ids[who.name]}", value))
    named = {who.name: {name: f"{name}_{ids[who.name]}" for name in individual} for who in patients}
    effects = [one.name for one in population.arrangement.effects]
    said = _DISTRIBUTION + (_EFFECTS.format(names=", ".join(effects)) if effects else "")
    return _tables(case, patients, parameters, _factors(case, population.estimate.values[n:]), named, said)


def _tables(
    case: FitProblem,
    patients: Sequence[PatientRecord],
    parameters: Sequence[PetabParameter],
    factors: Sequence[PetabParameter],
    own: Mapping[str, Mapping[str, str]],
    said: str = "",
) -> dict[str, str]:
    chosen = [replace(who, measurements=tuple(one for one in who.measurements if one.time >= 0.0)) for who in patients]
    observations = Observations(tuple(chosen))
    if not observations.measurements:
        return {}
    n_left_out = sum(len(who.measurements) for who in patients) - observations.n_measurements
    noise = {analyte: case.noise[analyte] for analyte in observations.analytes}
    return petab_files(
        observations,
        [*parameters, *(one for one in factors if one.id.removeprefix(FACTOR) in noise)],
        {analyte: _formula(analyte, one) for analyte, one in noise.items()},
        transformation={analyte: _transformation(one) for analyte, one in noise.items()},
        own=own,
        remarks=_remarks(case, observations) + said + (_BEFORE if n_left_out else ""),
    )


def _petab(one: FreeParameter, name: str, value: float) -> PetabParameter:
    prior = (float(np.log10(one.prior_median)), one.prior_sd / float(np.log(10.0))) if one.has_prior else None
    return PetabParameter(name, "log10", one.lower, one.upper, float(value), prior=prior)


def _factors(case: FitProblem, values: Array) -> list[PetabParameter]:
    prior = (0.0, FACTOR_SD / float(np.log(10.0)))
    return [
        PetabParameter(f"{FACTOR}{analyte}", "log10", *_reach(float(value)), float(value), prior=prior)
        for analyte, value in zip(case.factors, values, strict=True)
    ]


def _reach(factor: float) -> tuple[float, float]:
    """Return limits of a factor on the noise that hold 1 and the fitted one."""
    return min(1.0, factor) / WIDEST_FACTOR, max(1.0, factor) * WIDEST_FACTOR


def _transformation(noise: ErrorModel) -> Transformation:
    return "log" if noise.kind == "lognormal" else "lin"


def _formula(analyte: str, noise: ErrorModel) -> str:
    """Return the standard deviation of an analyte as PEtab writes it."""
    formulas = {
        "lognormal": f"{noise.relative!r}",
        "proportional": f"{noise.relative!r} * {analyte}",
        "additive": f"{noise.absolute!r}",
        "combined": f"sqrt(({noise.relative!r} * {analyte})^2 + {noise.absolute!r}^2)",
    }
    formula = formulas[noise.kind]
    return f"{FACTOR}{analyte} * {formula}" if noise.is_estimated else formula


def _remarks(case: FitProblem, observations: Observations) -> str:
    """Return what PEtab cannot say of this fit."""
    has_total = bool(case.problem.model.totals & set(observations.analytes))
    has_shared = has_total and len(observations.analytes) > 1 and case.wishes.shared > 0.0
    has_ranges = any(one.spread > 0.0 for one in observations.measurements)
    return (_SHARED.format(share=case.wishes.shared) if has_shared else "") + (_RANGES if has_ranges else "")
