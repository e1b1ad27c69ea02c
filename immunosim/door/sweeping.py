"""Many patients: ensembles in memory, and sweeps that are planned, refused or run in one order of steps."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np

from immunosim.codegen.loader import say_nothing
from immunosim.door.keywords import refuse_unknown
from immunosim.door.scenarios import AnyScenario, as_scenario, given
from immunosim.door.times import Time, day_of, duration_of
from immunosim.ensembles import Endpoint, EnsembleResult, simulate_ensemble
from immunosim.errors import DataError
from immunosim.scenario import Scenario, output_times
from immunosim.scenario.overrides import Overrides
from immunosim.sweeps import (
    Base,
    Outputs,
    Plan,
    RunOptions,
    SweepRequest,
    SweepResult,
    base_of,
    plan_of,
    read_varying,
    run_sweep,
)
from immunosim.sweeps.quote import is_large, refuse_hopeless
from immunosim.sweeps.sweeping import refuse_existing, refuse_place

if TYPE_CHECKING:
    import pandas as pd

Varied = Mapping[str, str | Sequence[Any]] | Iterable[str]
"""What differs: a range such as ``"x0.5:x2:log"`` or values by key, or texts ``KEY=VALUES``."""


class KeptOutputs(TypedDict, total=False):
    """What is kept of each patient.

    Attributes
    ----------
    endpoints : sequence of str
        Numbers from the whole course, such as ``nadir of cd4`` or ``time_below cd4 0.2e9/L from 1 month``.
    readouts : sequence of str
        Read-outs to keep over time; ``all`` for every one.
    at : sequence of float, day, or str
    every : float, day, or str
        When to keep read-outs.
    pools : bool
        Keep every pool over time as well.
    """

    endpoints: Sequence[str] | None
    readouts: Sequence[str] | None
    at: Sequence[Time] | None
    every: Time | None
    pools: bool


def ensemble(
    scenario: AnyScenario | Sequence[AnyScenario],
    rows: pd.DataFrame | Mapping[str, object] | None = None,
    *,
    readouts: Sequence[str] = (),
    times: Sequence[Time] | None = None,
    endpoints: Sequence[Endpoint | str] = (),
    states: bool = False,
    overrides: Overrides = (),
    n_threads: int | None = None,
    announce: Callable[[str], None] = say_nothing,
    report: Callable[[int, int, int], None] | None = None,
) -> EnsembleResult:
    """Simulate many patients, and keep the result in memory.

    Parameters
    ----------
    scenario : Scenario, Path, str, or sequence of these
        One for all rows, or one for each patient.
    rows : DataFrame or mapping of str to array_like, optional
        A row for each patient. A column is called like a key of ``sweep``: a parameter, or any key of the patient, the
        mechanisms or the treatments, with a unit in brackets where numbers have another one than the model's:
        ``blood_lysis_rate``, ``patient.age``, ``course.1.dose [mg]``. Values are numbers, or text with units.
    readouts : sequence of str
        What to report at the output times.
    times : sequence of float, day, or str, optional
        Output times; by default those of the scenario.
    endpoints : sequence of Endpoint or str
        Numbers taken from the whole course, such as ``"nadir of cd4"``.
    states : bool
        Report every pool at the output times as well.
    overrides : mapping of str to object, or iterable of str
        Changes of every scenario.
    n_threads : int, optional
        By default one for each core.
    announce : callable
        Told in a sentence when something slow starts.
    report : callable, optional
        Told after each chunk how many rows are done, of how many, and how many of these failed; not of rows that change
        more than parameters.

    Returns
    -------
    EnsembleResult
        Rows that failed have a status, a time and a state, and NaN for everything else.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If something that is asked for does not exist, or the scenario is impossible.
    """
    several = [scenario] if isinstance(scenario, (Scenario, Path, str)) else list(scenario)
    known = [as_scenario(entry, overrides) for entry in several]
    wanted = [Endpoint.of(entry) if isinstance(entry, str) else entry for entry in endpoints]
    days = None if times is None else [day_of(known[0][0], time, "times") for time in times] if known else []
    name = known[0][1] if len(known) == 1 else "scenario"
    if rows is not None and len(known) == 1:
        base = base_of_scenario(several[0], overrides, announce)
        if not _are_parameters(rows, base):
            kept = output_times(known[0][0]).tolist() if days is None else days
            return _of_rows(base, rows, readouts, kept, wanted, states, n_threads, announce)
    return simulate_ensemble(
        known[0][0] if len(known) == 1 else [entry for entry, _ in known],
        rows,  # type: ignore[arg-type]  # a DataFrame gives its columns by name
        readouts=readouts,
        times=days,
        endpoints=wanted,
        states=states,
        n_threads=n_threads,
        file=name,
        announce=announce,
        report=report,
    )


def sweep(
    scenario: AnyScenario,
    vary: Varied = (),
    *,
    rows: Path | str | pd.DataFrame | Mapping[str, object] | None = None,
    n: int | None = None,
    seed: int | None = None,
    design: str | None = None,
    overrides: Overrides = (),
    path: Path | str | None = None,
    options: RunOptions | None = None,
    announce: Callable[[str], None] = say_nothing,
    **kept: Unpack[KeptOutputs],
) -> SweepResult:
    """Simulate many patients who differ in what is varied, stored as they are computed.

    What differs and what is kept may also stand in the scenario's [sweep] section. Without ``endpoints``, ``readouts``
    and ``pools`` six usual endpoints are kept.

    Parameters
    ----------
    scenario : Scenario, Path or str
    vary : mapping of str to str or sequence, or iterable of str
        A range or values by key: ``{"blood_lysis_rate": "x0.5:x2:log", "course.1.dose": ["6 mg", "12 mg"]}``.
    rows : Path, str, DataFrame or mapping of str to array_like, optional
        A table of patients in place of a design, as ``ensemble`` takes it.
    n, seed : int, optional
        Patients (of a grid, levels of each range), by default 1000; and seed of the design, by default 0.
    design : str, optional
        ``grid``, ``latin_hypercube`` (by default) or ``sobol``.
    overrides : mapping of str to object, or iterable of str
    path : Path or str, optional
        A ``.zarr`` folder or a ``.nc`` file; by default the result is kept in memory.
    options : RunOptions, optional
        Threads, resuming, replacing, parts and clusters.
    announce : callable
    **kept : KeptOutputs
        ``endpoints``, ``readouts``, ``at``, ``every`` and ``pools``.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If nothing varies, something that is asked for does not exist, the result exists, or memory or disk will not
        suffice.
    OutputError
        If the disk is full or cannot be written; finished blocks are kept.
    """
    how = options or RunOptions()
    asked = SweepRequest({}, rows_of(rows), design, n, seed)
    with tempfile.TemporaryDirectory(prefix="immunosim-sweep-") as folder:
        target = Path(folder) / "sweep.nc" if path is None else Path(path)
        plan, target = plan_sweep(scenario, vary, asked, kept, overrides, target, how, announce=announce)
        return run_sweep(plan, target, how, announce)


def plan_sweep(
    scenario: AnyScenario,
    vary: Varied,
    asked: SweepRequest,
    kept: KeptOutputs,
    overrides: Overrides,
    path: Path | None,
    options: RunOptions,
    *,
    is_dry: bool = False,
    announce: Callable[[str], None] = say_nothing,
) -> tuple[Plan, Path]:
    """Return the plan of a sweep and the place of its result, after everything that would refuse it in the end.

    Parameters
    ----------
    scenario, vary, kept, overrides, path
        As ``sweep`` takes them; without a path ``results/<scenario>_sweep``, as Zarr where it is large.
    asked : SweepRequest
        The table or the design.
    options : RunOptions
    is_dry : bool
        Whether nothing is to be written, so that a result may exist.
    announce : callable

    Raises
    ------
    DataError, ScenarioError, ParameterError
        As ``sweep`` does.
    """
    refuse = refusing(is_dry)
    if path is not None:
        refuse(path, options)
    base = base_of_scenario(scenario, overrides, announce)
    varied = vary if isinstance(vary, Mapping) else read_varying(base, vary)
    request = request_of(base, replace(asked, vary=varied), kept)
    plan, notes = plan_of(base, request.over(base.section, base.folder))
    for note in notes:
        announce(note)
    target = path or usual_place(base.file, "sweep", is_large(plan))
    if path is None:
        refuse(target, options)
    refuse_hopeless(plan, target, options.rows_per_block)
    return plan, target


def base_of_scenario(scenario: AnyScenario, overrides: Overrides, announce: Callable[[str], None]) -> Base:
    """Return the scenario that patients are made of; arguments and errors as of ``sweep``."""
    read = given(scenario, overrides)
    return replace(base_of(read.document, read.name, announce, read.scenario.sweep), folder=read.folder)


def refusing(is_dry: bool) -> Callable[[Path, RunOptions], None]:
    """Return what refuses a path: also one where a result exists, unless nothing is to be written."""
    return refuse_place if is_dry else refuse_existing


def usual_place(name: str, kind: str, is_large: bool) -> Path:
    """Return where a result is written that was given no path."""
    return Path("results") / f"{Path(name).stem}_{kind}.{'zarr' if is_large else 'nc'}"


def request_of(base: Base, asked: SweepRequest, kept: KeptOutputs) -> SweepRequest:
    """Return a request with what is kept, its times in days.

    Raises
    ------
    ScenarioError
        If a text is not a time.
    """
    refuse_unknown(kept, KeptOutputs)
    every = kept.get("every")
    return replace(
        asked,
        endpoints=tuple(kept.get("endpoints") or ()),
        readouts=tuple(kept.get("readouts") or ()),
        at=[day_of(base.scenario, time, "at") for time in kept.get("at") or ()],
        every=None if every is None else duration_of(every, "every"),
        pools=kept.get("pools", False),
    )


def rows_of(rows: Path | str | pd.DataFrame | Mapping[str, object] | None) -> Path | pd.DataFrame | None:
    """Return a table of patients, or the path of its file."""
    return Path(rows) if isinstance(rows, (str, Path)) else None if rows is None else _table(rows)


def _table(rows: pd.DataFrame | Mapping[str, object]) -> pd.DataFrame:
    import pandas as pd

    if isinstance(rows, pd.DataFrame):
        return rows
    cure = "give one value for each patient"
    shapes = {str(name): np.asarray(column, object).shape for name, column in rows.items()}
    for name, shape in shapes.items():
        if len(shape) != 1:
            raise DataError("is not a vector", key=f"rows: {name}", cure=cure)
    if len(set(shapes.values())) > 1:
        lengths = ", ".join(f"{name} {n}" for name, (n,) in shapes.items())
        raise DataError(f"columns have different lengths ({lengths})", key="rows", cure=cure)
    return pd.DataFrame(dict(rows))


def _are_parameters(rows: pd.DataFrame | Mapping[str, object], base: Base) -> bool:
    """Whether every column is a parameter of the model, in numbers."""
    columns = {str(name): np.asarray(column) for name, column in rows.items()}
    return all(name in base.problem.parameters and column.dtype.kind in "fiu" for name, column in columns.items())


def _of_rows(
    base: Base,
    rows: pd.DataFrame | Mapping[str, object],
    readouts: Sequence[str],
    days: Sequence[float],
    endpoints: Sequence[Endpoint],
    states: bool,
    n_threads: int | None,
    announce: Callable[[str], None],
) -> EnsembleResult:
    """Return the patients of a table whose columns change more than parameters."""
    plan, notes = plan_of(base, SweepRequest({}, _table(rows)))
    for note in notes:
        announce(note)
    kept = tuple(days) if readouts or states else ()
    outputs = Outputs(tuple(endpoints), tuple(readouts), kept, states)
    outputs.asked_of(base.problem)
    plan = replace(plan, recipe=replace(plan.recipe, outputs=outputs))
    with tempfile.TemporaryDirectory(prefix="immunosim-ensemble-") as folder:
        return run_sweep(plan, Path(folder) / "ensemble.nc", RunOptions(n_threads or 0), announce)
