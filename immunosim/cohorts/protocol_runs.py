"""Run patients through a protocol: simulate until a rule may apply, decide, and go on from there.

A course is cut only where a dose begins or ends anyway. A segment in which a rule may apply is simulated as if none
did; where one does, the segment is simulated again from its start with the changed dose table. So every course equals
that of a scenario in which the same doses are written, and costs little more: dose-free segments are cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from immunosim.codegen.loader import Array
from immunosim.cohorts.decisions import Decision, Decisions
from immunosim.cohorts.followed import TimeLines, hazard_grid
from immunosim.cohorts.pieces import JoinedSummaries
from immunosim.cohorts.rules import Trigger
from immunosim.cohorts.schedules import Schedule, planned_schedules
from immunosim.cohorts.visits import AssayErrors, Dropout, Visits, dropout_days, visit_days
from immunosim.ensembles.rows import Rows
from immunosim.numerics import Ensemble, Request, Segments, Status, Summary, solve_ensemble
from immunosim.numerics.workspace import N_COUNTS
from immunosim.problem import Problem

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ProtocolPlan:
    """A protocol as numbers, and what is reported of each patient.

    Attributes
    ----------
    problems : tuple of Problem
        One for each regimen, of one model and with the same solver and horizon.
    triggers : tuple of Trigger
        Whose read-outs are places in ``readouts``.
    readouts : tuple of str
        Reported at the output times and at visits.
    times : ndarray, shape (n_times,), day
    summaries : tuple of Summary
    visits : Visits, optional
    dropout : Dropout, optional
    assays : tuple of AssayErrors
    seed : int
    """

    problems: tuple[Problem, ...]
    triggers: tuple[Trigger, ...] = ()
    readouts: tuple[str, ...] = ()
    times: Array = field(default_factory=lambda: np.empty(0))
    summaries: tuple[Summary, ...] = ()
    visits: Visits | None = None
    dropout: Dropout | None = None
    assays: tuple[AssayErrors, ...] = ()
    seed: int = 0

    @property
    def span(self) -> tuple[float, float]:
        """First and last day of every course."""
        boundaries = self.problems[0].segments.boundaries
        return float(boundaries[0]), float(boundaries[-1])

    @property
    def n_visits(self) -> int:
        """Number of planned visits."""
        return 0 if self.visits is None else self.visits.planned(self.span[1]).size


@dataclass(frozen=True, eq=False)
class ProtocolOutcome:
    """Patients after a protocol.

    Attributes
    ----------
    ensemble : Ensemble
        As if the doses had been known from the start; read-outs are those of the model, without error.
    visits : ndarray, shape (n, n_visits), day
        NaN where a visit was missed or the patient had left.
    measured : ndarray, shape (n, n_visits, n_readouts)
        What a laboratory reports there.
    dropout : ndarray, shape (n,), day
        Infinite where a patient does not leave.
    decisions : tuple of Decision
        Whenever a rule applied, in the order of patients and days.
    events : dict of str to list of ndarray
        Days of the recurrent events of each patient, by the hazard.
    schedules : list of Schedule
        The doses of each patient.
    discarded_steps : ndarray of int, shape (n,)
        Steps that were simulated as if no rule applied, where one did.
    """

    ensemble: Ensemble
    visits: Array
    measured: Array
    dropout: Array
    decisions: tuple[Decision, ...]
    events: dict[str, list[Array]]
    schedules: list[Schedule]
    discarded_steps: Integers


class _Piece(NamedTuple):
    """The segments of a patient from ``first`` up to ``last``; a single one where rules are to be decided in it."""

    first: int
    last: int
    is_deciding: bool


def run_protocol(
    plan: ProtocolPlan,
    rows: Rows,
    patients: Integers,
    regimens: Integers | None = None,
    n_threads: int = 1,
) -> ProtocolOutcome:
    """Simulate patients under a protocol.

    Parameters
    ----------
    plan : ProtocolPlan
    rows : Rows
        Parameter vectors and untreated states; segments and times are those of the plan.
    patients : ndarray of int, shape (n,)
        Their numbers, which key all draws.
    regimens : ndarray of int, shape (n,), optional
        Place of each patient's regimen among the problems; by default the first.
    n_threads : int
    """
    patients = np.asarray(patients, np.int64)
    regimens = np.zeros_like(patients) if regimens is None else np.asarray(regimens, np.int64)
    run = _Run(plan, rows, patients, planned_schedules(plan.problems, regimens, patients))
    active = np.arange(len(patients))
    while active.size:
        active = run.advance(active, n_threads)
    return run.outcome()


class _Run:
    """Patients on their way through a protocol."""

    def __init__(self, plan: ProtocolPlan, rows: Rows, patients: Integers, schedules: list[Schedule]) -> None:
        n = len(patients)
        start, end = plan.span
        self.plan, self.vectors, self.states, self.schedules = plan, rows.vectors, rows.states.copy(), schedules
        self.visits = visit_days(plan.visits, end, plan.seed, patients)
        self.dropout = dropout_days(plan.dropout, plan.seed, patients)
        self.visits[self.visits > self.dropout[:, np.newaxis]] = np.nan
        has_events = any(trigger.rule.event for trigger in plan.triggers)
        grid = hazard_grid(start, end) if has_events else np.empty(0)
        self.lines = TimeLines.of(plan.times, self.visits, grid, len(plan.readouts))
        self.decisions = Decisions(plan.triggers, plan.readouts, plan.assays, plan.seed, patients, self.visits)
        self.joined = JoinedSummaries(plan.summaries)
        places = [plan.problems[0].model.readouts.index(name) for name in plan.readouts]
        self.request = Request(False, places, self.joined.of_piece)
        self.segment, self.decided = np.zeros(n, np.int64), np.full(n, start)
        self.summaries, self.counts = self.joined.start(n), np.zeros((n, N_COUNTS), np.int64)
        self.discarded, self.worst_pool = np.zeros(n, np.int64), np.full(n, -1)
        self.status, self.fail_time = np.zeros(n, np.int64), np.full(n, np.nan)
        self.fail_state = np.full_like(self.states, np.nan)
        self._cuts: dict[tuple[int, int, int], tuple[Schedule, Segments]] = {}

    def advance(self, active: Integers, n_threads: int) -> Integers:
        """Simulate the next piece of some patients, and return which of them have further ones."""
        pieces, candidates = self._next_pieces(active)
        solved = self._solve(active, pieces, n_threads)
        failed = solved.status != Status.OK
        self._note_failures(active[failed], solved, failed)
        decided = np.zeros(active.size, bool)
        deciding = np.array([piece.is_deciding for piece in pieces], bool) & ~failed
        decided[deciding] = self._decide(active[deciding], candidates[deciding])
        accepted = ~(failed | decided)
        self._accept(active[accepted], solved, accepted, [p for p, a in zip(pieces, accepted, strict=True) if a])
        self.discarded[active[decided]] += solved.n_steps[decided]
        ended = np.array([self.segment[row] == self.schedules[row].segments.n_segments for row in active], bool)
        remaining: Integers = active[~(failed | ended)]
        return remaining

    def _next_pieces(self, active: Integers) -> tuple[list[_Piece], NDArray[np.bool_]]:
        """Return the segments up to that in which a rule may apply next, or this one, and the visits decided in it."""
        schedules = [self.schedules[row] for row in active]
        candidates = self.decisions.candidates(active, schedules, self.decided[active])
        visits = self.visits[active]
        days = np.where(candidates.any(axis=1), visits, np.inf).min(axis=1, initial=np.inf)
        pieces, ends = [], np.full(active.size, -np.inf)
        for k, schedule in enumerate(schedules):
            first, boundaries = int(self.segment[active[k]]), schedule.segments.boundaries
            # A visit on a boundary is seen before the dose there, so it belongs to the segment that ends with it.
            deciding = min(int(boundaries.searchsorted(days[k], side="left")), boundaries.size) - 1
            if deciding > first or np.isinf(days[k]):
                pieces.append(_Piece(first, deciding, False))
            else:
                pieces.append(_Piece(first, first + 1, True))
                ends[k] = boundaries[first + 1]
        return pieces, candidates & (visits <= ends[:, np.newaxis])[:, np.newaxis]

    def _solve(self, active: Integers, pieces: Sequence[_Piece], n_threads: int) -> Ensemble:
        problem = self.plan.problems[0]
        segments = [self._cut(self.schedules[row], piece) for row, piece in zip(active, pieces, strict=True)]
        start = np.array([chosen.boundaries[0] for chosen in segments])
        end = np.array([chosen.boundaries[-1] for chosen in segments])
        places, days = self.lines.between(active, start, end, self.segment[active] == 0)
        solved = solve_ensemble(
            problem.model.ensemble_kernels,
            self.states[active],
            self.vectors[active],
            segments,
            days if self.plan.readouts else np.empty(0),
            problem.options,
            n_threads=n_threads,
            request=self.request,
        )
        if self.plan.readouts:
            self.lines.fill(active, places, days, solved.readouts, self.decided[active])
        return solved

    def _cut(self, schedule: Schedule, piece: _Piece) -> Segments:
        """Return some of the segments of a schedule; patients with the same one share them."""
        key = (id(schedule), piece.first, piece.last)
        if key not in self._cuts:
            whole, chosen = schedule.segments, slice(piece.first, piece.last)
            boundaries = whole.boundaries[piece.first : piece.last + 1]
            # Kept with the schedule, so that no other one is given its id.
            self._cuts[key] = schedule, Segments(boundaries, whole.inputs[chosen], whole.jumps[chosen])
        return self._cuts[key][1]

    def _decide(self, rows: Integers, candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Change the doses of the patients to whom a rule applies; return whether one did."""
        decided, n_before = np.zeros(rows.size, bool), len(self.decisions.made)
        changed = self.decisions.decide(rows, [self.schedules[row] for row in rows], candidates, self.lines)
        for index, schedule in changed.items():
            self.schedules[rows[index]], decided[index] = schedule, True
        for decision in self.decisions.made[n_before:]:
            self.decided[decision.row] = decision.day
        return decided

    def _accept(self, rows: Integers, solved: Ensemble, accepted: NDArray[np.bool_], pieces: Sequence[_Piece]) -> None:
        self.states[rows] = solved.end_state[accepted]
        self.summaries[rows] = self.joined.join(self.summaries[rows], solved.summaries[accepted])
        self.counts[rows] += solved.counts[accepted]
        self.worst_pool[rows] = solved.worst_pool[accepted]
        for row, piece in zip(rows, pieces, strict=True):
            self.segment[row] = piece.last
            self.decided[row] = self.schedules[row].segments.boundaries[piece.last]

    def _note_failures(self, rows: Integers, solved: Ensemble, failed: NDArray[np.bool_]) -> None:
        self.status[rows], self.fail_time[rows] = solved.status[failed], solved.fail_time[failed]
        self.fail_state[rows], self.worst_pool[rows] = solved.fail_state[failed], solved.worst_pool[failed]
        self.counts[rows] += solved.counts[failed]
        self.summaries[rows] = np.nan
        self.states[rows] = np.nan
        self.lines.values[rows] = np.nan

    def outcome(self) -> ProtocolOutcome:
        """Return the results of all patients."""
        plan, n = self.plan, len(self.states)
        start, end = (np.full(n, day) for day in plan.span)
        ensemble = Ensemble(
            states=np.empty((n, 0, self.states.shape[1])),
            readouts=self.lines.at_outputs(),
            summaries=self.joined.finish(self.summaries, start, end),
            status=self.status,
            fail_time=self.fail_time,
            fail_state=self.fail_state,
            end_state=self.states,
            worst_pool=self.worst_pool,
            counts=self.counts,
        )
        return ProtocolOutcome(
            ensemble=ensemble,
            visits=self.visits,
            measured=self.decisions.measured(self.lines),
            dropout=self.dropout,
            decisions=self.decisions.in_order(),
            events=self.decisions.events(self.lines),
            schedules=self.schedules,
            discarded_steps=self.discarded,
        )
