"""Forecasts of recovery, as one result: when counts will be back, from the counts that are known so far."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from immunosim.codegen.loader import say_nothing
from immunosim.door.data import PatientData
from immunosim.door.fit_input import FitSettings, Table, fit_problem
from immunosim.door.table_alone import FitTarget
from immunosim.door.times import Time, day_of, simulated_day_of
from immunosim.door.told_risks import risks_so_far
from immunosim.door.watching import Quiet
from immunosim.ensembles.survival import EventTimes
from immunosim.errors import DataError
from immunosim.files import write_file
from immunosim.fitting import FitProblem, require_sampler
from immunosim.fitting.conclusions.recovery import Return, pooled_returns
from immunosim.fitting.conclusions.recovery_by_visit import ForecastOptions as ForecastOptions
from immunosim.fitting.conclusions.recovery_by_visit import Goal as Goal
from immunosim.fitting.conclusions.recovery_by_visit import Update, known_until, update
from immunosim.report.disease import NO_RISK
from immunosim.result import Result
from immunosim.scenario.overrides import Overrides

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure


HEADERS = (
    *("patient", "after_visit_day", "n_visits", "readout", "level", "low_day", "median_day", "high_day", "share"),
    *("last_course_day", "low_month", "median_month", "high_month", "low_date", "median_date", "high_date"),
    *("n_draws", "n_recovered", "n_at_start", "n_failed", "widened_by", "misfit"),
)
"""Columns of the table of a forecast; months count from the last course."""


@dataclass(frozen=True, eq=False, repr=False)
class Forecast(Result):
    """When counts of each patient will be back.

    Attributes
    ----------
    updates : dict of str to list of Update
        By patient, a forecast after each visit that was asked for.
    failures : dict of str to str
        Of patients who could not be simulated, or whose forecast is withheld since the fit is rejected: why.
    horizon : float, day
        The latest until which a patient was simulated.
    case : FitProblem, optional
        The patients, as they were fitted.
    until : float, day
        Later visits and doses were ignored.
    confidence : float
        Of the intervals.
    risks : dict of str to list of str
        Sentences by patient: the risks of events by the horizon, given the counts so far, or that none can be told.
    """

    updates: dict[str, list[Update]]
    failures: dict[str, str]
    horizon: float
    case: FitProblem | None = None
    until: float = math.inf
    confidence: float = 0.9
    risks: dict[str, list[str]] = field(default_factory=dict)

    def headline(self) -> str:
        """Return in a line who is forecast, until when."""
        failed = f", {len(self.failures)} failed or withheld" if self.failures else ""
        return f"recovery of {len(self.updates)} patients until day {self.horizon:g}{failed}"

    def facts(self) -> dict[str, object]:
        """Return of how many visits each patient's last forecast is."""
        return {f"visits of {name}": own[-1].n_visits for name, own in self.updates.items()} | dict(self.failures)

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return self.as_dict()

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a patient, visit and goal: day, month and date of recovery with intervals, and probability."""
        import pandas as pd

        rows = [
            {"patient": name, "after_visit_day": one.day, "n_visits": one.n_visits, **back.as_dict()}
            for name, own in self.updates.items()
            for one in own
            for back in one.returns
        ]
        return pd.DataFrame(rows)

    @property
    def dataset(self) -> xr.Dataset:
        """Days of recovery over ``patient``, ``after_visit_day``, ``readout`` and ``level``."""
        index = ["patient", "after_visit_day", "readout", "level"]
        return self.to_dataframe().set_index(index)[["low", "median", "high", "share"]].to_xarray()

    def event_times(self, goal: int = 0) -> EventTimes:
        """Return the recovery of all patients and draws by the latest forecasts, in days after each last course.

        Parameters
        ----------
        goal : int
            Place of the goal, counted from 0.

        Raises
        ------
        DataError
            If there is no such goal.
        """
        latest = [own[-1].returns for own in self.updates.values()]
        n = len(latest[0]) if latest else 0
        if not 0 <= goal < n:
            raise DataError(f"goal {goal} was not forecast", key="goal", cure=f"choose from 0 to {n - 1}")
        return pooled_returns([returns[goal] for returns in latest])

    def plot(self, *names: str, **options: Any) -> Figure:
        """Draw the recovery of a patient, or where none is named that of all together by their latest forecasts.

        A patient's figure shows every forecast; where there is one, each goal is a curve of the fraction of the draws
        that have recovered, as it is for several patients.
        """
        from immunosim.plots.forecasts import forecast_figure, pooled_figure
        from immunosim.report import INTENDED_USE

        if names or len(self.updates) == 1:
            return forecast_figure(self.updates[names[0] if names else next(iter(self.updates))], INTENDED_USE)
        return pooled_figure([own[-1] for own in self.updates.values()], INTENDED_USE)

    def report(self, path: str | Path) -> Path:
        """Write a page that needs no other file, whole or not at all, and return its path.

        Raises
        ------
        OutputError
            If the location is not writable.
        """
        from immunosim.report import to_json
        from immunosim.report.page.forecast import forecast_page

        target = Path(path)
        write_file(target, forecast_page(json.loads(to_json(self.record()))))
        return target

    def record(self) -> dict[str, Any]:
        """Return everything as plain values, with the data that were known and the versions."""
        from immunosim.report.fit_record import about_fit, data_known

        about = {"horizon_day": self.horizon, "confidence": self.confidence, "draws": self._draws()}
        if self.case is None:
            return self.as_dict() | about
        return self.as_dict() | about | data_known(self.case, self.until) | about_fit(self.case.subjects[0])

    def _draws(self) -> dict[str, list[dict[str, Any]]]:
        """Return the days of recovery in the draws of each patient's latest forecast, by goal."""
        return {name: [back.drawn() for back in own[-1].returns] for name, own in self.updates.items()}

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        found = {name: [one.as_dict() for one in own] for name, own in self.updates.items()}
        return {"patients": found, "failures": self.failures, "risks": self.risks}


def forecast(
    scenario: FitTarget,
    data: Table | None = None,
    goals: Sequence[str | tuple[str, str]] = (),
    *,
    as_of: Time | None = None,
    each_visit: bool = False,
    confidence: float = 0.9,
    starts: int = 10,
    seed: int = 0,
    draws: int = 0,
    anyway: bool = False,
    announce: Callable[[str], None] = say_nothing,
    **settings: Unpack[FitSettings],
) -> Forecast:
    """Predict when counts recover above clinical thresholds, with intervals.

    Parameters
    ----------
    scenario, data
        As ``fit`` takes them.
    goals : sequence of str or (read-out, level)
        Such as ``"cd4@0.2e9/L"``; by default that and the lower limits of normal of CD4 and of the lymphocytes.
    as_of : float, day, or str, optional
        Take only visits up to this time into account.
    each_visit : bool
        Forecast again after every visit.
    confidence : float
        Of the intervals.
    starts, seed, draws, anyway
        As for ``fit``.
    announce : callable
    **settings : FitSettings
        As for ``fit``.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If a name is unknown, or nobody was measured until then.
    """
    if draws:
        require_sampler()
    case = fit_problem(scenario, data, watch=Quiet(announce), **settings)
    wanted = [Goal.parse(goal) if isinstance(goal, str) else Goal(*goal) for goal in goals]
    how = ForecastOptions(starts, draws, seed, confidence, anyway)
    predictions = forecast_of(case, wanted, as_of, each_visit, how)
    return with_risks(predictions, scenario, settings.get("overrides") or (), announce)


def with_risks(
    predictions: Forecast, scenario: FitTarget, overrides: Overrides, announce: Callable[[str], None] = say_nothing
) -> Forecast:
    """Return a forecast with the risks of events of its patients, given what was known of them.

    Parameters
    ----------
    predictions : Forecast
    scenario, overrides, announce
        As ``forecast`` took them.

    Raises
    ------
    DataError, ScenarioError
        If the population of the scenario cannot be read.
    """
    case = predictions.case
    if case is None or not any(info.organ for info in case.problem.model.readout_info.values()):
        return predictions
    known = {
        patient.name: known_until(patient, predictions.until)
        for patient in case.patients
        if patient.name in predictions.updates
    }
    if case.problem.scenario.population is None or isinstance(scenario, PatientData):
        return replace(predictions, risks={name: [NO_RISK] for name in known})
    return replace(predictions, risks=risks_so_far(scenario, known, case.wishes.noise or {}, overrides, announce))


def forecast_of(
    case: FitProblem,
    goals: Sequence[Goal],
    as_of: Time | None,
    each_visit: bool,
    how: ForecastOptions,
    report: Callable[[str, int, int], None] | None = None,
) -> Forecast:
    """Return the forecast of patients who are ready to be fitted; arguments and errors as of ``forecast``."""
    until = math.inf if as_of is None else _day_known(case, as_of)
    updates, failures = update(case, goals, until, each_visit, how, report)
    ends = [own[-1].horizon for own in updates.values()]
    return Forecast(updates, failures, max(ends, default=case.problem.scenario.horizon), case, until, how.confidence)


def _day_known(case: FitProblem, as_of: Time) -> float:
    """Return the day until which visits and doses count; a table alone may be known for longer than its follow-up."""
    scenario = (case.subjects[0].problem if len(case.subjects) == 1 else case.problem).scenario
    return (day_of if case.wishes.follow_up else simulated_day_of)(scenario, as_of, "as_of")


def forecast_files(predictions: Forecast, command: str = "", with_report: bool = False) -> dict[str, bytes]:
    """Return the record, the table and figures, of each patient and of all together, by file name.

    Parameters
    ----------
    predictions : Forecast
    command : str
        How the forecast was made, kept in the record.
    with_report : bool
        Whether the page is among the files.
    """
    from immunosim.door.fit_files import table_text
    from immunosim.observations.petab import condition_ids
    from immunosim.plots import encoded
    from immunosim.report import to_json

    rows = [
        (name, update, back) for name, own in predictions.updates.items() for update in own for back in update.returns
    ]
    record = to_json(predictions.record() | {"command": command})
    files = {
        "forecast.json": record.encode(),
        "forecast.csv": table_text(HEADERS, [_cells(*row) for row in rows]),
    }
    ids = condition_ids(list(predictions.updates))
    if len(ids) > 1:
        files["forecast.png"] = encoded(predictions.plot(), "png")
    for name in predictions.updates:
        end = f"_{ids[name]}" if len(ids) > 1 else ""
        files[f"forecast{end}.png"] = encoded(predictions.plot(name), "png")
    if with_report:
        from immunosim.report.page.forecast import forecast_page

        files["report.html"] = forecast_page(json.loads(record))
    return files


def _cells(name: str, update: Update, back: Return) -> list[object]:
    """Return a row of the table; what is not reached is infinite."""
    plain = back.as_dict() | {f"{end}_day": getattr(back, end) for end in ("low", "median", "high")}
    about = {"patient": name, "after_visit_day": update.day, "n_visits": update.n_visits} | plain
    about |= {"widened_by": update.widening, "misfit": update.misfit}
    return [_cell(about.get(header)) for header in HEADERS]


def _cell(value: object) -> object:
    if value is None:
        return ""
    return "inf" if value == math.inf else value
