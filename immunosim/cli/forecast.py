"""``immunosim forecast``: when counts will be back, as it becomes known visit by visit."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from immunosim.cli.fit_options import Draws, FitInput, Likelihood, Starts
from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.options import FAILED, ResultFolder, typed
from immunosim.cli.printing import say, show_text
from immunosim.cli.progress import progress

if TYPE_CHECKING:
    from immunosim.fitting.conclusions.recovery_by_visit import Update

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
    not recover before the horizon is "later". With --each-visit the forecast is repeated for every visit from the data
    available at the time; the first line is the forecast from the priors.

    Writes forecast.json, forecast.csv and a figure of each patient. Exit code 3: a patient could not be simulated.
    """
    from immunosim.door.forecasting import forecast_of
    from immunosim.fitting import require_sampler
    from immunosim.fitting.conclusions.recovery_by_visit import ForecastOptions, Goal
    from immunosim.report import to_json
    from immunosim.report.output_files import FORECAST, refuse_foreign

    folder = results.folder(given.scenario, "forecast")
    if results.is_written:
        refuse_foreign(folder, FORECAST)
    if draws:
        require_sampler()
    goals = [Goal.parse(text) for text in aim.goal or []]
    with progress("Reading the scenario") as now:
        case = given.read(now, priors=not likelihood)
        scenario = case.problem.scenario
        now.begin("Forecasting")

        def report(name: str, visit: int, of: int) -> None:
            now.detail = f"patient {name}, {visit} of {of} visits"

        how = ForecastOptions(starts, draws, given.seed, aim.confidence)
        outlook = forecast_of(case, goals, aim.as_of or None, aim.each_visit, how, report)
        found, failures = outlook.updates, outlook.failures
        command = typed(context, ("as_json", "workers"))
        own = (found, failures, scenario.horizon, folder, command)
        paths = _write(*own) if results.is_written else []
    if results.as_json:
        show_text(to_json(_as_dict(found, failures)).rstrip())
    else:
        _show(found, paths)
    for name, reason in failures.items():
        say(f"patient {name}: {reason}")
    if failures:
        raise typer.Exit(FAILED)


def _as_dict(found: "dict[str, list[Update]]", failures: dict[str, str]) -> dict[str, Any]:
    return {"patients": {name: [asdict(one) for one in own] for name, own in found.items()}, "failures": failures}


def _show(found: "dict[str, list[Update]]", paths: list[Path]) -> None:
    from immunosim.cli.fit_tables import month, show_paths, show_returns
    from immunosim.cli.printing import show_table

    for name, updates in found.items():
        last = updates[-1]
        if len(updates) > 1:
            rows = [
                ("none" if one.n_visits == 0 else month(one.day), str(one.n_visits), *map(_when, one.returns))
                for one in updates
            ]
            goals = [f"{one.readout} over {one.level}" for one in last.returns]
            title = f"Patient {name}: predicted month of recovery, after each visit"
            show_table(title, ("month", "visits", *goals), rows, ">>")
        else:
            title = f"Patient {name}: predicted recovery, from {last.n_visits} visits until month {month(last.day)}"
            show_returns(title, last.returns)
    show_paths(paths)


def _when(one: Any) -> str:
    from immunosim.cli.fit_tables import month

    return f"{month(one.median)} ({month(one.low)} to {month(one.high)}), {one.share:.0%}"


def _write(
    found: "dict[str, list[Update]]",
    failures: dict[str, str],
    horizon: float,
    folder: Path,
    command: str,
) -> list[Path]:
    from immunosim.door.fit_files import table_text
    from immunosim.observations.petab import condition_ids
    from immunosim.plots import encoded
    from immunosim.plots.forecasts import forecast_figure
    from immunosim.report import INTENDED_USE, to_json, write_folder
    from immunosim.report.output_files import FORECAST

    headers = (
        "patient",
        "after_visit_day",
        "n_visits",
        "readout",
        "level",
        "low_day",
        "median_day",
        "high_day",
        "share",
    )
    rows = [
        (name, one.day, one.n_visits, back.readout, back.level, back.low, back.median, back.high, back.share)
        for name, own in found.items()
        for one in own
        for back in one.returns
    ]
    files = {
        "forecast.json": to_json(_as_dict(found, failures) | {"command": command}).encode(),
        "forecast.csv": table_text(headers, rows),
    }
    ids = condition_ids(list(found))
    for name, own in found.items():
        end = f"_{ids[name]}" if len(found) > 1 else ""
        files[f"forecast{end}.png"] = encoded(forecast_figure(own, horizon, INTENDED_USE), "png")
    return write_folder(folder, files, FORECAST)
