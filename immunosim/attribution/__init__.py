"""Why a read-out is what it is: what it would be without something, and the sum of contributions of the processes."""

from immunosim.attribution.comparison import Attribution, Comparison, ComparisonError, attribute, compare
from immunosim.attribution.counterfactuals import counterfactuals
from immunosim.attribution.difference_causes import DifferenceCauses, KeySetBack, causes_csv
from immunosim.attribution.effect_tables import courses_csv, effects_csv
from immunosim.attribution.effects import Counterfactual, Counterfactuals, Through
from immunosim.attribution.engine import explain
from immunosim.attribution.export import as_dict, series_csv, table_csv
from immunosim.attribution.records import Contribution, Explanation, ExplanationError
from immunosim.attribution.set_back import set_back

__all__ = [
    "Attribution",
    "Comparison",
    "ComparisonError",
    "Contribution",
    "Counterfactual",
    "Counterfactuals",
    "DifferenceCauses",
    "Explanation",
    "ExplanationError",
    "KeySetBack",
    "Through",
    "as_dict",
    "attribute",
    "causes_csv",
    "compare",
    "counterfactuals",
    "courses_csv",
    "effects_csv",
    "explain",
    "series_csv",
    "set_back",
    "table_csv",
]
