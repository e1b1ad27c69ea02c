"""What ``immunosim fit`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim.cli.event_tables import show_returns, when, when_headers
from immunosim.cli.printing import show, show_table, show_text
from immunosim.report import to_json
from immunosim.scenario.time_reference import TimeReference

if TYPE_CHECKING:
    from immunosim.fitting import Fitted, PatientFits, PopulationFit

MOST_DRAWS, MOST_PATIENTS, MOST_CAUSES = 8, 24, 6
"""Rows of tables on the terminal; files have all."""

MUCH_SHRUNK = 0.5
"""Shrinkage above which a patient's estimate is mostly the distribution's; assumed."""


def show_fit(fitted: Fitted, target: tuple[str, float] | None, paths: Sequence[Path], as_json: bool) -> None:
    """Print a fit of one patient, or of several as one."""
    if as_json:
        draws = [] if target is None else [vars(draw) for draw in fitted.next_draws(*target)]
        show_text(to_json(fitted.as_dict() | ({"next_draws": draws} if target else {})).rstrip())
        return
    posterior, n = fitted.estimate.posterior, len(fitted.estimate.searches)
    whose = "" if len(fitted.subjects) == 1 else f" of {len(fitted.subjects)} patients as one"
    show(f"{posterior.n_measurements} measurements{whose}, {posterior.n_unknowns} unknowns, {n} starts:")
    show(f"{fitted.estimate.n_at_best} reached the best value, {fitted.estimate.n_failed} failed.")
    show_verdicts(fitted)
    n_known = sum(verdict.kind == "identified" for verdict in fitted.verdicts)
    show(f"The data identify {n_known} of {len(fitted.verdicts)} fitted parameters.")
    if nuisance := posterior.coordinates.nuisance:
        show(f"{len(nuisance)} other parameters are free under their priors and count in every interval.")
    show(f"Conditional on {fitted.n_fixed} parameters fixed at the scenario's values.")
    show_table("The fit", ("what", "value"), list(_about(fitted)), "<>")
    for sentence in fitted.fit_verdict.sentences:
        show(sentence)
    show_causes(fitted)
    headers = ("mechanism", "AIC", "BIC", "verdict")
    show_table("With one mechanism switched off", headers, list(_alternatives(fitted)), "<>><")
    if fitted.withheld:
        show(f"Predicted recovery: {fitted.withheld} See --anyway.")
    elif len(fitted.subjects) == 1:
        show_returns("Predicted recovery", fitted.returns())
        if fitted.widening > 1.0:
            show(f"The fit is rejected: standard deviations are multiplied by {fitted.widening:.2g}.")
    if target is not None:
        show_draws(fitted, *target)
    show_paths(paths)


def show_causes(fitted: Fitted) -> None:
    """Print what may be wrong with a fit that is doubtful: alternatives by their evidence, and outliers."""
    rows = [row for row in fitted.explanations if row.log_bayes_factor > 0.0][:MOST_CAUSES]
    if not rows:
        return
    cells = [(row.cause, f"{row.log_bayes_factor:+.1f}", row.sentence) for row in rows]
    show_table("What would fit better", ("cause", "log Bayes factor", "alternative"), cells, "<><")
    outliers = next((row.outliers for row in rows if row.outliers), ())
    measured = [
        (
            *(outlier.patient, outlier.analyte, f"{outlier.time:g}", str(outlier.line or "-"), f"{outlier.value:.3g}"),
            *(
                interval(outlier.low, outlier.high),
                outlier.unit,
                f"{outlier.studentised:+.1f}",
                f"{outlier.p_value:.1g}",
            ),
        )
        for outlier in outliers
    ]
    headers = ("patient", "analyte", "day", "line", "value", "expected (90 %)", "unit", "residual / SD", "p")
    show_table("Outliers", headers, measured, "<<>>>><>>")
    if rows[0].is_clear:
        show(f"To mend it: {rows[0].cure}.")


def show_verdicts(fitted: Fitted, confidence: float = 0.9) -> None:
    """Print the verdict on every parameter, as a table and in words."""
    rows = [
        (
            verdict.name,
            f"{verdict.value:.4g}{' (at limit)' if verdict.is_at_limit else ''}",
            interval(verdict.low, verdict.high),
            verdict.unit,
            verdict.kind,
            _share(verdict.share_of_prior),
            _share(verdict.share_of_uninformed),
        )
        for verdict in fitted.verdicts
    ]
    columns = ("parameter", "best", f"{100 * confidence:.3g} % by profile", "unit", "verdict", "posterior / prior SD")
    show_table("Parameters", (*columns, "of variance from others"), rows, "<><<<>>")
    if fitted.estimate.posterior.with_priors:
        show("Intervals are of the posterior; the sentences are by the data, without a parameter's own prior.")
    for verdict in fitted.verdicts:
        show(f"- {verdict.name}: {verdict.sentence}")


def show_several(several: PatientFits, paths: Sequence[Path], as_json: bool) -> None:
    """Print fits of several patients."""
    if as_json:
        from immunosim.report.fit_record import several_as_dict

        show_text(to_json(several_as_dict(several)).rstrip())
        return
    names = several.case.reported
    show(f"{len(several.fits)} patients, each fitted individually; {len(several.failures)} could not be simulated.")
    for patient, reason in several.failures.items():
        show(f"- {patient}: {reason}")
    rows = [_patient(patient, fitted) for patient, fitted in several.fits.items()]
    show_table("Individual fits: best values and verdicts", ("patient", "values", *names, "fits"), rows[:MOST_PATIENTS])
    if len(rows) > MOST_PATIENTS:
        show(f"... and {len(rows) - MOST_PATIENTS} more")
    counted = [(name, ", ".join(f"{n} {kind}" for kind, n in several.kinds(name).most_common())) for name in names]
    show_table("Verdicts", ("parameter", "patients"), counted, "<<")
    if several.population is not None:
        _show_population(several.population)
    show_paths(paths)


def _show_population(population: PopulationFit) -> None:
    from immunosim.door.fit_files import population_rows
    from immunosim.report.fit_record import verdict_of

    effects = {effect.name: effect.label for effect in population.arrangement.effects}
    rows = [
        (str(row[0]), "covariate" if row[0] in effects else str(row[1]), *map(_number, row[2:]))
        for row in population_rows(population)
    ]
    headers = ("parameter", "what", "unit", "value", "between-patient SD (log)", "standard error of log", "shrinkage")
    show_table("Population", headers, rows, "<<<")
    for name, label in effects.items():
        show(f"- {name}: {label}")
    verdict = verdict_of(population)
    for sentence in verdict.sentences:
        show(sentence)
    if not population.has_converged:
        rounds = f"{population.n_rounds} iterations"
        show(f"Between-patient SDs had not converged after {rounds}: the data hardly inform them.")
    for name, shrinkage in zip(population.arrangement.individual, population.shrinkage, strict=True):
        if shrinkage > MUCH_SHRUNK:
            show(f"{name}: patients' estimates rest mostly on the population distribution (shrinkage above 50 %).")


def show_paths(paths: Sequence[Path]) -> None:
    """Print the files that were written, and what to do next."""
    if not paths:
        return
    folder = paths[0].parent
    names = list(dict.fromkeys(path.relative_to(folder).parts[0] for path in paths))
    shown = names if len(names) <= 12 else [*names[:10], f"and {len(names) - 10} more"]
    show("", f"Files: {folder}/ ({', '.join(shown)})")
    scenario = next((path for path in paths if path.suffix == ".toml"), None)
    if scenario is not None:
        show(f"Next:  immunosim run {scenario}")


def interval(low: float, high: float) -> str:
    """Return an interval, with a question mark where it is open."""
    return f"{'?' if low != low else f'{low:.3g}'} to {'?' if high != high else f'{high:.3g}'}"


def _number(cell: object) -> str:
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)


def _patient(name: str, fitted: Fitted) -> tuple[str, ...]:
    cells = [f"{verdict.value:.3g} {verdict.kind}" for verdict in fitted.verdicts]
    p_value = fitted.fit_verdict.p_value
    fits = "not checked" if p_value != p_value else "yes" if p_value >= 0.01 else f"no (p = {p_value:.1g})"
    return name, str(fitted.fit_verdict.n_measurements), *cells, fits


def _about(fitted: Fitted) -> Iterator[tuple[str, str]]:
    verdict = fitted.fit_verdict
    yield "squared residuals", f"{verdict.chi_squared:.3g}"
    yield "log likelihood", f"{verdict.log_likelihood:.4g}"
    yield "AIC", f"{verdict.aic:.4g}"
    yield "BIC", f"{verdict.bic:.4g}"


def _alternatives(fitted: Fitted) -> Iterator[tuple[str, ...]]:
    for other in fitted.alternatives:
        yield other.without, _more(other.more_aic), _more(other.more_bic), other.sentence


def _more(value: float) -> str:
    return "-" if value != value else f"{round(value, 1) + 0.0:+.1f}"


def show_draws(fitted: Fitted, readout: str, at: float) -> None:
    """Print the blood draws that would narrow a read-out most, by day, month after the last course and date."""
    reference = TimeReference.of(fitted.subjects[0].problem.scenario)
    rows = [
        (
            *when(reference, draw.time),
            *(draw.analyte, f"{draw.predicted:.3g}", f"{draw.reduction:.0%}"),
        )
        for draw in fitted.next_draws(readout, at)[:MOST_DRAWS]
    ]
    headers = (*when_headers(reference), "analyte", "predicted value", "SD reduction")
    show_table(f"Further draws for {readout} on day {at:.4g}", headers, rows, ">" * (len(headers) - 3) + "<>>")


def _share(share: float) -> str:
    return "-" if share != share else f"{share:.0%}"
