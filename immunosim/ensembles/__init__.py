"""Many patients at once: rows of parameters or scenarios, what is asked of them, and the replay of one that failed."""

from immunosim.ensembles.endpoints import Endpoint
from immunosim.ensembles.replay import Replay, replay
from immunosim.ensembles.result import EnsembleResult, load_ensemble
from immunosim.ensembles.solving import simulate_ensemble

__all__ = ["Endpoint", "EnsembleResult", "Replay", "load_ensemble", "replay", "simulate_ensemble"]
