"""The opened result of a sweep: lazy from Zarr, in memory from NetCDF, with everything needed to rebuild a patient."""

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
from immunosim.scenario.time_reference import TimeReference
from immunosim.seals import is_sealed, parsed_json, seal_fits
from immunosim.sweeps.checksums import Digest, split
from immunosim.sweeps.export import write_parquet
from immunosim.sweeps.manifest import CURE
from immunosim.sweeps.plan import FORMAT, Recipe, recipe_from
from immunosim.sweeps.store import SweepStore, open_store

_FINISH = "finish it with immunosim sweep ... --resume"
_AGAIN = "compute it again with immunosim sweep ... --resume"

MOST_NAMED = 10
"""Largest number of damaged files that are named; the rest are counted."""

READ_AT_ONCE = 2**16
"""Patients read at once for the checksum of a NetCDF file."""


@dataclass(frozen=True, eq=False, repr=False)
class SweepResult(EnsembleResult):
    """The patients of a sweep.

    Attributes
    ----------
    dataset : xarray.Dataset
        Read lazily from a Zarr store.
    """

    @cached_property
    def identity(self) -> dict[str, Any]:
        """The plan as plain values."""
        text = str(self.dataset.attrs.get("plan", "")).encode(errors="surrogatepass")
        plan: dict[str, Any] = parsed_json(text, "plan of the sweep")
        return plan

    @cached_property
    def recipe(self) -> Recipe:
        """How its patients are built."""
        return recipe_from(self.identity, "scenario of the sweep")

    @property
    def model_name(self) -> str:
        """Name of the model of its patients."""
        return self.recipe.population.base.scenario.model

    @cached_property
    def _base_reference(self) -> TimeReference:
        return TimeReference.of(self.recipe.population.base.scenario)

    @property
    def n_missing(self) -> int:
        """Patients that have not been simulated."""
        return int((self.status < 0).sum())

    def scenario_of(self, sample: int) -> Scenario:
        """Return the scenario of a patient, without the parameters that are columns."""
        return self.recipe.population.scenario_of(self._values(sample))

    def given_scenario_of(self, sample: int) -> Scenario:
        """Return the scenario of a patient with the doses that rules of a protocol ordered, as ordinary doses."""
        return self.recipe.population.given_scenario_of(self._values(sample), self.recipe.question)

    def parameters_of(self, sample: int) -> dict[str, float]:
        """Return the varied parameters of a patient that are columns."""
        return self.recipe.population.columns_of(self._values(sample))

    def varied_of(self, sample: int) -> dict[str, str]:
        """Return the factor values of a patient, with units."""
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
    """Open a result of ``immunosim sweep`` or ``EnsembleResult.save``.

    Formats, codecs and types are compared with what this version writes before anything is decoded; data of a store
    are compared with their checksums when they are read.

    Raises
    ------
    DataError
        If the file is missing, is not such a result, or fails its checksum.
    """
    target = Path(path)
    if target.is_dir():
        return SweepResult(open_store(target, writable=False).dataset())
    dataset = load_netcdf(target)
    return SweepResult(dataset) if dataset.attrs.get("format") == FORMAT else ensemble_of(dataset, target)


def digest_of(path: Path) -> str:
    """Return the checksum of a sweep's data, coordinates and units; the same for Zarr and NetCDF and any blocks.

    Raises
    ------
    DataError
        If patients are missing, or a checksum does not match.
    """
    if not path.is_dir():
        return _digest_of_dataset(finished_file(path).dataset)
    store, digest = open_store(path, writable=False), Digest()
    wrong = _problems(store)
    if wrong:
        raise DataError(problems=wrong)
    digest.add(store.fixed())
    for block in range(store.n_blocks):
        digest.add(store.read(block))
    return digest.hexdigest(store.units())


def _problems(store: SweepStore) -> list[InputProblem]:
    """Return the problems of a store with valid metadata: missing, damaged and foreign files."""
    file, done = str(store.path), store.done()
    missing = store.n_blocks - len(done)
    problems = (
        [InputProblem(f"{missing} of {store.n_blocks} blocks are missing", file, cure=_FINISH)] if missing else []
    )
    problems += [InputProblem(wrong, file, cure=_AGAIN) for block in done if (wrong := store.damage(block))]
    foreign = store.manifest.foreign(store.path)
    problems += [InputProblem(f"{key} was not written by a sweep", file, cure=CURE) for key in foreign]
    if len(problems) > MOST_NAMED:
        problems[MOST_NAMED:] = [InputProblem(f"{len(problems) - MOST_NAMED:,} more are wrong", file, cure=CURE)]
    return problems


def finished_file(path: Path) -> SweepResult:
    """Open the complete NetCDF result of a sweep after verifying its checksum.

    Raises
    ------
    DataError
        If it is incomplete or damaged.
    """
    is_changed = path.is_file() and not seal_fits(path)
    if is_changed and is_sealed(path):
        raise DataError("is not what was written", file=str(path), cure=_AGAIN)
    folder = sweep_in(path)
    if is_changed:
        raise DataError("has no seal: it was changed, or is truncated", file=str(path), cure=_AGAIN)
    if folder.n_missing:
        reason = f"{folder.n_missing:,} of {len(folder):,} patients are missing"
        raise DataError(reason, file=str(path), cure=_FINISH)
    return folder


def _digest_of_dataset(dataset: xr.Dataset) -> str:
    digest = Digest()
    names = {str(name): variable for name, variable in dataset.variables.items()}
    digest.add({name: variable.values for name, variable in names.items() if variable.dims[:1] != ("sample",)})
    by_row = {name: variable for name, variable in names.items() if variable.dims[:1] == ("sample",)}
    for start, end in split(dataset.sizes["sample"], READ_AT_ONCE):
        digest.add({name: np.asarray(variable[start:end].values) for name, variable in by_row.items()})
    return digest.hexdigest(
        {name: str(variable.attrs["units"]) for name, variable in names.items() if "units" in variable.attrs}
    )


def sweep_in(path: Path) -> SweepResult:
    """Open the result of a sweep.

    Raises
    ------
    DataError
        If it is missing, or is not the result of a sweep.
    """
    result = open_result(path)
    if not isinstance(result, SweepResult):
        raise DataError("holds no sweep", file=str(path), cure="name what immunosim sweep wrote")
    return result
