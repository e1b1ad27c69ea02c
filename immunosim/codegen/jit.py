"""How generated kernels are compiled: explicit signature, cached on disk, no fastmath beyond contraction."""

from collections.abc import Callable
from typing import Any

from numba import float64, njit, void

from immunosim.numerics.compilation import OPTIONS

VECTOR = float64[::1]
FILL_SIGNATURE = void(VECTOR)
MAP_SIGNATURE = void(VECTOR, VECTOR)


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that compiles a kernel for one signature and keeps the result beside its text."""
    decorator: Callable[[Callable[..., Any]], Callable[..., Any]] = njit(signature, cache=True, **OPTIONS)
    return decorator
