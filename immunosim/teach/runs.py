"""The runs of a lesson: every change of its scenario that a task names, solved in one batch.

Knows nothing of tasks: it is asked for a measure in a run, and has the number once all runs are solved.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from immunosim.codegen.loader import say_nothing
from immunosim.door.scenarios import as_scenario
from immunosim.ensembles import simulate_ensemble
from immunosim.errors import InputProblem, did_you_mean
from immunosim.problem import Problem, prepare
from immunosim.scenario import Scenario, load_scenario
from immunosim.scenario.examples import shipped_folder, shipped_names
from immunosim.teach.faults import LessonError, placed
from immunosim.teach.measures import Measure
from immunosim.units import convert

Settings = Mapping[str, object]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Number:
    """A number with its unit."""

    value: float
    unit: str

    def to(self, unit: str) -> Number:
        """Return it in another unit; infinite and missing values have none to convert."""
        return Number(convert(self.value, self.unit, unit) if math.isfinite(self.value) else self.value, unit)


@dataclass
class _LessonRun:
    """A run: its problem, where the lesson names it, and what is measured in it."""

    problem: Problem
    key: str
    measures: dict[str, Measure] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)

    @property
    def span(self) -> tuple[float, float]:
        return float(self.problem.segments.boundaries[0]), float(self.problem.segments.boundaries[-1])


class LessonRuns:
    """The runs of a lesson by their changes.

    Parameters
    ----------
    scenario : Scenario
        The scenario of the lesson.
    file : str
        What messages name.
    announce : callable
    """

    def __init__(self, scenario: Scenario, file: str, announce: Say = say_nothing) -> None:
        self.scenario = scenario
        self.file = file
        self._announce = announce
        self._runs: dict[str, _LessonRun] = {}
        self.base = self._run({}, "changes").problem

    def ask(self, settings: Settings, text: str, key: str, measure_key: str) -> Callable[[], Number]:
        """Note what is to be measured, and return what has the number once the runs are solved.

        Parameters
        ----------
        settings : mapping
            Changes of the scenario of the lesson.
        text : str
            The measure.
        key, measure_key : str
            Where the lesson has them.

        Raises
        ------
        LessonError
            If the run or the measure is impossible.
        """
        run = self._run(settings, key)
        if text not in run.measures:
            with placed(self.file, measure_key):
                measure = Measure.of(text)
                measure.described(run.problem.model, *run.span)
            run.measures[text] = measure
        return lambda: run.numbers[text]

    def described(self, settings: Settings, text: str) -> dict[str, Any]:
        """Return a measure in a run as ``Measure.described`` does."""
        run = self._run(settings, "set")
        return Measure.of(text).described(run.problem.model, *run.span)

    def changed(self, settings: Settings) -> Scenario:
        """Return the scenario of a run."""
        return self._run(settings, "set").problem.scenario

    def solve(self) -> None:
        """Solve every run.

        Raises
        ------
        LessonError
            If a run fails.
        """
        groups: dict[object, list[_LessonRun]] = {}
        for run in self._runs.values():
            options = run.problem.options
            groups.setdefault((*run.span, run.problem.model.key, options.method, options.rtol), []).append(run)
        for runs in groups.values():
            _solve(runs, self.file, self._announce)

    def _run(self, settings: Settings, key: str) -> _LessonRun:
        name = json.dumps(settings, sort_keys=True, default=str)
        if name not in self._runs:
            with placed(self.file, key):
                scenario = as_scenario(self.scenario, settings)[0]
                self._runs[name] = _LessonRun(prepare(scenario, self.file, self._announce), key)
        return self._runs[name]


def base_scenario(name: str, changes: Settings, file: str) -> Scenario:
    """Return the scenario of a lesson: a shipped one with changes.

    Raises
    ------
    LessonError
        If there is none of that name, or a change is impossible.
    """
    if name not in shipped_names():
        cure = did_you_mean(name, shipped_names())
        raise LessonError(f'"{name}" is not a shipped scenario', file=file, key="scenario", cure=cure)
    with placed(file, "changes"):
        return load_scenario(shipped_folder() / f"{name}.toml", changes)


def _solve(runs: list[_LessonRun], file: str, announce: Say) -> None:
    texts = {text: measure for run in runs for text, measure in run.measures.items()}
    if not texts:
        return
    endpoints = {text: named for n, (text, m) in enumerate(texts.items()) if (named := m.named(f"measure_{n}"))}
    values = {text: measure for text, measure in texts.items() if measure.at is not None}
    times = np.unique([measure.at for measure in values.values()]) if values else np.empty(0)
    readouts = sorted({measure.readout for measure in values.values()})
    result = simulate_ensemble(
        [run.problem.scenario for run in runs],
        readouts=readouts,
        times=times if values else None,
        endpoints=list(endpoints.values()),
        file=file,
        announce=announce,
    )
    failed = [
        InputProblem(f"the run failed ({result.ended(n)})", file, runs[n].key, "choose other changes")
        for n in result.failed
    ]
    if failed:
        raise LessonError(problems=failed)
    for text, measure in texts.items():
        at = np.searchsorted(times, measure.at) if measure.at is not None else None
        name = measure.readout if at is not None else endpoints[text].label
        column = result[name] if at is None else result[name][:, at]
        unit = str(result.dataset[name].attrs["units"])
        for run, value in zip(runs, column, strict=True):
            run.numbers[text] = Number(float(value), unit)
