"""Virtual populations: cohorts that are planned, refused or run in the order of steps of a sweep."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack, overload

from immunosim.calibration.predicting import USUAL_PATIENTS
from immunosim.codegen.loader import say_nothing
from immunosim.cohorts import CohortResult
from immunosim.cohorts.planning import CohortRequest, cohort_plan, section_of
from immunosim.cohorts.result import cohort_of
from immunosim.cohorts.target_checks import refuse_on_few
from immunosim.cohorts.targeted import TargetedCohorts, compared
from immunosim.cohorts.targets import PublishedTarget, located_targets
from immunosim.cohorts.trials import trials_of
from immunosim.door.estimating import SweepEstimate, estimate_plan
from immunosim.door.keywords import refuse_unknown
from immunosim.door.over_sets import PlannedSets, SetRequest, Told, planned_sets, rows_of, tell_nothing
from immunosim.door.scenarios import AnyScenario, given
from immunosim.door.sweeping import KeptOutputs, base_of_scenario, refusing, usual_place
from immunosim.door.times import day_of, duration_of
from immunosim.door.watching import Quiet
from immunosim.errors import DataError
from immunosim.scenario.overrides import Overrides
from immunosim.scenario.population import Population
from immunosim.sweeps import Base, Plan, RunOptions, SweepResult, run_sweep
from immunosim.sweeps.quote import is_large, refuse_hopeless

AnyPopulation = Population | Path | str
"""A population, the path of its file, or the name of one that comes with the model."""

AnyTargets = str | Path | Sequence[str | Path]
"""Files of targets, or names of those that come with the model."""


@dataclass(frozen=True)
class CohortArguments:
    """What a cohort is planned from; as ``cohort`` takes it.

    Attributes
    ----------
    scenario : Scenario, Path or str
    population : Population, Path or str, optional
    n, seed : int, optional
    cohort : str, optional
    kept : KeptOutputs
    overrides : mapping of str to object, or iterable of str
    path : Path, optional
    options : RunOptions
    """

    scenario: AnyScenario
    population: AnyPopulation | None
    n: int | None
    seed: int | None
    cohort: str | None
    kept: KeptOutputs
    overrides: Overrides
    path: Path | None
    options: RunOptions


@overload
def cohort(
    scenario: AnyScenario,
    n: int | None = None,
    *,
    targets: None = None,
    population: AnyPopulation | None = None,
    seed: int | None = None,
    cohort: str | None = None,
    overrides: Overrides = (),
    path: Path | str | None = None,
    options: RunOptions | None = None,
    announce: Callable[[str], None] = say_nothing,
    **kept: Unpack[KeptOutputs],
) -> CohortResult: ...


@overload
def cohort(
    scenario: AnyScenario,
    n: int | None = None,
    *,
    targets: AnyTargets,
    sets: int | None = None,
    set_patients: int = USUAL_PATIENTS,
    population: AnyPopulation | None = None,
    seed: int | None = None,
    cohort: str | None = None,
    overrides: Overrides = (),
    path: Path | str | None = None,
    options: RunOptions | None = None,
    announce: Callable[[str], None] = say_nothing,
    **kept: Unpack[KeptOutputs],
) -> TargetedCohorts: ...


def cohort(
    scenario: AnyScenario,
    n: int | None = None,
    *,
    targets: AnyTargets | None = None,
    sets: int | None = None,
    set_patients: int = USUAL_PATIENTS,
    population: AnyPopulation | None = None,
    seed: int | None = None,
    cohort: str | None = None,
    overrides: Overrides = (),
    path: Path | str | None = None,
    options: RunOptions | None = None,
    announce: Callable[[str], None] = say_nothing,
    **kept: Unpack[KeptOutputs],
) -> CohortResult | TargetedCohorts:
    """Simulate the first patients of a virtual population, stored as they are computed.

    Patient 17 of 100 is patient 17 of 10,000: every draw is keyed by seed, patient and name. Without ``endpoints``,
    ``readouts`` and ``pools`` those of the population are kept, or six usual endpoints.

    Parameters
    ----------
    scenario : Scenario, Path or str
        The regimen and the typical patient.
    n : int, optional
        Patients, by default those of the population, or 1000.
    population : Population, Path or str, optional
        By default the scenario's own.
    seed : int, optional
        By default that of the population, or 0.
    targets : str, Path, or sequence of these, optional
        Files of published numbers, or names of files that come with the model, ``all`` for every one. Each cohort that
        they name is simulated in its trial, with what they need, and compared with them.
    sets : int, optional
        So many plausible sets of the population: targets get intervals over them as well, which hold the doubt about
        the values of the population.
    set_patients : int
        Of each cohort under each set, the same under all.
    cohort : str, optional
        The named cohort of the population that everybody belongs to. Targets are then those of this cohort alone, in
        the scenario itself.
    overrides : mapping of str to object, or iterable of str
    path : Path or str, optional
        A ``.zarr`` folder or a ``.nc`` file, with targets a folder; by default the result is kept in memory.
    options : RunOptions, optional
        Threads, resuming, replacing, parts and clusters.
    announce : callable
    **kept : KeptOutputs
        ``endpoints``, ``readouts``, ``at``, ``every`` and ``pools``.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If there is no population, it does not fit the model, the result exists, or memory or disk will not suffice.
    OutputError
        If the disk is full or cannot be written; finished blocks are kept.
    """
    how = options or RunOptions()
    with tempfile.TemporaryDirectory(prefix="immunosim-cohort-") as folder:
        target = Path(folder) / ("cohorts" if targets else "cohort.nc") if path is None else Path(path)
        asked = CohortArguments(scenario, population, n, seed, cohort, kept, overrides, target, how)
        over = None if sets is None else SetRequest(sets, set_patients)
        if targets:
            plans = plan_targets(asked, targets, sets=over, announce=announce)
            stored = {name: run_sweep(*planned, how, announce) for name, planned in plans.cohorts.items()}
            return plans.over_sets(plans.compared(stored), how.n_threads)
        refuse_sets(over)
        plan, target = plan_cohort(asked, announce=announce)
        return cohort_of(run_sweep(plan, target, how, announce))


def plan_cohort(
    asked: CohortArguments, *, is_dry: bool = False, announce: Callable[[str], None] = say_nothing
) -> tuple[Plan, Path]:
    """Return the plan of a cohort and the place of its result, after everything that would refuse it in the end.

    Parameters
    ----------
    asked : CohortArguments
        Without a path ``results/<scenario>_cohort``, as Zarr where it is large.
    is_dry : bool
        Whether nothing is to be written, so that a result may exist.
    announce : callable

    Raises
    ------
    DataError, ScenarioError, ParameterError
        As ``cohort`` does.
    """
    refuse = refusing(is_dry)
    if asked.path is not None:
        refuse(asked.path, asked.options)
    section, base = population_and_base(asked, announce)
    plan = cohort_plan(section, base, _request(asked, base))
    planned_sets(section, base, rows_of(plan).bound, None)
    target = asked.path or usual_place(base.file, "cohort", is_large(plan))
    if asked.path is None:
        refuse(target, asked.options)
    refuse_hopeless(plan, target, asked.options.rows_per_block)
    return plan, target


@dataclass(frozen=True, eq=False)
class TargetPlans:
    """The cohorts that targets name.

    Attributes
    ----------
    folder : Path
        Of the results.
    cohorts : mapping of str to (Plan, Path)
        Plan and place of the result of each cohort.
    targets : tuple of PublishedTarget
    by_cohort : mapping of str to sequence of PublishedTarget
        Those that each cohort is simulated for.
    sets : PlannedSets, optional
        Plausible sets that are asked for.
    """

    folder: Path
    cohorts: Mapping[str, tuple[Plan, Path]]
    targets: tuple[PublishedTarget, ...]
    by_cohort: Mapping[str, Sequence[PublishedTarget]]
    sets: PlannedSets | None = None

    def compared(self, stored: Mapping[str, SweepResult]) -> TargetedCohorts:
        """Return published against simulated numbers; errors as of ``evaluate``."""
        return compared({name: cohort_of(result) for name, result in stored.items()}, self.targets)

    def over_sets(self, comparison: TargetedCohorts, n_threads: int = 0, told: Told = tell_nothing) -> TargetedCohorts:
        """Return a comparison with intervals over the plausible sets that are asked for, which are simulated now."""
        if self.sets is None:
            return comparison
        plans = {name: plan for name, (plan, _) in self.cohorts.items()}
        numbers = self.sets.numbers(plans, self.by_cohort, n_threads, told)
        return replace(comparison, targets=comparison.targets.with_sets(numbers))


def plan_targets(
    asked: CohortArguments,
    targets: AnyTargets,
    *,
    sets: SetRequest | None = None,
    is_dry: bool = False,
    announce: Callable[[str], None] = say_nothing,
) -> TargetPlans:
    """Return the plans of the cohorts that targets name, after everything that would refuse them in the end.

    Parameters
    ----------
    asked : CohortArguments
        Its path is a folder, by default ``results/<scenario>_targets``.
    targets : str, Path, or sequence of these
    sets : SetRequest, optional
    is_dry, announce
        As ``plan_cohort`` takes them.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        As ``cohort`` does.
    """
    section, base = population_and_base(asked, announce)
    names = [targets] if isinstance(targets, (str, Path)) else list(targets)
    published = located_targets(names, base.scenario.model)
    folder = asked.path or Path("results") / f"{Path(base.file).stem}_targets"
    plans, trials = {}, trials_of(published, section, base, asked.cohort, announce)
    for trial in trials:
        plan = trial.plan(_request(asked, trial.base))
        target = folder / f"{trial.name or 'cohort'}.{'zarr' if is_large(plan) else 'nc'}"
        refusing(is_dry)(target, asked.options)
        refuse_hopeless(plan, target, asked.options.rows_per_block)
        if not is_dry:
            refuse_on_few(plan, trial.targets)
        plans[trial.name] = plan, target
    over = planned_sets(section, base, rows_of(plans[trials[0].name][0]).bound, sets)
    return TargetPlans(folder, plans, tuple(published), {trial.name: trial.targets for trial in trials}, over)


def target_files(comparison: TargetedCohorts, command: str = "") -> dict[str, bytes]:
    """Return the table of targets twice, and its forest, by file name.

    Parameters
    ----------
    comparison : TargetedCohorts
    command : str
        How it was made, kept in the record.
    """
    from immunosim.plots import encoded
    from immunosim.report import to_json

    return {
        "targets.csv": comparison.to_dataframe().to_csv(index=False).encode(),
        "targets.json": to_json(comparison.summary() | {"command": command}).encode(),
        "targets.png": encoded(comparison.targets.plot(), "png"),
    }


def refuse_sets(asked: SetRequest | None) -> None:
    """Refuse plausible sets where nothing is compared with them.

    Raises
    ------
    DataError
        If they are asked for.
    """
    if asked is not None:
        cure = "name targets, or ask immunosim.predict_cohort for statistics"
        raise DataError("are for targets", key="sets", cure=cure)


def population_and_base(asked: CohortArguments, announce: Callable[[str], None]) -> tuple[Population, Base]:
    """Return the population that a cohort is asked of, and its scenario; errors as of ``cohort``."""
    base = base_of_scenario(asked.scenario, asked.overrides, announce)
    section = given(asked.scenario, asked.overrides).scenario.population
    population = str(asked.population) if isinstance(asked.population, Path) else asked.population
    return section_of(_absolute(population, asked.population), base, section), base


def estimate_cohort(
    scenario: AnyScenario,
    n: int | None = None,
    *,
    population: AnyPopulation | None = None,
    seed: int | None = None,
    cohort: str | None = None,
    overrides: Overrides = (),
    path: Path | str | None = None,
    options: RunOptions | None = None,
    announce: Callable[[str], None] = say_nothing,
    **kept: Unpack[KeptOutputs],
) -> SweepEstimate:
    """Estimate time, memory and disk of a cohort, write nothing, and compile nothing.

    Parameters
    ----------
    scenario, n, population, seed, cohort, overrides, path, options, announce, **kept
        As ``cohort`` takes them; the path is by default ``results/<scenario>_cohort``.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        As ``cohort`` does, but for a result that exists and too little memory or disk.
    """
    how, target = options or RunOptions(), None if path is None else Path(path)
    asked = CohortArguments(scenario, population, n, seed, cohort, kept, overrides, target, how)
    return estimate_plan(lambda tell: plan_cohort(asked, is_dry=True, announce=tell), how, Quiet(announce))


def cohort_in(stored: SweepResult) -> CohortResult | None:
    """Return a stored result as a cohort, whose statistics are weighted; None where it is that of a sweep."""
    return cohort_of(stored) if "population" in stored.identity else None


def _absolute(name: str | Population | None, population: AnyPopulation | None) -> str | Population | None:
    """Return the path of a population that is an existing file: one that a user names is relative to where they are."""
    if isinstance(population, (str, Path)) and Path(population).is_file():
        return str(Path(population).absolute())
    return name


def _request(asked: CohortArguments, base: Base) -> CohortRequest:
    refuse_unknown(asked.kept, KeptOutputs)
    every = asked.kept.get("every")
    return CohortRequest(
        n=asked.n,
        seed=asked.seed,
        cohort=asked.cohort,
        endpoints=tuple(asked.kept.get("endpoints") or ()),
        readouts=tuple(asked.kept.get("readouts") or ()),
        at=[day_of(base.scenario, time, "at") for time in asked.kept.get("at") or ()],
        every=None if every is None else duration_of(every, "every"),
        pools=asked.kept.get("pools", False),
    )
