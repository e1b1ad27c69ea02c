"""Finished fits as plain data, so that an interrupted run over many patients can be resumed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import DataError
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.search.estimation import Estimate
from immunosim.fitting.search.multistart import Search
from immunosim.fitting.search.profiles import Profile


def as_record(estimate: Estimate, profiles: dict[str, Profile]) -> dict[str, Any]:
    """Return a fit as plain data, from which ``from_record`` restores it bit for bit."""
    return {
        "searches": [_plain(asdict(search)) for search in estimate.searches],
        "profiles": {name: _plain(asdict(profile)) for name, profile in profiles.items()},
    }


def from_record(posterior: Posterior, record: dict[str, Any]) -> tuple[Estimate, dict[str, Profile]]:
    """Return the fit of a posterior from a record.

    Raises
    ------
    DataError
        If the record is not a fit.
    """
    try:
        searches = tuple(Search(**_arrays(search)) for search in record["searches"])
        profiles = {name: Profile(**_arrays(profile)) for name, profile in record["profiles"].items()}
        if not searches:
            raise ValueError("no search")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError("the checkpoint is not a fit", cure="leave out `resume` to start over") from error
    return Estimate(posterior, searches), profiles


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in fields.items()}


def _arrays(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: _array(value) if isinstance(value, list) else value for key, value in fields.items()}


def _array(value: list[Any]) -> Array:
    return np.array(value, np.float64)
