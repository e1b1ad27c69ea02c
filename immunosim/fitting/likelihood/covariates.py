"""Design matrices of several patients: common parameters, individual parameters, covariate effects.

The logarithm of a patient's parameter is that of its unknown, plus the patient's score of each covariate times the
logarithm of the covariate's factor. A score is the number of standard deviations from the mean of the patients; of a
category it is 1 where the patient belongs to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import DataError, did_you_mean
from immunosim.fitting.likelihood.error_model import Integers
from immunosim.fitting.likelihood.transforms import Coordinates, FreeParameter
from immunosim.observations import PatientRecord

EFFECT_SD, EFFECT_REACH = 0.5, 10.0
"""Prior SD of the logarithm of a covariate's factor, and the largest factor in either direction; assumed."""


@dataclass(frozen=True, eq=False)
class Effect:
    """The effect of a covariate on a parameter.

    Attributes
    ----------
    parameter, covariate : str
    word : str
        Category of the factor; empty for a numeric covariate.
    reference : str
        Mean, or category, at which the factor has no effect.
    per : float
        Standard deviation of the covariate; 1 for categories.
    scores : ndarray, shape (n_patients,)
    """

    parameter: str
    covariate: str
    word: str
    reference: str
    per: float
    scores: Array

    @property
    def name(self) -> str:
        """Name of its unknown."""
        return f"{self.parameter} by {self.covariate}" + (f" {self.word}" if self.word else "")

    @property
    def label(self) -> str:
        """Its description."""
        if self.word:
            return f"factor on {self.parameter} where {self.covariate} is {self.word}, not {self.reference}"
        return f"factor on {self.parameter} for {self.per:.3g} more of {self.covariate} (mean {self.reference})"

    def unknown(self, has_prior: bool) -> FreeParameter:
        """Return the factor as a free parameter."""
        parameter = FreeParameter(self.name, self.label, "1", 1.0, 1 / EFFECT_REACH, EFFECT_REACH)
        return replace(parameter, prior_median=1.0, prior_sd=EFFECT_SD) if has_prior else parameter


@dataclass(frozen=True, eq=False)
class CovariateDesign:
    """Unknowns of several patients.

    Attributes
    ----------
    coordinates : Coordinates
        Common parameters, factors of covariates, then those of each patient.
    designs : tuple of ndarray, shape (n_parameters, n_coordinates)
    individual : tuple of str
        Individual parameters.
    effects : tuple of Effect
    """

    coordinates: Coordinates
    designs: tuple[Array, ...]
    individual: tuple[str, ...]
    effects: tuple[Effect, ...]

    def places(self, patients: Sequence[str]) -> Integers:
        """Return the indices of the individual unknowns among the coordinates, shape (n_patients, n_individual)."""
        names = self.coordinates.names
        rows = [[names.index(own_name(parameter, who)) for parameter in self.individual] for who in patients]
        return np.array(rows, np.int64).reshape(len(patients), len(self.individual))


def own_name(parameter: str, patient: str) -> str:
    """Return the name of a patient's own unknown."""
    return f"{parameter} of {patient}"


def arrange(
    parameters: Sequence[FreeParameter],
    patients: Sequence[PatientRecord],
    common: Collection[str],
    covariates: Mapping[str, Sequence[str]] | None = None,
    priors: bool = True,
) -> CovariateDesign:
    """Return the unknowns of several patients.

    Parameters
    ----------
    parameters : sequence of FreeParameter
        Those of each patient, in this order.
    patients : sequence of PatientRecord
    common : collection of str
        Parameters that all patients share.
    covariates : mapping of str to sequence of str, optional
        By parameter the covariates that it depends on.
    priors : bool
        Whether factors of covariates have a prior.

    Raises
    ------
    DataError
        If a name is unknown, a covariate is named twice, is missing for a patient, or is the same for all.
    """
    names = [parameter.name for parameter in parameters]
    for name in [*common, *(covariates or {})]:
        if name not in names:
            raise DataError("is not fitted", key=name, cure=did_you_mean(name, names))
    for parameter, chosen in (covariates or {}).items():
        for covariate in chosen:
            if chosen.count(covariate) > 1:
                raise DataError("is named twice", key=f"covariate {parameter}={covariate}", cure="leave one out")
    effects = [
        effect
        for parameter, chosen in (covariates or {}).items()
        for covariate in chosen
        for effect in effects_of(parameter, covariate, patients)
    ]
    individual = [parameter for parameter in parameters if parameter.name not in common]
    unknowns = [parameter for parameter in parameters if parameter.name in common] + [
        effect.unknown(priors) for effect in effects
    ]
    unknowns += [
        replace(parameter, name=own_name(parameter.name, who.name)) for who in patients for parameter in individual
    ]
    index_of = {unknown.name: k for k, unknown in enumerate(unknowns)}
    designs = []
    for s, who in enumerate(patients):
        design = np.zeros((len(names), len(unknowns)))
        for j, name in enumerate(names):
            design[j, index_of[name if name in common else own_name(name, who.name)]] = 1.0
            for effect in effects:
                if effect.parameter == name:
                    design[j, index_of[effect.name]] = effect.scores[s]
        designs.append(design)
    names_of_patient = tuple(parameter.name for parameter in individual)
    return CovariateDesign(Coordinates(tuple(unknowns)), tuple(designs), names_of_patient, tuple(effects))


def effects_of(parameter: str, covariate: str, patients: Sequence[PatientRecord]) -> list[Effect]:
    """Return the effects of a covariate: one for a number, one per category but the most frequent.

    Raises
    ------
    DataError
        If it is missing for a patient, or is the same for all.
    """
    key = f"covariate {parameter}={covariate}"
    values = [who.covariates.get(covariate) for who in patients]
    without = [who.name for who, value in zip(patients, values, strict=True) if value is None]
    if len(without) == len(patients):
        known = sorted({name for who in patients for name in who.covariates})
        raise DataError(f'the table has no covariate "{covariate}"', key=key, cure=did_you_mean(covariate, known))
    if without:
        cure = "give it for every patient, or leave the covariate out"
        raise DataError(f"{covariate} is not known of {', '.join(without[:5])}", key=key, cure=cure)
    if len(set(values)) == 1:
        raise DataError(f"{covariate} is {values[0]} for all patients", key=key, cure="leave the covariate out")
    if all(isinstance(value, (int, float)) for value in values):
        numbers = np.array(values, np.float64)
        mean, sd = float(numbers.mean()), float(numbers.std(ddof=1))
        return [Effect(parameter, covariate, "", f"{mean:.4g}", sd, (numbers - mean) / sd)]
    words = [str(value) for value in values]
    (reference, _), *others = Counter(words).most_common()
    return [
        Effect(parameter, covariate, word, reference, 1.0, np.array([float(level == word) for level in words]))
        for word, _ in others
    ]
