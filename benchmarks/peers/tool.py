"""What a tool's module looks like to the command."""

import importlib
import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.work import Array, Work

Run = Callable[[float, int], Array]
"""``run(rtol, n_rows)`` solves the first rows and returns their states, shape (n_rows, n_times, n_pools).

A row that the tool could not finish, or that it says it could not, is NaN throughout.
"""


@dataclass(frozen=True)
class Tool:
    """A way to solve the work.

    Attributes
    ----------
    name, label : str
    module : str
        Module of this package whose ``prepare(work, **options)`` returns a ``Run``; it imports the tool only then. What
        can be done once is done there or at the first call of the ``Run``, and not timed.
    distribution : str
        What must be installed, "" for nothing.
    options : dict
    waits_for : str
        What the project itself lacks to use the tool, "" for nothing.
    compiles_long : bool
        Whether a quick run leaves it out unless it is named.
    least_rtol : float
        Relative tolerance below which it is not to be used: a scenario is refused too.
    """

    name: str
    label: str
    module: str
    distribution: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    waits_for: str = ""
    compiles_long: bool = False
    least_rtol: float = 0.0

    @property
    def absence(self) -> str:
        """Return why the tool cannot be used here, "" if it can."""
        if self.distribution and self.version == "":
            return f"not present: {self.distribution} is not installed"
        return self.waits_for

    @property
    def version(self) -> str:
        """Return the installed version, "" if there is none."""
        try:
            return importlib.metadata.version(self.distribution or "immunosim")
        except importlib.metadata.PackageNotFoundError:
            return ""

    def prepare(self, work: Work) -> Run:
        """Return what solves rows of the work."""
        run: Run = importlib.import_module(f"benchmarks.peers.{self.module}").prepare(work, **self.options)
        return run
