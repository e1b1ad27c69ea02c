"""A protocol: when patients are seen, what is measured, who leaves, and by which rules further doses are given.

It is a table of text as a TOML file holds it, read for a scenario: its times may refer to the courses of the scenario,
its doses to the drugs of the model and the weight of the patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array, Model
from immunosim.cohorts.protocol_runs import ProtocolPlan
from immunosim.cohorts.rules import Rule, placed
from immunosim.cohorts.visits import MOST_VISITS, Assay, AssayErrors, Dropout, Visits
from immunosim.ensembles.questions import Question
from immunosim.errors import DataError, InputProblem, QuantityError, ScenarioError, did_you_mean
from immunosim.problem import Problem
from immunosim.scenario import Scenario, load_document
from immunosim.scenario.base import Record
from immunosim.scenario.clock import Clock
from immunosim.scenario.drug_names import with_drugs_of
from immunosim.scenario.quantities import reading_within
from immunosim.units import parse_quantity


class Protocol(Record):
    """When patients are seen, what is measured, who leaves, and by which rules further doses are given."""

    visits: Visits | None = None
    dropout: Dropout | None = None
    assay: tuple[Assay, ...] = ()
    rule: tuple[Rule, ...] = ()

    def problems(self) -> Iterator[InputProblem]:
        """Yield rules and assays without visits, and names that are given twice."""
        if self.visits is None and (self.rule or self.assay):
            what = "rule" if self.rule else "assay"
            yield InputProblem(f"is missing, without it no {what} has a meaning", key="visits", cure="define visits")
        if self.stores_visits and not self.measured:
            cure = "add an [[assay]], or leave stored out"
            yield InputProblem("nothing is measured at the visits", key="visits.stored", cure=cure)
        yield from _twice("rule", "name", [rule.name for rule in self.rule])
        yield from _twice("assay", "readout", [assay.readout for assay in self.assay])

    @property
    def readouts(self) -> tuple[str, ...]:
        """The read-outs of its rules and assays, each once."""
        return tuple(dict.fromkeys([rule.readout for rule in self.rule] + [assay.readout for assay in self.assay]))

    @property
    def measured(self) -> tuple[str, ...]:
        """The read-outs that a laboratory measures: those of assays, and of rules that compare them with a level."""
        compared = [rule.readout for rule in self.rule if not rule.event]
        return tuple(dict.fromkeys([assay.readout for assay in self.assay] + compared))

    @property
    def stores_visits(self) -> bool:
        """Whether what was measured at each visit is stored."""
        return self.visits is not None and self.visits.stored


def protocol_of(table: Mapping[str, Any], scenario: Scenario, file: str = "protocol") -> Protocol:
    """Return the protocol that a table describes.

    Parameters
    ----------
    table : mapping
        As TOML gives it: text with units.
    scenario : Scenario
        Whose courses times may refer to, and whose drugs rules may give.
    file : str
        What messages name as the origin of a problem.

    Raises
    ------
    ScenarioError
        With every problem, one per line.
    """
    with with_drugs_of(scenario), reading_within(Clock.of(scenario), scenario.patient.weight):
        protocol = Protocol.model_validate(dict(table), context={"file": file})
    n_visits = 0 if protocol.visits is None else protocol.visits.planned(scenario.horizon).size
    if protocol.visits is not None and not 0 < n_visits <= MOST_VISITS:
        reason = f"{n_visits} visits lie before the horizon, day {scenario.horizon:g}"
        raise ScenarioError(reason, file=file, key="visits", cure=f"define from 1 to {MOST_VISITS} visits")
    return protocol


def load_protocol(path: Path | str, scenario: Scenario) -> Protocol:
    """Read the file of a protocol; see ``protocol_of``."""
    return protocol_of(load_document(path), scenario, str(path))


def plan_of(
    protocol: Protocol, problems: Sequence[Problem], question: Question, seed: int = 0, file: str = "protocol"
) -> ProtocolPlan:
    """Return a protocol as numbers, with what is asked of every patient.

    Parameters
    ----------
    protocol : Protocol
    problems : sequence of Problem
        One for each regimen.
    question : Question
        Read-outs, output times and endpoints. The read-outs of rules and assays follow those that it asks for.
    seed : int
        Of the draws of visits, assays, events and dropout.
    file : str
        What messages name as the origin of a problem.

    Raises
    ------
    DataError
        If the model does not have a read-out, a unit does not fit, or the regimens do not fit together.
    """
    spans = {(float(p.segments.boundaries[0]), float(p.segments.boundaries[-1])) for p in problems}
    if len(spans) > 1:
        ends = ", ".join(f"day {start:g} to {end:g}" for start, end in sorted(spans))
        raise DataError(f"the regimens are simulated over different times ({ends})", cure="give all the same horizon")
    model = problems[0].model
    readouts = tuple(dict.fromkeys((*question.readouts, *protocol.readouts)))
    try:
        triggers, assays = placed(protocol.rule, readouts, model), _assays(protocol.assay, model)
    except DataError as error:
        raise DataError(error.reason, file=file, key=error.key, cure=error.cure) from error
    return ProtocolPlan(
        problems=tuple(problems),
        triggers=triggers,
        readouts=readouts,
        times=_times(question),
        summaries=tuple(measure.summary for measure in question.measures),
        visits=protocol.visits,
        dropout=protocol.dropout,
        assays=assays,
        seed=seed,
    )


def _times(question: Question) -> Array:
    return np.empty(0) if question.times is None else question.times


def _assays(records: Sequence[Assay], model: Model) -> tuple[AssayErrors, ...]:
    assays = []
    for number, record in enumerate(records, 1):
        key = f"assay[{number}]"
        if record.readout not in model.readouts:
            cure = did_you_mean(record.readout, model.readouts)
            raise DataError(f'unknown read-out "{record.readout}"', key=f"{key}.readout", cure=cure)
        unit = model.units[record.readout]
        sd, lloq = (_in_unit(record, name, unit, key) for name in ("sd", "lloq"))
        assays.append(AssayErrors(record.readout, record.cv or 0.0, sd or 0.0, -np.inf if lloq is None else lloq))
    return tuple(assays)


def _in_unit(record: Assay, name: str, unit: str, key: str) -> float | None:
    text = getattr(record, name)
    try:
        value = None if text is None else parse_quantity(text, unit)
    except QuantityError as error:
        raise DataError(error.reason, key=f"{key}.{name}", cure=error.cure) from error
    if value is not None and value <= 0.0:
        raise DataError(f"{text} is not positive", key=f"{key}.{name}", cure="give a positive value or leave it out")
    return value


def _twice(table: str, key: str, names: Sequence[str]) -> Iterator[InputProblem]:
    counts = Counter(names)
    for number, name in enumerate(names, 1):
        if counts[name] > 1 and name in names[: number - 1]:
            yield InputProblem(f'"{name}" is given twice', key=f"{table}[{number}].{key}", cure="give each once")
