"""What a protocol did to each patient, as columns of the result of a cohort: orders by rule, and dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from immunosim.cohorts.protocols import Protocol

if TYPE_CHECKING:
    from immunosim.cohorts.protocol_runs import ProtocolOutcome
    from immunosim.sweeps.plan import Columns

DROPOUT = "dropout_day"


def protocol_columns(protocol: Protocol, outcome: ProtocolOutcome | None = None) -> Columns:
    """Return the number of orders and the day of the first one by rule, and the day of dropout.

    Parameters
    ----------
    protocol : Protocol
    outcome : ProtocolOutcome, optional
        None for columns of nobody.
    """
    n = 0 if outcome is None else len(outcome.dropout)
    columns: Columns = {}
    for rule in protocol.rule:
        count, first = np.zeros(n), np.full(n, np.nan)
        for decision in () if outcome is None else outcome.decisions:
            if decision.rule == rule.name:
                first[decision.row] = np.fmin(first[decision.row], decision.day)
                count[decision.row] += 1.0
        columns[f"{rule.name}_orders"] = count, {"units": "1", "long_name": f"orders by the rule {rule.name}"}
        about = {"units": "day", "long_name": f"visit of the first order by the rule {rule.name}"}
        columns[f"{rule.name}_day"] = first, about
    left = np.empty(0) if outcome is None else np.where(np.isfinite(outcome.dropout), outcome.dropout, np.nan)
    about = {"units": "day", "long_name": "day on which a patient leaves, also after the horizon"}
    return columns | {DROPOUT: (left, about)}
