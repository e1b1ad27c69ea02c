"""What a protocol did to each patient, as columns of the result of a cohort: orders by rule, dropout and visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from immunosim.cohorts.protocols import Protocol

if TYPE_CHECKING:
    from immunosim.cohorts.protocol_runs import ProtocolOutcome, ProtocolPlan
    from immunosim.sweeps.plan import Columns

DROPOUT = "dropout_day"
VISIT_DAY = "visit_day"
MEASURED = "measured_"
CENSORED = "censored_"
"""Beginnings of the names of what was measured, and of its flags; the read-out follows."""

_OF_PATIENT, _OF_VISIT = ("sample",), ("sample", "visit")


def protocol_columns(protocol: Protocol, plan: ProtocolPlan, outcome: ProtocolOutcome | None = None) -> Columns:
    """Return the columns of a protocol.

    Parameters
    ----------
    protocol : Protocol
    plan : ProtocolPlan
        The protocol as numbers.
    outcome : ProtocolOutcome, optional
        None for columns of nobody.

    Returns
    -------
    dict
        Of each rule the number of orders and the day of the first one; the day of dropout; where the protocol stores
        visits, their days and what was measured there, shape (n, n_visits).
    """
    n = 0 if outcome is None else len(outcome.dropout)
    columns: Columns = {}
    for rule in protocol.rule:
        count, first = np.zeros(n), np.full(n, np.nan)
        for decision in () if outcome is None else outcome.decisions:
            if decision.rule == rule.name:
                first[decision.row] = np.fmin(first[decision.row], decision.day)
                count[decision.row] += 1.0
        label = f"orders by the rule {rule.name}"
        columns[f"{rule.name}_orders"] = _OF_PATIENT, count, {"units": "1", "long_name": label}
        about = {"units": "day", "long_name": f"visit of the first order by the rule {rule.name}"}
        columns[f"{rule.name}_day"] = _OF_PATIENT, first, about
    left = np.empty(0) if outcome is None else np.where(np.isfinite(outcome.dropout), outcome.dropout, np.nan)
    about = {"units": "day", "long_name": "day on which a patient leaves, also after the horizon"}
    columns[DROPOUT] = _OF_PATIENT, left, about
    return columns | (_visits(protocol, plan, outcome) if protocol.stores_visits else {})


def _visits(protocol: Protocol, plan: ProtocolPlan, outcome: ProtocolOutcome | None) -> Columns:
    """Return the days of the visits, what a laboratory reported there, and whether it was below quantification."""
    nobody = np.empty((0, plan.n_visits))
    about = {"units": "day", "long_name": "day of the visit; none where it was missed or the patient had left"}
    columns: Columns = {VISIT_DAY: (_OF_VISIT, nobody if outcome is None else outcome.visits, about)}
    model, limits = plan.problems[0].model, {assay.readout: assay.lloq for assay in plan.assays}
    for name in protocol.measured:
        values = nobody if outcome is None else outcome.measured[:, :, plan.readouts.index(name)]
        label, limit = f"{name} as the laboratory reported it", limits.get(name, -np.inf)
        columns[f"{MEASURED}{name}"] = _OF_VISIT, values, {"units": model.units[name], "long_name": label}
        if np.isfinite(limit):
            # What is not below the limit is reported as it is, so that only half of the limit is less than it.
            is_below = np.where(np.isnan(values), np.nan, values < limit)
            label = f"whether {name} was below quantification, and half of the limit was reported"
            columns[f"{CENSORED}{name}"] = _OF_VISIT, is_below, {"units": "1", "long_name": label}
    return columns
