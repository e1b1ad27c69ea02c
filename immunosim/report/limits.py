"""The limits that a clinician reads counts and levels against.

Numbers by read-out, in the unit of the read-out. This module knows nothing of simulations.
"""

from collections.abc import Mapping

LOWER_LIMITS_OF_NORMAL: Mapping[str, float] = {"lymphocytes": 1.0, "cd4": 400.0, "cd8": 200.0, "cd19": 100.0}
"""Lower limits of normal (LLN): total lymphocytes in 1e9/L, subsets in cells/uL; there is none for NK cells."""

SEVERELY_LOW: Mapping[str, float] = {"cd4": 200.0}
"""Counts, cells/uL, below which opportunistic infections are expected and prophylaxis against them is usual."""

ALEMTUZUMAB_DETECTION_LIMIT = 0.06
"""Serum level, ug/mL, below which the label calls alemtuzumab undetectable."""

LIMITS: Mapping[str, float] = {**LOWER_LIMITS_OF_NORMAL, "alemtuzumab_serum": ALEMTUZUMAB_DETECTION_LIMIT}
"""All limits by read-out: the lines that a figure draws."""
