"""The drugs that a scenario may name: those of its model, and the type of a field that names a drug.

While a scenario is read, its records know the drugs of its model; a record outside of a scenario knows those of the
default model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, StrictInt
from pydantic_core import CoreSchema, core_schema

from immunosim.errors import ModelError, QuantityError, any_of, close_matches, did_you_mean
from immunosim.model.drug import Administration, Drug
from immunosim.model.package import ModelPackage
from immunosim.models import DEFAULT_MODEL, drugs_of, find_model
from immunosim.scenario.base import Text
from immunosim.units import shown

_MODEL: ContextVar[str] = ContextVar("model", default=DEFAULT_MODEL)


def model_of(scenario: object) -> str:
    """Return the model that a scenario or its raw data name, by default the default model.

    An unknown model counts as the default one here, an unknown version as the present one; the scenario reports it.
    """
    raw = scenario if isinstance(scenario, Mapping) else None
    named = getattr(scenario, "model", None) if raw is None else raw.get("model", DEFAULT_MODEL)
    try:
        model = named if isinstance(named, str) and drugs_of(named) else DEFAULT_MODEL
    except ModelError:
        model = DEFAULT_MODEL
    version = None if raw is None else raw.get("model_version")
    return find_model(model).versions.get(version, model) if type(version) is int else model


def known_model() -> str:
    """Return the name of the model that records know while a scenario or its data are read."""
    return _MODEL.get()


@contextmanager
def with_drugs_of(scenario: object) -> Iterator[None]:
    """Let records know the drugs, and tables the read-outs, of the model of a scenario or of observations."""
    token = _MODEL.set(model_of(scenario))
    try:
        yield
    finally:
        _MODEL.reset(token)


def model_read() -> ModelPackage:
    """Return the model of the scenario that is being read."""
    return find_model(_MODEL.get())


def known_drugs(scenario: object = None) -> tuple[Drug, ...]:
    """Return the drugs of a scenario's model; without a scenario, of the model that is being read."""
    return drugs_of(_MODEL.get() if scenario is None else model_of(scenario))


def known_drug(name: str, scenario: object = None) -> Drug:
    """Return one of these drugs by its name.

    Raises
    ------
    ModelError
        If the model has no such drug.
    """
    drugs = known_drugs(scenario)
    for drug in drugs:
        if drug.name == name:
            return drug
    raise ModelError(f'the model has no drug "{name}"', cure=did_you_mean(name, [drug.name for drug in drugs]))


@dataclass(frozen=True)
class DrugGiven:
    """Annotation of a field that names a drug, restricted by how the drug is given."""

    ways: tuple[Administration, ...]
    by_mass: bool = False

    def choices(self) -> list[str]:
        """Return the names of the drugs, in the model's order."""
        return [
            drug.name for drug in known_drugs() if drug.given in self.ways and not (self.by_mass and drug.takes_effect)
        ]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return pydantic's schema: our own validator in place of the one for text."""
        return core_schema.no_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the JSON schema of the name."""
        return {"type": "string", "enum": self.choices()}

    def validate(self, value: object) -> str:
        """Return the name, or refuse it with the known ones."""
        choices = self.choices()
        if isinstance(value, str) and value in choices:
            return str(value)  # plain text, whatever kind of text was given
        text = shown(value)
        if not choices:
            reason = f"{text}: no drug of {model_read().name} is given in this way"
            raise QuantityError(reason, cure="leave the entry out, or name another model")
        matches = close_matches(text.strip(chr(34)), choices, limit=1)
        cure = f'did you mean "{matches[0]}"?' if matches else None
        raise QuantityError(f"{text} is not one of {any_of(choices)}", cure=cure)


def _existing(name: str) -> str:
    try:
        find_model(name)
    except ModelError as error:
        if error.key != "model":  # the package that brings it is at fault
            raise
        raise QuantityError(error.reason, cure=error.cure) from None
    return name


def _version(number: int) -> int:
    """Refuse a version that the model does not have; one that it has became the name of the model."""
    model = model_read()
    versions = " and ".join(str(known) for known in sorted(model.versions))
    raise QuantityError(f"{model.name} has no version {number}", cure=f"it has {versions}")


ModelName = Annotated[Text, AfterValidator(_existing)]
ModelVersion = Annotated[StrictInt, AfterValidator(_version)]
AnyDrug = Annotated[str, DrugGiven(("infusion", "bolus", "continuous"))]
DoseDrug = Annotated[str, DrugGiven(("infusion", "bolus"))]
RateDrug = Annotated[str, DrugGiven(("infusion", "continuous"), by_mass=True)]
