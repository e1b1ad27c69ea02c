"""Ensembles of patients: rows of parameters or scenarios, requested outputs, and the replay of a failed patient."""

from immunosim.ensembles.endpoints import Endpoint
from immunosim.ensembles.replay import Replay, replay
from immunosim.ensembles.result import EnsembleResult, load_ensemble
from immunosim.ensembles.solving import simulate_ensemble
from immunosim.ensembles.survival import EventTimes, SurvivalCurve

__all__ = [
    "Endpoint",
    "EnsembleResult",
    "EventTimes",
    "Replay",
    "SurvivalCurve",
    "load_ensemble",
    "replay",
    "simulate_ensemble",
]
