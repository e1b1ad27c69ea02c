"""What single values and the counts of one sample can be: orders of magnitude, sums and shares.

Known from physiology, not from the model: a part cannot exceed its whole, and nobody has 2,000e9/L lymphocytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from immunosim.model.readout_info import Analyte
from immunosim.observations.laboratory import TOTAL_UNIT, analytes, parts_of_a_total
from immunosim.observations.records import FindingSeverity, Measurement, Observations, TableFinding
from immunosim.scenario.plausible import MOST_SUBSET, MOST_TOTAL
from immunosim.units import is_count_unit

LEAST_TOTAL = 0.005
"""Fewest lymphocytes that are believed, 1e9/L, unless none are reported: a quarter of the lowest after depletion."""

_ROUNDING = 1.05
"""How much a part may exceed its whole, since both are rounded and often counted on different instruments."""

_MOST_OF_SHARES = 105.0
"""Highest sum of shares that separate tubes explain, %."""

_EXCESS = 1.2
_DECIMAL = 50.0
"""What a total may lack because it was rounded to one decimal of 1e9/L, cells/uL."""

_PER_LITRE = 1000.0


def check_values(observations: Observations) -> Iterator[TableFinding]:
    """Yield values that are negative, implausible or probably in another unit."""
    known = analytes()
    for measurement in observations.measurements:
        if measurement.value < 0:
            yield _at(
                measurement,
                "error",
                f"{measurement.value:g} is negative",
                "leave the cell empty where nothing was measured",
            )
        elif measurement.analyte not in known or not is_count_unit(known[measurement.analyte].unit):
            continue
        elif measurement.value == 0 and not measurement.is_censored:
            reason = "0 has no logarithm: a fit with lognormal noise refuses it"
            yield _at(measurement, "warning", reason, "write <LIMIT with the limit of quantification")
        elif known[measurement.analyte].unit == TOTAL_UNIT:
            yield from _check_total(measurement)
        elif measurement.value > MOST_SUBSET:
            reason = f"{measurement.value:g} cells/uL is more than anybody has"
            yield _at(measurement, "error", reason, "correct the value, or the unit of its column")
    for analyte in parts_of_a_total():
        yield from _check_subset(
            analyte, [measurement for measurement in observations.measurements if measurement.analyte == analyte]
        )


def check_samples(observations: Observations) -> Iterator[TableFinding]:
    """Yield samples whose parts exceed their whole, and shares of more than 100 %."""
    samples: dict[tuple[str, float], dict[str, Measurement]] = defaultdict(dict)
    for measurement in observations.measurements:
        samples[measurement.patient, measurement.time].setdefault(measurement.analyte, measurement)
    for sample in samples.values():
        parts = {
            name: measurement
            for name, measurement in sample.items()
            if name in parts_of_a_total() and not measurement.is_below
        }
        total = next(
            (sample[name] for name, analyte in analytes().items() if _is_total(analyte) and name in sample), None
        )
        if total is not None:
            yield from _check_shares(parts, total.value * _PER_LITRE)
            yield from _check_total_of(parts, total.value * _PER_LITRE)
        yield from _check_sums(sample, parts)


def _is_total(analyte: Analyte) -> bool:
    return not analyte.part_of and analyte.unit == TOTAL_UNIT


def _check_total(measurement: Measurement) -> Iterator[TableFinding]:
    if measurement.value > MOST_TOTAL:
        likely = (
            f", but {measurement.value:g} cells/uL is usual"
            if MOST_TOTAL * 2 < measurement.value <= MOST_TOTAL * 1e3
            else ""
        )
        cure = "the column may be in cells/uL: correct its unit" if likely else "correct the value"
        yield _at(measurement, "error", f"{measurement.value:g}e9/L is more than anybody has{likely}", cure)
    elif 0 < measurement.value < LEAST_TOTAL and not measurement.is_below:
        cure = "the column may be in 1e12/L or a value of 1e9/L divided twice: check its unit"
        yield _at(
            measurement, "warning", f"{measurement.value:g}e9/L is fewer than was ever reported after depletion", cure
        )


def _check_subset(analyte: str, measurements: list[Measurement]) -> Iterator[TableFinding]:
    """Yield the first value of a subset all of whose values look like 1e9/L."""
    values = [measurement.value for measurement in measurements if not measurement.is_below]
    if len(values) > 1 and 0 < max(values) <= 3.0 and any(value % 1.0 for value in values):
        reason = f"all values of {analyte} are at most {max(values):g} cells/uL, which looks like 1e9/L"
        yield _at(measurements[0], "warning", reason, "correct the unit of the column if it is")


def _check_shares(parts: dict[str, Measurement], whole: float) -> Iterator[TableFinding]:
    """Yield shares above 100 %, and shares that add up to more."""
    shares = {name: measurement for name, measurement in parts.items() if measurement.is_share}
    percents = {name: 100.0 * measurement.value / whole if whole else 0.0 for name, measurement in shares.items()}
    for name, measurement in shares.items():
        if percents[name] > 100.0 * (1 + 1e-9):
            yield _at(measurement, "error", f"{percents[name]:.4g} % is more than all lymphocytes", "correct the share")
    summed = _sum_of_parts(percents)
    if summed > _MOST_OF_SHARES and all(percent <= 100.0 * (1 + 1e-9) for percent in percents.values()):
        last = shares[list(shares)[-1]]
        yield _at(last, "error", f"the shares of this sample add up to {summed:.4g} %", "correct one of them")


def _check_total_of(parts: dict[str, Measurement], whole: float) -> Iterator[TableFinding]:
    """Yield counts above the total, and counts that together are far above it."""
    counts = {name: measurement for name, measurement in parts.items() if not measurement.is_share}
    single = [measurement for measurement in counts.values() if measurement.value > _ROUNDING * whole + _DECIMAL]
    for measurement in single:
        count = f"{measurement.analyte} of {measurement.value:g} cells/uL"
        reason = f"{count} exceeds the lymphocytes of the sample, {whole:g} cells/uL"
        yield _at(measurement, "error", reason, "correct one of them, or a unit")
    summed = _sum_of_parts({name: measurement.value for name, measurement in counts.items()})
    if counts and not single and summed > _EXCESS * whole + _DECIMAL:
        reason = f"the subsets add up to {summed:g} cells/uL, more than 20 % above the lymphocytes, {whole:g} cells/uL"
        yield _at(counts[list(counts)[-1]], "warning", reason, "check whether all are of one sample")


def _check_sums(sample: dict[str, Measurement], parts: dict[str, Measurement]) -> Iterator[TableFinding]:
    """Yield sums, such as T cells, that are fewer than one of their parts."""
    for whole, name in ((whole, name) for whole, about in analytes().items() for name in about.parts):
        if whole in sample and name in parts and parts[name].value > _ROUNDING * sample[whole].value:
            measurement, other = parts[name], sample[whole]
            reason = f"{name} of {measurement.value:g} cells/uL exceeds {whole} of {other.value:g} cells/uL"
            yield _at(measurement, "error", f"{reason}, of which it is a part", "correct one of them, or a unit")


def _sum_of_parts(values: dict[str, float]) -> float:
    """Return the sum of subsets, those that were measured alone and as a sum counted once."""
    sums = {name: analyte.parts for name, analyte in analytes().items() if analyte.parts}
    within = {part for parts in sums.values() for part in parts}
    twice = [max(values.get(name, 0.0), sum(values.get(part, 0.0) for part in parts)) for name, parts in sums.items()]
    once = [values.get(name, 0.0) for name in parts_of_a_total() if name not in sums and name not in within]
    return sum([*twice, *once])


def _at(measurement: Measurement, severity: FindingSeverity, reason: str, cure: str) -> TableFinding:
    return TableFinding(measurement.line, measurement.column, severity, reason, cure)


def by_analyte(measurements: Iterable[Measurement]) -> dict[str, list[Measurement]]:
    """Return measurements by analyte, in their order."""
    by_name: dict[str, list[Measurement]] = defaultdict(list)
    for measurement in measurements:
        by_name[measurement.analyte].append(measurement)
    return by_name
