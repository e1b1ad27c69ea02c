"""A function of machine code as a Python object: called with arrays here, by its address in compiled drivers."""

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt

_FLOAT = np.dtype(np.float64)
_MEMORY = ctypes.c_double * 0
_KINDS = {"array": ctypes.c_void_p, "number": ctypes.c_double, "address": ctypes.c_int64}


class MachineFunction:
    """Machine code that takes addresses of float64 arrays, numbers and plain addresses.

    Parameters
    ----------
    address : int
    kinds : sequence of str
        Of each argument: "array", "number" or "address".
    result : str, optional
        Kind of what is returned; none by default.
    owner : object
        What keeps the machine code in memory.
    """

    def __init__(self, address: int, kinds: tuple[str, ...], result: str = "", owner: Any = None) -> None:
        self.address = address
        self.owner = owner
        self._takes_arrays = "array" in kinds
        returned = _KINDS[result] if result else None
        self._call = ctypes.CFUNCTYPE(returned, *(_KINDS[kind] for kind in kinds))(address)

    def __call__(self, *arguments: Any) -> Any:
        """Call the code; lengths of arrays are not checked.

        Raises
        ------
        TypeError
            If an array is not contiguous and of float64: its memory would be misread.
        """
        if not self._takes_arrays:
            return self._call(*arguments)
        return self._call(*[_passed(one) if isinstance(one, np.ndarray) else one for one in arguments])

    def __int__(self) -> int:
        """Return the address."""
        return self.address


def _passed(array: npt.NDArray[Any]) -> Any:
    if array.dtype == _FLOAT:
        try:
            return _MEMORY.from_buffer(array)  # type: ignore[arg-type]  # a quarter of the time of ``array.ctypes.data``
        except TypeError:  # it is not contiguous, or read-only
            if array.flags.c_contiguous:
                return array.ctypes.data
    raise TypeError(f"expected a contiguous array of float64, not {array.dtype} with strides {array.strides}")


class Address(int):
    """The address of an array's memory, which it keeps."""

    owner: npt.NDArray[Any]

    def __new__(cls, array: npt.NDArray[Any]) -> "Address":
        """Take the address of an array."""
        address = super().__new__(cls, array.ctypes.data)
        address.owner = array
        return address


def call_on_frame(address: int, owner: Any) -> MachineFunction:
    """Return a function of the lane core, which takes the address of its frame."""
    return MachineFunction(address, ("address",), owner=owner)
