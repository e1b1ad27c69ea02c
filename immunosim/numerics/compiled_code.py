"""Machine code of compiled drivers as bytes and back, by what numba's own cache uses, without its files.

Numba's cache trusts its files, and their names and times. Who keeps these bytes checks them before they come back here:
a pickle that somebody else wrote can do anything.
"""

import pickle
from typing import Any


def code_of(dispatcher: Any) -> bytes:
    """Return the one compiled version of a function as bytes."""
    from numba.core import serialize

    (result,) = dispatcher.overloads.values()
    code: bytes = serialize.dumps(result._reduce())
    return code


def restore(dispatcher: Any, code: bytes) -> bool:
    """Give a function the compiled version that ``code_of`` returned; False where this numba cannot read it."""
    from numba.core.compiler import CompileResult

    context = dispatcher.targetctx
    context.refresh()  # its own cache does so: without, symbols of Python's and numba's run time stay null
    try:
        parts = pickle.loads(code)
        result = CompileResult._rebuild(context, *parts)
    except (pickle.UnpicklingError, TypeError, AttributeError, EOFError, ImportError, ValueError, RuntimeError):
        return False
    context.insert_user_function(result.entry_point, result.fndesc, [result.library])
    dispatcher.add_overload(result)
    return True
