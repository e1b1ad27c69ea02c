"""Forty numbered regimens with expected curves, from algebra or from a solver that shares nothing with this package."""

from immunosim.conformance.cases import ConformanceCase, CurveComparison, cases, compare, compare_all

__all__ = ["ConformanceCase", "CurveComparison", "cases", "compare", "compare_all"]
