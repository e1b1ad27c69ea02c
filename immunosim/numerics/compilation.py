"""How the kernels of this package are compiled, and what their cache depends on."""

import hashlib
from pathlib import Path
from typing import Any

from numba import njit

# Contraction (FMA) is the only liberty: reassociation or assuming no NaN would change results and defeat the checks.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}

# The inner kernels allocate nothing and own nothing, so numba's reference counting of their views is switched off: it
# took a third of the time of a step.  They are called from kernels only, so they need no wrapper for C.
INNER_OPTIONS: dict[str, Any] = {"_nrt": False, "no_cfunc_wrapper": True, **OPTIONS}

kernel = njit(**INNER_OPTIONS)
"""Decorator of the inner kernels: compiled into the driver, never cached on their own."""

inlined = njit(forceinline=True, **INNER_OPTIONS)
"""Decorator of short kernels that take large records: a call would copy every field of these."""


def source_fingerprint() -> int:
    """Return 63 bits of a hash over the sources of this package.

    numba's cache looks only at the file of the cached function, so an edit in an imported kernel would go unnoticed
    (numba issue 1833).  The cached driver carries this number in its closure, which is part of numba's key.
    """
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:8], "big") >> 1
