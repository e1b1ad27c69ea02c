"""What the oracles of both versions are written in: named numbers, rows of processes and the rate laws of section 1.

Nothing here may import immunosim, and no equation of the model stands here: each oracle follows its own page.
"""

from typing import NamedTuple

import numpy as np


class Values(dict[str, float]):
    """Named numbers, read and written as attributes so that a formula looks like its line on the page."""

    def __getattr__(self, name: str) -> float:
        return self[name]

    def __setattr__(self, name: str, value: float) -> None:
        self[name] = value


class Process(NamedTuple):
    """One row of section 5: takes `rate` from `reactant` and gives it to `product` (either may be None)."""

    mechanism: str
    name: str
    reactant: str | None
    product: str | None
    rate: float


Row = tuple[str, str | None, str | None, float]


def saturating(x: float, k: float) -> float:
    """x / (K + x)."""
    return x / (k + x)


def hill(x: float, k: float, n: int) -> float:
    """x^n / (K^n + x^n), n = 2 or 3."""
    return x**n / (k**n + x**n)


def inhibited_by(x: float, k: float) -> float:
    """K / (K + x)."""
    return k / (k + x)


def boost(s: float, k: float) -> float:
    """(1 + K) s / (K + s): 1 at s = 1, at most 1 + K."""
    return (1 + k) * s / (k + s)


def restraint(r: float, k: float) -> float:
    """(1 + K) / (1 + K r): 1 at r = 1, at most 1 + K at r = 0."""
    return (1 + k) / (1 + k * r)


def excess(x: float, a: float) -> float:
    """max(x - a, 0), decided on the real part so that a complex step passes through."""
    return x - a if (x - a).real > 0 else 0 * x


def growth(a: float, b: float) -> float:
    """exp(a b)."""
    return np.exp(a * b)
