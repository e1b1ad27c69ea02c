"""The tools by name, ours first."""

from benchmarks.peers.tool import Tool
from immunosim.numerics import METHODS

SBML = "needs the SBML export, which the project does not have"

OURS = tuple(
    Tool(
        f"immunosim-{method}",
        f"immunosim, {method}",
        "immunosim_core",
        options={"method": method},
        least_rtol=tableau.least_rtol,
    )
    for method, tableau in METHODS.items()
)
YARDSTICK = Tool("immunosim-one-lane", "immunosim, one lane", "immunosim_core", options={"width": 1})
PEERS = (
    Tool("numbalsoda", "numbalsoda LSODA", "numbalsoda", "numbalsoda"),
    Tool("cyrk", "CyRK LSODA", "cyrk", "CyRK"),
    Tool("cyrk-bdf", "CyRK BDF", "cyrk", "CyRK", {"method": "BDF"}),
    Tool("sundae", "scikit-sundae CVODE", "sundae", "scikit-sundae"),
    Tool("scipy-odeint", "SciPy odeint, numba rhs", "scipy_lsoda", "scipy", {"door": "odeint"}),
    Tool("scipy-lsoda", "SciPy LSODA, numba rhs", "scipy_lsoda", "scipy"),
    Tool("scipy-lsoda-python", "SciPy LSODA, Python rhs", "scipy_lsoda", "scipy", {"rhs": "python"}),
    Tool("diffrax", "diffrax Kvaerno3, vmap", "diffrax_vmap", "diffrax", compiles_long=True),
    Tool("roadrunner", "libRoadRunner", "", "libroadrunner", waits_for=SBML),
    Tool("amici", "AMICI", "", "amici", waits_for=SBML),
)
TOOLS = {tool.name: tool for tool in (*OURS, YARDSTICK, *PEERS)}
