"""The patient of a scenario before treatment. Which counts, draws and onsets there are, the model declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StrictBool, model_validator

from immunosim.errors import InputProblem
from immunosim.scenario.drug_names import model_read
from immunosim.scenario.model_record import ModelRecord, RefusedIfUnknown
from immunosim.scenario.quantities import MEDIAN, Age, Count, Draw, Duration, Number, Titre, Weight

SEX_IS_DESCRIPTIVE = "the sex is descriptive only and changes no number"

NamedCount = Annotated[Count | None, RefusedIfUnknown]
NamedDraw = Annotated[Draw, RefusedIfUnknown]


class Baseline(ModelRecord):
    """Untreated counts in blood, cells/uL: either the total, which scales every subset, or single subsets."""

    if not TYPE_CHECKING:
        __pydantic_extra__: dict[str, NamedCount]

    @classmethod
    def named_by_model(cls) -> tuple[str, ...]:
        """Return the names of the counts."""
        return tuple(model_read().all_counts)

    @classmethod
    def type_of_named(cls) -> Any:
        """Return the type of a count."""
        return Count | None

    @model_validator(mode="before")
    @classmethod
    def _none_where_not_given(cls, data: Any) -> Any:
        return {**dict.fromkeys(cls.named_by_model()), **data} if isinstance(data, Mapping) else data

    def problems(self) -> Iterator[InputProblem]:
        """Yield a total that stands beside subsets."""
        given = [count for count in model_read().all_counts.values() if getattr(self, count.name, None) is not None]
        subsets = [count.name for count in given if not count.is_total]
        for total in (count for count in given if count.is_total and subsets):
            reason = f"is given together with {', '.join(subsets)}, which it would scale as well"
            yield InputProblem(reason, key=total.name, cure="give either the total or single subsets")


class Draws(ModelRecord):
    """Draws of a unit-exponential variable; an organ falls ill when its cumulative hazard reaches its draw."""

    if not TYPE_CHECKING:
        __pydantic_extra__: dict[str, NamedDraw]

    @classmethod
    def named_by_model(cls) -> tuple[str, ...]:
        """Return the names of the draws."""
        return tuple(model_read().all_draws)

    @classmethod
    def type_of_named(cls) -> Any:
        """Return the type of a draw."""
        return Draw

    @model_validator(mode="before")
    @classmethod
    def _median_where_not_given(cls, data: Any) -> Any:
        return {**dict.fromkeys(cls.named_by_model(), MEDIAN), **data} if isinstance(data, Mapping) else data


NamedOnset = Annotated[Duration | None, RefusedIfUnknown]


class Patient(ModelRecord):
    """The patient before treatment; the default is the standard patient, aged 34 and weighing 70 kg."""

    if not TYPE_CHECKING:
        __pydantic_extra__: dict[str, NamedOnset]

    age: Age = 34.0
    sex: Literal["female", "male"] = "female"
    weight: Weight = 70.0
    anti_drug_antibody: Titre | None = None
    family_history: StrictBool = False
    smoker: StrictBool = False
    depletion_efficiency: Annotated[Number, Field(ge=0, le=10)] = 1.0
    baseline: Baseline = Field(default_factory=Baseline)
    draws: Draws = Field(default_factory=Draws)

    @classmethod
    def named_by_model(cls) -> tuple[str, ...]:
        """Return the names of the onsets of disease."""
        return tuple(model_read().all_onsets)

    @classmethod
    def type_of_named(cls) -> Any:
        """Return the type of the time since an onset."""
        return Duration | None

    @model_validator(mode="before")
    @classmethod
    def _no_onset_where_not_given(cls, data: Any) -> Any:
        return {**dict.fromkeys(cls.named_by_model()), **data} if isinstance(data, Mapping) else data

    def in_words(self) -> str:
        """Return sex, age and weight, and that the sex changes no number: no untreated value or rate depends on it."""
        return f"{self.sex}, {self.age:g} years, {self.weight:g} kg; {SEX_IS_DESCRIPTIVE}"

    def onsets(self) -> dict[str, float]:
        """Return how long before day 0 each disease began that the patient has, day."""
        further: Mapping[str, float | None] = self.__pydantic_extra__ or {}
        return {name: since for name, since in further.items() if since is not None}
