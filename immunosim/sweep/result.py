"""The result of a sweep, opened: lazily from Zarr, whole from NetCDF, with everything that makes a patient again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from immunosim.ensembles.result import EnsembleResult, load_ensemble, load_netcdf
from immunosim.errors import DataError
from immunosim.scenario import Scenario
from immunosim.sweep.checksums import Digest, split
from immunosim.sweep.plan import FORMAT, Recipe, recipe_from
from immunosim.sweep.store import CHECKSUM, open_store

READ_AT_ONCE = 2**16
"""Patients that are read at once for the checksum of a NetCDF file."""


@dataclass(frozen=True, eq=False, repr=False)
class SweepResult(EnsembleResult):
    """The patients of a sweep.

    Attributes
    ----------
    dataset : xarray.Dataset
        Read when it is used, where it is a Zarr store.
    """

    @cached_property
    def identity(self) -> dict[str, Any]:
        """The plan as plain values."""
        found: dict[str, Any] = json.loads(self.dataset.attrs["plan"])
        return found

    @cached_property
    def recipe(self) -> Recipe:
        """How its patients are made."""
        return recipe_from(self.identity, "scenario of the sweep")

    @property
    def n_missing(self) -> int:
        """Patients that have not been computed."""
        return int((self.status < 0).sum())

    def scenario_of(self, sample: int) -> Scenario:
        """Return the scenario of a patient, without the parameters that are columns."""
        return self.recipe.population.scenario_of(self._values(sample))

    def parameters_of(self, sample: int) -> dict[str, float]:
        """Return the varied parameters of a patient that are columns."""
        return self.recipe.population.columns_of(self._values(sample))

    def varied_of(self, sample: int) -> dict[str, str]:
        """Return all that was varied of a patient, with units."""
        values = zip(self.recipe.factors, self._values(sample), strict=True)
        return {factor.name: factor.text(value) for factor, value in values}

    def _values(self, sample: int) -> list[float]:
        return [float(self.dataset[factor.name][sample]) for factor in self.recipe.factors]


def open_result(path: str | Path) -> EnsembleResult:
    """Open what ``immunosim sweep`` or ``EnsembleResult.save`` wrote.

    Raises
    ------
    DataError
        If there is nothing, or something else.
    """
    place = Path(path)
    if place.is_dir():
        open_store(place, writable=False)
        return SweepResult(xr.open_zarr(place, chunks=None).drop_vars(CHECKSUM))
    dataset = load_netcdf(place)
    return SweepResult(dataset) if dataset.attrs.get("format") == FORMAT else load_ensemble(place)


def digest_of(path: Path) -> str:
    """Return the checksum of a sweep's data, coordinates and units; the same for Zarr and NetCDF and any blocks.

    Raises
    ------
    DataError
        If patients are missing, or a block is not what was written.
    """
    if not path.is_dir():
        return _digest_of_dataset(sweep_in(path).dataset)
    store, digest = open_store(path, writable=False), Digest()
    missing = store.n_blocks - len(store.done())
    if missing:
        reason = f"{missing} of {store.n_blocks} blocks are missing"
        raise DataError(reason, file=str(path), cure="finish it with immunosim sweep ... --resume")
    if not store.has_its_times():
        cure = "have them written again with immunosim sweep ... --resume"
        raise DataError("the output times are not what was written", file=str(path), cure=cure)
    digest.add(store.fixed())
    for place in range(store.n_blocks):
        wrong = store.damage(place)
        if wrong:
            raise DataError(wrong, file=str(path), cure="compute it again with immunosim sweep ... --resume")
        digest.add(store.read(place))
    return digest.hexdigest(store.units())


def _digest_of_dataset(dataset: xr.Dataset) -> str:
    digest = Digest()
    names = {str(name): variable for name, variable in dataset.variables.items()}
    digest.add({name: one.values for name, one in names.items() if one.dims[:1] != ("sample",)})
    by_row = {name: one for name, one in names.items() if one.dims[:1] == ("sample",)}
    for start, end in split(dataset.sizes["sample"], READ_AT_ONCE):
        digest.add({name: np.asarray(one[start:end].values) for name, one in by_row.items()})
    return digest.hexdigest({name: str(one.attrs["units"]) for name, one in names.items() if "units" in one.attrs})


def sweep_in(path: Path) -> SweepResult:
    """Open the result of a sweep.

    Raises
    ------
    DataError
        If there is nothing, or something else.
    """
    found = open_result(path)
    if not isinstance(found, SweepResult):
        raise DataError("holds no sweep", file=str(path), cure="name what immunosim sweep wrote")
    return found
