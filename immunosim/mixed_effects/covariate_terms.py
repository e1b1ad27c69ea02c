"""Effects of covariates as users write them: ``cl=power(weight/70)``, ``cl=exponential(age-40)``, ``cl=category(sex)``.

On the scale of a lognormal parameter a power of (weight/70) adds its exponent times log(weight/70), an exponential its
coefficient times (age - 40), a category its logarithm of a factor where the patient belongs to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from immunosim.errors import DataError, did_you_mean
from immunosim.mixed_effects.population import PopulationCovariate

POWER, EXPONENTIAL, CATEGORY = "power", "exponential", "category"

CURE = "write for example clearance=power(weight/70), =exponential(age-40) or =category(sex)"

_TERM = re.compile(r"^\s*(?:(\w+)\s*\(\s*)?(\w+)\s*(?:([/:-])\s*([\w.+-]+)\s*)?\)?\s*$")

_SIGNS = {POWER: "/", EXPONENTIAL: "-", CATEGORY: ":"}


@dataclass(frozen=True)
class CovariateTerm:
    """The effect of a covariate on a parameter.

    Attributes
    ----------
    parameter, covariate : str
    kind : str
        ``power``, ``exponential`` or ``category``; empty for a power of a number and factors of words.
    reference : str
        Where it has no effect; empty for the median, or the most frequent word.
    """

    parameter: str
    covariate: str
    kind: str = ""
    reference: str = ""

    def __str__(self) -> str:
        """Return the term as a user writes it."""
        if not self.kind:
            return f"{self.parameter}={self.covariate}"
        reference = f"{_SIGNS[self.kind]}{self.reference}" if self.reference else ""
        return f"{self.parameter}={self.kind}({self.covariate}{reference})"

    @classmethod
    def parse(cls, parameter: str, text: str) -> CovariateTerm:
        """Parse a term such as ``power(weight/70)`` or ``sex``.

        Raises
        ------
        DataError
            If it has another form.
        """
        key = f"covariate {parameter}={text}"
        matched = _TERM.match(text)
        if matched is None or text.count("(") != text.count(")"):
            raise DataError("is not an effect of a covariate", key=key, cure=CURE)
        kind, covariate, sign, reference = matched.groups()
        if kind is not None and kind not in _SIGNS:
            raise DataError(f'unknown effect "{kind}"', key=key, cure=did_you_mean(kind, list(_SIGNS)))
        kind = kind or ({"/": POWER, "-": EXPONENTIAL, ":": CATEGORY}[sign] if sign else "")
        if sign and sign != _SIGNS[kind]:
            cure = f"write {kind}({covariate}{_SIGNS[kind]}{reference})"
            raise DataError(f'"{sign}" does not belong to {kind}', key=key, cure=cure)
        return cls(parameter, covariate, kind, reference or "")


def effects_of(
    term: CovariateTerm, target: int, covariates: Sequence[Mapping[str, float | str]], patients: Sequence[str]
) -> Iterator[PopulationCovariate]:
    """Yield the unknown effects of a term: one of a number, one for each word but the reference.

    Parameters
    ----------
    term : CovariateTerm
    target : int
        Index of the random effect.
    covariates : sequence of mapping
        Of each patient.
    patients : sequence of str
        Their names.

    Raises
    ------
    DataError
        If the covariate is missing for a patient, is the same for all, or does not fit the effect.
    """
    key = f"covariate {term}"
    values = [known.get(term.covariate) for known in covariates]
    missing = [name for name, value in zip(patients, values, strict=True) if value is None]
    if len(missing) == len(values):
        known = sorted({name for mapping in covariates for name in mapping})
        reason = f'the table has no covariate "{term.covariate}"'
        raise DataError(reason, key=key, cure=did_you_mean(term.covariate, known))
    if missing:
        cure = "give it for every patient, or leave the covariate out"
        raise DataError(f"{term.covariate} is not known of {', '.join(missing[:5])}", key=key, cure=cure)
    if len(set(values)) == 1:
        raise DataError(f"{term.covariate} is {values[0]} for all patients", key=key, cure="leave the covariate out")
    is_number = all(isinstance(value, (int, float)) for value in values)
    if term.kind == CATEGORY or not is_number:
        if term.kind not in ("", CATEGORY):
            cure = f"write {term.parameter}=category({term.covariate})"
            raise DataError(f"{term.covariate} is in words", key=key, cure=cure)
        yield from _of_words(term, target, [_word(value) for value in values])
        return
    yield _of_numbers(term, target, np.array(values, np.float64), key)


def _word(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _of_words(term: CovariateTerm, target: int, words: Sequence[str]) -> Iterator[PopulationCovariate]:
    reference = term.reference or Counter(words).most_common(1)[0][0]
    if reference not in words:
        cure = did_you_mean(reference, sorted(set(words)))
        raise DataError(f'no patient has "{reference}"', key=f"covariate {term}", cure=cure)
    for word in sorted(set(words) - {reference}):
        name = f"{term.parameter} by {term.covariate} {word}"
        label = f"logarithm of the factor where {term.covariate} is {word}, not {reference}"
        yield PopulationCovariate(name, target, np.array([float(level == word) for level in words]), label)


def _of_numbers(term: CovariateTerm, target: int, values: np.ndarray, key: str) -> PopulationCovariate:
    kind = term.kind or (POWER if (values > 0.0).all() else EXPONENTIAL)
    try:
        reference = float(term.reference) if term.reference else float(f"{np.median(values):.3g}")
    except ValueError:
        raise DataError(f'"{term.reference}" is not a number', key=key, cure=CURE) from None
    name = f"{term.parameter} by {term.covariate}"
    if kind == POWER:
        if not (values > 0.0).all() or reference <= 0.0:
            cure = f"write {term.parameter}=exponential({term.covariate}-{reference:g})"
            raise DataError("a power needs positive values and a positive reference", key=key, cure=cure)
        scores, label = np.log(values / reference), f"exponent of {term.covariate}/{reference:g}"
    else:
        scores, label = values - reference, f"change of the logarithm for one more of {term.covariate}"
        label += f" (none at {reference:g})"
    return PopulationCovariate(name, target, np.asarray(scores, np.float64), label)
