"""Mechanistic simulator of immune repopulation after lymphocyte depletion.

Research and teaching software, not a medical device.
"""

# Not from typing: the command line handles Ctrl-C after this file, and what it imports.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from immunosim.attribution import attribute, compare, explain
    from immunosim.derivatives import differentiate
    from immunosim.ensembles import Endpoint, EnsembleResult, load_ensemble, replay, simulate_ensemble
    from immunosim.scenario import Scenario, load_scenario
    from immunosim.simulation import simulate
    from immunosim.trajectory import Trajectory
    from immunosim.verification import verify

__version__ = "0.1.0"
__all__ = [
    "Endpoint",
    "EnsembleResult",
    "Scenario",
    "Trajectory",
    "__version__",
    "attribute",
    "compare",
    "differentiate",
    "explain",
    "load_ensemble",
    "load_scenario",
    "replay",
    "simulate",
    "simulate_ensemble",
    "verify",
]

_HOMES = {
    "Endpoint": "immunosim.ensembles",
    "EnsembleResult": "immunosim.ensembles",
    "Scenario": "immunosim.scenario",
    "Trajectory": "immunosim.trajectory",
    "attribute": "immunosim.attribution",
    "compare": "immunosim.attribution",
    "differentiate": "immunosim.derivatives",
    "explain": "immunosim.attribution",
    "load_ensemble": "immunosim.ensembles",
    "load_scenario": "immunosim.scenario",
    "replay": "immunosim.ensembles",
    "simulate": "immunosim.simulation",
    "simulate_ensemble": "immunosim.ensembles",
    "verify": "immunosim.verification",
}


def __getattr__(name: str) -> "Any":
    """Import a public name at its first use, so that importing the package stays quick."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
