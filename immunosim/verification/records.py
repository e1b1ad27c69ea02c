"""The results of a verification: one record per check, with the measured number and its limit.

Knows how checks are reported, not how they are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True)
class Check:
    """One claim about a solution.

    Attributes
    ----------
    name : str
        Short name for look-up in ``Verification``.
    claim : str
        Description of the measured number.
    value, limit : float
        The largest deviation, and the allowed one.
    where : str
        Location of the largest deviation: a pool and a day, a drug, a dose.
    """

    name: str
    claim: str
    value: float
    limit: float
    where: str

    @property
    def passed(self) -> bool:
        """Whether the deviation is within the limit; NaN is not."""
        return self.value <= self.limit

    def as_dict(self) -> dict[str, Any]:
        """Return the check as plain values."""
        return asdict(self) | {"passed": self.passed}

    def __str__(self) -> str:
        """Return the check in one line."""
        verdict = "ok" if self.passed else "FAILED"
        return f"{self.name}: {self.value:.2g} (limit {self.limit:.0e}, {self.where}) {verdict}"


@dataclass(frozen=True)
class Balance:
    """The mass balance of a drug.

    Attributes
    ----------
    drug : str
    given : float, mg
        Amount that entered its pools: the bioavailable part of the doses.
    eliminated : float, mg
        Amount that left its pools: cleared, consumed or excreted.
    remaining : float, mg
        Amount in its pools at the horizon.
    error : float
        Largest mismatch of the three at any boundary, relative to the total dose.
    """

    drug: str
    given: float
    eliminated: float
    remaining: float
    error: float


@dataclass(frozen=True)
class Contender:
    """One way to solve the problem.

    Attributes
    ----------
    name : str
    seconds : float
        Median over the rounds.
    error : float
        Largest error of any pool at the output times, as ``verify`` measures it.
    """

    name: str
    seconds: float
    error: float


@dataclass(frozen=True)
class Timing:
    """Timings of the integrator and LSODA, in alternating rounds.

    Attributes
    ----------
    ours : Contender
        By the compiled loop.
    alone : Contender
        Driven by Python.
    lsoda : tuple of Contender
        LSODA by each of SciPy's interfaces.
    rtol : float
        Relative tolerance of all; absolute tolerances are the same too.
    rounds : int
    """

    ours: Contender
    alone: Contender
    lsoda: tuple[Contender, ...]
    rtol: float
    rounds: int

    @property
    def fastest(self) -> Contender:
        """LSODA at its fastest."""
        return min(self.lsoda, key=lambda contender: contender.seconds)

    @property
    def ratio(self) -> float:
        """Speed relative to LSODA at its fastest."""
        return self.fastest.seconds / self.ours.seconds

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return asdict(self) | {"ratio": self.ratio, "fastest": self.fastest.name}

    def __str__(self) -> str:
        """Return the contenders side by side, one a line."""
        lines = [f"{'':24s}{'milliseconds':>14s}{'largest error':>16s}{'times ours':>12s}"]
        for contender in (self.ours, self.alone, *self.lsoda):
            ratio = contender.seconds / self.ours.seconds
            lines.append(f"{contender.name:24s}{1e3 * contender.seconds:14.2f}{contender.error:16.1e}{ratio:12.1f}")
        return "\n".join(lines)


@dataclass(frozen=True, repr=False)
class Verification(Result):
    """The outcome of ``verify``.

    Attributes
    ----------
    checks : tuple of Check
    errors : Mapping[str, float]
        Largest error of each pool against the reference.
    balances : tuple of Balance
        One per given drug.
    reference : str
        The method and tolerance of the reference.
    timing : Timing, optional
        Where computing time was measured as well.
    """

    checks: tuple[Check, ...]
    errors: Mapping[str, float]
    balances: tuple[Balance, ...]
    reference: str
    timing: Timing | None = None

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)

    def __getitem__(self, name: str) -> Check:
        """Return a check by name."""
        return {check.name: check for check in self.checks}[name]

    def headline(self) -> str:
        """Return the number of passed checks in a line."""
        n = len(self.checks)
        return f"{n - len(self.failures)} of {n} checks passed, against {self.reference}"

    def facts(self) -> dict[str, object]:
        """Return the pool with the largest error, and the mass balances."""
        worst = max(self.errors, key=lambda pool: self.errors[pool])
        facts: dict[str, object] = {"largest error": f"{self.errors[worst]:.2g} ({worst})"}
        return facts | {f"mass balance of {balance.drug}": f"{balance.error:.2g}" for balance in self.balances}

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return self.as_dict()

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row per check."""
        import pandas as pd

        return pd.DataFrame([{**check.as_dict(), "passed": check.passed} for check in self.checks])

    @property
    def dataset(self) -> xr.Dataset:
        """Largest error of each pool against the reference, over ``pool``."""
        import xarray as xr

        about = {"long_name": "largest error against the reference", "units": "1"}
        errors = ("pool", list(self.errors.values()), about)
        return xr.Dataset({"error": errors}, {"pool": list(self.errors)}, {"reference": self.reference})

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        values = {
            "passed": self.passed,
            "reference": self.reference,
            "checks": {check.name: check.as_dict() for check in self.checks},
            "errors": dict(self.errors),
            "balances": {balance.drug: asdict(balance) for balance in self.balances},
        }
        return values | ({} if self.timing is None else {"timing": self.timing.as_dict()})
