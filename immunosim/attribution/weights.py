"""Weights of the pools in a read-out, direct and through the exchange between blood and tissue.

    direct    w_i = d r / d y_i                                                       (X1)
    traced    w_i = sum_k w_k y0_k / sum_k y0_k   over the pools k that exchange with i   (X2)

Cells move between blood and tissue some ten times a day, so that a cell in tissue has the untreated fraction of such
cells in blood as its weight. Within a component all pools have the same weight, and exchange has no effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immunosim.codegen.loader import Array, Model
from immunosim.problem import Problem

EXCHANGING = "trafficking"
"""The mechanism whose transfers connect pools into components."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of the pools for one read-out of a problem, and its values.

    Attributes
    ----------
    problem : Problem
    readout : str
        Name of a read-out or a pool.
    mixing : ndarray, shape (n_pools, n_pools)
        Traced weights are ``mixing @ w``; the identity where exchange is not traced.
    """

    problem: Problem
    readout: str
    mixing: Array

    @classmethod
    def of(cls, problem: Problem, readout: str, direct: bool) -> Weights:
        """Return the weights of a read-out; cells that do not move are not traced."""
        is_direct = direct or EXCHANGING in problem.scenario.mechanisms.off
        mixing = np.eye(len(problem.model.pools)) if is_direct else _mixing(problem)
        return cls(problem, readout, mixing)

    @property
    def is_traced(self) -> bool:
        """Whether exchange is traced for any pool."""
        return not np.array_equal(self.mixing, np.eye(len(self.mixing)))

    def values(self, states: Array, inputs: Array) -> Array:
        """Return the read-out of states, shape (n_times,)."""
        model = self.problem.model
        if self.readout in model.pools:
            return states[:, model.pools.index(self.readout)]
        values = model.readouts_at(states, self.problem.vector, inputs)
        return values[:, model.readouts.index(self.readout)]

    def direct(self, states: Array, inputs: Array) -> Array:
        """Return the weights (X1) in states, shape (n_times, n_pools)."""
        model = self.problem.model
        if self.readout in model.pools:
            return np.tile(np.eye(len(model.pools))[model.pools.index(self.readout)], (len(states), 1))
        return model.gradient_at(self.readout, states, self.problem.vector, inputs)

    def traced(self, direct: Array) -> Array:
        """Return the weights (X2) for the weights (X1)."""
        weights: Array = direct @ self.mixing.T
        return weights


def stoichiometry(model: Model) -> Array:
    """Return the stoichiometric matrix, shape (n_pools, n_processes): -1, 0 or 1."""
    matrix = np.zeros((len(model.pools), len(model.processes)))
    for j, (_, _, reactant, product) in enumerate(model.module.PROCESSES.values()):
        for pool, change in ((reactant, -1.0), (product, 1.0)):
            if pool:
                matrix[model.pools.index(pool), j] += change
    return matrix


def _mixing(problem: Problem) -> Array:
    """Return the matrix of (X2): in the rows of a component the untreated shares of its pools."""
    untreated = problem.initial_state
    matrix = np.eye(untreated.size)
    for pools in components(problem.model):
        matrix[np.ix_(pools, pools)] = untreated[pools] / untreated[pools].sum()
    return matrix


def components(model: Model) -> list[list[int]]:
    """Return the groups of pools, by position, that exchange with one another."""
    group = {pool: {pool} for pool in model.pools}
    for _, mechanism, reactant, product in model.module.PROCESSES.values():
        if mechanism == EXCHANGING and reactant and product:
            merged = group[reactant] | group[product]
            for pool in merged:
                group[pool] = merged
    unique = {frozenset(members): None for members in group.values() if len(members) > 1}
    return [sorted(model.pools.index(pool) for pool in members) for members in unique]
