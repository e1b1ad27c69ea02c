"""Kernels: plain Python functions that numba compiles where a compiled driver calls them.

A kernel stays the Python function that it is: it can be read, stepped through, and run as it stands (one patient is
solved so, without numba). Only ``compile_driver`` imports numba, and tells it of every kernel.
"""

import functools
import os
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

# Contraction (FMA) is the only liberty: reassociation or assuming no NaN would change results and defeat the checks.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}

# The inner kernels allocate nothing and own nothing, so numba's reference counting of their views is switched off: it
# took a third of the time of a step. They are called from kernels only, so they need no wrappers for Python or C: those
# for Python took a third of the time of compilation.
INNER_OPTIONS: dict[str, Any] = {"_nrt": False, "no_cfunc_wrapper": True, "no_cpython_wrapper": True, **OPTIONS}

_KERNELS: list[tuple[Callable[..., Any], Callable[..., Any], dict[str, Any]]] = []
"""Each kernel, the function that numba compiles for it, and how."""


class CodeStore(Protocol):
    """Where compiled drivers are kept between processes."""

    def load(self, name: str) -> bytes | None:
        """Return what was kept under a name, or None."""

    def keep(self, name: str, code: bytes) -> None:
        """Keep the code of a driver."""

    def reject(self, name: str) -> None:
        """Forget the code of a driver that cannot be read."""


def kernel(function: Function) -> Function:
    """Mark a function as a kernel: compiled into the drivers that call it, never on its own."""
    return _register(function, function, INNER_OPTIONS)


def inlined(function: Function) -> Function:
    """Mark a short kernel that takes many records, which is compiled into each of its callers."""
    return _register(function, function, {"forceinline": True, **INNER_OPTIONS})


def looped(loops: Callable[..., Any]) -> Callable[[Function], Function]:
    """Mark a kernel written in terms of whole arrays, for Python, and give the same in loops, for numba.

    Python would take a microsecond for each turn of a loop; numba would compile its checks of shapes for each array
    expression into every caller.
    """
    return lambda function: _register(function, loops, {"forceinline": True, **INNER_OPTIONS})


def _register(function: Function, compiled_from: Callable[..., Any], options: dict[str, Any]) -> Function:
    _KERNELS.append((function, compiled_from, options))
    return function


LOADING = threading.RLock()
"""Held while machine code of numba is loaded or compiled: its registries are not made for several threads at once."""


def is_compiling() -> bool:
    """Return whether numba compiles here: not where ``NUMBA_DISABLE_JIT`` is set."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def compile_driver(driver: Callable[..., Any], signature: Any, name: str, store: CodeStore | None = None) -> Any:
    """Return a driver, loaded from a store or compiled and kept there.

    Parameters
    ----------
    driver : callable
        Calls kernels.
    signature : numba signature
    name : str
        Of the driver, in the store.
    store : CodeStore, optional

    Returns
    -------
    callable
        Numba's dispatcher, with its machine code in place.
    """
    from numba import njit

    from immunosim.numerics.compiled_code import code_of, restore
    from immunosim.numerics.pipeline import pipeline_options

    with LOADING:
        _tell_numba()
        dispatcher = njit(**OPTIONS, **pipeline_options(is_driver=True))(driver)
        code = store.load(name) if store is not None else None
        is_restored = code is not None and restore(dispatcher, code)
        if not is_restored:
            if store is not None and code is not None:
                store.reject(name)
            dispatcher.compile(signature)
            if store is not None:
                store.keep(name, code_of(dispatcher))
        dispatcher.disable_compile()
        return dispatcher


@functools.cache
def _dispatcher_of(place: int) -> Any:
    """Return numba's dispatcher of a registered kernel."""
    from numba import njit

    from immunosim.numerics.pipeline import pipeline_options

    _, compiled_from, options = _KERNELS[place]
    return njit(**options, **pipeline_options(is_driver=False))(compiled_from)


def _tell_numba() -> None:
    """Give each kernel the type that numba sees in it, that of a compiled function.

    ``_numba_type_`` is what numba asks any object for whose class it does not know.
    """
    for place, (function, _, _) in enumerate(_KERNELS):
        if not hasattr(function, "_numba_type_"):
            function._numba_type_ = _dispatcher_of(place)._numba_type_  # type: ignore[attr-defined]
