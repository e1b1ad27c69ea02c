"""The type of a field that names a drug of the model, by how the drug may be given there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from immunosim.errors import QuantityError, any_of, close_matches
from immunosim.model.drug import Given
from immunosim.models import drugs_of
from immunosim.units import shown


@dataclass(frozen=True)
class DrugGiven:
    """Annotation of a field that names a drug which is given in one of some ways."""

    ways: tuple[Given, ...]

    def choices(self) -> list[str]:
        """Return the names of the drugs, in the model's order."""
        return [drug.name for drug in drugs_of() if drug.given in self.ways]

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
            return value
        text = shown(value)
        matches = close_matches(text.strip(chr(34)), choices, limit=1)
        cure = f'did you mean "{matches[0]}"?' if matches else None
        raise QuantityError(f"{text} is not one of {any_of(choices)}", cure=cure)


AnyDrug = Annotated[str, DrugGiven(("infusion", "bolus", "continuous"))]
DoseDrug = Annotated[str, DrugGiven(("infusion", "bolus"))]
RateDrug = Annotated[str, DrugGiven(("infusion", "continuous"))]
