"""A fit as the tables of PEtab: parameters with limits, priors and fitted values, and the noise of every analyte.

Parameters that patients do not share are named in the table of conditions. PEtab cannot express the factor of a
covariate: it is part of the patient's own value and prior.
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
"""Largest factor on the noise, in either direction, around 1 and around the fitted value; assumed.

PEtab requires limits, the fit has none.
"""

_SHARED = """- **Errors that are shared.** A total and its subsets of one sample share an error here ({share:.0%} of
  a subset's variance); PEtab treats all measurements as independent.
"""

_RANGES = """- **Ranges.** Values that were reported as ranges scatter more here than their analyte's noise; PEtab
  treats them as single values.
"""

_FIRST_NOISE = """- **Noise that was estimated.** Every patient was fitted individually with its own factors; these
  tables have one factor for all patients, and nominal values are those of {name}.
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
    parameters = [
        _petab(parameter, parameter.name, fitted[parameter.name]) for parameter in case.coordinates.parameters
    ]
    return _tables(case, case.patients, parameters, _factors(case, best.values[len(names) :]), {})


def tables_of_each(case: FitProblem, fits: Mapping[str, Estimate]) -> dict[str, str]:
    """Return the tables of individual fits; estimated noise is that of the first patient, with a note."""
    patients = [who for who in case.patients if who.name in fits]
    ids, names = condition_ids([who.name for who in patients]), case.coordinates.names
    parameters = [
        _petab(parameter, f"{parameter.name}_{ids[who.name]}", value)
        for who in patients
        for parameter, value in zip(case.coordinates.parameters, fits[who.name].values, strict=False)
    ]
    patient_ids = {who.name: {name: f"{name}_{ids[who.name]}" for name in names} for who in patients}
    first = fits[patients[0].name]
    said = _FIRST_NOISE.format(name=patients[0].name) if case.factors and len(patients) > 1 else ""
    return _tables(case, patients, parameters, _factors(case, first.values[len(names) :]), patient_ids, said)


def tables_of_population(case: FitProblem, population: PopulationFit) -> dict[str, str]:
    """Return the tables of patients and the distribution of their parameters, which is their prior."""
    case = case.conditional()
    patients = [who for who in case.patients if who.name in population.patients]
    ids = condition_ids([who.name for who in patients])
    individual, n = population.arrangement.individual, len(population.arrangement.coordinates)
    parameters = [
        _petab(parameter, parameter.name, population.of(patients[0].name)[j])
        for j, parameter in enumerate(case.coordinates.parameters)
        if parameter.name not in individual
    ]
    for who, unknowns in zip(patients, population.places, strict=True):
        for j, name in enumerate(individual):
            of_model = case.coordinates.parameters[case.coordinates.names.index(name)]
            value = float(population.of(who.name)[population.names.index(name)])
            effect = value / float(population.estimate.values[unknowns[j]])
            # Limits are those of the parameter times the factor of the covariate.
            parameter = replace(of_model, lower=of_model.lower * effect, upper=of_model.upper * effect)
            parameter = replace(
                parameter, prior_median=float(population.medians[j]) * effect, prior_sd=float(population.sds[j])
            )
            parameters.append(_petab(parameter, f"{name}_{ids[who.name]}", value))
    named = {who.name: {name: f"{name}_{ids[who.name]}" for name in individual} for who in patients}
    effects = [effect.name for effect in population.arrangement.effects]
    said = _DISTRIBUTION + (_EFFECTS.format(names=", ".join(effects)) if effects else "")
    return _tables(case, patients, parameters, _factors(case, population.estimate.values[n:]), named, said)


def _tables(
    case: FitProblem,
    patients: Sequence[PatientRecord],
    parameters: Sequence[PetabParameter],
    factors: Sequence[PetabParameter],
    patient_ids: Mapping[str, Mapping[str, str]],
    said: str = "",
) -> dict[str, str]:
    chosen = [
        replace(who, measurements=tuple(measurement for measurement in who.measurements if measurement.time >= 0.0))
        for who in patients
    ]
    observations = Observations(tuple(chosen), model=case.problem.scenario.model)
    if not observations.measurements:
        return {}
    n_left_out = sum(len(who.measurements) for who in patients) - observations.n_measurements
    noise = {analyte: case.noise[analyte] for analyte in observations.analytes}
    return petab_files(
        observations,
        [*parameters, *(factor for factor in factors if factor.id.removeprefix(FACTOR) in noise)],
        {analyte: _formula(analyte, error_model) for analyte, error_model in noise.items()},
        transformation={analyte: _transformation(error_model) for analyte, error_model in noise.items()},
        patient_ids=patient_ids,
        remarks=_remarks(case, observations) + said + (_BEFORE if n_left_out else ""),
    )


def _petab(parameter: FreeParameter, name: str, value: float) -> PetabParameter:
    prior = (
        (float(np.log10(parameter.prior_median)), parameter.prior_sd / float(np.log(10.0)))
        if parameter.has_prior
        else None
    )
    return PetabParameter(name, "log10", parameter.lower, parameter.upper, float(value), prior=prior)


def _factors(case: FitProblem, values: Array) -> list[PetabParameter]:
    prior = (0.0, FACTOR_SD / float(np.log(10.0)))
    return [
        PetabParameter(f"{FACTOR}{analyte}", "log10", *_reach(float(value)), float(value), prior=prior)
        for analyte, value in zip(case.factors, values, strict=True)
    ]


def _reach(factor: float) -> tuple[float, float]:
    """Return limits of a factor on the noise that include 1 and the fitted one."""
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
    """Return notes on what PEtab cannot express of this fit."""
    has_total = bool(case.problem.model.totals & set(observations.analytes))
    has_shared = has_total and len(observations.analytes) > 1 and case.wishes.shared > 0.0
    has_ranges = any(measurement.spread > 0.0 for measurement in observations.measurements)
    return (_SHARED.format(share=case.wishes.shared) if has_shared else "") + (_RANGES if has_ranges else "")
