"""Loops over lanes, compiled by numba: once an installation, whatever the model."""

from collections.abc import Callable
from typing import Any

from numba import int64, void

from immunosim.numerics.by_address import record_at, record_type, tell_numba
from immunosim.numerics.compilation import LOADING, CodeStore, compile_driver

_COMPILED: dict[Callable[..., None], Callable[..., None]] = {}
"""A process loads or compiles a loop once, whatever the model: its machine code is that of all."""


def compiled_loop(
    loop: Callable[..., None], name: str, store: CodeStore | None, room: Callable[[], tuple[Any, ...]]
) -> Any:
    """Return a loop for the addresses of its records, as ``records.words_of`` lays them out.

    Parameters
    ----------
    loop : callable
        Takes records.
    name : str
        Of the loop, in the store.
    store : CodeStore, optional
    room : callable
        Returns records as the loop is given them: these say what types they have.
    """
    with LOADING:
        if loop not in _COMPILED:
            tell_numba()
            at = [record_at(record_type(record)) for record in room()]
            addresses = [f"address_{k}" for k in range(len(at))]
            # Numba wants the arguments of an entry point one by one, and loops have from ten to sixteen.
            arguments = ", ".join(f"at_{k}({address})" for k, address in enumerate(addresses))
            text = f"def entry({', '.join(addresses)}):\n    loop({arguments})\n"
            # Of a module that can be found again: numba looks it up when it restores the machine code.
            names: dict[str, Any] = {"__name__": __name__, "loop": loop, **{f"at_{k}": one for k, one in enumerate(at)}}
            exec(text, names)
            _COMPILED[loop] = compile_driver(names["entry"], void(*(int64,) * len(at)), name, store)
        return _COMPILED[loop]
