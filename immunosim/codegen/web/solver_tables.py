"""What the solver of a page needs besides the kernels: sizes, the method, and the constants of its step control."""

from __future__ import annotations

from typing import Any

from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.web.webassembly import METHOD
from immunosim.numerics import METHODS
from immunosim.numerics.dense_output import LARGEST_DEFECT, QUIET_DEFECT
from immunosim.numerics.lanes.records import FRAME
from immunosim.numerics.rosenbrock import GROWTH_LIMIT
from immunosim.numerics.step_control import (
    LARGEST_ERROR,
    LARGEST_FACTOR,
    SAFETY,
    SMALLEST_ERROR,
    SMALLEST_FACTOR,
    SMALLEST_REMEMBERED_ERROR,
)
from immunosim.numerics.stepping import BLIND_FACTOR, LANDS, SHORTEST_OF_REST, SHORTEST_OF_TIME

CONTROL = {
    "safety": SAFETY,
    "largest_factor": LARGEST_FACTOR,
    "smallest_factor": SMALLEST_FACTOR,
    "smallest_error": SMALLEST_ERROR,
    "largest_error": LARGEST_ERROR,
    "smallest_remembered_error": SMALLEST_REMEMBERED_ERROR,
    "blind_factor": BLIND_FACTOR,
    "lands": LANDS,
    "shortest_of_time": SHORTEST_OF_TIME,
    "shortest_of_rest": SHORTEST_OF_REST,
    "growth_limit": GROWTH_LIMIT,
    "largest_defect": LARGEST_DEFECT,
    "quiet_defect": QUIET_DEFECT,
}


def solver_tables(module: KernelModule) -> dict[str, Any]:
    """Return sizes, method and constants, as plain data for JSON."""
    tables, tableau = module.tables, METHODS[METHOD]
    lengths = (len(tables[name]) for name in ("PARAMETERS", "SWITCHES", "DERIVED"))
    return {
        "jacobian_rows": list(tables["JACOBIAN_ROWS"]),
        "jacobian_columns": list(tables["JACOBIAN_COLUMNS"]),
        "n_lu": tables["N_LU"],
        "n_vector": sum(lengths) + tables["N_HOISTED"],
        "frame": list(FRAME),
        "control": CONTROL,
        "tableau": {
            "name": tableau.name,
            "gamma": tableau.gamma,
            "order": tableau.order,
            "embedded_order": tableau.embedded_order,
            "n_stages": tableau.n_stages,
            **{name: getattr(tableau, name).tolist() for name in ("A", "C", "H")},
        },
    }
