"""The scenario as one record: what is known of the patient, what was given, what was observed and how to compute.

Records are frozen. Their attributes are floats in internal units (day, mg, cells/uL; kg and year for weight and age);
in a file, and in code where that reads better, they are written as text with a unit. This module knows neither the
model nor the numerics.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from immunosim.errors import InputProblem, ScenarioError
from immunosim.models import DEFAULT_MODEL, DEFAULT_SET
from immunosim.scenario.base import Record, Text
from immunosim.scenario.clock import Clock
from immunosim.scenario.computation import Mechanisms, Output, Parameter, Solver
from immunosim.scenario.cross_checks import problems_between_records
from immunosim.scenario.dosing import Dosing
from immunosim.scenario.drug_names import ModelName, with_drugs_of
from immunosim.scenario.findings import Note, Observed, Relapse
from immunosim.scenario.patient import Patient
from immunosim.scenario.quantities import CalendarDate, TimePoint, reading_within
from immunosim.scenario.sweep import Sweep
from immunosim.scenario.treatments import (
    AdditionalDose,
    Course,
    DimethylFumarate,
    Methylprednisolone,
    Prednisolone,
    RegimenInput,
    Triamcinolone,
)
from immunosim.units import DAYS_PER_MONTH


class Scenario(Record):
    """One patient's history and how to simulate it.

    Day 0 is the day from which times are counted; what lies before it is earlier treatment. A scenario built in code
    takes quantities as text, as a file does, or floats in internal units.

    Raises
    ------
    ScenarioError
        With every problem that was found, one per line.
    """

    title: Text = ""
    description: Text = ""
    model: ModelName = DEFAULT_MODEL
    parameter_set: Text = DEFAULT_SET
    start_date: CalendarDate | None = None
    horizon: TimePoint = 36 * DAYS_PER_MONTH
    patient: Patient = Patient()
    course: tuple[Course, ...] = ()
    methylprednisolone: tuple[Methylprednisolone, ...] = ()
    prednisolone: tuple[Prednisolone, ...] = ()
    triamcinolone: tuple[Triamcinolone, ...] = ()
    dimethyl_fumarate: tuple[DimethylFumarate, ...] = ()
    additional_dose: tuple[AdditionalDose, ...] = ()
    dose: tuple[Dosing, ...] = ()
    input: tuple[RegimenInput, ...] = ()
    relapse: tuple[Relapse, ...] = ()
    note: tuple[Note, ...] = ()
    observed: tuple[Observed, ...] = ()
    output: Output = Output()
    solver: Solver = Solver()
    mechanisms: Mechanisms = Mechanisms()
    parameters: dict[Text, Parameter] = Field(default={})
    sweep: Sweep | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _resolve(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        with with_drugs_of(data), reading_within(Clock.of(data), _weight_of(data)):
            return handler(data)

    def problems(self) -> Iterable[InputProblem]:
        """Return what contradicts itself between the records, each of which is sound."""
        return problems_between_records(self)

    def __repr__(self) -> str:
        """Return in a line what this is: a scenario has hundreds of values, which ``to_toml`` writes out."""
        return f"<Scenario: {self.title or 'untitled'!r} until day {self.horizon:g}>"


def _weight_of(data: object) -> float:
    """Return the body weight in a scenario that is still raw data, kg; not a number where it is wrong."""
    patient = data.get("patient") if isinstance(data, Mapping) else None
    if isinstance(patient, Patient):
        return patient.weight
    given = {"weight": patient["weight"]} if isinstance(patient, Mapping) and "weight" in patient else {}
    try:
        return Patient.model_validate(given).weight
    except ScenarioError:
        return math.nan  # the patient's own problem, which is reported there
