"""The fields of a scenario: what is known of the patient, what was given, what was observed and how to compute.

Records are frozen. Their attributes are floats in internal units (day, mg, cells/uL; kg and year for weight and age);
in a file, and in code where that reads better, they are written as text with a unit. Beside its fields a scenario has
a table of each drug of its model, called after the drug. This module knows no drug in particular, no rule between
records, and no numerics.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import Field, ModelWrapValidatorHandler, ValidationInfo, model_validator

from immunosim.errors import ScenarioError
from immunosim.models import DEFAULT_MODEL, DEFAULT_SET
from immunosim.scenario.base import Text
from immunosim.scenario.challenge import Challenge
from immunosim.scenario.clock import Clock
from immunosim.scenario.computation import Mechanisms, Output, Parameter, Solver
from immunosim.scenario.dosing import Dosing, Treatment
from immunosim.scenario.drug_names import ModelName, ModelVersion, known_drugs, model_read, with_drugs_of
from immunosim.scenario.findings import Note, Observed, Relapse
from immunosim.scenario.model_record import ModelRecord, RefusedIfUnknown
from immunosim.scenario.patient import Patient
from immunosim.scenario.population import PopulationSection
from immunosim.scenario.quantities import CalendarDate, TimePoint, reading_within
from immunosim.scenario.superseded import in_present_words, superseded_keys, warn_of
from immunosim.scenario.sweep import Sweep
from immunosim.scenario.treatments import Course, DrugDosing, RegimenInput, with_drug
from immunosim.units import DAYS_PER_MONTH

COURSES = "course"
"""The table after which those of the drugs are counted and written."""

DrugTable = Annotated[tuple[DrugDosing, ...], RefusedIfUnknown]


class History(ModelRecord):
    """What a scenario says, record by record."""

    superseded: ClassVar[dict[str, str]] = {"additional_dose": "dose"}

    title: Text = ""
    description: Text = ""
    model: ModelName = DEFAULT_MODEL
    model_version: ModelVersion | None = None
    parameter_set: Text = DEFAULT_SET
    start_date: CalendarDate | None = None
    horizon: TimePoint = 36 * DAYS_PER_MONTH
    patient: Patient = Field(default_factory=Patient)
    course: tuple[Course, ...] = ()
    dose: tuple[Dosing, ...] = ()
    input: tuple[RegimenInput, ...] = ()
    challenge: tuple[Challenge, ...] = ()
    relapse: tuple[Relapse, ...] = ()
    note: tuple[Note, ...] = ()
    observed: tuple[Observed, ...] = ()
    output: Output = Output()
    solver: Solver = Solver()
    mechanisms: Mechanisms = Mechanisms()
    parameters: dict[Text, Parameter] = Field(default={})
    sweep: Sweep | None = None
    population: PopulationSection | None = None

    if TYPE_CHECKING:

        def __init__(self, **tables: Any) -> None: ...  # quantities as text or floats, and tables of drugs
    else:
        __pydantic_extra__: dict[str, DrugTable]

    @model_validator(mode="wrap")
    @classmethod
    def _resolve(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        with with_drugs_of(data):
            if isinstance(data, Mapping):
                data = cls._prepared(data, (info.context or {}).get("file"))
            with reading_within(Clock.of(data), _weight_of(data)):
                return handler(data)

    @classmethod
    def _prepared(cls, data: Mapping[str, Any], file: str | None) -> dict[str, Any]:
        """Return raw data with the present name of each key, and the drug in each entry of its table."""
        drugs = cls.drug_tables()
        if not (file or "").startswith("--"):  # a change by an option, to a file that was warned of
            warn_of(replace(problem, file=file) for problem in superseded_keys(data, drugs))
        prepared = in_present_words(data, drugs)
        for key, value in prepared.items():
            if key in drugs:
                prepared[key] = with_drug(key, value)
        if prepared.get("model_version") == model_read().version:
            prepared |= {"model": model_read().name, "model_version": None}
        # An empty table, which takes away that of the base of extends, equals a missing one.
        return {key: value for key, value in prepared.items() if key not in drugs or value != []}

    @classmethod
    def drug_tables(cls, scenario: object = None) -> tuple[str, ...]:
        """Return the tables that are called after the drugs of a scenario's model, or of the one that is being read."""
        return tuple(drug.name for drug in known_drugs(scenario) if drug.name not in cls.model_fields)

    @classmethod
    def named_by_model(cls) -> tuple[str, ...]:
        """Return the tables that are called after the drugs of the model that is being read."""
        return cls.drug_tables()

    @classmethod
    def type_of_named(cls) -> Any:
        """Return the type of such a table."""
        return tuple[DrugDosing, ...]

    @classmethod
    def known_keys(cls) -> tuple[str, ...]:
        """Return the keys that a file may hold, the tables of drugs after the courses."""
        names = tuple(cls.model_fields)
        after_courses = names.index(COURSES) + 1
        return (*names[:after_courses], *cls.drug_tables(), *names[after_courses:])

    def entries(self, table: str) -> tuple[Treatment, ...]:
        """Return the entries of a table that orders a drug; none where the scenario does not have it."""
        further: Mapping[str, tuple[Treatment, ...]] = self.__pydantic_extra__ or {}
        given: tuple[Treatment, ...] = getattr(self, table) if table in type(self).model_fields else ()
        return further.get(table, given)

    def doses_of(self, drug: str) -> tuple[Dosing, ...]:
        """Return the entries of the table that is called after a drug, as the attribute of its name does."""
        return tuple(entry.dosing() for entry in self.entries(drug))

    if not TYPE_CHECKING:  # type checkers refuse misspelt attributes; typed code calls doses_of

        def __getattr__(self, name: str) -> Any:
            """Return the entries of the table of a drug that was not given: none."""
            if not name.startswith("_") and "model" in self.__dict__ and name in self.drug_tables(self):
                return self.entries(name)
            return super().__getattr__(name)


def _weight_of(data: object) -> float:
    """Return the body weight in a scenario that is still raw data, kg; NaN where it is invalid."""
    patient = data.get("patient") if isinstance(data, Mapping) else None
    if isinstance(patient, Patient):
        return patient.weight
    given = {"weight": patient["weight"]} if isinstance(patient, Mapping) and "weight" in patient else {}
    try:
        return Patient.model_validate(given).weight
    except ScenarioError:
        return math.nan  # reported as a problem of the patient
