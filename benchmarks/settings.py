"""How much is run: the full measurement, a quick one, and what the command line changes of them."""

from dataclasses import dataclass

from benchmarks.problems.catalogue import PROBLEMS


@dataclass(frozen=True)
class Settings:
    """Extent of a run.

    Attributes
    ----------
    problems, tools : tuple of str
    rtols : tuple of float
        From lax to tight.
    n_rows : int
        Rows of an ensemble; a slow tool solves fewer.
    error_rows : int
        Rows whose errors are looked at, at most.
    n_rounds : int
    seconds : float
        Time of a tool at a tolerance in a round, about; a third of it for the small problems.
    rows_checked : int
        Rows that Radau solves again to check the reference.
    limit_rtols : tuple of float
        Tolerances at which the share of the peak is measured.
    width : int or None
        Lanes; None for what the processor has.
    """

    problems: tuple[str, ...]
    tools: tuple[str, ...]
    rtols: tuple[float, ...]
    n_rows: int
    error_rows: int
    n_rounds: int
    seconds: float
    rows_checked: int
    limit_rtols: tuple[float, ...]
    width: int | None = None


FULL = Settings(
    problems=PROBLEMS,
    tools=(),
    rtols=(1e-3, 1e-4, 1e-5, 1e-6, 1e-7),
    n_rows=512,
    error_rows=64,
    n_rounds=5,
    seconds=0.4,
    rows_checked=3,
    limit_rtols=(1e-3, 1e-4, 1e-5, 1e-6),
)
QUICK = Settings(
    problems=("default", "robertson"),
    tools=(),
    rtols=(1e-3, 1e-4, 1e-6),
    n_rows=32,
    error_rows=8,
    n_rounds=2,
    seconds=0.1,
    rows_checked=1,
    limit_rtols=(1e-3, 1e-4, 1e-6),
)
