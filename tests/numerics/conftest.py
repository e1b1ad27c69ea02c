"""Small problems with hand-written Jacobians and a dense LU, for the tests of the integrator."""

from collections.abc import Callable

import numpy as np
import pytest

from immunosim.numerics import Kernels, Segments


def factorise(jac_, shift, lu_):
    """Factorise shift * I - J without pivoting; the Jacobian is dense and row-major."""
    n = int(np.sqrt(jac_.size))
    lu_[:] = -jac_
    lu_[:: n + 1] += shift
    largest = np.abs(lu_).max()
    matrix = lu_.reshape(n, n)
    for k in range(n - 1):
        matrix[k + 1 :, k] /= matrix[k, k]
        matrix[k + 1 :, k + 1 :] -= matrix[k + 1 :, k, np.newaxis] * matrix[k, k + 1 :]
    grown = np.abs(lu_).max()
    return grown / largest if np.isfinite(grown) else np.nan


def solve(lu_, b_):
    """Substitute forward and backward with the dense factors."""
    n = b_.size
    matrix = lu_.reshape(n, n)
    for i in range(1, n):
        b_[i] -= matrix[i, :i] @ b_[:i]
    for i in range(n - 1, -1, -1):
        b_[i] = (b_[i] - matrix[i, i + 1 :] @ b_[i + 1 :]) / matrix[i, i]


def dense_kernels(rhs: Callable[..., None], jacobian: Callable[..., None], n_pools: int) -> Kernels:
    """Join a problem to the dense LU."""
    return Kernels(rhs, jacobian, factorise, solve, n_pools, n_pools**2, n_pools**2)


def one_segment(start: float, end: float, n_pools: int) -> Segments:
    """Return a single segment without jump, its one input zero."""
    return Segments(np.array([start, end]), np.zeros((1, 1)), np.zeros((1, n_pools)))


@pytest.fixture(scope="session")
def make_kernels() -> Callable[..., Kernels]:
    """Return the function that joins a right-hand side and its Jacobian to the dense LU."""
    return dense_kernels


@pytest.fixture(scope="session")
def span() -> Callable[..., Segments]:
    """Return the function that makes a single segment."""
    return one_segment


@pytest.fixture(scope="session")
def decay() -> Kernels:
    """Return one pool fed at the rate u that decays at the rate p: y' = u - p y."""

    def rhs(y_, p_, u_, out_):
        out_[0] = u_[0] - p_[0] * y_[0]

    def jacobian(y_, p_, u_, out_):
        out_[0] = -p_[0]

    return dense_kernels(rhs, jacobian, 1)


@pytest.fixture(scope="session")
def blow_up() -> Kernels:
    """Return y' = y^2, whose solution y0 / (1 - y0 t) is infinite at t = 1 / y0."""

    def rhs(y_, p_, u_, out_):
        out_[0] = y_[0] * y_[0]

    def jacobian(y_, p_, u_, out_):
        out_[0] = 2.0 * y_[0]

    return dense_kernels(rhs, jacobian, 1)


@pytest.fixture(scope="session")
def kaps() -> Kernels:
    """Return Kaps' problem with stiffness 1 / p, solved by exp(-2 t), exp(-t) for every p."""

    def rhs(y_, p_, u_, out_):
        out_[0] = (y_[1] * y_[1] - y_[0]) / p_[0] - 2.0 * y_[0]
        out_[1] = y_[0] - y_[1] - y_[1] * y_[1]

    def jacobian(y_, p_, u_, out_):
        out_[0], out_[1] = -1.0 / p_[0] - 2.0, 2.0 * y_[1] / p_[0]
        out_[2], out_[3] = 1.0, -1.0 - 2.0 * y_[1]

    return dense_kernels(rhs, jacobian, 2)


@pytest.fixture(scope="session")
def robertson() -> Kernels:
    """Return Robertson's reactions, rates 0.04, 1e4, 3e7."""

    def rhs(y_, p_, u_, out_):
        slow, fast, middle = 0.04 * y_[0], 3e7 * y_[1] * y_[1], 1e4 * y_[1] * y_[2]
        out_[0] = middle - slow
        out_[1] = slow - middle - fast
        out_[2] = fast

    def jacobian(y_, p_, u_, out_):
        out_[0], out_[1], out_[2] = -0.04, 1e4 * y_[2], 1e4 * y_[1]
        out_[3], out_[4], out_[5] = 0.04, -1e4 * y_[2] - 6e7 * y_[1], -1e4 * y_[1]
        out_[6], out_[7], out_[8] = 0.0, 6e7 * y_[1], 0.0

    return dense_kernels(rhs, jacobian, 3)


@pytest.fixture(scope="session")
def van_der_pol() -> Kernels:
    """Return van der Pol's oscillator in the scaling y2' = ((1 - y1^2) y2 - y1) / p."""

    def rhs(y_, p_, u_, out_):
        out_[0] = y_[1]
        out_[1] = ((1.0 - y_[0] * y_[0]) * y_[1] - y_[0]) / p_[0]

    def jacobian(y_, p_, u_, out_):
        out_[0], out_[1] = 0.0, 1.0
        out_[2] = (-2.0 * y_[0] * y_[1] - 1.0) / p_[0]
        out_[3] = (1.0 - y_[0] * y_[0]) / p_[0]

    return dense_kernels(rhs, jacobian, 2)


@pytest.fixture(scope="session")
def hires() -> Kernels:
    """Return HIRES, eight pools of photomorphogenesis."""

    def rhs(y_, p_, u_, out_):
        binding = 280.0 * y_[5] * y_[7]
        out_[0] = -1.71 * y_[0] + 0.43 * y_[1] + 8.32 * y_[2] + 0.0007
        out_[1] = 1.71 * y_[0] - 8.75 * y_[1]
        out_[2] = -10.03 * y_[2] + 0.43 * y_[3] + 0.035 * y_[4]
        out_[3] = 8.32 * y_[1] + 1.71 * y_[2] - 1.12 * y_[3]
        out_[4] = -1.745 * y_[4] + 0.43 * y_[5] + 0.43 * y_[6]
        out_[5] = -binding + 0.69 * y_[3] + 1.71 * y_[4] - 0.43 * y_[5] + 0.69 * y_[6]
        out_[6] = binding - 1.81 * y_[6]
        out_[7] = -out_[6]

    def jacobian(y_, p_, u_, out_):
        for k in range(64):
            out_[k] = 0.0
        out_[0], out_[1], out_[2] = -1.71, 0.43, 8.32
        out_[8], out_[9] = 1.71, -8.75
        out_[18], out_[19], out_[20] = -10.03, 0.43, 0.035
        out_[25], out_[26], out_[27] = 8.32, 1.71, -1.12
        out_[36], out_[37], out_[38] = -1.745, 0.43, 0.43
        out_[43], out_[44] = 0.69, 1.71
        out_[45], out_[46], out_[47] = -280.0 * y_[7] - 0.43, 0.69, -280.0 * y_[5]
        out_[53], out_[54], out_[55] = 280.0 * y_[7], -1.81, 280.0 * y_[5]
        out_[61], out_[62], out_[63] = -280.0 * y_[7], 1.81, -280.0 * y_[5]

    return dense_kernels(rhs, jacobian, 8)
