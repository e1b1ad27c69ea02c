"""Models: each a network of mechanisms with its parameter sets and what the rest of the package must know of it."""

from immunosim.model.drug import Drug
from immunosim.model.package import DEFAULT_SET, ModelPackage
from immunosim.models.registry import DEFAULT_MODEL, available_models, find_model, register_model
from immunosim.parameters import ParameterSet

__all__ = [
    "DEFAULT_MODEL",
    "DEFAULT_SET",
    "ModelPackage",
    "available_models",
    "available_sets",
    "drugs_of",
    "find_model",
    "load_parameters",
    "load_references",
    "register_model",
]


def available_sets(model: str = DEFAULT_MODEL) -> tuple[str, ...]:
    """Return the names of a model's parameter sets, in alphabetical order."""
    return find_model(model).parameter_sets()


def drugs_of(model: str = DEFAULT_MODEL) -> tuple[Drug, ...]:
    """Return the drugs that a model declares, in its order.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    return find_model(model).drugs


def load_parameters(name: str = DEFAULT_SET, model: str = DEFAULT_MODEL) -> ParameterSet:
    """Return a parameter set of a model.

    Parameters
    ----------
    name : str
        A name that ``available_sets`` lists.
    model : str
        A name that ``available_models`` lists.

    Raises
    ------
    ModelError, ParameterError
        If there is no such model or set, or its file is damaged.
    """
    return find_model(model).parameters(name)


def load_references(model: str = DEFAULT_MODEL) -> dict[str, str]:
    """Return the bibliography of a model by key, as BibTeX text."""
    return find_model(model).references()
