"""Which core solves here: lanes where LLVM can build them for this processor, else the scalar one, in Python."""

from dataclasses import dataclass

from immunosim.codegen.kernel_module import KernelModule
from immunosim.errors import ModelError
from immunosim.numerics.compilation import is_compiling
from immunosim.numerics.lanes.records import LaneFunctions
from immunosim.numerics.machine_code import MachineFunction

LOOP = "lanes"
"""What the loop over lanes is called in the cache."""

SWITCHED_OFF = "numba is switched off"


@dataclass(frozen=True)
class Core:
    """The core in use, and why.

    Attributes
    ----------
    lanes : LaneFunctions or None
        None where the scalar core is in use.
    reason : str
    """

    lanes: LaneFunctions | None
    reason: str

    @property
    def name(self) -> str:
        """Return "lanes" or "scalar"."""
        return "scalar" if self.lanes is None else "lanes"


def choose_core(module: KernelModule, width: int | None = None) -> Core:
    """Return the core for a kernel module; where there can be no lanes, everything works, only slower.

    Parameters
    ----------
    module : KernelModule
        Of a text as ``emit.core_text`` writes it.
    width : int, optional
        Lanes; by default what the processor has.

    Raises
    ------
    ModelError
        If the cache can be written by others.
    """
    if not is_compiling():
        return Core(None, SWITCHED_OFF)
    try:
        from immunosim.codegen.vector.build import lane_functions
        from immunosim.codegen.vector.processor import host

        lanes = lane_functions(module, width)
    except ImportError as error:
        return Core(None, f"llvmlite cannot be imported ({error})")
    except ModelError as error:
        if error.cure:  # a cache that others may write, not a text that cannot be said over lanes
            raise
        return Core(None, f"a kernel cannot be computed in lanes ({error})")
    except RuntimeError as error:  # what llvmlite raises for all that LLVM refuses
        return Core(None, f"LLVM cannot build vector code here ({error})")
    return Core(lanes, f"vectors of {lanes.width} on {host().name}")


def is_compiled(module: KernelModule) -> bool:
    """Return whether all that solves ensembles here is in the cache; compiles nothing.

    So it is where nothing can be compiled: then Python runs the text as it stands.
    """
    if not is_compiling():
        return True
    try:
        from immunosim.codegen.vector.build import is_built
    except ImportError:
        return True
    return module.store is not None and is_built(module) and module.store.has_driver(LOOP)


def machine_functions(module: KernelModule) -> dict[str, MachineFunction]:
    """Return the functions of a text as machine code; none where it cannot be had, and Python runs the text."""
    if not is_compiling():
        return {}
    try:
        from immunosim.codegen.vector.build import scalar_functions

        return scalar_functions(module)
    except (ImportError, RuntimeError):
        return {}
    except ModelError as error:
        if error.cure:  # as above
            raise
        return {}
