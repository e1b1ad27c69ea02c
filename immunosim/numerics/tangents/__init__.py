"""Derivatives of the solution along its own steps: every stage of the method is differentiated, lane by lane."""

from immunosim.numerics.tangents.directions import Directions, SegmentSlopes
from immunosim.numerics.tangents.solving import solve_sensitivities

__all__ = ["Directions", "SegmentSlopes", "solve_sensitivities"]
