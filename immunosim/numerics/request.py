"""What is asked of every row: states, read-outs at times, and summaries taken along the way.

A read-out is any function of state, parameters and inputs that the kernels compute; it is named here by its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np


class Kind(IntEnum):
    """What a summary says of a read-out in its window, in time units of the boundaries."""

    MINIMUM = 0
    TIME_OF_MINIMUM = 1
    MAXIMUM = 2
    TIME_OF_MAXIMUM = 3
    AREA = 4
    MEAN = 5
    TIME_BELOW = 6
    TIME_ABOVE = 7
    FIRST_BELOW = 8
    FIRST_ABOVE = 9
    LAST_BELOW = 10
    LAST_ABOVE = 11


WITHOUT_THRESHOLD = frozenset(kind for kind in Kind if kind < Kind.TIME_BELOW)


@dataclass(frozen=True)
class Summary:
    """One number a row, taken from the whole course of a read-out and not from its output times.

    The course inside a step is the quartic through five of its states. A window is cut to the span of a row; a row that
    spans nothing of it has NaN, as has a first or last time that never comes. A read-out that is still below at the end
    of the window has this end as its last time below.

    Attributes
    ----------
    kind : Kind
    readout : int
        Place of the read-out.
    threshold : float
        For the kinds that compare, in the unit of the read-out.
    start, end : float
        Window.
    """

    kind: Kind
    readout: int
    threshold: float = np.nan
    start: float = -np.inf
    end: float = np.inf

    def __post_init__(self) -> None:
        """Refuse what cannot be computed.

        Raises
        ------
        ValueError
            If the kind is unknown, a threshold is missing or superfluous, or the window is empty.
        """
        object.__setattr__(self, "kind", Kind(self.kind))
        if self.readout < 0:
            raise ValueError(f"Summary.readout is {self.readout}, expected a place from 0 on")
        if (self.kind in WITHOUT_THRESHOLD) != bool(np.isnan(self.threshold)):
            need = "takes no threshold" if self.kind in WITHOUT_THRESHOLD else "needs a threshold"
            raise ValueError(f"Summary of kind {self.kind.name} {need}")
        if not self.start < self.end:
            raise ValueError(f"Summary: the window from {self.start} to {self.end} is empty")


@dataclass(frozen=True)
class Request:
    """What to report of every row.

    Attributes
    ----------
    states : bool
        All pools at the output times.
    readouts : sequence of int
        Places of the read-outs to report at the output times.
    summaries : sequence of Summary
    """

    states: bool = True
    readouts: Sequence[int] = ()
    summaries: Sequence[Summary] = ()

    @property
    def needs_readouts(self) -> bool:
        """Whether the kernels must be able to compute read-outs."""
        return bool(len(self.readouts) or len(self.summaries))

    @property
    def needs_times(self) -> bool:
        """Whether anything is reported at output times."""
        return bool(self.states or len(self.readouts))
