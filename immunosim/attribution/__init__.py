"""Why a read-out changed: its change as a sum of contributions, one for each process of the model."""

from immunosim.attribution.engine import explain
from immunosim.attribution.export import as_dict, series_csv, table_csv
from immunosim.attribution.records import Contribution, Explanation, ExplanationError

__all__ = ["Contribution", "Explanation", "ExplanationError", "as_dict", "explain", "series_csv", "table_csv"]
