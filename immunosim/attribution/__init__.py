"""Attribution of a change or difference of a read-out: a sum of contributions of the processes of the model."""

from immunosim.attribution.comparison import Attribution, Comparison, ComparisonError, attribute, compare
from immunosim.attribution.engine import explain
from immunosim.attribution.export import as_dict, series_csv, table_csv
from immunosim.attribution.records import Contribution, Explanation, ExplanationError

__all__ = [
    "Attribution",
    "Comparison",
    "ComparisonError",
    "Contribution",
    "Explanation",
    "ExplanationError",
    "as_dict",
    "attribute",
    "compare",
    "explain",
    "series_csv",
    "table_csv",
]
