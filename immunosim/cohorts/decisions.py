"""Decisions of a protocol, patient by patient: at which visit a rule applies, and the dose table that follows.

Whatever is drawn is keyed by seed and patient, and a decision looks at the course of its own patient only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.cohorts.followed import TimeLines, cumulated, event_days
from immunosim.cohorts.keyed import event_gap, uniform
from immunosim.cohorts.rules import Trigger
from immunosim.cohorts.schedules import Schedule
from immunosim.cohorts.visits import AssayErrors, PatientNumbers, assay_draws, measured

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Decision:
    """A rule that applied.

    Attributes
    ----------
    row : int
        Place of the patient in the cohort that was run.
    rule : str
    day : float
        Of the visit.
    """

    row: int
    rule: str
    day: float


class Decisions:
    """The rules of a protocol, and what they have done for each patient so far.

    Parameters
    ----------
    triggers : sequence of Trigger
    readouts : sequence of str
        Those reported at visits.
    assays : sequence of AssayErrors
    seed : int
    patients : ndarray of int, shape (n,)
    visits : ndarray, shape (n, n_visits), day
        NaN where there was none.
    """

    def __init__(
        self,
        triggers: Sequence[Trigger],
        readouts: Sequence[str],
        assays: Sequence[AssayErrors],
        seed: int,
        patients: PatientNumbers,
        visits: Array,
    ) -> None:
        n = len(patients)
        self.triggers, self.seed, self.patients, self.visits = tuple(triggers), seed, patients, visits
        self.made: list[Decision] = []
        self._n_applied = np.zeros((n, len(self.triggers)), np.int64)
        self._streak = np.zeros((n, len(self.triggers)), np.int64)
        by_name = {assay.readout: assay for assay in assays}
        self._assays = [by_name.get(name, AssayErrors(name)) for name in readouts]
        self._draws = [assay_draws(assay, visits.shape[1], seed, patients) for assay in self._assays]
        self._takes_part = np.ones((n, len(self.triggers)), bool)
        for k, trigger in enumerate(self.triggers):
            self._takes_part[:, k] = self._drawn_share(trigger)
        self._levels: dict[str, Array] = {}
        self._schedules: dict[tuple[int, int, float], tuple[Schedule, Schedule]] = {}

    def _drawn_share(self, trigger: Trigger) -> Flags:
        if trigger.rule.share == 1.0:
            return np.ones(len(self.patients), bool)
        return uniform(self.seed, f"share of rule {trigger.rule.name}", self.patients) < trigger.rule.share

    def candidates(self, rows: Integers, schedules: Sequence[Schedule], after: Array) -> Flags:
        """Return at which visits after a day each rule may apply, shape (n_rows, n_triggers, n_visits).

        Parameters
        ----------
        rows : ndarray of int, shape (n_rows,)
        schedules : sequence of Schedule
            Of these patients.
        after : ndarray, shape (n_rows,), day
        """
        visits = self.visits[rows]
        flags = np.zeros((len(rows), len(self.triggers), visits.shape[1]), bool)
        for k, trigger in enumerate(self.triggers):
            last = self._last_orders(trigger.drug, visits, schedules)
            has_turn = self._takes_part[rows, k] & (self._n_applied[rows, k] < trigger.rule.at_most)
            flags[:, k] = trigger.may_apply(visits, last) & (visits > after[:, np.newaxis]) & has_turn[:, np.newaxis]
        return flags

    def decide(
        self, rows: Integers, schedules: Sequence[Schedule], candidates: Flags, lines: TimeLines
    ) -> dict[int, Schedule]:
        """Return the doses after the first rule that applies, by the index in ``rows`` of a patient to whom one does.

        Parameters
        ----------
        rows, schedules
            As ``candidates`` takes them.
        candidates : ndarray of bool, shape (n_rows, n_triggers, n_visits)
            The visits that are decided now; the read-outs are known there.
        lines : TimeLines
        """
        is_due = [
            self._due(rows, trigger, schedules, candidates[:, k], lines) for k, trigger in enumerate(self.triggers)
        ]
        streak, is_open = self._streak[rows], np.ones(len(rows), bool)
        changed: dict[int, Schedule] = {}
        # Visits of all patients are in the order of time: jitter is less than half of their interval.
        for visit in np.flatnonzero(candidates.any(axis=(0, 1))):
            for k, trigger in enumerate(self.triggers):
                seen = candidates[:, k, visit] & is_open
                streak[seen, k] = np.where(is_due[k][seen, visit], streak[seen, k] + 1, 0)
                for index in np.flatnonzero(seen & (streak[:, k] >= trigger.rule.visits)).tolist():
                    row = int(rows[index])
                    changed[index] = self._applied(row, schedules[index], k, float(self.visits[row, visit]))
                    streak[index], is_open[index] = 0, False
        self._streak[rows] = streak
        return changed

    def _due(
        self, rows: Integers, trigger: Trigger, schedules: Sequence[Schedule], chosen: Flags, lines: TimeLines
    ) -> Flags:
        """Return at which visits of some patients the condition of a rule is met, shape (n_rows, n_visits)."""
        if not trigger.rule.event:
            true = lines.at_visits(trigger.index)[rows]
            return trigger.is_passed(measured(true, self._assays[trigger.index], self._draws[trigger.index][rows]))
        visits = self.visits[rows]
        stop = np.where(chosen, lines.visit[rows], -1).max(axis=1, initial=-1) + 1
        days = self._event_days(rows, trigger, lines, stop)[:, np.newaxis]
        last = self._last_orders(trigger.drug, visits, schedules)[:, :, np.newaxis]
        n_events = ((days > last) & (days <= visits[:, :, np.newaxis])).sum(axis=2)
        return np.asarray(n_events >= trigger.rule.events)

    def _last_orders(self, drug: str, visits: Array, schedules: Sequence[Schedule]) -> Array:
        """Return when the last order of a drug before each visit began; minus infinity where there was none."""
        last = np.empty_like(visits)
        groups: dict[int, list[int]] = {}
        for index, schedule in enumerate(schedules):
            groups.setdefault(id(schedule), []).append(index)
        for members in groups.values():
            days = np.concatenate([[-np.inf], schedules[members[0]].order_days(drug)])
            last[members] = days[np.searchsorted(days, visits[members], side="right") - 1]
        return last

    def _event_days(self, rows: Integers, trigger: Trigger, lines: TimeLines, stop: Integers) -> Array:
        """Return the days of events on the first part of the lines of some patients, shape (n_rows, n_events)."""
        days, hazard = lines.hazard(rows, trigger.index, stop)
        cumulative = cumulated(days, trigger.per_day * hazard)
        name = trigger.rule.readout
        levels = self._levels.setdefault(name, np.empty((len(self.patients), 0)))
        # Enough draws for these patients: further ones lie beyond the hazard, and change nothing.
        while levels.shape[1] == 0 or (levels[rows, -1] <= cumulative[:, -1]).any():
            gap = event_gap(self.seed, name, levels.shape[1], self.patients)
            before = levels[:, -1] if levels.shape[1] else 0.0
            levels = np.column_stack([levels, before + gap])
        self._levels[name] = levels
        return event_days(days, cumulative, levels[rows])

    def _applied(self, row: int, schedule: Schedule, k: int, day: float) -> Schedule:
        self._n_applied[row, k] += 1
        self.made.append(Decision(row, self.triggers[k].rule.name, day))
        return self._changed(schedule, k, day)

    def _changed(self, schedule: Schedule, k: int, day: float) -> Schedule:
        """Return a schedule with the doses of a rule; patients with the same one and the same day share the result."""
        key = (id(schedule), k, day)
        if key not in self._schedules:
            trigger = self.triggers[k]
            rule = trigger.rule
            changed = schedule.with_order(rule.dose, rule.name, day + trigger.delay, rule.replaces)
            self._schedules[key] = schedule, changed
        return self._schedules[key][1]

    def measured(self, lines: TimeLines) -> Array:
        """Return what a laboratory reports at the visits, shape (n, n_visits, n_readouts)."""
        reported = [
            measured(lines.at_visits(k), assay, draws)
            for k, (assay, draws) in enumerate(zip(self._assays, self._draws, strict=True))
        ]
        shape = (*self.visits.shape, 0)
        values = np.stack(reported, axis=2) if reported else np.empty(shape)
        return np.where(np.isfinite(self.visits)[:, :, np.newaxis], values, np.nan)

    def events(self, lines: TimeLines) -> dict[str, list[Array]]:
        """Return the days of the events of each patient, by the read-out that is their hazard."""
        rows, stop = np.arange(len(self.patients)), np.isfinite(lines.days).sum(axis=1)
        by_readout = {trigger.rule.readout: trigger for trigger in self.triggers if trigger.rule.event}
        days = {name: self._event_days(rows, trigger, lines, stop) for name, trigger in by_readout.items()}
        return {name: [line[np.isfinite(line)] for line in matrix] for name, matrix in days.items()}

    def in_order(self) -> tuple[Decision, ...]:
        """Return all decisions in the order of patients and days."""
        return tuple(sorted(self.made, key=lambda decision: (decision.row, decision.day)))
