"""The patient of a scenario before treatment."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StrictBool

from immunosim.errors import InputProblem
from immunosim.scenario.base import Record, each_value_stands_alone
from immunosim.scenario.quantities import Age, Count, Draw, Number, Share, Weight


class Baseline(Record):
    """Untreated counts in blood, cells/uL: either the total, which scales every subset, or single subsets."""

    lymphocytes: Count | None = None
    cd4: Count | None = None
    cd8: Count | None = None
    cd19: Count | None = None
    nk: Count | None = None

    def problems(self) -> Iterator[InputProblem]:
        """Yield a total that stands beside subsets."""
        total, *subsets = type(self).model_fields  # the total is declared first
        given = [name for name in subsets if getattr(self, name) is not None]
        if getattr(self, total) is not None and given:
            reason = f"is given together with {', '.join(given)}, which it would scale as well"
            yield InputProblem(reason, key=total, cure="give either the total or single subsets")


class Draws(Record):
    """Draws of a unit-exponential variable; an organ falls ill when its cumulative hazard reaches its draw."""

    thyroid: Draw = math.log(2)
    platelets: Draw = math.log(2)
    glomerulus: Draw = math.log(2)
    problems = each_value_stands_alone


class Patient(Record):
    """The patient before treatment; the default is the standard patient, aged 34 and weighing 70 kg."""

    age: Age = 34.0
    sex: Literal["female", "male"] = "female"
    weight: Weight = 70.0
    anti_drug_antibody: Share = 0.0
    family_history: StrictBool = False
    smoker: StrictBool = False
    depletion_efficiency: Annotated[Number, Field(ge=0, le=10)] = 1.0
    baseline: Baseline = Baseline()
    draws: Draws = Draws()
    problems = each_value_stands_alone
