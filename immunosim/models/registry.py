"""Which models there are: those that come with the package, those that others installed, those of this process.

Others announce theirs by the entry point ``immunosim.models``, which names an object of ``ModelPackage``. Installed
packages are looked through only for a name that is not built in: that takes longer than a run.
"""

from __future__ import annotations

import functools
from importlib import import_module

from immunosim.errors import ModelError, did_you_mean
from immunosim.model.package import DEFAULT_SET as DEFAULT_SET
from immunosim.model.package import ModelPackage

ENTRY_POINTS = "immunosim.models"
BUILT_IN = {
    "alemtuzumab": "immunosim.models.alemtuzumab",
    "alemtuzumab_1": "immunosim.models.alemtuzumab.version_1",
    "teaching": "immunosim.models.teaching",
}
DEFAULT_MODEL = next(iter(BUILT_IN))
"""The model of a scenario that names none."""

_REGISTERED: dict[str, ModelPackage] = {}


def register_model(package: ModelPackage) -> None:
    """Add a model to those that scenarios of this process can name.

    Raises
    ------
    ModelError
        If another model has its name.
    """
    if package.name in BUILT_IN or _REGISTERED.get(package.name, package) != package:
        raise ModelError("is the name of another model", key=package.name, cure="choose another name")
    _REGISTERED[package.name] = package


def available_models() -> dict[str, ModelPackage]:
    """Return every model by name: built in, installed and registered, in that order."""
    return {name: find_model(name) for name in (*BUILT_IN, *_installed(), *_REGISTERED)}


def find_model(name: str = DEFAULT_MODEL) -> ModelPackage:
    """Return a model by name.

    Raises
    ------
    ModelError
        If there is none, with close matches; or if the package that announces it is at fault.
    """
    if name in BUILT_IN:
        return _built_in(name)
    if name in _REGISTERED:
        return _REGISTERED[name]
    if name in _installed():
        return _load(name)
    known = (*BUILT_IN, *_installed(), *_REGISTERED)
    raise ModelError(f'unknown model "{name}"', key="model", cure=did_you_mean(name, known))


@functools.cache
def _built_in(name: str) -> ModelPackage:
    package: ModelPackage = import_module(BUILT_IN[name]).MODEL
    return package


@functools.cache
def _installed() -> dict[str, str]:
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=ENTRY_POINTS) if point.name not in BUILT_IN}


@functools.cache
def _load(name: str) -> ModelPackage:
    from importlib.metadata import entry_points

    value = _installed()[name]
    try:
        (point,) = (point for point in entry_points(group=ENTRY_POINTS, name=name) if point.value == value)
        package = point.load()
    except (ImportError, AttributeError, ValueError) as error:
        cure = "install that package again, or remove it"
        raise ModelError(f'the entry point "{value}" cannot be loaded ({error})', key=name, cure=cure) from error
    if not isinstance(package, ModelPackage) or package.name != name:
        kind = package.name if isinstance(package, ModelPackage) else type(package).__name__
        cure = f"let it name a ModelPackage that is called {name}"
        raise ModelError(f'the entry point "{value}" is {kind}', key=name, cure=cure)
    return package
