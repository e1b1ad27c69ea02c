"""Which of the varied quantities a result follows: Sobol, Morris and PAWN indices, and exact elasticities."""

from immunosim.importance.analysis import analyse
from immunosim.importance.indices import METHODS, Estimate
from immunosim.importance.local import elasticities
from immunosim.importance.result import Analysis, Outcome
from immunosim.importance.screening import most_influential

__all__ = ["METHODS", "Analysis", "Estimate", "Outcome", "analyse", "elasticities", "most_influential"]
