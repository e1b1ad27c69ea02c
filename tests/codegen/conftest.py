"""Random patients in random states, to compare kernels in, and small helpers for complex steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from immunosim.codegen.loader import Model
from immunosim.parameters import ParameterSet

Array = npt.NDArray[np.float64]

# Pools that are shares, and stay below one.
SHARES = ("privilege_loss", "glucocorticoid_signal", "glucocorticoid_effect", "fumarate_effect")
SHARES += ("thyroid_antibody", "platelet_antibody", "gbm_antibody")
# After decades of illness the diagnosis is certain to fifteen digits, and a complex step has none left for its slope.
YEARS = ("thyroid_illness", "platelet_illness", "gbm_illness")


@dataclass(frozen=True)
class Draw:
    """A closed parameter vector, a state and inputs, with the names that the oracle wants."""

    values: dict[str, float]
    off: tuple[str, ...]
    vector: Array
    state: Array
    inputs: Array


def random_values(parameters: ParameterSet, generator: np.random.Generator) -> dict[str, float]:
    """Return shares and traits anywhere inside 0 and 1, all others 30 % around their default, or around 1."""
    values = {}
    for name in parameters:
        parameter = parameters[name]
        if parameter.unit == "1" and parameter.upper == 1.0:
            values[name] = generator.uniform(0.05, 0.95)
        else:
            values[name] = (parameter.value or 1.0) * generator.lognormal(sigma=0.3)
    return values


def closed(model: Model, template: Array, values: dict[str, float], off: Sequence[str]) -> Array:
    """Return the closed vector of values that need not be admissible: the equations hold for these too."""
    vector = template.copy()
    for name, value in values.items():
        vector[model.position[name]] = value
    for mechanism in model.mechanisms:
        vector[model.position[f"on_{mechanism}"]] = mechanism not in off
    model.module.close(vector)
    return vector


def random_state(model: Model, vector: Array, generator: np.random.Generator, empty: float) -> Array:
    """Return a state far from the untreated one, a part of its pools empty."""
    untreated = model.baseline(vector)
    size = np.where(untreated > 0.0, untreated, model.scales)
    state = size * generator.lognormal(sigma=0.8, size=size.size)
    for pool in (*SHARES, *YEARS):
        if pool in model.pools:
            state[model.pools.index(pool)] = generator.uniform()
    state[generator.uniform(size=size.size) < empty] = 0.0
    return state


# Untreated inputs are zero; these are of the size of treatment.
INPUTS = {
    "alemtuzumab_infusion": 60.0,
    "methylprednisolone_infusion": 5000.0,
    "dimethyl_fumarate": 1.0,
    "immune_challenge": 0.1,
    "topical_immunotherapy": 1.0,
}

Draws = Callable[..., Draw]


@pytest.fixture(scope="session")
def drawing() -> Callable[[Model, ParameterSet], Draws]:
    """Return what draws patients, states and inputs of a model from seeds."""

    def of(model: Model, parameters: ParameterSet) -> Draws:
        template = model.close(parameters.values())

        def draw(seed: int, off: Sequence[str] | None = None, empty: float = 0.1) -> Draw:
            generator = np.random.default_rng(seed)
            values = random_values(parameters, generator)
            random_off = tuple(m for m in model.mechanisms if generator.uniform() < 0.1)
            off = random_off if off is None else tuple(off)
            vector = closed(model, template, values, off)
            inputs = np.array([INPUTS[name] for name in model.inputs]) * generator.uniform(size=len(model.inputs))
            return Draw(values, off, vector, random_state(model, vector, generator, empty), inputs)

        return draw

    return of


@pytest.fixture(scope="session")
def drawn(model: Model, parameters: ParameterSet, drawing: Callable[[Model, ParameterSet], Draws]) -> Draws:
    """Return what draws a patient, a state and inputs of the present model from a seed."""
    return drawing(model, parameters)
