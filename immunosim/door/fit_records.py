"""Fits of several patients as plain values, ready for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from immunosim.fitting import PatientFits, PopulationFit
    from immunosim.fitting.conclusions.goodness_of_fit import FitVerdict


def several_as_dict(several: PatientFits) -> dict[str, Any]:
    """Return fits of several patients as plain values."""
    record: dict[str, Any] = {
        "patients": {name: fitted.as_dict() for name, fitted in several.fits.items()},
        "failures": several.failures,
        "verdicts": {name: dict(several.kinds(name)) for name in several.case.coordinates.names},
    }
    if several.population is not None:
        record["population"] = _population(several.population)
    return record


def _population(population: PopulationFit) -> dict[str, Any]:
    names = population.arrangement.individual
    by_name = {
        "median": population.medians,
        "sd_of_log": population.sds,
        "standard_error_of_log_median": population.median_sds,
        "shrinkage": population.shrinkage,
    }
    unknowns = population.estimate.posterior.names
    return {
        "n_rounds": population.n_rounds,
        "has_converged": population.has_converged,
        "distribution": {
            name: {what: float(values[j]) for what, values in by_name.items()} for j, name in enumerate(names)
        },
        "effects": [
            {"name": effect.name, "what": effect.label, "per": effect.per, "reference": effect.reference}
            for effect in population.arrangement.effects
        ],
        "patients": {
            who: dict(zip(population.names, population.of(who).tolist(), strict=True)) for who in population.patients
        },
        "unknowns": dict(zip(unknowns, population.estimate.values.tolist(), strict=True)),
        "fit": asdict(verdict_of(population)),
    }


def verdict_of(population: PopulationFit) -> FitVerdict:
    """Return whether the model fits all patients together."""
    from immunosim.fitting.conclusions.goodness_of_fit import judge_fit

    return judge_fit(population.estimate)
