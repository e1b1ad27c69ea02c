"""Ranking of inputs by their influence on outputs: Sobol, Morris and PAWN indices, and exact elasticities."""

from immunosim.sensitivity_analysis.analysis import analyse
from immunosim.sensitivity_analysis.indices import METHODS, IndexEstimate
from immunosim.sensitivity_analysis.local import elasticities
from immunosim.sensitivity_analysis.result import AnalysedOutput, Analysis
from immunosim.sensitivity_analysis.screening import most_influential

__all__ = ["METHODS", "AnalysedOutput", "Analysis", "IndexEstimate", "analyse", "elasticities", "most_influential"]
