"""Tables of a population, as a page shows them: strata, traits, covariates, correlations, and what is assumed.

Reads a population and the weighted values of its patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from immunosim.cohorts.covariates import BoundCovariate
from immunosim.cohorts.population import BoundPopulation
from immunosim.cohorts.result import CohortResult
from immunosim.cohorts.sample import CohortSample
from immunosim.cohorts.statistics import standard_deviation, weighted_mean
from immunosim.formatting import number, unit_text
from immunosim.report.page.tables import PageTable
from immunosim.scenario.population import CohortFactor, Covariate, Stratum, Trait

NOT_STATED = "not stated"


def population_tables(result: CohortResult) -> Iterator[PageTable]:
    """Yield the strata, traits, covariates and correlations of the population of a cohort."""
    population = result.population
    yield _strata(result)
    traits = [(_words(trait.name), _effect(trait), _spread(trait), _evidence(trait)) for trait in population.traits]
    note = "Factors are log-normal: the spread is the standard deviation of their logarithm."
    yield PageTable("Traits", ("trait", "acts on", "spread", "evidence"), traits, "<<<<", note)
    covariates = [_covariate(bound, CohortSample.of(result.dataset)) for bound in population.covariates[0]]
    headers = ("covariate", "distribution", "in these patients", "unit", "evidence")
    yield PageTable("Covariates", headers, covariates, "<<<<<", "In these patients: weighted mean (SD), or share.")
    correlations = [(*map(_words, entry.between), f"{entry.value:+.2f}") for entry in population.population.correlation]
    yield PageTable("Correlations", ("between", "and", "value"), correlations, "<<>")


def regimen_tables(population: BoundPopulation) -> Iterator[PageTable]:
    """Yield the strata that have a regimen of their own."""
    rows = [(_words(stratum.name), stratum.regimen) for stratum in population.strata if stratum.regimen]
    yield PageTable("Strata with treatments of their own", ("stratum", "scenario"), rows, "<<")


def assumptions(population: BoundPopulation) -> Iterator[str]:
    """Yield what no data determine: spreads, distributions and factors that are assumed, and those without evidence."""
    covariates = [bound.record for bound in population.covariates[0]]
    entries: list[tuple[str, Sequence[Trait | Covariate | CohortFactor]]] = [
        ("Spread of", population.traits),
        ("Distribution of", covariates),
        ("Factors of the cohort", [entry for entry in population.population.cohorts if entry.factors]),
    ]
    for what, records in entries:
        for grade, words in (("assumed", "assumed"), ("", "without a statement of evidence")):
            names = [_words(record.name) for record in records if record.evidence == grade]
            if names:
                yield f"{what} {', '.join(names)}: {words}."
    noted: list[Trait | Covariate | Stratum] = [*population.traits, *covariates, *population.strata]
    for record in noted:
        if record.note:
            yield f"{_words(record.name).capitalize()}: {record.note.rstrip('.')}."


def _strata(result: CohortResult) -> PageTable:
    total, rows = max(float(result.weight.sum()), np.finfo(float).tiny), []
    for stratum in result.population.strata:
        members = result.stratum == stratum.name
        shares = [f"{100.0 * share:.3g} %" for share in (stratum.share, float(result.weight[members].sum()) / total)]
        rows.append((_words(stratum.name), shares[0], f"{int(members.sum()):,}", shares[1], _own(stratum)))
    headers = ("stratum", "share", "simulated", "weighted share", "differs in")
    return PageTable("Strata", headers, rows, "<>>><")


def _own(stratum: Stratum) -> str:
    parameters = [f"{name} = {value}" for name, value in stratum.parameters.items()]
    return "; ".join([*parameters, *filter(None, (stratum.cohort, stratum.regimen))]) or "-"


def _effect(trait: Trait) -> str:
    parts = [", ".join(trait.multiplies)] if trait.multiplies else []
    parts += [f"odds of {', '.join(trait.odds)}"] if trait.odds else []
    parts += [f"ratio of {' to '.join(pair)}" for pair in trait.splits]
    return "; ".join(parts)


def _spread(trait: Trait) -> str:
    if trait.component:
        parts = [f"{100.0 * part.share:g} %: {part.value:g}, SD {part.sd:g}" for part in trait.component]
        return f"mixture ({'; '.join(parts)})"
    return f"{trait.sd:g}{', mean kept' if trait.keeps_mean else ''}"


def _evidence(record: Trait | Covariate | CohortFactor) -> str:
    return ", ".join(filter(None, (record.evidence, record.source))) or NOT_STATED


def _covariate(bound: BoundCovariate, sample: CohortSample) -> tuple[str, ...]:
    record = bound.record
    values = sample.values(record.name, None)
    if bound.choices:
        shares = [weighted_mean(values == code, sample.weight) for code in range(len(bound.choices))]
        named = list(zip(bound.choices, shares, strict=True))
        shown = named[1:] if record.distribution == "share" else named
        observed, unit = ", ".join(f"{name} {100.0 * share:.1f} %" for name, share in shown), "-"
    else:
        mean, sd = weighted_mean(values, sample.weight), standard_deviation(values, sample.weight)
        observed, unit = f"{number(mean)} ({number(sd)})", unit_text(bound.unit) or "-"
    return _words(record.name), _distribution(bound), observed, unit, _evidence(record)


def _distribution(bound: BoundCovariate) -> str:
    record = bound.record
    if record.distribution == "share":
        return f"{100.0 * float(record.share or 0.0):g} % yes"
    if record.distribution == "choice":
        return ", ".join(f"{name} {100.0 * share:g} %" for name, share in record.choices.items())
    if record.distribution == "column":
        return f'column "{record.column}" of the table'
    numbers = {name: value for name, value in bound.numbers.items() if np.isfinite(value)}
    listed = ", ".join(f"{name} {number(value)}" for name, value in numbers.items())
    spread = f", log SD {record.log_sd:g}" if record.log_sd is not None else ""
    return f"{record.distribution}, {listed}{spread}"


def _words(name: str) -> str:
    return name.replace("_", " ")
