"""Set up a calibration from its file: scenarios, population, targets and free quantities, checked together.

Reads files; simulates nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from immunosim.calibration.known import CALIBRATIONS
from immunosim.calibration.least_squares import LeastSquares, SearchOptions
from immunosim.calibration.plausible_tables import read_sets
from immunosim.calibration.quantities import FreeQuantity, free_quantities
from immunosim.calibration.records import CalibratedCohort, Calibration
from immunosim.calibration.simulating import CohortTargets, TargetCohort
from immunosim.codegen.loader import say_nothing
from immunosim.cohorts.reading import SECTION, bound_population, merged_population, named_sets
from immunosim.cohorts.target_checks import refuse_unknown, unknown
from immunosim.cohorts.targets import PublishedTarget, located_targets, needs
from immunosim.cohorts.trials import BETWEEN
from immunosim.errors import DataError, ImmunosimError, InputProblem, did_you_mean
from immunosim.models import find_model
from immunosim.scenario import load_scenario
from immunosim.scenario.population import Population
from immunosim.scenario.reader import read_toml
from immunosim.scenario.writer import document_of
from immunosim.sweeps.base import Base, read_base
from immunosim.sweeps.outputs import Outputs, outputs_of

FRESH = 1
"""Added to the seed for the patients on whom the result is judged."""

HELD_OUT = "held out"
"""Use of a target that the search must not see."""

JUMPS = "doses by rule differ between populations, so that residuals would jump"
"""Why a calibration takes no protocol."""


@dataclass(frozen=True, eq=False)
class CalibrationSetup:
    """A calibration that can be run.

    Attributes
    ----------
    record : Calibration
    file : str
        Name for messages.
    cohorts : tuple of TargetCohort
    quantities : tuple of FreeQuantity
    not_simulated : tuple of PublishedTarget
        Fitted targets of cohorts that the file does not name.
    held_out : tuple of TargetCohort
        The cohorts with their held-out targets, which only the result is judged by.
    not_judged : tuple of PublishedTarget
        Held-out targets of other cohorts, or of what the scenarios do not have.
    earlier_sets : tuple of Path
        Tables of plausible sets that the population has from earlier calibrations of other quantities.
    """

    record: Calibration
    file: str
    cohorts: tuple[TargetCohort, ...]
    quantities: tuple[FreeQuantity, ...]
    not_simulated: tuple[PublishedTarget, ...]
    held_out: tuple[TargetCohort, ...] = ()
    not_judged: tuple[PublishedTarget, ...] = ()
    earlier_sets: tuple[Path, ...] = ()

    @property
    def base(self) -> Base:
        """The scenario of the first cohort."""
        return self.cohorts[0].bound.base

    @property
    def population(self) -> Population:
        """The population before the calibration, with the entries of its base file."""
        return self.cohorts[0].bound.population.model_copy(update={"cohort": "", "file": "", "plausible_sets": ()})

    def targets(self, patients: int, n_threads: int) -> CohortTargets:
        """Return the cohorts with a number of patients each."""
        return CohortTargets(self.cohorts, self.quantities, patients, n_threads)

    def problem(self, targets: CohortTargets) -> LeastSquares:
        """Return the problem in logarithms of the quantities."""

        def logarithms(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
            return np.log([float(getattr(quantity, name)) for quantity in self.quantities])

        sd = np.array([quantity.sd for quantity in self.quantities])
        return LeastSquares(targets.residuals, logarithms("median"), sd, logarithms("lower"), logarithms("upper"))

    @property
    def options(self) -> SearchOptions:
        """How the minimum is searched."""
        record = self.record
        return SearchOptions(record.difference, record.longest_step, iterations=record.iterations)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all that determines the numbers of the search and of the ensemble."""
        plain = {
            "record": self.record.model_dump(mode="json", exclude={"title", "description", "fresh_patients"}),
            "quantities": [repr(quantity) for quantity in self.quantities],
            "model": self.base.problem.model.key,
            "cohorts": [
                {
                    "document": cohort.bound.base.document,
                    "population": document_of(cohort.bound.population),
                    "table": hashlib.sha256(cohort.bound.table.tobytes()).hexdigest(),
                    "vector": cohort.bound.base.problem.vector.tolist(),
                    "outputs": cohort.outputs.as_dict(),
                    "targets": [target.record.model_dump(mode="json") for target in cohort.targets],
                }
                for cohort in self.cohorts
            ],
        }
        return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()


def shipped_calibrations(model: str) -> dict[str, Path]:
    """Return the calibration files that come with a model, by name."""
    return find_model(model).files(CALIBRATIONS)


def located_calibration(name: Path | str, model: str) -> Path:
    """Return the path of a calibration file: a path, or the name of one that comes with the model.

    Raises
    ------
    DataError
        If there is neither.
    """
    shipped = shipped_calibrations(model)
    if Path(name).is_file() or str(name) not in shipped:
        if not Path(name).is_file():
            cure = did_you_mean(str(name), shipped) if shipped else "give the path of a TOML file"
            raise DataError("is neither a file nor a calibration of the model", file=str(name), cure=cure)
        return Path(name)
    return shipped[str(name)]


def read_calibration(path: Path) -> Calibration:
    """Read a calibration file.

    Raises
    ------
    ScenarioError
        With file and key of everything that is wrong.
    """
    document = read_toml(path, str(path), "[population], [[cohort]] and [free.parameters]")
    return Calibration.model_validate(document, context={"file": str(path)})


def set_up(
    record: Calibration, file: Path, announce: Callable[[str], None] = say_nothing, seed: int | None = None
) -> CalibrationSetup:
    """Return a calibration whose names have been checked.

    Parameters
    ----------
    record : Calibration
    file : Path
        Its folder is that of relative paths.
    announce : callable
    seed : int, optional
        In place of that of the file.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If a scenario, population or target file is at fault, or a free quantity does not exist.
    """
    record = record if seed is None else record.model_copy(update={"seed": seed})
    folder = file.absolute().parent
    bases = [_base(entry, folder, str(file), number, announce) for number, entry in enumerate(record.cohort, 1)]
    _refuse_protocols(bases, str(file))
    _refuse_several_models(bases, str(file))
    model = bases[0].scenario.model
    targets = located_targets([_relative(name, folder) for name in record.targets], model)
    fitted = [target for target in targets if target.record.use == "fitted"]
    seen = {target.cohort for target in targets if target.record.use == HELD_OUT}
    section = record.population.model_copy(update={"seed": record.seed})
    cohorts = [
        _cohort(entry, base, section, fitted, seen, str(file), f"cohort[{number}]")
        for number, (entry, base) in enumerate(zip(record.cohort, bases, strict=True), 1)
    ]
    try:
        quantities = free_quantities(record.free, cohorts[0].bound.population, bases[0].problem.parameters)
    except DataError as error:
        raise DataError(problems=[replace(problem, file=str(file)) for problem in error.problems]) from None
    _refuse_fixed(quantities, bases, str(file))
    named = {entry.name for entry in record.cohort}
    left = tuple(target for target in fitted if target.cohort not in named)
    held_out = _held_out(targets, cohorts)
    judged = {id(target) for cohort in held_out for target in cohort.targets}
    not_judged = tuple(target for target in targets if target.record.use == HELD_OUT and id(target) not in judged)
    searched = tuple(cohort for cohort in cohorts if cohort.targets)
    if not searched:
        cure = "name a cohort that fitted targets are of"
        raise DataError("no cohort has a fitted target", file=str(file), key="cohort", cure=cure)
    earlier, _ = named_sets(section, model, folder)
    if earlier:
        read_sets(earlier, searched[0].bound, str(file))
    return CalibrationSetup(record, str(file), searched, tuple(quantities), left, held_out, not_judged, earlier)


def _held_out(targets: Sequence[PublishedTarget], cohorts: Sequence[TargetCohort]) -> tuple[TargetCohort, ...]:
    """Return the cohorts that have held-out targets, with what these read."""
    parts, held_out = [], [target for target in targets if target.record.use == HELD_OUT]
    for cohort in cohorts:
        base = cohort.bound.base
        of_cohort = [target for target in held_out if target.cohort == cohort.name]
        kept = tuple(target for target in of_cohort if not list(unknown(target, base)))
        if kept:
            outputs = _outputs(base, kept, cohort.name, BETWEEN)
            parts.append(replace(cohort, outputs=outputs, targets=kept))
    return tuple(parts)


def _relative(name: str, folder: Path) -> str:
    """Return a path relative to the file's folder where there is such a file; otherwise the name as it is."""
    return str(folder / name) if (folder / name).is_file() else name


def _base(entry: CalibratedCohort, folder: Path, file: str, number: int, announce: Callable[[str], None]) -> Base:
    """Return the scenario of a cohort; its population's files are those of the calibration's folder."""
    name = _relative(entry.scenario, folder)
    try:
        return replace(read_base(name, announce=announce), folder=folder)
    except ImmunosimError as error:
        if len(error.problems) == 1 and not error.key and error.file == name:
            key = f"cohort[{number}].scenario"
            raise DataError(f"{name} {error.reason}", file=file, key=key, cure=error.cure) from error
        raise


def _refuse_several_models(bases: Sequence[Base], file: str) -> None:
    kinds = {(base.scenario.model, base.scenario.parameter_set) for base in bases}
    if len(kinds) > 1:
        names = " and ".join(sorted(f"{model}/{name}" for model, name in kinds))
        cure = "name scenarios of one model and one parameter set"
        raise DataError(f"the scenarios are of {names}", file=file, key="cohort", cure=cure)


def _refuse_section(entry: CalibratedCohort, base: Base, section: Population, file: str, key: str) -> None:
    """Refuse a cohort that the population does not have, and a population with a protocol."""
    population, origin, _ = merged_population(section, base.scenario.model, base.folder)
    known = [cohort.name for cohort in population.cohorts]
    if entry.cohort and entry.cohort not in known:
        cure = did_you_mean(entry.cohort, known)
        raise DataError(f'unknown cohort "{entry.cohort}"', file=file, key=f"{key}.cohort", cure=cure)
    if population.protocol:
        source, protocol = (file, "population.protocol") if origin == SECTION else (origin, "protocol")
        raise DataError(JUMPS, file=source, key=protocol, cure="calibrate without a protocol")


def _cohort(
    entry: CalibratedCohort,
    base: Base,
    section: Population,
    targets: Sequence[PublishedTarget],
    held_out: set[str],
    file: str,
    key: str,
) -> TargetCohort:
    """Return a cohort with its fitted targets; none where all of its targets are held out."""
    of_cohort = tuple(target for target in targets if target.cohort == entry.name)
    if not of_cohort and entry.name not in held_out:
        cure = did_you_mean(entry.name, sorted({target.cohort for target in targets} | held_out))
        raise DataError(f'no target is of "{entry.name}"', file=file, key=f"{key}.name", cure=cure)
    _refuse_section(entry, base, section, file, key)
    bound = bound_population(section.model_copy(update={"cohort": entry.cohort}), base, file)
    refuse_unknown(of_cohort, base)
    return TargetCohort(entry.name, bound, _outputs(base, of_cohort, entry.name), of_cohort)


def _outputs(base: Base, targets: Sequence[PublishedTarget], name: str, between: float | None = None) -> Outputs:
    """Return what the targets read, with the times that the scenario keeps of its own population.

    Whole courses have output times ``between`` days apart where the population does not say.
    """
    wanted = needs(targets, name, base.problem.model.readouts)
    section = load_scenario(base.file).population or Population()
    at = sorted({*wanted.times, *(float(day) for day in section.at)})
    kept = [day for day in at if day <= base.scenario.horizon] if wanted.readouts else []
    every = (section.every if wanted.readouts else None) or (between if wanted.over_time else None)
    return outputs_of(base.problem, wanted.endpoints, wanted.readouts, kept, every, pools=False)


def _refuse_protocols(bases: Sequence[Base], file: str) -> None:
    """Refuse scenarios of cohorts that are treated by rule."""
    problems = [
        InputProblem(f"follows {section.protocol}: {JUMPS}", file, f"cohort[{number}].scenario", "name another one")
        for number, base in enumerate(bases, 1)
        if (section := load_scenario(base.file).population) and section.protocol
    ]
    if problems:
        raise DataError(problems=problems)


def _refuse_fixed(quantities: Sequence[FreeQuantity], bases: Sequence[Base], file: str) -> None:
    """Refuse typical values that a scenario sets itself."""
    problems = [
        InputProblem(f"is set by {base.file}", file, f"free.parameters.{quantity.name}", "leave it out in one of them")
        for quantity in quantities
        for base in bases
        if quantity.kind == "parameters" and quantity.name in base.scenario.parameters
    ]
    if problems:
        raise DataError(problems=problems)
