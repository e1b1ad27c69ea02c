"""Groups of a cohort's patients by a column: strata, names of a covariate, or thirds of a number by weight.

Takes the dataset of a cohort; draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from immunosim.cohorts.conditions import labels_of, patient_columns
from immunosim.cohorts.sample import CohortSample
from immunosim.cohorts.statistics import weighted_quantile
from immunosim.errors import DataError, did_you_mean
from immunosim.formatting import number
from immunosim.plots.ensembles.axes import with_unit
from immunosim.plots.style import BLUE, GREEN, ORANGE, PURPLE, VERMILION

COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE)

THIRDS = (1 / 3, 2 / 3)
"""Where the values of a number are divided."""

PatientGroup = tuple[str, CohortSample]
"""Name and patients of a group."""


def groups_of(dataset: xr.Dataset, column: str = "") -> list[PatientGroup]:
    """Return the patients of a cohort by a column, those without patients left out; one group without a column.

    Parameters
    ----------
    dataset : xarray.Dataset
        With the dimension ``patient``.
    column : str
        A stratum, covariate or trait.

    Raises
    ------
    DataError
        If there is no such column, or it has more names than there are colours.
    """
    sample = CohortSample.of(dataset)
    if not column:
        return [("", sample)]
    if column not in patient_columns(dataset):
        cure = did_you_mean(column, patient_columns(dataset))
        raise DataError(f'the cohort has no column "{column}"', key="color", cure=cure)
    parts = [(name, replace(sample, rows=rows & sample.rows)) for name, rows in _parts(dataset, column)]
    kept = [(name, group) for name, group in parts if group.weight.any()]
    if len(kept) > len(COLOURS):
        cure = f"choose a column with at most {len(COLOURS)} names"
        raise DataError(f"{column} has {len(kept)} names", key="color", cure=cure)
    return kept


def heading_of(dataset: xr.Dataset, column: str) -> str:
    """Return what the groups of a column are called, with the unit of a number; a key is named by its column."""
    about = dataset[column].attrs
    label = str(about.get("long_name", column))
    is_key = "." in label or "_" in label
    unit = "" if labels_of(dataset, column) is not None else str(about.get("units", "1"))
    return with_unit(column.replace("_", " ") if is_key else label, unit)


def _parts(dataset: xr.Dataset, column: str) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    labels = labels_of(dataset, column)
    if labels is not None:
        for name in dict.fromkeys(labels.tolist()):
            yield name.replace("_", " "), labels == name
        return
    values = np.asarray(dataset[column].values, np.float64)
    weight = CohortSample.of(dataset).weight
    edges = [weighted_quantile(values, fraction, weight) for fraction in THIRDS]
    if edges[0] == edges[1]:
        distinct = np.unique(values[~np.isnan(values)])
        for value in distinct.tolist():
            yield number(value), values == value
        return
    low, high = map(number, edges)
    yield f"below {low}", values < edges[0]
    yield f"{low} to {high}", (values >= edges[0]) & (values < edges[1])
    yield f"{high} or more", values >= edges[1]
