"""Trials of named cohorts: the scenario that a cohort was observed in, and what its targets need of it.

The treatments, the protocol and the horizon are those of the trial; everything else, such as parameters, is that of
the scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from immunosim.codegen.loader import say_nothing
from immunosim.cohorts.planning import CohortRequest, cohort_plan, population_of
from immunosim.cohorts.reading import named_protocol, population_folder
from immunosim.cohorts.target_checks import refuse_unknown
from immunosim.cohorts.targets import PublishedTarget, needs
from immunosim.errors import DataError
from immunosim.scenario import build_scenario, load_document
from immunosim.scenario.dose_slopes import dose_tables
from immunosim.scenario.examples import located
from immunosim.scenario.population import CohortFactor, Population
from immunosim.sweeps import Plan
from immunosim.sweeps.base import Base, base_of, plain
from immunosim.units import DAYS_PER_MONTH

BETWEEN = 0.5 * DAYS_PER_MONTH
"""Days between the times at which courses are kept for passages and events."""

HORIZON = "horizon"


@dataclass(frozen=True, eq=False)
class CohortTrial:
    """A cohort that targets name.

    Attributes
    ----------
    name : str
        Empty for targets that name none.
    base : Base
        Of its patients.
    targets : tuple of PublishedTarget
    section : Population
        The population; its protocol is that of the trial, where there is one.
    protocol : Path, optional
        File of the protocol of the trial.
    """

    name: str
    base: Base
    targets: tuple[PublishedTarget, ...]
    section: Population
    protocol: Path | None = None

    def plan(self, asked: CohortRequest) -> Plan:
        """Return the plan of the cohort; errors as of ``request`` and ``cohort_plan``."""
        return cohort_plan(self.section, self.base, self.request(asked), self.protocol)

    def request(self, asked: CohortRequest) -> CohortRequest:
        """Return a request that keeps what the targets need as well.

        Raises
        ------
        DataError
            If the model does not have what a target reads, or a target is read after the horizon.
        """
        refuse_unknown(self.targets, self.base)
        wanted = needs(self.targets, known=self.base.problem.model.readouts)
        between = asked.every or (BETWEEN if wanted.over_time else None)
        return replace(
            asked,
            cohort=self.name or asked.cohort,
            readouts=tuple(dict.fromkeys([*asked.readouts, *wanted.readouts])),
            endpoints=tuple(dict.fromkeys([*asked.endpoints, *wanted.endpoints])),
            at=sorted({*asked.at, *wanted.times}) if wanted.readouts or asked.readouts else asked.at,
            every=between,
        )


def trials_of(
    targets: Sequence[PublishedTarget],
    section: Population,
    base: Base,
    cohort: str | None = None,
    announce: Callable[[str], None] = say_nothing,
) -> list[CohortTrial]:
    """Return the cohorts that can be simulated of those that targets name, in the order of the targets.

    Parameters
    ----------
    targets : sequence of PublishedTarget
    section : Population
        Whose named cohorts may say their trial; one that says none is observed in the scenario itself.
    base : Base
    cohort : str, optional
        Evaluate only targets of this cohort, and those of none, in the scenario itself.
    announce : callable

    Raises
    ------
    DataError, ScenarioError
        If no cohort of the targets is one of the population, or a trial cannot be read.
    """
    population = population_of(section, base)
    known = {entry.name: entry for entry in population.cohorts}
    chosen = cohort or population.cohort if cohort or not _trials(known) else ""
    if chosen:
        kept = tuple(target for target in targets if target.cohort in ("", chosen))
        return [CohortTrial(chosen, base, kept, section)] if kept else _refuse(targets, [chosen])
    folder = population_folder(section, base.scenario.model, base.folder)
    trials = []
    for name in dict.fromkeys(target.cohort for target in targets):
        if name in known or not name:
            of_cohort = tuple(target for target in targets if target.cohort == name)
            cohort_trial = CohortTrial(name, base, of_cohort, section)
            trial = known[name].trial if name else ""
            trials.append(_in_trial(cohort_trial, trial, folder, announce) if trial else cohort_trial)
    return trials or _refuse(targets, list(known))


def _trials(known: Mapping[str, CohortFactor]) -> list[str]:
    return [name for name, entry in known.items() if entry.trial]


def _refuse(targets: Sequence[PublishedTarget], known: Sequence[str]) -> list[CohortTrial]:
    named = ", ".join(sorted({target.cohort for target in targets if target.cohort})) or "none"
    reason = f"no target is of a cohort of the population ({', '.join(known) or 'none'}); they name {named}"
    raise DataError(reason, key="targets", cure="add [[cohorts]] with this name, or name other targets")


def _in_trial(cohort: CohortTrial, trial: str, folder: Path, announce: Callable[[str], None]) -> CohortTrial:
    """Return a cohort in its trial: a file beside the population, or a shipped scenario."""
    base, path = cohort.base, folder / trial if (folder / trial).is_file() else Path(trial)
    document = load_document(path)
    scenario = build_scenario(document, str(path))
    if scenario.model != base.scenario.model:
        reason = f"{trial} is of the model {scenario.model}, the scenario of {base.scenario.model}"
        raise DataError(reason, key=f"cohorts: {cohort.name}.trial", cure="name a scenario of the same model")
    ours = {*dose_tables(base.scenario), *dose_tables(scenario), HORIZON}
    theirs: dict[str, Any] = {key: value for key, value in plain(document).items() if key in ours}
    kept = {key: value for key, value in base.document.items() if key not in ours}
    observed = replace(base_of(kept | theirs, str(path), announce), folder=base.folder)
    named = named_protocol(scenario.population or Population(), scenario.model, located(path).parent)
    name, file = named or ("", None)
    return replace(cohort, base=observed, section=cohort.section.model_copy(update={"protocol": name}), protocol=file)
