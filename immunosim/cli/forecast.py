"""``immunosim forecast``: when counts will be back, as it becomes known visit by visit."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.fit_options import Anyway, Draws, FitInput, Likelihood, Page, Starts
from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.options import FAILED, ResultFolder, typed
from immunosim.cli.printing import say, show_text
from immunosim.cli.progress import progress

if TYPE_CHECKING:
    from immunosim.door.forecasting import Forecast

Goals = Annotated[
    list[str] | None,
    typer.Option(
        "--goal",
        metavar="READOUT@LEVEL",
        help="A read-out and a level that it is to stay above, such as 'cd4@0.2e9/L'. By default that and the lower "
        "limits of normal of CD4 and of the lymphocytes. May be repeated.",
        show_default=False,
    ),
]
AsOf = Annotated[
    str,
    typer.Option("--as-of", metavar="TIME", help="Take only visits up to this time into account, such as '12 months'."),
]
EachVisit = Annotated[bool, typer.Option("--each-visit", help="Forecast again after every visit.")]
Confidence = Annotated[
    float, typer.Option("--confidence", min=0.5, max=0.99, help="Confidence level of the intervals.")
]


@dataclass(frozen=True)
class ForecastAim:
    """What is forecast, and from which visits."""

    goal: Goals = None
    as_of: AsOf = ""
    each_visit: EachVisit = False
    confidence: Confidence = 0.9
    anyway: Anyway = False
    report: Page = False


@with_option_groups
def forecast(
    context: typer.Context,
    given: FitInput,
    aim: ForecastAim,
    results: ResultFolder,
    starts: Starts = 10,
    draws: Draws = 0,
    likelihood: Likelihood = False,
) -> None:
    """Predict when counts recover above clinical thresholds, with intervals.

    Fits every patient, draws parameters from the posterior, and simulates each draw to the horizon. A count that does
    not recover before the horizon is censored there: where too few draws recover, a time is "not reached". Months count
    from the start of the last course; dates are given where day 0 has one. With --each-visit the forecast is repeated
    for every visit from the data available at the time; the first line is the forecast from the priors.

    Writes forecast.json, forecast.csv, a figure of each patient, and with --report a page to read and print. Exit code
    3: a patient could not be simulated, or
    the forecast is withheld, since the residuals reject the fit (its likely cause is named; see --anyway).
    """
    from immunosim.door.fitting import require_sampler
    from immunosim.door.forecasting import ForecastOptions, Goal, forecast_files, forecast_of, with_risks
    from immunosim.report import to_json
    from immunosim.report.output_files import FORECAST, refuse_foreign, write_folder

    folder = results.folder(given.scenario, "forecast")
    if results.is_written:
        refuse_foreign(folder, FORECAST)
    if draws:
        require_sampler()
    goals = [Goal.parse(text) for text in aim.goal or []]
    with progress("Reading the scenario") as now:
        case = given.read(now, priors=not likelihood)
        now.begin("Forecasting")

        def report(name: str, visit: int, of: int) -> None:
            now.detail = f"patient {name}, {visit} of {of} visits"

        how = ForecastOptions(starts, draws, given.seed, aim.confidence, aim.anyway)
        predictions = forecast_of(case, goals, aim.as_of or None, aim.each_visit, how, report)
        predictions = with_risks(predictions, given.scenario, given.changes or (), now.announce)
        command = typed(context, ("as_json", "workers"))
        files = forecast_files(predictions, command, aim.report) if results.is_written else {}
        paths = write_folder(folder, files, FORECAST) if files else []
    if results.as_json:
        show_text(to_json(predictions.as_dict()).rstrip())
    else:
        _show(predictions, aim.confidence, paths)
    for name, reason in predictions.failures.items():
        say(f"patient {name}: {reason}")
    if predictions.failures:
        raise typer.Exit(FAILED)


def _show(predictions: "Forecast", confidence: float, paths: list[Path]) -> None:
    from immunosim.cli.event_tables import reached, show_pooled, show_returns, show_risks, show_updates
    from immunosim.cli.fit_tables import show_paths
    from immunosim.cli.printing import show

    forecasts = predictions.updates
    for name, updates in forecasts.items():
        last = updates[-1]
        if len(updates) > 1:
            show_updates(f"Patient {name}: predicted month of recovery, after each visit", updates)
        else:
            title = f"Patient {name}: predicted recovery, from {last.n_visits} visits until day {reached(last.day)}"
            show_returns(title, last.returns, confidence)
        if last.misfit:
            show(f"Made although {last.misfit}: standard deviations are multiplied by {last.widening:.2g}.")
    if len(forecasts) > 1:
        title = f"All {len(forecasts)} patients (Kaplan-Meier over patients and draws, months after each last course)"
        show_pooled(title, predictions)
    show_risks(predictions.risks)
    show_paths(paths)
