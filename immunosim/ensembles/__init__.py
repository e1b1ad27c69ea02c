"""Ensembles of patients: rows of parameters or scenarios, requested outputs, and the replay of a failed patient."""

from immunosim.ensembles.endpoints import Endpoint
from immunosim.ensembles.replay import Replay, replay
from immunosim.ensembles.result import EnsembleResult, load_ensemble
from immunosim.ensembles.solving import simulate_ensemble

__all__ = ["Endpoint", "EnsembleResult", "Replay", "load_ensemble", "replay", "simulate_ensemble"]
