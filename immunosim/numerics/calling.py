"""How kernels call machine code: in Python through an object that takes arrays, in compiled drivers by its address.

The machine code takes addresses of arrays and numbers by value, see ``codegen.vector``.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def run(function: Any, frame: Any) -> None:
    """Call a function of the lane core on its frame."""
    function(frame)


def take_number(function: Any, counter: Any) -> int:
    """Return the next number of a counter that threads share."""
    number: int = function(counter)
    return number


def evaluate(function: Any, y: Array, p: Array, u: Array, out: Array) -> None:
    """Call ``rhs``, ``jacobian`` or ``readouts``."""
    function(y, p, u, out)


def factorise(function: Any, jacobian: Array, shift: float, lu: Array) -> float:
    """Call ``factorise``; return the growth of the factors."""
    growth: float = function(jacobian, shift, lu)
    return growth


def substitute(function: Any, lu: Array, b: Array) -> None:
    """Call ``solve``, in place on ``b``."""
    function(lu, b)
