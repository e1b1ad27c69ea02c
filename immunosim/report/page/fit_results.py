"""The results of a fit on its page: parameters with verdicts, goodness of fit, forecasts, mechanisms, assumptions.

Reads the record of a fit; computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from immunosim.formatting import unit_text
from immunosim.report.page.dates import PageDates
from immunosim.report.page.sections import KeyResult, Section
from immunosim.report.page.tables import PageTable
from immunosim.scenario import Scenario

RecordView = Mapping[str, Any]

UNEXPECTED = 0.01
"""Significance level below which residuals contradict the assumed measurement error."""

NO_EFFECT = 0.05
"""Difference of AIC below which a mechanism is not listed."""

MOST_RETURNS = 2
"""Recoveries among the main results; the table has all."""

TRAITS = ("age", "weight")


def key_results(record: RecordView, patient: str, when: PageDates) -> Iterator[KeyResult]:
    """Yield name, value and remark of the main results."""
    fit, verdicts = record["fit"], record["parameters"]
    yield "Measurements", str(fit["n_measurements"]), f"{fit['n_censored']} of which only limits are known (censored)"
    known = sum(verdict["kind"] == "identified" for verdict in verdicts)
    others = len(record["free_under_priors"])
    remark = f"{others} others are free under their priors" if others else "no other parameter is free"
    yield "Parameters identified", f"{known} of {len(verdicts)}", remark
    yield "Residuals", *_residuals(fit["p_value"])
    if record.get("forecasts_withheld"):
        yield "Forecast", "withheld", "the residuals reject the fit"
    for back in record["returns"].get(patient, [])[:MOST_RETURNS]:
        yield recovery_key(back, when)


def recovery_key(back: RecordView, when: PageDates, confidence: float = 0.9) -> KeyResult:
    """Return when a count is back, as a main result."""
    remark = f"{100 * confidence:.3g} %: {when.interval(back['low'], back['high'])}"
    return f"{name_of(back)} above {level_of(back['level'])}", when.named(back["median"]), remark


def forecast_section(record: RecordView, patient: str, when: PageDates) -> Section:
    """Return when counts of a patient are back, or why that is withheld."""
    withheld = record.get("forecasts_withheld", "")
    cautions = [withheld[:1].upper() + withheld[1:]] if withheld else []
    if record.get("widened_by", 1.0) > 1.0:
        cautions.append(widened(record["widened_by"]))
    table = forecast_table(record["returns"].get(patient, []), when)
    return Section("forecast", "Forecast", cautions=cautions, tables=[table])


def widened(factor: float) -> str:
    """Return the sentence that marks a forecast from a rejected fit."""
    return f"The residuals reject the fit: standard deviations are multiplied by {factor:.2g}."


def forecast_table(returns: Sequence[RecordView], when: PageDates, confidence: float = 0.9) -> PageTable:
    """Return when counts stay above levels, with intervals."""
    headers = (
        *("read-out", "above", f"median ({when.header})", f"{100 * confidence:.3g} % interval ({when.header})"),
        *("months after last course", "probability", "from others"),
    )
    rows = [
        (
            name_of(back),
            level_of(back["level"]),
            when.later(back["median"]),
            when.interval(back["low"], back["high"]),
            _months(back, when),
            f"{back['share']:.0%}",
            share(back.get("share_of_uninformed")),
        )
        for back in returns
    ]
    note = (
        "The time after which a count stays above the level. Probability: of recovery by the end of the simulation "
        f"({when.named(when.scenario.horizon)}). From others: the part of the variance that comes from parameters "
        "which the data do not inform."
    )
    return PageTable("Predicted recovery", headers, rows, "<<<<", note)


def parameter_table(record: RecordView) -> PageTable:
    """Return best values, intervals and verdicts of the reported parameters."""
    headers = (
        "parameter",
        "best",
        "90 % interval",
        "unit",
        "of prior SD",
        "from others",
        "verdict",
        "by the data alone",
    )
    rows = [
        (
            f"{record['labels'].get(verdict['name'], '')} ({verdict['name']})".lstrip(),
            f"{verdict['value']:.4g}",
            interval(verdict),
            unit_text(verdict["unit"]),
            share(verdict["share_of_prior"]),
            share(verdict["share_of_uninformed"]),
            verdict["kind"],
            verdict["sentence"],
        )
        for verdict in record["parameters"]
    ]
    note = (
        "Interval: of the posterior, by profile likelihood; ?: open. Of prior SD: posterior SD relative to it; near "
        "100 % the data add nothing. From others: the part of the variance that comes from parameters which are free "
        "under their priors and not informed by the data. By the data alone: without the parameter's own prior."
    )
    return PageTable("Parameters", headers, rows, "<><<>><<", note)


def goodness(record: RecordView) -> PageTable:
    """Return the statistics of the fit."""
    fit = record["fit"]
    values = (fit["chi_squared"], fit["p_value"], fit["runs_p_value"], fit["log_likelihood"], fit["aic"], fit["bic"])
    names = ("squared residuals", "chi-squared p", "runs test p", "log likelihood", "AIC", "BIC")
    rows = [(*(_four(value) for value in values), _starts(record["starts"]))]
    return PageTable("Goodness of fit", (*names, "starts that converged"), rows, ">" * 7)


def mechanism_table(record: RecordView) -> PageTable:
    """Return the fits with one mechanism switched off that differ from the fit."""
    moved = [
        other for other in record["alternatives"] if other["more_aic"] is None or abs(other["more_aic"]) >= NO_EFFECT
    ]
    silent = len(record["alternatives"]) - len(moved)
    note = f"AIC: difference to the fit. {silent} further mechanisms move the fitted values by nothing."
    alike: dict[str, list[str]] = {}
    for other in moved:
        alike.setdefault(other["sentence"], []).append(f"{other['without']} ({_signed(other['more_aic'])})")
    rows = [(", ".join(mechanisms), sentence) for sentence, mechanisms in alike.items()]
    return PageTable("With one mechanism switched off", ("mechanism (AIC)", "verdict"), rows, "<<", note)


def assumptions(record: RecordView, patient: str, scenario: Scenario) -> Section:
    """Return what the fit takes for granted."""
    data = record["data"].get("assumed") or _of_data(record, patient, scenario)
    sentences = [*data, *_of_noise(record), *_of_parameters(record), *_of_model(record)]
    return Section("assumed", "What was assumed", sentences=sentences)


def interval(verdict: RecordView) -> str:
    """Return the interval of a parameter, with a question mark where it is open."""
    low, high = ("?" if verdict[end] is None else f"{verdict[end]:.3g}" for end in ("low", "high"))
    return f"{low} to {high}"


def share(value: float | None) -> str:
    """Return a fraction in percent."""
    return "-" if value is None else f"{value:.0%}"


def fits(record: RecordView) -> str:
    """Return whether the residuals of a fit agree with the assumed measurement error, in a word."""
    return _residuals(record["fit"]["p_value"])[0]


def _residuals(p_value: float | None) -> tuple[str, str]:
    if p_value is None:
        return "not tested", "too few values"
    word = "too large" if p_value < UNEXPECTED else "too small" if p_value > 1.0 - UNEXPECTED else "as assumed"
    return word, f"chi-squared p = {p_value:.2g}"


def _of_data(record: RecordView, patient: str, scenario: Scenario) -> Iterator[str]:
    data = record["data"]["patients"][patient]
    values = {"age": f"{scenario.patient.age:g} years", "weight": f"{scenario.patient.weight:g} kg"}
    missing = [f"{name} {values[name]}" for name in TRAITS if name not in data["covariates"]]
    if missing:
        yield f"Of the scenario, not of the table: {', '.join(missing)}."
    if not data["doses"]:
        yield "The table holds no doses: those of the scenario are taken as given."


def _of_noise(record: RecordView) -> Iterator[str]:
    noise = record["data"]["noise"]
    if not noise:
        return
    words = "; ".join(f"{record['analytes'][name]['label']} {_noise(model)}" for name, model in noise.items())
    yield f"Measurement error: {words}."
    if record["data"]["shared"]:
        yield f"Fraction of a subset's error variance shared with the total count: {record['data']['shared']:g}."


def _noise(model: RecordView) -> str:
    relative, absolute = f"{model['relative']:.3g}", f"{model['absolute']:.3g}"
    size = {"additive": absolute, "combined": f"{relative} and {absolute}"}.get(model["kind"], relative)
    estimated = ", its size estimated" if model["is_estimated"] else ""
    return f"{model['kind']} with SD {size}{estimated}"


def _of_parameters(record: RecordView) -> Iterator[str]:
    others = len(record["free_under_priors"])
    if not record["with_priors"]:
        yield "Priors are ignored (maximum likelihood)."
    elif others:
        yield f"{others} further parameters are free under their priors and count in every interval."
    yield f"{record['parameters_not_fitted']} parameters are held at the scenario's values."
    if "sample" in record:
        converged = "has converged" if record["sample"]["has_converged"] else "has NOT converged"
        yield f"Bands and forecasts are of an MCMC sample, which {converged}."
    else:
        yield "Bands and forecasts are of draws from the posterior, by a bridge from its normal approximation."


def _of_model(record: RecordView) -> Iterator[str]:
    off = record["provenance"]["model"]["mechanisms_off"]
    if off:
        yield f"Mechanisms are switched off: {'; '.join(off.values())}."


def name_of(back: RecordView) -> str:
    """Return the name of the read-out that recovers."""
    return str(back.get("label") or back["readout"])


def level_of(level: str) -> str:
    """Return a level as print shows it."""
    return unit_text(level.replace("e9/L", " × 10⁹/L"))


def _months(back: RecordView, when: PageDates) -> str:
    if back["low"] is None:
        return "not reached"
    low, middle, high = (when.months_after_course(back[name]) for name in ("low", "median", "high"))
    return f"{middle} ({low} to {high})"


def _starts(starts: Sequence[RecordView]) -> str:
    return f"{sum(bool(start['is_converged']) for start in starts)} of {len(starts)}"


def _four(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+,.{1 if abs(value) < 1000.0 else 0}f}"
