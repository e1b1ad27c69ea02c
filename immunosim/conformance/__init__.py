"""Forty numbered regimens with expected curves, from algebra or from a solver that shares nothing with this package."""

from immunosim.conformance.cases import Case, Comparison, cases, compare, compare_all

__all__ = ["Case", "Comparison", "cases", "compare", "compare_all"]
