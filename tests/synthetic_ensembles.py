"""Datasets in the form of an ensemble's, from numbers that the tests know."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from immunosim.numerics import Status

UNITS = {"cd4": "cells/uL", "nadir_cd4": "cells/uL", "lymphocytes": "1e9/L", "time_below_cd4": "day"}


def ensemble(
    columns: Mapping[str, np.ndarray],
    endpoints: Mapping[str, np.ndarray] | None = None,
    series: Mapping[str, np.ndarray] | None = None,
    times: Sequence[float] = (0.0, 100.0, 200.0, 365.0),
    status: np.ndarray | None = None,
    log: Sequence[str] = (),
    choices: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Return a dataset; rows that failed hold NaN, as in an ensemble."""
    n = len(next(iter(columns.values())))
    code = np.zeros(n, np.int64) if status is None else np.asarray(status, np.int64)
    failed = code != 0
    variables: dict[str, tuple[object, ...]] = {
        "status": ("sample", code, {"flag_values": list(range(7)), "flag_meanings": " ".join(s.name for s in Status)}),
        "fail_time": ("sample", np.where(failed, 10.0 + np.arange(n), np.nan), {"units": "day"}),
        "worst_pool": ("sample", np.where(failed, np.arange(n) % 2, -1)),
        "n_steps": ("sample", np.full(n, 50)),
        "n_rejected": ("sample", np.zeros(n, np.int64)),
    }
    for kind, given in (("endpoint", endpoints), ("read-out", series)):
        for name, values in (given or {}).items():
            held = np.array(values, np.float64)
            held[failed] = np.nan
            dims = "sample" if kind == "endpoint" else ("sample", "time")
            about = {"units": UNITS.get(name, "1"), "long_name": name.replace("_", " "), "kind": kind}
            variables[name] = (dims, held, about)
    coordinates: dict[str, tuple[object, ...]] = {}
    for name, values in columns.items():
        about = {"units": "1/day" if name.endswith("rate") else "1", "long_name": name.replace("_", " ")}
        about |= {"scale": "log"} if name in log else {}
        if choices and name in choices:
            about |= {"flag_meanings": choices[name]}
        coordinates[name] = ("sample", np.asarray(values, np.float64), about)
    if series:
        coordinates["time"] = ("time", np.asarray(times), {"units": "day"})
    attributes = {"varied": json.dumps(list(columns)), "pools": json.dumps(["naive_cd4_blood", "antibody_central"])}
    return xr.Dataset(variables, coords=coordinates, attrs=attributes)
