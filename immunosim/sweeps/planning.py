"""Translation of a request, from the scenario's [sweep] section or the command line, into a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.errors import DataError, ImmunosimError
from immunosim.scenario import Scenario, Sweep
from immunosim.sweeps.base import Base
from immunosim.sweeps.designs import Design, design_of
from immunosim.sweeps.factor_syntax import factor_of, full_key
from immunosim.sweeps.factors import Factor
from immunosim.sweeps.outputs import outputs_of
from immunosim.sweeps.plan import Plan, Recipe
from immunosim.sweeps.population import RowPopulation
from immunosim.sweeps.tables import IN_MEMORY, read_patients

if TYPE_CHECKING:
    import pandas as pd

EVERY_READOUT = "all"

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Values in the range of a factor at which dose times are evaluated."""


@dataclass(frozen=True)
class SweepRequest:
    """A request for a sweep; None or empty where a setting is not given.

    Attributes
    ----------
    vary : mapping of str to str or sequence
        A range or values by key.
    rows : Path or DataFrame, optional
        A table of patients, instead of a design.
    design : str, optional
    n, seed : int, optional
    endpoints, readouts : sequence of str
        ``all`` requests every read-out.
    at : sequence of float, day
    every : float, day, optional
    pools : bool
    """

    vary: Mapping[str, str | Sequence[Any]]
    rows: Path | pd.DataFrame | None = None
    design: str | None = None
    n: int | None = None
    seed: int | None = None
    endpoints: Sequence[str] = ()
    readouts: Sequence[str] = ()
    at: Sequence[float] = ()
    every: float | None = None
    pools: bool = False

    def over(self, section: Sweep | None, folder: Path) -> SweepRequest:
        """Return this request, with missing settings taken from the scenario's section.

        Parameters
        ----------
        section : Sweep or None
        folder : Path
            Of the scenario; the path of its table is relative to it.
        """
        if self.rows is not None and (self.design, self.n, self.seed) != (None, None, None):
            raise DataError("replaces a design", key="rows", cure="leave out `design`, `n` and `seed`")
        if section is None:
            return self
        rows = folder / section.rows if section.rows else None
        there = SweepRequest(
            section.vary,
            rows,
            section.design,
            section.n,
            section.seed,
            section.endpoints,
            section.readouts,
            section.at,
            section.every,
            section.pools,
        )
        said = {name: value for name, value in vars(self).items() if _is_said(value)}
        if "vary" in said or "rows" in said:  # the factors come from one source
            there = replace(there, vary={}, rows=None)
        return replace(there, **said)


def _is_said(value: object) -> bool:
    return not (value is None or value is False or (isinstance(value, (Sequence, Mapping)) and not value))


def plan_of(base: Base, wishes: SweepRequest) -> tuple[Plan, list[str]]:
    """Return the plan of a sweep, and remarks for the user.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If no factor is given, or a requested output does not exist.
    """
    defaults, notes = Sweep(), list[str]()
    if wishes.rows is not None:
        if wishes.vary:
            raise DataError("replaces `vary`", key="rows", cure="leave out `vary`, or the table")
        table = read_patients(base, wishes.rows)
        factors: tuple[Factor, ...] = table[0]
        design: Design = table[1]
        if table[2]:
            where = wishes.rows if isinstance(wishes.rows, Path) else IN_MEMORY
            notes.append(f"{where}: {table[2]:,} of {design.n:,} rows repeat an earlier one; all are computed")
    else:
        factors = _factors(base, wishes.vary)
        seed = defaults.seed if wishes.seed is None else wishes.seed
        design = design_of(
            wishes.design or defaults.design, factors, defaults.n if wishes.n is None else wishes.n, seed
        )
    _refuse_clash(base, factors)
    known = base.problem.model.readouts
    readouts = known if EVERY_READOUT in wishes.readouts else wishes.readouts
    population = RowPopulation(base, factors)
    dosed = [base.scenario, *_variants(population)]
    outputs = outputs_of(base.problem, wishes.endpoints, readouts, wishes.at, wishes.every, wishes.pools, dosed)
    recipe = Recipe(population, outputs)
    varied = {factor.name for factor in factors}
    for name in (*outputs.readouts, *(endpoint.label for endpoint in outputs.endpoints)):
        if name in varied:
            raise DataError(f'an endpoint and a factor are both called "{name}"', cure="give it another name")
    return Plan(recipe, design), notes


def _refuse_clash(base: Base, factors: Sequence[Factor]) -> None:
    """Raise a DataError if an untreated count and a parameter derived from it both vary."""
    for factor in factors:
        scales = base.problem.parameters.scales_of(factor.key.removeprefix("patient.baseline."))
        for other in factors:
            if other.parameter in scales:
                raise DataError(f"follows from {factor.key}", key=other.key, cure="vary one of them, not both")


def _factors(base: Base, vary: Mapping[str, str | Sequence[Any]]) -> tuple[Factor, ...]:
    if not vary:
        cure = "name the factors: `vary=blood_lysis_rate=x0.5:x2:log`, `rows=FILE` or [sweep.vary]"
        raise DataError("no factor is given", file=base.file, cure=cure)
    keys = [full_key(base, key) for key in vary]
    for key in keys:
        if keys.count(key) > 1:
            raise DataError("is varied twice", key=key, cure="leave one out")
    return tuple(factor_of(base, key, given) for key, given in zip(keys, vary.values(), strict=True))


def _variants(population: RowPopulation) -> Iterator[Scenario]:
    """Yield scenarios over the range of each factor that can affect doses, the others at their midpoints."""
    middle = [float(factor.at(np.array(0.5))) for factor in population.factors]
    for index, factor in enumerate(population.factors):
        if not factor.parameter:
            for level in LEVELS:
                values = [*middle[:index], float(factor.at(np.array(level))), *middle[index + 1 :]]
                with suppress(ImmunosimError):  # an invalid patient is refused in the result
                    yield population.scenario_of(values)
