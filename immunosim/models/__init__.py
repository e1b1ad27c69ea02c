"""Models: each a network of mechanisms with its clinic and its parameter sets.

``drugs_of`` is the door to a model's drugs; nothing else of a model is imported by it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from immunosim.errors import ModelError

if TYPE_CHECKING:
    from immunosim.model.drug import Drug

DEFAULT_MODEL = "alemtuzumab"


@cache
def drugs_of(model: str = DEFAULT_MODEL) -> tuple[Drug, ...]:
    """Return the drugs that a model declares in its clinic, in its order.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    if not model.isidentifier() or find_spec(f"{__name__}.{model}") is None:
        raise ModelError(f'unknown model "{model}"', key="model")
    drugs: tuple[Drug, ...] = import_module(f"{__name__}.{model}.clinic").DRUGS
    return drugs
