"""Independent checks of a simulation: another method, mass balances, doses, signs, timing."""

from immunosim.verification.procedure import verify
from immunosim.verification.records import Balance, Check, Contender, Timing, Verification
from immunosim.verification.reference import Reference, solve_reference
from immunosim.verification.timing import time_against_lsoda

__all__ = [
    "Balance",
    "Check",
    "Contender",
    "Reference",
    "Timing",
    "Verification",
    "solve_reference",
    "time_against_lsoda",
    "verify",
]
