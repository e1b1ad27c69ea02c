"""A table that is fitted without a scenario: which arguments are tables, and what stands in for a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from immunosim.door.data import PatientData
from immunosim.door.scenarios import AnyScenario, as_scenario
from immunosim.errors import DataError
from immunosim.observations import PatientRecord
from immunosim.scenario import Scenario, build_scenario
from immunosim.scenario.overrides import Overrides
from immunosim.units import DAYS_PER_MONTH

Table: TypeAlias = Path | str | PatientData
"""A table of counts: its file, the name of a shipped one, or what ``read_data`` returned."""

FitTarget: TypeAlias = AnyScenario | PatientData
"""What is fitted: a scenario, or a table that says all that is needed of doses."""

SCENARIO_SUFFIXES = ("", ".toml")

FOLLOW_UP = 60 * DAYS_PER_MONTH
"""How long patients are followed after the last dose where no scenario says it, day."""


class FitSource(NamedTuple):
    """What a fit takes its patients from.

    Attributes
    ----------
    scenario : Scenario
        Common to all patients; one without any treatment where there is a table alone.
    name : str
        What messages call it.
    data : Table, optional
    is_alone : bool
        Whether the table stands without a scenario.
    follow_up : float, day
        How long patients are followed after their last dose; 0 where the scenario says it.
    """

    scenario: Scenario
    name: str
    data: Table | None
    is_alone: bool = False
    follow_up: float = 0.0


def is_table_file(given: Path | str) -> bool:
    """Return whether a path is that of a table, not of a scenario."""
    return Path(given).suffix.lower() not in SCENARIO_SUFFIXES


def source_of(given: FitTarget, data: Table | None, overrides: Overrides = ()) -> FitSource:
    """Return scenario and table of a fit.

    Parameters
    ----------
    given : Scenario, Path, str or PatientData
        A scenario, or a table.
    data : Path, str or PatientData, optional
        A table.
    overrides : mapping of str to object, or iterable of str
        Changes of the scenario.

    Raises
    ------
    DataError, ScenarioError
        If there are two tables, or the scenario or a change cannot be used.
    """
    if isinstance(given, PatientData) or (not isinstance(given, Scenario) and is_table_file(given)):
        name = given.observations.file if isinstance(given, PatientData) else str(given)
        if data is not None:
            cure = "name a scenario before `data`, or leave one of them out"
            raise DataError("is a table, and `data` is another one", file=name, cure=cure)
        scenario, _ = as_scenario(build_scenario({"horizon": f"{FOLLOW_UP!r} day"}), overrides)
        return FitSource(scenario, name, given, True, FOLLOW_UP if scenario.horizon == FOLLOW_UP else 0.0)
    return FitSource(*as_scenario(given, overrides), data)


def refuse_undosed(patients: Sequence[PatientRecord], file: str) -> None:
    """Refuse patients none of whom was given anything: what to simulate is not known without a scenario.

    Raises
    ------
    DataError
    """
    if not any(patient.doses for patient in patients):
        cure = "add doses to the table, or name a scenario that plans them and give the table as `data`"
        raise DataError("has no doses, without which there is no treatment to simulate", file=file or None, cure=cure)
