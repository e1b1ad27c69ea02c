"""A population in words: what differs between patients, how, and on what it acts."""

from __future__ import annotations

from collections.abc import Iterator

from immunosim.cohorts.covariates import BoundCovariate
from immunosim.cohorts.population import BoundPopulation
from immunosim.scenario.population import MixtureComponent, Stratum, Trait

DescriptionLine = tuple[str, str, str]
"""Name, what it acts on, and its distribution."""


def in_words(bound: BoundPopulation) -> Iterator[DescriptionLine]:
    """Yield a line for each trait, covariate, stratum and factor of a cohort."""
    for trait in bound.traits:
        yield trait.name, ", ".join(_targets(trait)), _spread(trait)
    for covariate in bound.covariates[0]:
        record = covariate.record
        acts_on = [record.sets, *(effect.parameter for effect in record.effect)]
        yield record.name, ", ".join(filter(None, acts_on)), _distribution(covariate)
    for stratum in bound.strata if bound.population.stratum else ():
        yield f"stratum {stratum.name}", ", ".join(stratum.parameters) or stratum.regimen, _share(stratum)
    for stratum in bound.strata:
        for name, factor in bound.factors_of(stratum).items():
            yield f"cohort of {stratum.name}", name, f"x {factor:g}, unexplained by covariates"


def _targets(trait: Trait) -> Iterator[str]:
    yield from trait.multiplies
    yield from (f"odds of {name}" for name in trait.odds)
    yield from (f"{first} : {second}" for first, second in trait.splits)


def _spread(trait: Trait) -> str:
    if trait.component:
        parts = (f"{_share(part)} x {part.value:g} (log SD {part.sd:g})" for part in trait.component)
        return "; ".join(parts)
    return f"log-normal, SD {trait.sd:g}{', mean kept' if trait.keeps_mean else ''}"


def _share(part: MixtureComponent | Stratum) -> str:
    sampled = "" if part.sampled is None else f", {100.0 * part.sampled:.3g} % of the simulated"
    return f"{100.0 * part.share:.3g} %{sampled}"


def _distribution(covariate: BoundCovariate) -> str:
    record, numbers = covariate.record, covariate.numbers
    unit = "" if covariate.unit == "1" else f" {covariate.unit}"
    cuts = [f"{word} {numbers[key]:g}" for key, word in (("low", "from"), ("high", "to")) if key in numbers]
    within = f", {' '.join(cuts)}" if cuts else ""
    match record.distribution:
        case "normal":
            return f"normal, {numbers['mean']:g} (SD {numbers['sd']:g}){unit}{within}"
        case "lognormal":
            return f"log-normal, {numbers['median']:g}{unit} (log SD {record.log_sd:g}){within}"
        case "logistic":
            return f"logistic, {numbers['median']:g} (scale {record.scale:g}){unit}{within}"
        case "exponential":
            return f"exponential, mean {numbers['mean']:g}{unit}"
        case "share":
            return f"{100.0 * (record.share or 0.0):g} % yes"
        case "choice":
            return ", ".join(f"{100.0 * share:.3g} % {name}" for name, share in record.choices.items())
    return "from the table"
