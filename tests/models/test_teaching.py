"""The teaching network is at rest untreated, loses cells to the antibody, and gets them back."""

import numpy as np
import pytest

from immunosim.codegen.loader import Model, load_model
from immunosim.models import find_model
from immunosim.numerics import Segments, SolverOptions, solve_one

PACKAGE = find_model("teaching")
PARAMETERS = PACKAGE.parameters()


@pytest.fixture(scope="module")
def teaching() -> Model:
    return load_model(PARAMETERS.units(), package=PACKAGE)


@pytest.fixture(scope="module")
def course(teaching: Model) -> dict[str, np.ndarray]:
    """Return the pools over ten years after an infusion of the antibody, at days 0, 1, 30 and at the end."""
    vector = teaching.close(PARAMETERS.values())
    inputs = np.zeros((2, len(teaching.inputs)))
    inputs[0, teaching.inputs.index("antibody_infusion")] = 30.0 / 0.2
    segments = Segments(np.array([0.0, 0.2, 3650.0]), inputs, np.zeros((2, len(teaching.pools))))
    options = SolverOptions(
        rtol=1e-7,
        atol=1e-12 * teaching.scales,
        negative_tolerance=1e-6 * teaching.scales,
        max_steps=10_000,
        method="rodas5p",
    )
    times = np.array([0.0, 1.0, 30.0, 3650.0])
    found = solve_one(teaching.ensemble_kernels, teaching.baseline(vector), vector, segments, times, options)
    assert int(found.status) == 0
    return dict(zip(teaching.pools, found.states.T, strict=True))


@pytest.mark.parametrize("off", [(), *((name,) for name in ("thymopoiesis", "homeostasis", "trafficking"))])
def test_the_untreated_state_is_steady_whatever_is_off(teaching: Model, off: tuple[str, ...]) -> None:
    vector = teaching.close(PARAMETERS.values(), off)
    state, slopes = teaching.baseline(vector), np.zeros(len(teaching.pools))
    teaching.kernels.rhs(state, vector, np.zeros(len(teaching.inputs)), slopes)
    np.testing.assert_allclose(slopes / teaching.scales, 0.0, atol=1e-14)


def test_the_antibody_is_eliminated_as_algebra_says(course: dict[str, np.ndarray]) -> None:
    rate, dose, lasting = PARAMETERS.value("antibody_elimination_rate"), 30.0, 0.2
    at_end = dose / lasting * (1 - np.exp(-rate * lasting)) / rate
    np.testing.assert_allclose(
        course["antibody"][1:3], at_end * np.exp(-rate * (np.array([1.0, 30.0]) - lasting)), 1e-6
    )


def test_t_cells_fall_and_come_back_because_the_cytokine_rises(course: dict[str, np.ndarray]) -> None:
    blood, cytokine = course["t_cells_blood"], course["cytokine"]
    assert blood[2] < 0.1 * blood[0]
    assert cytokine[2] > 2.0
    assert blood[3] == pytest.approx(blood[0], rel=0.05)


def test_every_parameter_says_that_it_is_assumed() -> None:
    assert {PARAMETERS[name].citation for name in PARAMETERS} == {"assumed"}
