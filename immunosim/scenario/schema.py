"""JSON Schema of scenario files, for editors that complete keys and mark mistakes.

Generated from the records, but for the values in a file: quantities are text with a unit, times are text or dates. The
reader refuses whatever the schema refuses, and more, such as doses that overlap. The caller gives the names that only
the model knows.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, get_args

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from immunosim.errors import QuantityError
from immunosim.model.drug import Drug
from immunosim.parameters import Parameter
from immunosim.scenario.dosing import unfit_keys
from immunosim.scenario.drug_names import known_drug, known_drugs, model_read
from immunosim.scenario.history import History
from immunosim.scenario.model_record import ModelRecord
from immunosim.scenario.patient import Baseline, Draws
from immunosim.scenario.quantities import MEDIAN, CalendarDate, Draw, Quantity, Share, Time
from immunosim.scenario.scenario import Scenario
from immunosim.scenario.table import ScenarioTable
from immunosim.scenario.treatments import Course, DrugDosing
from immunosim.units import DAYS_PER_MONTH, parse_quantity

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_UNIT = r"(?:\s*(?![eE][+-]?\d)[A-Za-zµμ%(×*^/#{·]|\s+\d)"
# Taplo gives every local date-time a "Z", so that a time zone, which the reader refuses, cannot be told from none.
_DATE = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?\s*$"
_CALENDAR_DATE = r"^\d{4}(?:-\d{2}-\d{2}|\d{4}|-?W\d{2}(?:-?\d)?)$"
_USUAL_UNITS = (
    *("s", "min", "h", "day", "days", "week", "weeks", "month", "months", "year", "years"),
    *("ug", "mg", "g", "kg", "mL", "L", "ug/mL", "mg/L", "cells/uL", "/uL", "/L"),
)
_LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def scenario_schema(
    parameters: Iterable[Parameter],
    mechanisms: Mapping[str, str],
    readouts: Mapping[str, str],
    methods: Iterable[str],
) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of scenario files.

    Parameters
    ----------
    parameters : iterable of Parameter
        The parameters that a scenario may set under ``[parameters]``.
    mechanisms, readouts : mapping of str to str
        Names and what each means, in a few words.
    methods : iterable of str
        Names of the integrators.

    Returns
    -------
    dict
        Plain data, ready to be written as JSON.
    """
    schema = Scenario.model_json_schema(schema_generator=_FileSchema)
    definitions = schema.pop("$defs")
    definitions["Mechanisms"]["properties"]["off"]["items"] = _one_of(mechanisms)
    definitions["Observed"]["properties"]["readout"] |= _one_of(readouts)
    definitions["Solver"]["properties"]["method"] |= {"enum": list(methods)}
    _let_dose_follow(definitions["Dosing"])
    definitions["Sweep"]["properties"]["vary"]["additionalProperties"]["anyOf"].append({"type": "object"})
    properties = _with_drugs(schema.pop("properties"), definitions)
    properties["parameters"] |= {
        "properties": {parameter.name: _parameter(parameter) for parameter in parameters},
        "additionalProperties": False,
    }
    extends = {"type": "string", "pattern": r"\S", "description": descriptions()["Scenario"]["extends"]}
    head = {"$schema": DIALECT} | schema | {"title": "immunosim scenario", "additionalProperties": False}
    return head | {"properties": {"extends": extends} | properties, "$defs": definitions}


@cache
def descriptions() -> dict[str, dict[str, str]]:
    """Return the meaning of every key of a scenario file, by record and key; ``Any`` has keys that records share."""
    text = resources.files("immunosim.scenario").joinpath("keys.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def described(record: type[ScenarioTable], key: str) -> str | None:
    """Return the meaning of a key of a record; None where it is not described."""
    known, name = descriptions(), record.superseded.get(key, key)
    if issubclass(record, ModelRecord) and name in record.named_by_model():
        return _declared(record, name)
    bases = [base.__name__ for base in record.__mro__]
    return next((known[base][name] for base in (*bases, "Any") if name in known.get(base, ())), None)


def _declared(record: type[ModelRecord], name: str) -> str:
    """Return the meaning of a key that the model names."""
    if issubclass(record, History):
        drug = known_drug(name)
        return f"{drug.label[:1].upper()}{drug.label[1:]}, {drug.route}; [] removes what the base of extends gives"
    model = model_read()
    if issubclass(record, Draws):
        return model.all_draws[name].meaning
    return model.all_counts[name].meaning if issubclass(record, Baseline) else model.all_onsets[name].meaning


def _let_dose_follow(dosing: dict[str, Any]) -> None:
    """Need no dose of any drug where another key stands for it, or where the drug has a usual one."""
    dosing["required"] = [key for key in dosing["required"] if key != "dose"]
    usual = [drug.name for drug in known_drugs() if drug.usual_dose]
    given = [{"required": keys} for keys in (["dose"], ["concentration", "volume"], ["effect"])]
    dosing["anyOf"] = [*given, {"properties": {"drug": {"enum": usual}}}]


def _with_drugs(properties: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of a scenario with those of the drugs, whose entries are added to the definitions."""
    entry = definitions.pop(DrugDosing.__name__)
    for drug in known_drugs():
        if drug.name in History.drug_tables():
            definitions[drug.name] = _entry_of(drug, entry)
            about = described(Scenario, drug.name)
            items = {"$ref": f"#/$defs/{drug.name}"}
            properties[drug.name] = {"type": "array", "items": items, "description": f"{about}."}
    for old, present in Scenario.superseded.items():
        about = f"An older name of {present}."
        properties[old] = {"type": "array", "items": {"type": "object"}, "description": about, "deprecated": True}
    return {name: properties[name] for name in (*Scenario.known_keys(), *Scenario.superseded)}


def _entry_of(drug: Drug, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of an entry of the table of a drug: the keys that mean something for it."""
    without = set(unfit_keys(drug))
    properties = {key: about for key, about in entry["properties"].items() if key not in without}
    required = ["start", "effect"] if drug.takes_effect else ["start"] if drug.is_continuous else ["start", "dose"]
    description = f"{drug.label[:1].upper()}{drug.label[1:]}, {drug.route}: one order."
    whole = {**entry, "title": drug.label, "description": description, "properties": properties}
    if drug.is_continuous:
        return whole | {"required": required}
    for old, present in DrugDosing.superseded.items():
        properties[old] = {**properties[present], "deprecated": True}
    either = [{"required": [name]} for name in ("start", *DrugDosing.superseded)]
    needed: dict[str, Any] = {"required": [key for key in required if key != "start"], "oneOf": either}
    if drug.volume_sets:
        needed |= {"required": [], "anyOf": [{"required": ["dose"]}, {"required": ["concentration", "volume"]}]}
    return whole | needed


class _FileSchema(GenerateJsonSchema):
    """Pydantic's generator, corrected where a value in a file differs from that in the record."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        quantity = _quantity_of(schema)
        definition = super().generate_inner(schema) if quantity is None else _quantity(quantity)
        # Pydantic leaves limits behind a validator of ours under the names of its own arguments.
        return {_LIMITS.get(key, key): value for key, value in definition.items()}

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        reader = schema["function"]["function"]
        if reader is _reader(CalendarDate):
            return {"type": "string", "pattern": _CALENDAR_DATE, "examples": ["2016-06-15"]}
        if reader is _reader(Draw):
            return {"anyOf": [{"const": "median"}, inner]}
        if reader in (_reader(Share), _reader(Course.model_fields["premedication"])):
            return {"anyOf": [{"type": "boolean"}, inner]}
        return inner

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])  # TOML has no null

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        definition = self.generate_inner(schema["schema"])
        default = schema.get("default")
        quantity = _quantity_of(schema["schema"])
        if quantity is not None and default is not None:
            return definition | {"default": _as_text(default, quantity.unit)}
        return (
            definition | {"default": default}
            if isinstance(default, (str, int, float)) and default != ""
            else definition
        )

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        definition = super().model_schema(schema)
        definition["description"] = definition["description"].split("\n\n")[0]
        cls = schema["cls"]
        fields = definition.get("properties", {})
        if issubclass(cls, ModelRecord) and not issubclass(cls, History):
            fields |= {name: self._named(cls, definition["additionalProperties"]) for name in cls.named_by_model()}
            definition["additionalProperties"] = False
        definition["properties"] = {key: about for key, about in fields.items() if key in cls.known_keys()}
        for key, field in definition["properties"].items():
            words = described(schema["cls"], key)
            kind = field.get("description") if "$ref" not in field else None
            if words:
                field["description"] = f"{words}: {kind}." if kind else f"{words}."
        return definition

    def _named(self, record: type[ModelRecord], about: JsonSchemaValue) -> JsonSchemaValue:
        """Return the schema of a key that the model names."""
        return {**about, "default": MEDIAN} if issubclass(record, Draws) else dict(about)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _quantity_of(schema: Any) -> Quantity | None:
    if schema["type"] == "nullable":
        return _quantity_of(schema["schema"])
    owner = getattr(schema["function"]["function"], "__self__", None) if schema["type"] == "function-plain" else None
    return owner if isinstance(owner, Quantity) else None


def _reader(field: Any) -> Any:
    """Return the function of the outermost validator of a field or of an annotated type."""
    metadata = field.metadata if isinstance(field, FieldInfo) else get_args(field)[1:]
    return [item.func for item in metadata if isinstance(item, BeforeValidator)][-1]


def _quantity(quantity: Quantity) -> JsonSchemaValue:
    if isinstance(quantity, Time):
        return _time(quantity)
    end = rf"(?:\s*$|{_UNIT})" if quantity.bare else _UNIT
    pattern = rf"^\s*\+?{_NUMBER}{_not_of_another_kind(quantity.unit)}{end}"
    text = {"pattern": pattern, "examples": [quantity.example], "description": _kind(quantity.unit)}
    least = "minimum" if quantity.may_be_zero else "exclusiveMinimum"
    return {"type": ["string", "number"], least: 0} | text if quantity.bare else {"type": "string"} | text


def _time(quantity: Time) -> JsonSchemaValue:
    duration = rf"[+−-]?{_NUMBER}{_not_of_another_kind(quantity.unit)}{_UNIT}"
    after_course = r"(?![+-]?\s*\.?\d)\S"
    examples = [quantity.example, "course 2 + 30 days", "2017-06-15"]
    pattern = rf"^\s*(?:{_DATE}|{duration}|{after_course})"
    kind = 'a time such as "12 months" or "course 2 + 30 days", or a date such as 2017-06-15'
    return {"type": "string", "pattern": pattern, "examples": examples, "description": kind}


@cache
def _not_of_another_kind(unit: str) -> str:
    """Return a pattern that finds nothing where one of the usual units follows that does not fit this one."""
    wrong = "|".join(re.escape(other) for other in _USUAL_UNITS if _refusal(f"1 {other}", unit))
    return rf"(?!\s*(?:{wrong})\s*$)"


@cache
def _kind(unit: str) -> str:
    """Return how the reader describes the quantity that it expects: ``a mass such as "12 mg"``."""
    return _refusal("?", unit).removeprefix("expected ")


def _refusal(text: str, unit: str) -> str:
    """Return the cure with which the reader refuses a text as a quantity; empty where it accepts the text."""
    try:
        parse_quantity(text, unit)
    except QuantityError as error:
        return error.cure or error.reason
    return ""


def _as_text(value: float, unit: str) -> str:
    """Return a default as text with a unit."""
    if unit != "day":
        return f"{value:g} {unit}s" if unit == "year" else f"{value:g} {unit}"
    for length, name in ((DAYS_PER_MONTH, "months"), (1.0, "days"), (1 / 24, "h")):
        count = value / length
        if count >= 1 and abs(count - round(count)) < 1e-9:
            return f"{count:.0f} {name.removesuffix('s') if round(count) == 1 else name}"
    return f"{value * 1440:g} min"


def _parameter(parameter: Parameter) -> dict[str, Any]:
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    scope = f"{parameter.value:g}{unit}, from {parameter.lower:g} to {parameter.upper:g}; {parameter.evidence}"
    return {
        "type": ["number", "string"],
        "description": f"{parameter.label} ({scope}). {parameter.note}".strip(),
        "default": parameter.value,
        "minimum": parameter.lower,
        "maximum": parameter.upper,
        "pattern": rf"^\s*[+-]?{_NUMBER}",
    }


def _one_of(names: Mapping[str, str]) -> dict[str, Any]:
    # JSON Schema has no words for the single values of an enumeration; Taplo reads them here, others skip them.
    return {"type": "string", "enum": list(names), "x-taplo": {"docs": {"enumValues": list(names.values())}}}
