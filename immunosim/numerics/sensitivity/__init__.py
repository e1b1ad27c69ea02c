"""Derivatives of the solution along its own steps: every stage of the method is differentiated, lane by lane."""

from immunosim.numerics.sensitivity.directions import Directions, SegmentSlopes
from immunosim.numerics.sensitivity.solving import solve_sensitivities

__all__ = ["Directions", "SegmentSlopes", "solve_sensitivities"]
