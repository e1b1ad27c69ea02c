"""Records handed to compiled drivers by address: a named tuple as the words that numba expects in memory.

Numba passes a record by its fields, and an array is seven numbers: drivers received 800 arguments, which took most of
the time of compilation. Here each record is laid out once in memory, and kernels receive where it is.
"""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.int64]


def words_of(record: Any) -> Words:
    """Return a record of arrays, numbers and such records as words, in the layout of numba's struct.

    An array is: two owners (none: who calls keeps the arrays alive), number of items, size of an item, address, shape
    and strides.
    """
    return np.array(list(_words(record)), np.int64)


def _words(value: Any) -> Iterator[int]:
    if isinstance(value, tuple):
        for field in value:
            yield from _words(field)
    elif isinstance(value, np.ndarray):
        yield from (0, 0, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides)
    elif isinstance(value, float):
        yield from struct.unpack("q", struct.pack("d", value))
    else:
        yield int(value)


def reference(record: Any) -> Any:
    """Return what kernels receive of a record that a kernel made: in Python the record itself."""
    return record
