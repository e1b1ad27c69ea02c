"""The records of an attribution: a change of a read-out and the contributions that sum to it.

Plain records over arrays. Knows no solver and no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.codegen.loader import Array
from immunosim.errors import ImmunosimError
from immunosim.model.readout_info import ReadoutInfo
from immunosim.result import Result
from immunosim.scenario.regimen import start_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from immunosim.scenario import Scenario


class ExplanationError(ImmunosimError):
    """A question that the simulation cannot answer: an unknown read-out, or a time outside the simulated time."""


@dataclass(frozen=True, eq=False)
class Contribution:
    """The contribution of a process, or of a group of processes, to a read-out.

    Attributes
    ----------
    name : str
        Name of the process, of another term ("exchange", "dose_of_<pool>"), or of the mechanism for a subtotal.
    label : str
        The same in words.
    mechanism : str
        Name of the mechanism.
    value : float
        Contribution over the whole interval, in the unit of the read-out.
    series : ndarray, shape (n_times,)
        Cumulative contribution at the times of the explanation.
    """

    name: str
    label: str
    mechanism: str
    value: float
    series: Array


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Result):
    """A change of a read-out between two times as a sum of contributions.

    Attributes
    ----------
    readout, label, unit : str
        Name of the read-out or pool, the same in words, and its unit.
    since, at : float, day
        The interval; a value at the time of a dose is the one just before it.
    before, after : float
        The read-out at its ends.
    times : ndarray, shape (n_times,), day
        The ends and the reporting times between them.
    values : ndarray, shape (n_times,)
        The read-out at these times.
    contributions : tuple of Contribution
        Largest first; terms without effect on the read-out are left out.
    residual : float
        Change not accounted for by the contributions.
    residual_series : ndarray, shape (n_times,)
        The same at each time.
    tolerance : float
        Largest residual of an explanation that is closed.
    mechanisms : Mapping[str, str]
        Label of every mechanism by name.
    is_direct, is_gross : bool
        Whether exchange is attributed to single processes, and whether untreated flows are included.
    info : ReadoutInfo
        How to show the read-out.
    scenario : Scenario, optional
        The simulated scenario, for the title and the treatments of a figure.
    """

    readout: str
    label: str
    unit: str
    since: float
    at: float
    before: float
    after: float
    times: Array
    values: Array
    contributions: tuple[Contribution, ...]
    residual: float
    residual_series: Array
    tolerance: float
    mechanisms: Mapping[str, str]
    is_direct: bool
    is_gross: bool
    info: ReadoutInfo = field(default_factory=ReadoutInfo)
    scenario: Scenario | None = None

    @property
    def change(self) -> float:
        """The change to be explained."""
        return self.after - self.before

    @property
    def is_from_start(self) -> bool:
        """Whether the accounting starts with the simulation, in the untreated state."""
        return self.scenario is not None and self.since == start_of(self.scenario)

    @property
    def is_closed(self) -> bool:
        """Whether the residual is within the tolerance at every time."""
        return bool((np.abs(self.residual_series) <= self.tolerance).all())

    def headline(self) -> str:
        """Return the change in a line."""
        values = f"from {self.before:.4g} to {self.after:.4g} {'' if self.unit == '1' else self.unit}".strip()
        return f"{self.label} {values}, day {self.since:g} to {self.at:g}, {len(self.contributions)} contributions"

    def facts(self) -> dict[str, object]:
        """Return the change and the residual."""
        return {"change": self.change, "not accounted for": self.residual, "closed": self.is_closed}

    def summary(self) -> dict[str, Any]:
        """Return everything but the courses over time as plain data."""
        from immunosim.attribution.export import as_dict

        return as_dict(self)

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row per contribution, in the unit of the read-out, the largest first."""
        import pandas as pd

        rows = [
            (
                contribution.name,
                contribution.label,
                contribution.mechanism,
                contribution.value,
                self.share(contribution),
            )
            for contribution in self.contributions
        ]
        return pd.DataFrame(rows, columns=["process", "label", "mechanism", "contribution", "share_of_change"])

    @property
    def dataset(self) -> xr.Dataset:
        """The read-out, the cumulative contributions over ``process``, and the residual, over ``time`` [day]."""
        import xarray as xr

        about = {"units": self.unit, "long_name": self.label}
        parts = np.array([contribution.series for contribution in self.contributions]).reshape(-1, self.times.size)
        variables = {
            self.readout: ("time", self.values, about),
            "contribution": (("process", "time"), parts, {"units": self.unit, "long_name": "contribution so far"}),
            "residual": ("time", self.residual_series, {"units": self.unit, "long_name": "not accounted for"}),
        }
        time = ("time", self.times, {"units": "day", "long_name": "time since day 0"})
        return xr.Dataset(
            variables, {"time": time, "process": [contribution.name for contribution in self.contributions]}
        )

    def by_mechanism(self) -> tuple[Contribution, ...]:
        """Return the subtotals of the mechanisms, largest first."""
        groups: dict[str, list[Contribution]] = {}
        for item in self.contributions:
            groups.setdefault(item.mechanism, []).append(item)
        totals = (total(group, name, self.mechanisms[name], name) for name, group in groups.items())
        return largest_first(totals)

    def shortened(self, n: int) -> tuple[Contribution, ...]:
        """Return the `n` largest contributions; the others follow as one, "k others"."""
        others = self.contributions[n:]
        if len(others) < 2:
            return self.contributions
        return (*self.contributions[:n], total(others, "others", f"{len(others)} others", ""))

    def share(self, contribution: Contribution) -> float | None:
        """Return a contribution as a fraction of the change; None where that is a small difference of large terms.

        The fractions of all contributions sum to one.
        """
        moved = sum(abs(item.value) for item in self.contributions)
        return contribution.value / self.change if abs(self.change) > NEGLIGIBLE_CHANGE * moved else None


NEGLIGIBLE_CHANGE = 0.01
"""Smallest change, relative to the sum of the sizes of its terms, for which fractions are given."""


def total(items: Iterable[Contribution], name: str, label: str, mechanism: str) -> Contribution:
    """Return the sum of contributions, at least one, under a name."""
    first, *rest = items
    value, series = first.value, first.series
    for item in rest:
        value, series = value + item.value, series + item.series
    return replace(first, name=name, label=label, mechanism=mechanism, value=value, series=series)


def largest_first(items: Iterable[Contribution]) -> tuple[Contribution, ...]:
    """Return contributions in the order of their size at the end of the interval."""
    return tuple(sorted(items, key=lambda item: -abs(item.value)))
