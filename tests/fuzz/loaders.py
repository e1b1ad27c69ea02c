"""Everything through which the package takes what somebody else wrote: text files, options, results, command lines.

A loader here reads an input and asserts what must hold of anything that is taken. Seeds are the files below ``corpus``
and what the tests make of a small sweep.
"""

from __future__ import annotations

import hashlib
import math
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fuzz.judging import contents
from fuzz.mutator import Mutator
from typer.testing import CliRunner

from immunosim.cli.main import app
from immunosim.door.keeping import Partial
from immunosim.ensembles import Endpoint
from immunosim.errors import ImmunosimError, QuantityError
from immunosim.fitting.exchange.checkpoint import from_record
from immunosim.fitting.search.chains import open_chain
from immunosim.observations import PetabParameter, lint, petab_files, read_observations
from immunosim.parameters import parse_parameters
from immunosim.scenario import build_scenario, load_document, load_scenario, to_toml
from immunosim.scenario.clock import Clock
from immunosim.sweeps import Base, digest_of, factor_of, open_result, read_varying
from immunosim.sweeps.tables import read_patients
from immunosim.units import check_unit, format_quantity, parse_quantity

CORPUS = Path(__file__).with_name("corpus")

KEPT = f".fit-partial/{hashlib.sha256(b'patient').hexdigest()[:16]}.json"
"""Where the command line keeps the finished fit of a patient."""

OPTION = "option.txt"
"""Holds what somebody types."""

Read = Callable[[Path], object]


@dataclass(frozen=True)
class Loader:
    """A way into the package.

    Attributes
    ----------
    read : callable
        Takes the file that holds the input.
    mutators : dict of str to Mutator
        By the place of that file in the working folder.
    may_write : bool
        Whether it writes into the working folder where the input is taken.
    """

    read: Read
    mutators: Mapping[str, Mutator]
    may_write: bool = False

    def make(self, name: str, seed: int, number: int) -> tuple[str, bytes]:
        """Return a place and a mutated input."""
        places = sorted(self.mutators)
        place = places[number % len(places)]
        return place, self.mutators[place].make(name, seed, number)


def text_loaders(base: Base) -> dict[str, Loader]:
    """Return the loaders of text by name; ``base`` is a scenario that options may vary."""
    keys, words = _words("scenarios"), _words("lines")
    return {
        "scenarios": Loader(_scenario, {"input.toml": Mutator(_files("scenarios"), keys)}),
        "tables": Loader(_table, {"input.csv": Mutator(_files("tables"), _words("tables"))}),
        "patients": Loader(lambda path: read_patients(base, path), {"input.csv": Mutator(_files("patients"), keys)}),
        "parameters": Loader(_parameters, {"input.toml": Mutator(_files("parameters"), _words("parameters"))}),
        "records": Loader(_record, {KEPT: Mutator(_files("records"), _words("records"))}),
        "quantities": Loader(_quantity, {OPTION: Mutator(_lines("quantities"), words)}),
        "overrides": Loader(_override, {OPTION: Mutator(_lines("overrides"), keys)}),
        "factors": Loader(lambda path: _factor(base, path), {OPTION: Mutator(_lines("factors"), keys)}),
        "endpoints": Loader(_endpoint, {OPTION: Mutator(_lines("endpoints"), words)}),
        "commands": Loader(_command, {OPTION: Mutator(_lines("commands"), words)}, may_write=True),
    }


def result_loaders(folder: Path) -> dict[str, Loader]:
    """Return the loaders of results by name, from a folder that holds ``a.zarr``, ``a.nc`` and ``chain.h5``."""
    store = {
        f"a.zarr/{name}": Mutator([content], ZARR) for name, content in sorted(contents(folder / "a.zarr").items())
    }
    sealed = (folder / "a.nc").read_bytes()
    return {
        "netcdf": Loader(_result, {"a.nc": Mutator([sealed], HDF5)}),
        "unsealed netcdf": Loader(_result, {"a.nc": Mutator([sealed[: sealed.rindex(b"\nimmunosim")]], HDF5)}),
        "stores": Loader(_result, store),
        "chains": Loader(_chain, {"chain.h5": Mutator([(folder / "chain.h5").read_bytes()], HDF5)}, may_write=True),
    }


HDF5 = (
    "\x89HDF\r\n\x1a\n",
    "OHDR",
    "FRHP",
    "TREE",
    "SNOD",
    "HEAP",
    "GCOL",
    "_NCProperties",
    "DIMENSION_LIST",
    "format",
)
ZARR = (
    "NaN",
    "null",
    "zlib",
    "blosc",
    "pickle",
    "|O",
    "float64",
    "int8",
    "fill_value",
    "-1",
    "sample",
    "status",
    "chunks",
)


def _result(path: Path) -> None:
    """Read all of a sweep or an ensemble, as the verbs that take one do; the path may lie in a store."""
    path = next((folder for folder in path.parents if folder.suffix == ".zarr"), path)
    result = open_result(path)
    result.dataset.load()
    assert sum(result.counts().values()) == len(result)
    if len(result):
        result.parameters_of(0)
        result.varied_of(0)
        result.scenario_of(0)
    if hasattr(result, "recipe"):
        digest_of(path)


def _chain(path: Path) -> None:
    """Open kept steps to go on with them; damaged ones and those after them may be left out."""
    chain = open_chain(path, "a fit", 4, 2)
    assert chain.iteration <= 3
    assert chain.iteration == 0 or (chain.get_chain() == 1.0).all()


def _files(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def _lines(name: str) -> list[bytes]:
    return (CORPUS / "lines" / f"{name}.txt").read_bytes().splitlines()


def _words(name: str) -> list[str]:
    """Return the words of a part of the corpus: what stands between blanks and marks."""
    marks = str.maketrans(dict.fromkeys("=,;|()[]{}\"'#\t\n", " "))
    return sorted({word for content in _files(name) for word in content.decode().translate(marks).split()})


def _text(path: Path) -> str:
    """Return an input as an option of the command line would hold it."""
    return path.read_bytes().decode(errors="surrogateescape").replace("\0", "")


def _scenario(path: Path) -> None:
    scenario = load_scenario(path)
    written = to_toml(scenario)
    assert to_toml(build_scenario(tomllib.loads(written))) == written


def _table(path: Path) -> None:
    observations, _ = read_observations(path)
    lint(observations)
    numbers = [number for one in observations.measurements for number in (one.time, one.value)]
    numbers += [number for one in observations.doses for number in (one.time, one.amount, one.duration)]
    assert all(map(math.isfinite, numbers))
    noise = {name: f"sd_{name}" for name in observations.analytes}
    petab_files(observations, [PetabParameter(name, "log10", 0.01, 3.0, 0.2) for name in noise.values()], noise)


def _parameters(path: Path) -> None:
    found = parse_parameters(_text(path), "mine")
    assert all(found[name].lower <= found.value(name) <= found[name].upper for name in found)


def _record(path: Path) -> None:
    """Read a fit that was kept, in the place in which the command line looks for it."""
    from_record(None, Partial(path.parents[1] / "fit", "", True).load("patient"))


def _quantity(path: Path) -> None:
    unit, _, text = _text(path).partition("|")
    try:
        check_unit(unit)
    except QuantityError:
        unit = "mg"
    number = Clock("2016-06-15", [("a", 0.0)]).days(text) if unit == "day" else parse_quantity(text, unit)
    assert math.isfinite(number)
    assert parse_quantity(format_quantity(number, unit), unit) == number


def _override(path: Path) -> None:
    document = load_document(CORPUS / "scenarios" / "everything.toml", [_text(path)])
    build_scenario(document)


def _factor(base: Base, path: Path) -> None:
    for key, values in read_varying(base, [_text(path)]).items():
        factor = factor_of(base, key, values)
        assert np.isfinite(factor.at(np.array([0.0, 0.5, 1.0]))).all()


def _endpoint(path: Path) -> None:
    assert Endpoint.of(_text(path)).label


def _command(path: Path) -> None:
    """Run a command line; what it writes when it succeeds is what was asked for."""
    line = _text(path)
    try:
        words: Sequence[str] = shlex.split(line)
    except ValueError:
        words = line.split()
    result = CliRunner().invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 2, 3), result.exit_code
    if result.exit_code:
        raise ImmunosimError(result.output)
