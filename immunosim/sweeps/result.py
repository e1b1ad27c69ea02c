"""The result of a sweep, opened: lazily from Zarr, whole from NetCDF, with everything that makes a patient again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from immunosim.ensembles.netcdf import load_netcdf
from immunosim.ensembles.result import EnsembleResult, ensemble_of
from immunosim.errors import DataError, InputProblem
from immunosim.scenario import Scenario
from immunosim.seals import is_sealed, parsed_json, seal_fits
from immunosim.sweeps.checksums import Digest, split
from immunosim.sweeps.export import write_parquet
from immunosim.sweeps.manifest import CURE
from immunosim.sweeps.plan import FORMAT, Recipe, recipe_from
from immunosim.sweeps.store import SweepStore, open_store

_FINISH = "finish it with immunosim sweep ... --resume"
_AGAIN = "compute it again with immunosim sweep ... --resume"

MOST_NAMED = 10
"""Damaged files that are named; more are counted."""

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
        text = str(self.dataset.attrs.get("plan", "")).encode(errors="surrogatepass")
        found: dict[str, Any] = parsed_json(text, "plan of the sweep")
        return found

    @cached_property
    def recipe(self) -> Recipe:
        """How its patients are made."""
        return recipe_from(self.identity, "scenario of the sweep")

    @property
    def model_name(self) -> str:
        """Name of the model of its patients."""
        return self.recipe.population.base.scenario.model

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

    def to_parquet(self, path: str | Path) -> list[Path]:
        """Write tidy tables beside a path, one row a patient, and one a patient and time; return their paths.

        Raises
        ------
        DataError
            If pyarrow is missing.
        OutputError
            If the path cannot be written.
        """
        return write_parquet(self.dataset, Path(path))

    def _values(self, sample: int) -> list[float]:
        return [float(self.dataset[factor.name][sample]) for factor in self.recipe.factors]


def open_result(path: str | Path) -> EnsembleResult:
    """Open what ``immunosim sweep`` or ``EnsembleResult.save`` wrote.

    Formats, codecs and types are compared with what this version writes before anything is decoded; data of a store are
    compared with their checksums when they are read.

    Raises
    ------
    DataError
        If there is nothing, something else, or not what was written.
    """
    place = Path(path)
    if place.is_dir():
        return SweepResult(open_store(place, writable=False).dataset())
    dataset = load_netcdf(place)
    return SweepResult(dataset) if dataset.attrs.get("format") == FORMAT else ensemble_of(dataset, place)


def digest_of(path: Path) -> str:
    """Return the checksum of a sweep's data, coordinates and units; the same for Zarr and NetCDF and any blocks.

    Raises
    ------
    DataError
        If patients are missing, or anything is not what was written.
    """
    if not path.is_dir():
        return _digest_of_dataset(finished_file(path).dataset)
    store, digest = open_store(path, writable=False), Digest()
    wrong = _problems(store)
    if wrong:
        raise DataError(problems=wrong)
    digest.add(store.fixed())
    for place in range(store.n_blocks):
        digest.add(store.read(place))
    return digest.hexdigest(store.units())


def _problems(store: SweepStore) -> list[InputProblem]:
    """Return what is wrong with a store whose metadata are right: missing, damaged and foreign files."""
    file, done = str(store.path), store.done()
    missing = store.n_blocks - len(done)
    found = [InputProblem(f"{missing} of {store.n_blocks} blocks are missing", file, cure=_FINISH)] if missing else []
    found += [InputProblem(wrong, file, cure=_AGAIN) for place in done if (wrong := store.damage(place))]
    foreign = store.manifest.foreign(store.path)
    found += [InputProblem(f"{key} was not written by a sweep", file, cure=CURE) for key in foreign]
    if len(found) > MOST_NAMED:
        found[MOST_NAMED:] = [InputProblem(f"{len(found) - MOST_NAMED:,} more are wrong", file, cure=CURE)]
    return found


def finished_file(path: Path) -> SweepResult:
    """Open the NetCDF result of a sweep that is finished, and what was written to the last bit.

    Raises
    ------
    DataError
        If it is not.
    """
    is_changed = path.is_file() and not seal_fits(path)
    if is_changed and is_sealed(path):
        raise DataError("is not what was written", file=str(path), cure=_AGAIN)
    found = sweep_in(path)
    if is_changed:
        raise DataError("has no seal: it was changed, or cut off", file=str(path), cure=_AGAIN)
    if found.n_missing:
        reason = f"{found.n_missing:,} of {len(found):,} patients are missing"
        raise DataError(reason, file=str(path), cure=_FINISH)
    return found


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
