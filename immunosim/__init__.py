"""Mechanistic simulator of immune repopulation after lymphocyte depletion.

Research and teaching software, not a medical device.
"""

# Not from typing: the command line handles Ctrl-C after this file, and what it imports.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from immunosim.diagnosis import examine
    from immunosim.door.data import PatientData, read_data
    from immunosim.door.fitting import fit
    from immunosim.door.forecasting import Forecast, forecast
    from immunosim.door.sensitivity import sensitivity
    from immunosim.door.simulating import attribute, compare, differentiate, explain, simulate, verify
    from immunosim.door.sweeping import ensemble, sweep
    from immunosim.ensembles import Endpoint, EnsembleResult, load_ensemble, replay, simulate_ensemble
    from immunosim.ensembles.atlas import failure_atlas
    from immunosim.models import available_models, load_parameters, register_model
    from immunosim.qualification import qualify
    from immunosim.scenario import Scenario, load_scenario, to_toml
    from immunosim.scenario.examples import copy_examples, examples
    from immunosim.scenario.schema import scenario_schema
    from immunosim.scenario.template import starting_scenario
    from immunosim.sweeps import RunOptions, digest_of, open_result
    from immunosim.sweeps.merging import merge_stores
    from immunosim.trajectory import Trajectory

__version__ = "0.1.0"
__all__ = [
    "Endpoint",
    "EnsembleResult",
    "Forecast",
    "PatientData",
    "RunOptions",
    "Scenario",
    "Trajectory",
    "__version__",
    "attribute",
    "available_models",
    "compare",
    "copy_examples",
    "differentiate",
    "digest_of",
    "ensemble",
    "examine",
    "examples",
    "explain",
    "failure_atlas",
    "fit",
    "forecast",
    "load_ensemble",
    "load_parameters",
    "load_scenario",
    "merge_stores",
    "open_result",
    "qualify",
    "read_data",
    "register_model",
    "replay",
    "scenario_schema",
    "sensitivity",
    "simulate",
    "simulate_ensemble",
    "starting_scenario",
    "sweep",
    "to_toml",
    "verify",
]

_HOMES = {
    "Endpoint": "immunosim.ensembles",
    "EnsembleResult": "immunosim.ensembles",
    "Forecast": "immunosim.door.forecasting",
    "PatientData": "immunosim.door.data",
    "RunOptions": "immunosim.sweeps",
    "Scenario": "immunosim.scenario",
    "Trajectory": "immunosim.trajectory",
    "attribute": "immunosim.door.simulating",
    "compare": "immunosim.door.simulating",
    "copy_examples": "immunosim.scenario.examples",
    "differentiate": "immunosim.door.simulating",
    "digest_of": "immunosim.sweeps",
    "ensemble": "immunosim.door.sweeping",
    "examine": "immunosim.diagnosis",
    "examples": "immunosim.scenario.examples",
    "explain": "immunosim.door.simulating",
    "failure_atlas": "immunosim.ensembles.atlas",
    "fit": "immunosim.door.fitting",
    "forecast": "immunosim.door.forecasting",
    "load_ensemble": "immunosim.ensembles",
    "available_models": "immunosim.models",
    "load_parameters": "immunosim.models",
    "register_model": "immunosim.models",
    "load_scenario": "immunosim.scenario",
    "merge_stores": "immunosim.sweeps.merging",
    "open_result": "immunosim.sweeps",
    "qualify": "immunosim.qualification",
    "read_data": "immunosim.door.data",
    "replay": "immunosim.ensembles",
    "scenario_schema": "immunosim.scenario.schema",
    "sensitivity": "immunosim.door.sensitivity",
    "simulate": "immunosim.door.simulating",
    "simulate_ensemble": "immunosim.ensembles",
    "starting_scenario": "immunosim.scenario.template",
    "sweep": "immunosim.door.sweeping",
    "to_toml": "immunosim.scenario",
    "verify": "immunosim.door.simulating",
}


def __getattr__(name: str) -> "Any":
    """Import a public name at its first use, so that importing the package stays quick."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names, which are what completion offers."""
    return list(__all__)
