"""The JSON Schema of scenario files: it takes what the reader takes, and what it refuses the reader refuses as well."""

import itertools
import json
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from immunosim.codegen.loader import Model
from immunosim.door.scenario_files import scenario_schema as schema_of
from immunosim.errors import ImmunosimError, QuantityError
from immunosim.models import DEFAULT_MODEL
from immunosim.numerics import METHODS
from immunosim.parameters import ParameterSet
from immunosim.problem import prepare
from immunosim.scenario import DrugDosing, build_scenario, load_scenario
from immunosim.scenario.base import Record
from immunosim.scenario.clock import Clock
from immunosim.scenario.messages import key_path
from immunosim.scenario.schema import described, descriptions, scenario_schema
from immunosim.units import parse_quantity

COURSE = '[[course]]\nstart = "0 days"\ndose = "12 mg"\n'
SERIES = '[[observed]]\nreadout = "cd4"\nunit = "cells/uL"\n'

WRONG = {
    "an unknown table": ("[patients]\nage = 3", ""),
    "an unknown key": ("[patient]\nwieght = '70 kg'", "patient"),
    "an unknown key of a course": (COURSE + "does = 5", "course[1]"),
    "an unknown key of a premedication": (COURSE + "premedication = { day = 2 }", "course[1].premedication"),
    "a number as title": ("title = 3", "title"),
    "an empty base": ("extends = ' '", "extends"),
    "a number as base": ("extends = 3", "extends"),
    "a start date in words": ("start_date = 'June 2016'", "start_date"),
    "a start date with a time": ("start_date = 2016-06-15T08:00:00", "start_date"),
    "a horizon without a unit": ("horizon = '36'", "horizon"),
    "a horizon as a number": ("horizon = 36", "horizon"),
    "a horizon that is a mass": ("horizon = '36 mg'", "horizon"),
    "an age in kilograms": ("[patient]\nage = '31 kg'", "patient.age"),
    "a negative age": ("[patient]\nage = -3", "patient.age"),
    "a sex that is not known": ("[patient]\nsex = 'woman'", "patient.sex"),
    "a weight without a unit": ("[patient]\nweight = 70", "patient.weight"),
    "a weight with a comma": ("[patient]\nweight = '70,5 kg'", "patient.weight"),
    "a smoker in words": ("[patient]\nsmoker = 'yes'", "patient.smoker"),
    "a share above one": ("[patient]\nanti_drug_antibody = 15000", "patient.anti_drug_antibody"),
    "an efficiency above ten": ("[patient]\ndepletion_efficiency = 11", "patient.depletion_efficiency"),
    "a count in milligrams": ("[patient.baseline]\ncd4 = '500 mg'", "patient.baseline.cd4"),
    "a draw in words": ("[patient.draws]\nthyroid = 'mean'", "patient.draws.thyroid"),
    "a draw of zero": ("[patient.draws]\nthyroid = 0", "patient.draws.thyroid"),
    "one course as a table": ("[course]\nstart = '0 days'\ndose = '12 mg'", "course"),
    "a course without a dose": ("[[course]]\nstart = '0 days'", "course[1]"),
    "a course without a start": (COURSE + "[[course]]\ndose = '12 mg'", "course[2]"),
    "a start without a unit": ("[[course]]\nstart = 0\ndose = '12 mg'", "course[1].start"),
    "a dose that is a duration": ("[[course]]\nstart = '0 days'\ndose = '12 h'", "course[1].dose"),
    "a dose that is a concentration": ("[[course]]\nstart = '0 days'\ndose = '12 mg/L'", "course[1].dose"),
    "a negative dose": ("[[course]]\nstart = '0 days'\ndose = '-12 mg'", "course[1].dose"),
    "doses in words": (COURSE + "doses = 'five'", "course[1].doses"),
    "half a dose": (COURSE + "doses = 2.5", "course[1].doses"),
    "no doses": (COURSE + "doses = 0", "course[1].doses"),
    "an interval in milligrams": (COURSE + "every = '24 mg'", "course[1].every"),
    "a premedication in words": (COURSE + "premedication = 'yes'", "course[1].premedication"),
    "a taper without doses": (
        "[[prednisolone]]\nstart = '1 day'\ndose = '60 mg'\ntaper = [{ dose = '40 mg' }]",
        "prednisolone[1].taper[1]",
    ),
    "too many doses a day": ("[[dimethyl_fumarate]]\nstart = '1 day'\ntimes_per_day = 25", "dimethyl_fumarate[1]"),
    "a remark without text": ("[[note]]\ntime = '1 day'", "note[1]"),
    "a time of day": ("[[relapse]]\ntime = 08:00:00", "relapse[1].time"),
    "an unknown read-out": (SERIES.replace("cd4", "cd5") + "points = [{ time = '1 day', value = 1 }]", "observed[1]"),
    "a point with text": (SERIES + "points = [{ time = '1 day', value = '3' }]", "observed[1].points[1].value"),
    "a negative value": (SERIES + "points = [{ time = '1 day', value = -3 }]", "observed[1].points[1].value"),
    "a point without a time": (SERIES + "points = [{ value = 3 }]", "observed[1].points[1]"),
    "a series without points": (SERIES, "observed[1]"),
    "an interval without a unit": ("[output]\nevery = 1", "output.every"),
    "a tolerance of one": ("[solver]\nrtol = 1", "solver.rtol"),
    "an unknown method": ("[solver]\nmethod = 'rk4'", "solver.method"),
    "no steps": ("[solver]\nmax_steps = 0", "solver.max_steps"),
    "an unknown mechanism": ("[mechanisms]\noff = ['depletio']", "mechanisms.off[1]"),
    "a mechanism without brackets": ("[mechanisms]\noff = 'depletion'", "mechanisms.off"),
    "an unknown parameter": ("[parameters]\ncentral_volum = 3", "parameters"),
    "a parameter that belongs to the patient": ("[parameters]\nweight = 70", "parameters"),
    "a parameter above its bound": ("[parameters]\nfield_at_risk = 2", "parameters.field_at_risk"),
    "a parameter in words": ("[parameters]\nfield_at_risk = 'half'", "parameters.field_at_risk"),
    "a parameter that is true": ("[parameters]\nfield_at_risk = true", "parameters.field_at_risk"),
}


@pytest.fixture(scope="module")
def schema(parameters: ParameterSet, model: Model) -> dict[str, Any]:
    """Return the schema of the compiled model."""
    return scenario_schema(
        [parameters[name] for name in parameters if not parameters[name].belongs_to_patient],
        {name: label for name, (label, _) in model.module.MECHANISMS.items()},
        model.units,
        METHODS,
    )


@pytest.fixture(scope="module")
def places(schema: dict[str, Any]) -> Callable[[str], set[str]]:
    """Return a function that gives the key paths at which the schema refuses a TOML text."""
    validator = Draft202012Validator(schema)
    return lambda text: {key_path(list(error.absolute_path)) for error in validator.iter_errors(as_json(text))}


def as_json(text: str) -> Any:
    """Return a TOML text as a validator sees it: dates are text."""
    return json.loads(json.dumps(tomllib.loads(text), default=lambda value: value.isoformat()))


def test_the_schema_is_valid_and_plain_data(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema, allow_nan=False)) == schema


def test_every_shipped_scenario_passes_the_schema_of_its_model(configs: Path) -> None:
    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted(configs.glob("*.toml"))}
    models = {name: tomllib.loads(text).get("model", DEFAULT_MODEL) for name, text in texts.items()}
    validators = {model: Draft202012Validator(schema_of(model)) for model in set(models.values())}
    assert len(validators) == 2
    for name, text in texts.items():
        errors = validators[models[name]].iter_errors(as_json(text))
        assert [key_path(list(error.absolute_path)) for error in errors] == [], name


@pytest.mark.parametrize(("text", "place"), WRONG.values(), ids=WRONG)
def test_the_schema_and_the_reader_refuse_a_wrong_file_at_the_same_place(
    text: str, place: str, places: Callable[[str], set[str]], tmp_path: Path
) -> None:
    found = places(text)
    assert len(found) == 1
    assert found.pop().startswith(place)
    file = tmp_path / "wrong.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ImmunosimError) as caught:
        prepare(load_scenario(file), str(file))
    assert (caught.value.key or "").startswith(place)


NUMBERS = ("3", "3.", ".5", "3.5", "3e2", "0.5E-1", "3e", "3..5", "1 2", "3,5", "", "x")
SIGNS = ("", "+", "-", "- ")
GAPS = ("", " ", "  ")
UNITS = (
    *("", "h", "hours", "day", "fortnight", "month ", "e2", "eV", "mg", "ug", "µg", "milligram", "stone", "lb", "mg/L"),
    *("ug / mL", "cells/uL", "cells / uL", "/uL", "/L", "1e9/L", "x 10^9/L", "× 10⁹/L", "10^9/L", "G/L", "%", "L", "."),
)
TEXTS = [
    *("".join(parts) for parts in itertools.product(SIGNS, NUMBERS, GAPS, UNITS)),
    *("2017-06-15", " 2017-06-15 ", "2017-06-15T08:00", "2017-06-15 08:00:30", "2017-06", "2017-6-15", "08:00"),
    *("course 1", "course 1 + 3 days", "course 1-3 days", "first + 2 weeks", "first", "Course first - .5 h", "second"),
]
KINDS = {
    "mg": ("$defs", "Course", "properties", "dose"),
    "day": ("$defs", "Course", "properties", "infusion"),
    "kg": ("$defs", "Patient", "properties", "weight"),
    "year": ("$defs", "Patient", "properties", "age"),
    "cells/uL": ("$defs", "Baseline", "properties", "cd4"),
}


def records(base: type[Record] = Record) -> Iterator[type[Record]]:
    yield base
    for record in base.__subclasses__():
        yield from records(record)


RECORDS = {record.__name__: record for record in records()}


def below(schema: Any, path: tuple[str, ...]) -> Draft202012Validator:
    for step in path:
        schema = schema[step]
    return Draft202012Validator(schema)


def is_read(text: str, unit: str) -> bool:
    try:
        return parse_quantity(text, unit, bare=unit == "year") > 0
    except QuantityError:
        return False


@pytest.mark.parametrize("unit", KINDS)
def test_no_quantity_that_can_be_read_is_refused(schema: dict[str, Any], unit: str) -> None:
    validator = below(schema, KINDS[unit])
    read = [text for text in TEXTS if is_read(text, unit)]
    assert len(read) > 30
    assert [text for text in read if not validator.is_valid(text)] == []


@pytest.mark.parametrize("unit", KINDS)
def test_most_texts_that_are_no_quantity_are_refused(schema: dict[str, Any], unit: str) -> None:
    # Not all: that a unit does not exist, or what a long unit measures, no pattern can say.
    validator = below(schema, KINDS[unit])
    wrong = [text for text in TEXTS if not is_read(text, unit)]
    assert sum(not validator.is_valid(text) for text in wrong) > 0.7 * len(wrong)


def test_no_time_that_can_be_read_is_refused(schema: dict[str, Any]) -> None:
    validator = below(schema, ("properties", "horizon"))
    clock = Clock(date(2016, 6, 15), [("first", "0 days")])

    def is_time(text: str) -> bool:
        try:
            clock.days(text)
        except QuantityError:
            return False
        return True

    read = [text for text in TEXTS if is_time(text)]
    assert {"2017-06-15T08:00", "first + 2 weeks"} < set(read)
    assert [text for text in read if not validator.is_valid(text)] == []


def test_every_key_is_described(schema: dict[str, Any]) -> None:
    tables = {"Scenario": schema, **schema["$defs"]}
    described_not = [
        f"{name}.{key}"
        for name, table in tables.items()
        for key, about in table["properties"].items()
        if not about.get("description") or not described(RECORDS.get(name, DrugDosing), key)
    ]
    assert described_not == []
    assert all(about["description"] for about in schema["properties"]["parameters"]["properties"].values())


def test_nothing_is_described_that_does_not_exist(schema: dict[str, Any]) -> None:
    tables = {"Scenario": schema, **schema["$defs"]}
    keys = {key for table in tables.values() for key in table["properties"]}
    own = {name: about for name, about in descriptions().items() if name != "Any"}
    assert {f"{name}.{key}" for name in own for key in own[name]} <= {
        f"{name}.{key}" for name, table in tables.items() for key in table["properties"]
    }
    assert set(descriptions()["Any"]) <= keys


def test_unknown_keys_are_refused_everywhere(schema: dict[str, Any]) -> None:
    tables = [schema, schema["properties"]["parameters"], *schema["$defs"].values()]
    assert all(table["additionalProperties"] is False for table in tables)


def test_defaults_are_what_a_file_may_hold(schema: dict[str, Any]) -> None:
    for table in schema["$defs"].values():
        for key, about in table["properties"].items():
            resolved = {"$defs": schema["$defs"], **about}
            assert "default" not in about or Draft202012Validator(resolved).is_valid(about["default"]), key
    patient = schema["$defs"]["Patient"]["properties"]
    assert patient["age"]["default"] == "34 years"
    assert schema["properties"]["horizon"]["default"] == "36 months"
    assert schema["$defs"]["Course"]["properties"]["infusion"]["default"] == "4 h"


def test_a_scenario_of_defaults_is_the_default_scenario(schema: dict[str, Any]) -> None:
    def defaults(table: dict[str, Any]) -> dict[str, Any]:
        return {key: about["default"] for key, about in table["properties"].items() if "default" in about}

    document = defaults(schema) | {
        key: defaults(schema["$defs"][name]) for key, name in (("patient", "Patient"), ("output", "Output"))
    }
    document["patient"]["draws"] = defaults(schema["$defs"]["Draws"])
    document["solver"] = defaults(schema["$defs"]["Solver"])
    assert build_scenario(document) == build_scenario({"title": ""})


def test_parameters_show_their_unit_bounds_and_default(schema: dict[str, Any], parameters: ParameterSet) -> None:
    about = schema["properties"]["parameters"]["properties"]["antibody_clearance"]
    known = parameters["antibody_clearance"]
    assert (about["default"], about["minimum"], about["maximum"]) == (known.value, known.lower, known.upper)
    assert "L/day" in about["description"]
    assert Draft202012Validator(about).is_valid("3.5 L/day")
