"""Simultaneous searches: each runs SciPy's optimiser in a thread, and their evaluations are computed as one batch.

A search asks for the value, gradient and Hessian at a point and waits; when all running searches wait, one call of the
integrator answers all. The result of a search does not depend on the others, since a row of a batch does not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from immunosim.codegen.loader import Array

Evaluate = Callable[[Array], tuple[Array, Array, Array]]
"""From points, shape (n_rows, n), to values, gradients and Hessians."""

Answer = tuple[float, Array, Array]
Ask = Callable[[Array], Answer]
Done = TypeVar("Done")

TOLERANCE = 1e-3
"""Norm of the gradient at which a search ends."""

MOST_STEPS = 100


@dataclass(frozen=True, eq=False)
class Search:
    """The outcome of a search.

    Attributes
    ----------
    start, end : ndarray, shape (n_unknowns,)
    value : float
        Minus the logarithm of the posterior; infinite where the start could not be simulated.
    gradient : ndarray, shape (n_unknowns,)
    hessian : ndarray, shape (n_unknowns, n_unknowns)
    is_converged : bool
    n_evaluations : int
    message : str
    """

    start: Array
    end: Array
    value: float
    gradient: Array
    hessian: Array
    is_converged: bool
    n_evaluations: int
    message: str


class _Batch:
    """The exchange between threads: points in, evaluations out."""

    def __init__(self, n: int) -> None:
        self.condition = threading.Condition()
        self.running = n
        self.questions: dict[int, Array] = {}
        self.answers: dict[int, Answer] = {}
        self.is_stopped = False

    def ask(self, index: int, point: Array) -> Answer:
        with self.condition:
            self.questions[index] = point
            self.condition.notify_all()
            self.condition.wait_for(lambda: index in self.answers or self.is_stopped)
            if self.is_stopped:
                raise _Stopped
            return self.answers.pop(index)

    def stop(self) -> None:
        with self.condition:
            self.is_stopped = True
            self.condition.notify_all()

    def leave(self) -> None:
        with self.condition:
            self.running -= 1
            self.condition.notify_all()


class _Stopped(Exception):
    """The searches were cancelled."""


def search_together(
    evaluate: Evaluate,
    starts: Array,
    fixed: Sequence[int | None] | None = None,
    tolerance: float = TOLERANCE,
    most_steps: int = MOST_STEPS,
    report: Callable[[int, int], None] | None = None,
) -> list[Search]:
    """Minimise from many starts.

    Parameters
    ----------
    evaluate : callable
    starts : ndarray, shape (n_starts, n_unknowns)
    fixed : sequence of int or None, optional
        For each start the fixed unknown, for profiles.
    tolerance : float
        On the norm of the gradient.
    most_steps : int
    report : callable, optional
        Receives after each batch the number of finished searches, and the total.
    """
    jobs = [
        partial(search_from, start=start, held=held, tolerance=tolerance, most_steps=most_steps)
        for start, held in zip(starts, fixed or [None] * len(starts), strict=True)
    ]
    return work_together(evaluate, jobs, report)


def work_together(
    evaluate: Evaluate, jobs: Sequence[Callable[[Ask], Done]], report: Callable[[int, int], None] | None = None
) -> list[Done]:
    """Return what jobs come to that ask for the value, gradient and Hessian at one point after the other.

    Parameters
    ----------
    evaluate : callable
    jobs : sequence of callable
        Each runs in a thread of its own, and is given what answers its questions.
    report : callable, optional
        Receives after each batch the number of finished jobs, and the total.
    """
    batch = _Batch(len(jobs))

    def run(index: int) -> tuple[Done] | None:
        try:
            return (jobs[index](lambda x: batch.ask(index, x)),)
        except _Stopped:
            return None
        finally:
            batch.leave()

    # Matrices of a few dozen unknowns: with threads of its own BLAS spent a third of a fit's processor time on waiting.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(max(len(jobs), 1)) as pool:
        running = [pool.submit(run, index) for index in range(len(jobs))]
        try:
            _answer(batch, evaluate, len(jobs), report)
        finally:
            batch.stop()
        return [done[0] for done in (job.result() for job in running) if done is not None]


def _answer(batch: _Batch, evaluate: Evaluate, n: int, report: Callable[[int, int], None] | None) -> None:
    while True:
        with batch.condition:
            # All who run have asked: one evaluation takes 17 ms alone and 2 ms in a batch of sixteen (decision 13).
            batch.condition.wait_for(lambda: len(batch.questions) == batch.running)
            if not batch.running:
                return
            places = sorted(batch.questions)
            points = np.array([batch.questions.pop(index) for index in places])
            ended = n - batch.running
        values, gradients, hessians = evaluate(points)
        with batch.condition:
            for k, index in enumerate(places):
                batch.answers[index] = (float(values[k]), gradients[k], hessians[k])
            batch.condition.notify_all()
        if report is not None:
            report(ended, n)


def search_from(
    ask: Ask, start: Array, held: int | None = None, tolerance: float = TOLERANCE, most_steps: int = MOST_STEPS
) -> Search:
    """Run SciPy's exact trust region from one start.

    Parameters
    ----------
    ask : callable
        Answers with value, gradient and Hessian at a point.
    start : ndarray, shape (n_unknowns,)
    held : int, optional
        The unknown that stays where it is.
    tolerance : float
        Of the norm of the gradient.
    most_steps : int
    """
    from scipy.optimize import minimize

    free = np.array([j for j in range(len(start)) if j != held], np.int64)
    # SciPy asks for value, gradient and Hessian of a point one by one; the core answers all three at once.
    seen: dict[bytes, Answer] = {}

    def at(x: Array) -> Answer:
        key = x.tobytes()
        if key not in seen:
            point = start.copy()
            point[free] = x
            seen[key] = ask(point)
        return seen[key]

    first = at(start[free])
    nothing = np.full(len(start), np.nan)
    if not np.isfinite(first[0]):
        no_hessian = np.full((len(start), len(start)), np.nan)
        reason = "the patient cannot be simulated at the start"
        return Search(start, start, np.inf, nothing, no_hessian, False, 1, reason)
    if not free.size:
        return Search(start, start, *first, True, 1, "no parameter is free")
    result = minimize(
        lambda x: at(x)[0],
        start[free],
        jac=lambda x: at(x)[1][free],
        hess=lambda x: at(x)[2][np.ix_(free, free)],
        method="trust-exact",
        # In logits: from the middle, 4 leads to within 2 % of a limit, beyond which the likelihood is flat.
        options={"gtol": tolerance, "maxiter": most_steps, "initial_trust_radius": 0.5, "max_trust_radius": 4.0},
    )
    value, gradient, hessian = at(np.asarray(result.x))
    end = start.copy()
    end[free] = result.x
    return Search(start, end, value, gradient, hessian, bool(result.success), len(seen), str(result.message))
