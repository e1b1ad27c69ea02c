"""The replay of one patient of an ensemble with the scalar integrator, with the information that explains a failure.

The patient is rebuilt from the scenario and the varied parameters stored in the result, by the same functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.codegen.loader import Array, say_nothing
from immunosim.ensembles.result import EnsembleResult
from immunosim.ensembles.rows import checked_parameters, vary, why_refused
from immunosim.ensembles.written_patient import patient_toml
from immunosim.errors import DataError, ImmunosimError
from immunosim.numerics import Solution, Status, advice, solve_one, solve_with_history
from immunosim.problem import Problem, prepare
from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

MOST_RATES = 8
"""Number of processes shown for a failure, the fastest relative to their pool."""

SAME_TIME = 1e-6
"""Largest relative difference between equal times of failure: error estimates and steps differ by rounding."""


@dataclass(frozen=True)
class Trial:
    """One trial step: time and size [day], error in units of the tolerance, limiting pool and problem."""

    time: float
    step: float
    error: float
    pool: str
    problem: str


@dataclass(frozen=True)
class PoolState:
    """A pool where the integration ended: value, untreated value and change a day, in the pool's own unit."""

    name: str
    unit: str
    value: float
    untreated: float
    change: float


@dataclass(frozen=True)
class ProcessRate:
    """A process where the integration ended: its rate, and how many times a day it turns over the pool it changes."""

    label: str
    rate: float
    unit: str
    turnovers: float


@dataclass(frozen=True, repr=False)
class Replay(Result):
    """The replay of one patient.

    Attributes
    ----------
    sample : int
    varied : dict
        Factor values, as text with units.
    stored, status : str
        Status in the ensemble, and in the replay.
    stored_time, time : float
        Time of failure in the ensemble, and in the replay [day]; NaN if it did not fail.
    refusal : str
        Reason why it was not started; empty if it was.
    pool : str
        Pool that limited the last trial.
    advice : str
    n_steps, n_rejected : int
    trials : tuple of Trial
        The last ones.
    pools : tuple of PoolState
        All pools at the end, those farthest from untreated first.
    rates : tuple of ProcessRate
        The fastest processes at the end.
    scenario : str
        The patient as TOML, with the parameters and all doses, those that rules ordered included. Empty if the patient
        is refused, or has doses that a scenario refuses: infusions of a drug, one ordered by a rule, that overlap.
    """

    sample: int
    varied: dict[str, str]
    stored: str
    status: str
    stored_time: float
    time: float
    refusal: str
    pool: str
    advice: str
    n_steps: int
    n_rejected: int
    trials: tuple[Trial, ...]
    pools: tuple[PoolState, ...]
    rates: tuple[ProcessRate, ...]
    scenario: str = ""

    @property
    def is_reproduced(self) -> bool:
        """Whether the replay ended as in the ensemble."""
        if self.stored != self.status:
            return False
        return bool(np.isnan(self.time)) or abs(self.time - self.stored_time) <= SAME_TIME * max(1.0, abs(self.time))

    def headline(self) -> str:
        """Return in a line how the patient ended."""
        again = "as in the ensemble" if self.is_reproduced else f"but {self.stored} in the ensemble"
        return f"patient {self.sample}: {self.status}, {again}"

    def facts(self) -> dict[str, object]:
        """Return what was varied, the number of steps, and what to do."""
        steps = f"{self.n_steps} accepted, {self.n_rejected} rejected"
        return {"steps": steps, "advice": self.refusal or self.advice, **self.varied}

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return self.as_dict()

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a pool where the integration ended, those that are farthest from untreated first."""
        import pandas as pd

        return pd.DataFrame([asdict(pool) for pool in self.pools], columns=[field.name for field in fields(PoolState)])

    @property
    def dataset(self) -> xr.Dataset:
        """The pools over ``name``."""
        return self.to_dataframe().set_index("name").to_xarray()

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return asdict(self) | {"is_reproduced": self.is_reproduced}


def replay(
    result: EnsembleResult, sample: int, *, n_trials: int = 20, announce: Callable[[str], None] = say_nothing
) -> Replay:
    """Run one patient of an ensemble again.

    Parameters
    ----------
    result : EnsembleResult
    sample : int
        Index of the patient, counted from 0.
    n_trials : int
        Number of last trial steps to keep.
    announce : callable
        Receives a sentence before a slow step.

    Raises
    ------
    DataError
        If the patient does not exist.
    """
    if not 0 <= sample < len(result):
        cure = f"choose from 0 to {len(result) - 1}"
        raise DataError(f"there is no patient {sample} among {len(result)}", key="patient", cure=cure)
    try:
        problem = prepare(result.given_scenario_of(sample), f"patient {sample}", announce)
    except ImmunosimError as error:
        return _impossible(result, sample, str(error))
    values = result.parameters_of(sample)
    vector, state, refusal = _patient(problem, values)
    arguments = (problem.model.kernels, state, vector, problem.segments, problem.options)
    solution, history = solve_with_history(*arguments, n_trials=n_trials)
    end = solution.fail_state if solution.status else _last_state(problem, vector, state)
    is_started = not refusal and bool(np.isfinite(end).all())
    names = problem.model.pools
    return Replay(
        sample=sample,
        varied=result.varied_of(sample),
        stored=result.ended(sample),
        status=solution.status.name,
        stored_time=float(result["fail_time"][sample]),
        time=solution.fail_time,
        refusal=refusal,
        pool=names[solution.worst_pool] if solution.worst_pool >= 0 else "",
        advice=advice(solution.status),
        n_steps=solution.n_steps,
        n_rejected=solution.n_rejected,
        trials=tuple(_trial(line, names) for line in history),
        pools=_pools(problem, vector, state, end, solution) if is_started else (),
        rates=_rates(problem, vector, end, solution) if is_started else (),
        scenario="" if refusal else _written(problem, values),
    )


def _impossible(result: EnsembleResult, sample: int, reason: str) -> Replay:
    """Return the replay of a patient whose scenario is invalid."""
    refused, time = Status.REFUSED_INPUT, float(result["fail_time"][sample])
    about = (sample, result.varied_of(sample), result.ended(sample), refused.name, time, time, reason)
    return Replay(*about, "", advice(refused), 0, 0, (), (), ())


def _patient(problem: Problem, values: dict[str, float]) -> tuple[Array, Array, str]:
    """Return parameters, untreated state, and the reason why the patient is refused."""
    if not values:
        return problem.vector, problem.initial_state, ""
    columns = checked_parameters(problem, {name: [value] for name, value in values.items()})
    rows = vary(problem, columns, slice(0, 1))
    refusal = "" if np.isfinite(rows.vectors).all() else why_refused(problem, values)
    return rows.vectors[0], rows.states[0], refusal


def _written(problem: Problem, values: dict[str, float]) -> str:
    """Return the patient as TOML; empty where rules ordered what a scenario refuses."""
    try:
        return patient_toml(problem, values)
    except ImmunosimError:
        return ""


def _last_state(problem: Problem, vector: Array, state: Array) -> Array:
    end = problem.segments.boundaries[-1:]
    last: Array = solve_one(
        problem.model.ensemble_kernels, state, vector, problem.segments, end, problem.options
    ).states[0]
    return last


def _trial(line: Array, names: tuple[str, ...]) -> Trial:
    time, step, error, pool, problem = line
    kind = Status(int(problem))
    word = ("accepted" if error <= 1.0 else "error too large") if kind == Status.OK else kind.name
    return Trial(float(time), float(step), float(error), names[int(pool)] if pool >= 0 else "", word)


def _inputs(problem: Problem, solution: Solution) -> Array:
    """Return the inputs of the segment in which the integration ended."""
    boundaries = problem.segments.boundaries
    time = solution.fail_time if solution.status else boundaries[-1]
    segment = int(np.clip(np.searchsorted(boundaries, time, side="right") - 1, 0, problem.segments.n_segments - 1))
    inputs: Array = problem.segments.inputs[segment]
    return inputs


def _pools(problem: Problem, vector: Array, state: Array, end: Array, solution: Solution) -> tuple[PoolState, ...]:
    model = problem.model
    change = np.empty(len(model.pools))
    model.kernels.rhs(np.ascontiguousarray(end), vector, _inputs(problem, solution), change)
    # The scale of the pool keeps one that is empty when untreated from leading the list with any trace of it.
    distance = np.abs(end - state) / (np.abs(state) + model.scales)
    pool_states = [
        PoolState(name, model.units[name], float(end[i]), float(state[i]), float(change[i]))
        for i, name in enumerate(model.pools)
    ]
    return tuple(pool_states[i] for i in np.argsort(-distance, kind="stable"))


def _rates(problem: Problem, vector: Array, end: Array, solution: Solution) -> tuple[ProcessRate, ...]:
    model = problem.model
    rates = model.rates_at(end[np.newaxis], vector, _inputs(problem, solution)[np.newaxis])[0]
    process_rates: list[ProcessRate] = []
    for rate, about in zip(rates, model.module.PROCESSES.values(), strict=True):
        label, _, reactant, product = about
        pool = reactant or product
        index = model.pools.index(pool)
        # An empty pool turns over infinitely often; a millionth of its scale is what counts as empty.
        size = max(abs(float(end[index])), 1e-6 * float(model.scales[index]))
        process_rates.append(ProcessRate(label, float(rate), f"{model.units[pool]}/day", float(rate) / size))
    fastest = sorted((item for item in process_rates if np.isfinite(item.rate)), key=lambda item: -abs(item.turnovers))
    return tuple(fastest[:MOST_RATES])
