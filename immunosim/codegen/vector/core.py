"""Which core solves ensembles here: lanes where LLVM can build them for this processor, else the scalar one."""

from dataclasses import dataclass
from types import ModuleType

from immunosim.errors import ModelError
from immunosim.numerics.lanes.records import LaneFunctions


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


def choose_core(module: ModuleType, width: int | None = None) -> Core:
    """Return the core for a kernel module, never failing: without lanes, everything works, only slower.

    Parameters
    ----------
    module : ModuleType
        As ``emit.core_text`` writes it.
    width : int, optional
        Lanes; by default what the processor has.
    """
    from numba import config

    if vars(config)["DISABLE_JIT"]:
        return Core(None, "numba is switched off")
    try:
        from immunosim.codegen.vector.build import lane_functions
        from immunosim.codegen.vector.processor import host

        lanes = lane_functions(module, width)
    except ImportError as error:
        return Core(None, f"llvmlite cannot be imported ({error})")
    except ModelError as error:
        return Core(None, f"a kernel cannot be computed in lanes ({error})")
    except OSError as error:
        return Core(None, f"the machine code cannot be kept beside the kernels ({error.strerror})")
    except RuntimeError as error:  # what llvmlite raises for all that LLVM refuses
        return Core(None, f"LLVM cannot build vector code here ({error})")
    return Core(lanes, f"vectors of {lanes.width} on {host().name}")
