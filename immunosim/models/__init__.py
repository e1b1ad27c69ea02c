"""Models: each a network of mechanisms with its clinic and its parameter sets.

``drugs_of`` is the door to a model's drugs; nothing else of a model is imported by it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from immunosim.errors import ModelError, did_you_mean

if TYPE_CHECKING:
    from immunosim.model.drug import Drug

DEFAULT_MODEL = "alemtuzumab"


def drugs_of(model: str = DEFAULT_MODEL) -> tuple[Drug, ...]:
    """Return the drugs that a model declares in its clinic, in its order."""
    return tuple(_by_name(model).values())


def find_drug(name: str, model: str = DEFAULT_MODEL) -> Drug:
    """Return a drug of a model by its name.

    Raises
    ------
    ModelError
        If the model has no such drug.
    """
    drugs = _by_name(model)
    if name not in drugs:
        raise ModelError(f'the model "{model}" has no drug "{name}"', cure=did_you_mean(name, drugs))
    return drugs[name]


@cache
def _by_name(model: str) -> dict[str, Drug]:
    drugs: tuple[Drug, ...] = import_module(f"immunosim.models.{model}.clinic").DRUGS
    return {drug.name: drug for drug in drugs}
