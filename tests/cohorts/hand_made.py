"""Datasets of cohorts, built by hand: the form in which a cohort's result has its patients."""

import numpy as np
import xarray as xr

from immunosim.units import DAYS_PER_MONTH as MONTH

MONTHS = np.array([0.0, 1.0, 6.0, 11.75, 24.0])


def cohort(n: int = 40, **columns) -> xr.Dataset:
    """Return patients with counts, a hazard, two strata, a covariate and an endpoint; the last patient failed.

    Counts fall to a tenth at month 1 and rise linearly to their untreated value at month 24.
    """
    generator = np.random.default_rng(0)
    untreated = 900.0 * np.exp(0.3 * generator.standard_normal(n))
    shape = np.interp(MONTHS, [0.0, 1.0, 24.0], [1.0, 0.1, 1.0])
    smoker = (np.arange(n) % 4 == 0).astype(float)
    hazard = np.outer(1.0 + smoker, MONTHS * MONTH / 1000.0)
    one = ("patient",)
    status = np.zeros(n, np.int64)
    status[-1] = 3
    about = {"measure": "first_above", "window_start": 0.0, "window_end": 24.0 * MONTH, "units": "day"}
    reached = np.where(np.arange(n) % 2, 100.0 + np.arange(n), np.nan)
    names = {"flag_meanings": "ordinary poor_depleters"}
    return xr.Dataset(
        {
            "cd4": (("patient", "time"), np.outer(untreated, shape), {"units": "cells/uL", "long_name": "CD4 T cells"}),
            "hazard": (("patient", "time"), hazard, {"units": "1", "long_name": "cumulative hazard"}),
            "peak": (one, np.linspace(1.0, 2.0, n), {"units": "ug/mL", "kind": "endpoint"}),
            "back": (one, reached, about | {"kind": "endpoint"}),
            "weight": (one, np.where(np.arange(n) < 4, 0.05, 1.0)),
            "stratum": (one, (np.arange(n) < 4).astype(np.int64), names),
            "smoker": (one, smoker),
            "age": (one, np.linspace(20.0, 60.0, n), {"units": "year"}),
            "status": (one, status),
            **columns,
        },
        coords={"patient": np.arange(n), "time": MONTHS * MONTH},
    )
