"""What a sweep would take, as one result, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack

from immunosim.codegen.loader import say_nothing
from immunosim.door.scenarios import AnyScenario
from immunosim.door.sweeping import KeptOutputs, Varied, plan_sweep, rows_of
from immunosim.door.watching import Quiet, Watch
from immunosim.formatting import duration, size
from immunosim.locks import holder_of
from immunosim.result import Result
from immunosim.scenario.overrides import Overrides
from immunosim.sweeps import Plan, Quote, RunOptions, SweepRequest, refuse_too_much, run_pilot
from immunosim.sweeps.outlook import Outlook, expected, outlook

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

SweepArguments: TypeAlias = tuple[AnyScenario, Varied, SweepRequest, KeptOutputs, Overrides, Path | None, RunOptions]
"""What ``plan_sweep`` takes."""


@dataclass(frozen=True, eq=False, repr=False)
class SweepEstimate(Result):
    """What a sweep would take.

    Attributes
    ----------
    quote : Quote
        Patients, blocks, seconds (NaN where no earlier sweep has compiled the solver), memory and disk.
    path : Path
        Where the result would be.
    existing : tuple of str
        What is there already, a sentence each.
    """

    quote: Quote
    path: Path
    existing: tuple[str, ...] = ()

    def headline(self) -> str:
        """Return the estimate in a sentence."""
        return self.quote.in_words

    def facts(self) -> dict[str, object]:
        """Return time, memory and disk with what there is of them."""
        quote = self.quote
        found: dict[str, object] = {
            "time": "not measured" if quote.seconds != quote.seconds else duration(quote.seconds),
            "memory": f"{size(quote.memory)} of {size(quote.memory_available)}",
            "disk": f"{size(quote.disk)} of {size(quote.disk_free)}",
            "result": str(self.path),
        }
        return found | {f"existing {number}": text for number, text in enumerate(self.existing, 1)}

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values; sizes in bytes."""
        return self.quote.as_dict() | {"existing": list(self.existing)}

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a number; sizes in bytes."""
        import pandas as pd

        return pd.DataFrame([{"what": name, "value": value} for name, value in asdict(self.quote).items()])

    @property
    def dataset(self) -> xr.Dataset:
        """The numbers over ``what``."""
        return self.to_dataframe().set_index("what").to_xarray()

    def refuse_too_much(self) -> None:
        """Raise where memory or disk will not suffice.

        Raises
        ------
        DataError
        """
        refuse_too_much(self.quote, self.path)


def estimate_sweep(
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
) -> SweepEstimate:
    """Estimate time, memory and disk of a sweep, write nothing, and compile nothing.

    Parameters
    ----------
    scenario, vary, rows, n, seed, design, overrides, options, announce, **kept
        As ``sweep`` takes them.
    path : Path or str, optional
        As for ``sweep``; by default ``results/<scenario>_sweep``.

    Raises
    ------
    DataError, ScenarioError, ParameterError
        As ``sweep`` does, but for a result that exists and too little memory or disk.
    """
    asked = SweepRequest({}, rows_of(rows), design, n, seed)
    target = None if path is None else Path(path)
    return estimate_of((scenario, vary, asked, kept, overrides, target, options or RunOptions()), Quiet(announce))


def estimate_of(given: SweepArguments, now: Watch) -> SweepEstimate:
    """Return the estimate of a sweep; arguments and errors as of ``plan_sweep``."""
    return estimate_plan(lambda tell: plan_sweep(*given, is_dry=True, announce=tell), given[-1], now)


def estimate_plan(
    planned: Callable[[Callable[[str], None]], tuple[Plan, Path]], how: RunOptions, now: Watch
) -> SweepEstimate:
    """Return the estimate of a plan.

    Parameters
    ----------
    planned : callable
        Makes the plan and the path of its result; receives what is told of its progress.
    how : RunOptions
    now : Watch
    """
    plan, target = planned(now.announce)
    now.begin("Examining what is stored")
    found, holder = outlook(plan, target), holder_of(target, how.shard.part)
    pilot = None
    if plan.recipe.model.is_compiled:
        now.begin("Running a pilot")
        pilot = run_pilot(plan, how.threads)
    quote = expected(plan, pilot, target, how, found if how.goes_on else Outlook())
    words = [found.words] if found.words else []
    words += [f"{target} is in use ({holder.words})"] if holder else []
    return SweepEstimate(quote, target, tuple(words))
