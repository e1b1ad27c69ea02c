"""Alternative error models of the same measurements: heavy tails, another size, another form, another shared part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from immunosim.fitting.conclusions.hypotheses import Hypothesis
from immunosim.fitting.likelihood.error_model import STUDENT_DEGREES, ErrorModel, scatter_of
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.subject import Subject
from immunosim.fitting.search.estimation import Estimate

COMMON = "all measurements"
"""What the factor on the noise of all analytes is called."""

HEAVY_TAILS = "heavy tails"

RARER = float(np.log(0.25))
"""Logarithm of how often the shared part of an error is the cause, relative to other causes; assumed."""

FORM_ALONE, FORM_AND_SIZE = float(np.log(2.0 * 0.8)), float(np.log(2.0 * 0.2))
"""Logarithms of how probable it is that a wrong form of the errors comes with the assumed size at a typical value and
with another one, relative to one half: two faults at once are four times rarer; assumed."""

SHARED = (0.0, 0.25, 0.75, 0.9)
"""Fractions of a subset's error variance that are tried besides the assumed one."""

NoiseChange = Callable[[Mapping[str, ErrorModel], Mapping[str, float]], Mapping[str, ErrorModel]]
"""From the error models and the typical value of each analyte to other error models."""


def noise_alternatives(posterior: Posterior) -> Iterator[Hypothesis]:
    """Yield the same model with other error models.

    Parameters
    ----------
    posterior : Posterior
    """
    noise = posterior.subjects[0].scatter.noise
    if any(np.isinf(model.degrees) for model in noise.values()):
        yield Hypothesis(
            *("outliers", HEAVY_TAILS, _changed(posterior, _heavy)),
            lambda _: "errors have heavier tails than the normal distribution (Student's with 4 degrees of freedom)",
            "check the largest residuals; noise such as cd4=lognormal:0.15:student keeps them from ruling the fit",
        )
    if not posterior.factors:
        yield Hypothesis(
            *("noise size", "noise size", _scaled(posterior)),
            _size,
            "state the size of the error with `noise`, or let it be estimated: cd4=lognormal:0.15:estimated",
        )
        yield from _forms(posterior)
    yield from _shares(posterior)


def _size(estimate: Estimate) -> str:
    factor = float(estimate.values[-1])
    return f"measurement errors are {factor:.2g} times the assumed ones"


def _forms(posterior: Posterior) -> Iterator[Hypothesis]:
    """Yield relative errors in place of absolute ones and the reverse, and both together.

    Each has the assumed size at a typical value, or a size to be estimated, which are two faults at once.
    """
    kinds = {model.kind for model in posterior.subjects[0].scatter.noise.values()}
    values = [seen.value for subject in posterior.subjects for seen in subject.measurements if not seen.is_censored]
    cure = "choose the form with `noise`, such as cd4=lognormal:0.15:estimated or cd4=additive:20:estimated"

    def form(words: str, change: NoiseChange) -> Iterator[Hypothesis]:
        def said(estimate: Estimate) -> str:
            return f"{words} (of {float(estimate.values[-1]):.2g} times the assumed size at a typical value)"

        changed = _changed(posterior, change)
        yield Hypothesis("noise form", words, changed, lambda _: words, cure, FORM_ALONE)
        yield Hypothesis("noise form", words, _scaled(changed), said, cure, FORM_AND_SIZE)

    if kinds & {"additive", "combined"} and min(values, default=0.0) > 0.0:
        yield from form("errors are proportional to the value", _relative)
    if kinds - {"additive"}:
        yield from form("errors have the same absolute size at all values", _absolute)
    if kinds != {"combined"}:
        yield from form("errors have an absolute and a proportional part", _combined)


def _shares(posterior: Posterior) -> Iterator[Hypothesis]:
    """Yield other fractions of a subset's error that it shares with the total, where a sample has several counts."""
    samples = [(subject.name, seen.time) for subject in posterior.subjects for seen in subject.measurements]
    if len(set(samples)) == len(samples):
        return
    for share in SHARED:
        if share != posterior.subjects[0].scatter.shared:
            subjects = tuple(_with(posterior, subject, subject.scatter.noise, share) for subject in posterior.subjects)
            yield Hypothesis(
                *("shared error", "shared error", replace(posterior, subjects=subjects)),
                lambda _, share=share: f"counts of one sample share {share:.0%} of their error variance",  # type: ignore[misc]
                f"set `shared` to {share:g}",
                RARER,
            )


def _changed(posterior: Posterior, change: NoiseChange) -> Posterior:
    """Return the posterior with other error models."""
    typical = _typical(posterior)
    subjects = [
        _with(posterior, subject, change(subject.scatter.noise, typical), subject.scatter.shared)
        for subject in posterior.subjects
    ]
    return replace(posterior, subjects=tuple(subjects))


def _scaled(posterior: Posterior) -> Posterior:
    """Return the posterior with one estimated factor on the noise of all measurements."""
    subjects = []
    for subject in posterior.subjects:
        everything = np.zeros(len(subject.measurements), np.int64)
        subjects.append(replace(subject, scatter=replace(subject.scatter, factor_of=everything)))
    return replace(posterior, subjects=tuple(subjects), factors=(COMMON,))


def _with(posterior: Posterior, subject: Subject, noise: Mapping[str, ErrorModel], shared: float) -> Subject:
    totals = subject.problem.model.totals
    return replace(subject, scatter=scatter_of(subject.measurements, noise, posterior.factors, shared, totals))


def _typical(posterior: Posterior) -> dict[str, float]:
    """Return the geometric mean of the quantified values of each analyte."""
    logs: dict[str, list[float]] = {}
    for subject in posterior.subjects:
        for seen in subject.measurements:
            if seen.value > 0.0 and not seen.is_censored:
                logs.setdefault(seen.analyte, []).append(float(np.log(seen.value)))
    return {analyte: float(np.exp(np.mean(values))) for analyte, values in logs.items()}


def _sizes(model: ErrorModel, typical: float) -> tuple[float, float]:
    """Return the standard deviation at a typical value, relative and absolute."""
    sd = float(np.hypot(model.absolute, model.relative * typical))
    return sd / typical, sd


def _heavy(noise: Mapping[str, ErrorModel], typical: Mapping[str, float]) -> dict[str, ErrorModel]:
    return {analyte: replace(model, degrees=STUDENT_DEGREES) for analyte, model in noise.items()}


def _relative(noise: Mapping[str, ErrorModel], typical: Mapping[str, float]) -> dict[str, ErrorModel]:
    return {
        analyte: replace(model, kind="lognormal", relative=_sizes(model, typical[analyte])[0], absolute=0.0)
        if analyte in typical and model.kind in ("additive", "combined")
        else model
        for analyte, model in noise.items()
    }


def _absolute(noise: Mapping[str, ErrorModel], typical: Mapping[str, float]) -> dict[str, ErrorModel]:
    return {
        analyte: replace(model, kind="additive", relative=0.0, absolute=_sizes(model, typical[analyte])[1])
        if analyte in typical
        else model
        for analyte, model in noise.items()
    }


def _combined(noise: Mapping[str, ErrorModel], typical: Mapping[str, float]) -> dict[str, ErrorModel]:
    both = {}
    for analyte, model in noise.items():
        if analyte in typical:
            relative, absolute = (size / np.sqrt(2.0) for size in _sizes(model, typical[analyte]))
            both[analyte] = replace(model, kind="combined", relative=relative, absolute=absolute)
        else:
            both[analyte] = model
    return both
