"""Sensitivity analysis in the one order of its steps: what is kept, what varies, indices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack

from immunosim.codegen.loader import say_nothing
from immunosim.door.scenarios import AnyScenario
from immunosim.door.sweeping import KeptOutputs, Varied, base_of_scenario, request_of
from immunosim.door.watching import Quiet, Watch
from immunosim.errors import DataError, did_you_mean
from immunosim.machine import cores
from immunosim.scenario.overrides import Overrides
from immunosim.sensitivity_analysis import METHODS, Analysis, analyse, elasticities, most_influential
from immunosim.sensitivity_analysis.designs import DEFAULTS, rows_of
from immunosim.sweeps import (
    Base,
    Factor,
    Outputs,
    Recipe,
    RowPopulation,
    SweepRequest,
    factor_of,
    outputs_of,
    read_varying,
)
from immunosim.sweeps.factor_syntax import full_key
from immunosim.units import DAYS_PER_MONTH

MANY_TIMES = 60
"""Times of a read-out at which indices are estimated, where the user does not say."""


def sensitivity(
    scenario: AnyScenario,
    method: str = "sobol",
    vary: Varied = (),
    *,
    n: int | None = None,
    seed: int = 0,
    second_order: bool = False,
    confidence: float = 0.95,
    overrides: Overrides = (),
    n_threads: int = 0,
    watch: Watch | None = None,
    announce: Callable[[str], None] = say_nothing,
    **kept: Unpack[KeptOutputs],
) -> Analysis:
    """Rank inputs by their influence on outputs.

    What varies and what is kept may also stand in the scenario's [sweep] section.

    Parameters
    ----------
    scenario : Scenario, Path or str
    method : str
        ``sobol``, ``morris``, ``pawn`` or ``local`` (exact elasticities at the scenario's own values).
    vary : mapping of str to str or sequence, or iterable of str
        As for ``sweep``; with ``local`` keys alone. By default the parameters that move the results most, from half to
        twice their value.
    n : int, optional
        Base points of sobol (a power of two), trajectories of morris, patients of pawn.
    seed : int
    second_order : bool
        Estimate pairs as well (sobol).
    confidence : float
        Of the intervals.
    overrides : mapping of str to object, or iterable of str
    n_threads : int
        0 for one on each core.
    watch : Watch, optional
        Told which step is done, and how many patients.
    announce : callable
    **kept : KeptOutputs
        What is analysed, as for ``sweep``; read-outs without times are taken at up to 60 times.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        If something that is asked for does not exist, or a package is missing.
    """
    refuse_method(method)
    now = watch or Quiet(announce)
    base = base_of_scenario(scenario, overrides, now.announce)
    wishes = request_of(base, SweepRequest({}), kept).over(base.section, base.folder)
    texts = vary if isinstance(vary, Mapping) else list(vary)
    if method == "local" and not (wishes.endpoints or wishes.readouts):
        # Most of the usual endpoints have no exact elasticities.
        wishes = replace(wishes, readouts=base.problem.model.questions.elasticities)
    outputs, threads = _outputs(base, wishes), n_threads or cores()
    if method == "local":
        return _local(base, texts, wishes, outputs, threads, now)
    factors = _factors(base, texts, wishes, outputs, threads, now)
    number = n or DEFAULTS[method]
    now.begin("Simulating")
    report = now.counting(rows_of(method, len(factors), number, second_order), "Estimating")
    recipe = Recipe(RowPopulation(base, factors), outputs)
    how: dict[str, Any] = {"second_order": second_order, "confidence": confidence, "n_threads": threads}
    return analyse(recipe, method, number, seed, **how, report=report)


def refuse_method(method: str) -> None:
    """Raise a DataError for a method that does not exist."""
    if method not in METHODS:
        raise DataError(f'unknown method "{method}"', key="method", cure=did_you_mean(method, METHODS))


def _outputs(base: Base, wishes: SweepRequest) -> Outputs:
    """Return what is kept: read-outs without times at no more times than can be looked at."""
    every = wishes.every
    if wishes.readouts and every is None and not wishes.at:
        every = max(DAYS_PER_MONTH, base.scenario.horizon / MANY_TIMES)
    known = base.problem.model.readouts
    readouts = known if "all" in wishes.readouts else wishes.readouts
    return outputs_of(base.problem, wishes.endpoints, readouts, wishes.at, every, False)


def _factors(
    base: Base,
    vary: list[str] | Mapping[str, str | Sequence[Any]],
    wishes: SweepRequest,
    outputs: Outputs,
    threads: int,
    now: Watch,
) -> tuple[Factor, ...]:
    given: Mapping[str, str | Sequence[Any]] = read_varying(base, vary) if isinstance(vary, list) else vary
    keys = {full_key(base, key): values for key, values in (given or wishes.vary).items()}
    if keys:
        return tuple(factor_of(base, key, values) for key, values in keys.items())
    now.begin("Looking for the parameters that matter")
    influential = most_influential(base, outputs, n_threads=threads)
    now.announce(
        f"Nothing is said to vary: the {len(influential)} parameters that move the results most, from half to twice"
    )
    return influential


def _local(
    base: Base,
    vary: list[str] | Mapping[str, str | Sequence[Any]],
    wishes: SweepRequest,
    outputs: Outputs,
    threads: int,
    now: Watch,
) -> Analysis:
    keys = [full_key(base, text.partition("=")[0].strip()) for text in vary or wishes.vary]
    if not keys:
        keys = [factor.key for factor in _factors(base, [], wishes, outputs, threads, now)]
    now.begin("Differentiating")
    return elasticities(base, keys, outputs, threads)
