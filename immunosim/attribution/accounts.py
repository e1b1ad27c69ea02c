"""The contributions of every process to a read-out within panels of time.

    C_j = integral of (w . S_j) (v_j - v_j0) dt                                       (X3)
    exchange = integral of (w - w_traced) . dy                                        (X4)
    dose = r(y+) - r(y-)                                                              (X5)

with S_j the stoichiometry of process j, v_j its rate, and v_j0 its rate in the untreated steady state. The subtracted
terms sum to zero, whatever the weights: no pool changes in that state. With the untreated weights in their place,
flows that never changed (the secretion and the clearance of cortisol, in a read-out whose weight of cortisol falls with
the cells) were reported as large and opposite. The states come from a second, much more accurate solve of the same
problem.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from immunosim.attribution.quadrature import N_NODES, NODE_WEIGHTS, NODES, Parts, derivative_weights
from immunosim.attribution.weights import EXCHANGING, Weights, stoichiometry
from immunosim.codegen.loader import Array
from immunosim.errors import SolverError
from immunosim.numerics import SolverOptions, Status, advice
from immunosim.problem import Problem
from immunosim.simulation import solve

RTOL = 1e-10
"""Relative tolerance of the second solve."""

MAX_STEPS = 10_000_000


@dataclass(frozen=True)
class AccountRow:
    """One term of the attribution: its name, label and mechanism."""

    name: str
    label: str
    mechanism: str


@dataclass(frozen=True, eq=False)
class Accounts:
    """Contributions to one read-out of a problem.

    Attributes
    ----------
    problem : Problem
        To be solved accurately, see ``accurate``.
    weights : Weights
    is_gross : bool
        Whether untreated flows are included.
    """

    problem: Problem
    weights: Weights
    is_gross: bool

    @cached_property
    def rows(self) -> tuple[AccountRow, ...]:
        """The processes, the exchange, and the pools that doses enter at once."""
        return (*self._processes(), *self._synthetic())

    @cached_property
    def dosed(self) -> list[int]:
        """Positions of the pools that doses enter at once."""
        return [int(i) for i in np.flatnonzero(self.problem.segments.jumps.any(axis=0))]

    def between(self, starts: Array, ends: Array) -> Parts:
        """Return contributions and residuals of panels, each inside one segment; times in days."""
        boundaries = self.problem.segments.boundaries
        nodes = 0.5 * (starts + ends)[:, np.newaxis] + 0.5 * np.outer(ends - starts, NODES)
        at_starts, at_nodes, at_ends = self._states(starts, nodes, ends)
        segment = np.searchsorted(boundaries, 0.5 * (starts + ends), side="right") - 1
        inputs = self.problem.segments.inputs[segment]
        jumps = np.where((boundaries[segment] == starts)[:, np.newaxis], self.problem.segments.jumps[segment], 0.0)
        doses = self._doses(at_starts, jumps, inputs)
        paths = np.concatenate([(at_starts + jumps)[:, np.newaxis], at_nodes, at_ends[:, np.newaxis]], axis=1)
        flows = self._flows(paths, inputs, ends - starts)
        contributions = np.concatenate([flows, doses], axis=1)
        change = self.weights.values(at_ends, inputs) - self.weights.values(at_starts, inputs)
        return contributions, change - contributions.sum(axis=1)

    def values(self, times: Array) -> tuple[Array, Array]:
        """Return the read-out just before times (day), and the sum of the terms of its gradient, all (n_times,)."""
        states, inputs = self._solved(times), self.problem.inputs_at(times)
        terms = np.abs(self.weights.direct(states, inputs) * states).sum(axis=1)
        return self.weights.values(states, inputs), terms

    # --- the terms -------------------------------------------------------------------------------------------------

    def _flows(self, paths: Array, inputs: Array, lengths: Array) -> Array:
        """Return (X3) and, where exchange is traced, (X4).

        Paths are states at the start after its doses, at the nodes and at the end of each panel.
        """
        states = paths[:, 1:-1].reshape(-1, paths.shape[2])
        inputs = np.repeat(inputs, N_NODES, axis=0)
        rates = self.problem.model.rates_at(states, self.problem.vector, inputs)
        direct = self.weights.direct(states, inputs)
        traced = self.weights.traced(direct)
        effects = (traced @ self._stoichiometry * (rates - self._untreated)).reshape(len(paths), N_NODES, -1)
        flows: Array = 0.5 * lengths[:, np.newaxis] * np.einsum("k,nkj->nj", NODE_WEIGHTS, effects)
        if not self.weights.is_traced:
            return flows
        off_trace = (direct - traced).reshape(len(paths), N_NODES, -1)
        moved = np.einsum("kl,nli->nki", derivative_weights(), paths)
        exchange = np.einsum("nki,nki->n", off_trace, moved)
        return np.concatenate([flows, exchange[:, np.newaxis]], axis=1)

    def _doses(self, states: Array, jumps: Array, inputs: Array) -> Array:
        """Return (X5) of each dosed pool, one after the other, shape (n_panels, n_dosed)."""
        steps = np.zeros((len(states), len(self.dosed)))
        before, values = states.copy(), self.weights.values(states, inputs)
        for column, pool in enumerate(self.dosed):
            before[:, pool] += jumps[:, pool]
            after = self.weights.values(before, inputs).copy()
            steps[:, column], values = after - values, after
        return steps

    @cached_property
    def _stoichiometry(self) -> Array:
        return stoichiometry(self.problem.model)

    @cached_property
    def _untreated(self) -> Array:
        """Rate of each process that is subtracted, per day: the untreated one, or none; shape (n_processes,)."""
        if self.is_gross:
            return np.zeros(len(self.problem.model.processes))
        state, none = self.problem.initial_state[np.newaxis], np.zeros((1, len(self.problem.model.inputs)))
        rates: Array = self.problem.model.rates_at(state, self.problem.vector, none)[0]
        return rates

    # --- states ----------------------------------------------------------------------------------------------------

    def _states(self, *times: Array) -> Iterator[Array]:
        """Return the states at several arrays of times, from one solve."""
        wanted, index = np.unique(np.concatenate([some.ravel() for some in times]), return_inverse=True)
        states = self._solved(wanted)[index]
        for some in times:
            yield states[: some.size].reshape(*some.shape, -1)
            states = states[some.size :]

    def _solved(self, times: Array) -> Array:
        solution = solve(replace(self.problem, times=times))
        if solution.status != Status.OK:
            reason = f"the accurate solve of an explanation stopped on day {solution.fail_time:.6g}"
            raise SolverError(f"{reason} ({solution.status.name})", cure=advice(solution.status))
        return solution.states

    # --- names -----------------------------------------------------------------------------------------------------

    def _processes(self) -> Iterator[AccountRow]:
        for name, (label, mechanism, _, _) in self.problem.model.module.PROCESSES.items():
            yield AccountRow(name, label, mechanism)

    def _synthetic(self) -> Iterator[AccountRow]:
        if self.weights.is_traced:
            yield AccountRow("exchange", "exchange of cells between blood and tissue", EXCHANGING)
        described = list(self.problem.model.module.POOLS.items())
        for name, (label, _, owner, _) in (described[i] for i in self.dosed):
            yield AccountRow(f"dose_of_{name}", f"doses of {label}", owner)


def accurate(problem: Problem) -> Problem:
    """Return a problem with tolerances so small that the integrator does not cause the residual."""
    options = problem.options
    tighter = min(1.0, RTOL / options.rtol)
    options = replace(options, rtol=options.rtol * tighter, atol=options.atol * tighter, max_steps=MAX_STEPS)
    # Not by the method of the scenario: the lax one cannot keep such tolerances.
    return replace(problem, options=replace(options, method=SolverOptions.method))
