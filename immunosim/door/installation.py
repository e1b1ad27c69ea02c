"""The installation as results: its examination, and the cache of compiled kernels."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunosim import diagnosis
from immunosim.diagnosis import Finding, Severity
from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from immunosim.diagnosis.kernel_cache import CacheEntry


@dataclass(frozen=True, eq=False, repr=False)
class InstallationCheck(Result):
    """What an examination of the installation found; iterating over it gives the findings.

    Attributes
    ----------
    findings : tuple of Finding
        The last one is that of the self-test.
    """

    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        """Iterate over the findings."""
        return iter(self.findings)

    @property
    def problems(self) -> tuple[Finding, ...]:
        """Findings with which simulations do not run or cannot be trusted."""
        return tuple(one for one in self.findings if one.state is Severity.PROBLEM)

    @property
    def is_healthy(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def headline(self) -> str:
        """Return in a line whether the installation works."""
        names = ", ".join(one.name for one in self.problems)
        return f"{len(self.findings)} checks, " + (f"problems: {names}" if names else "no problem")

    def facts(self) -> dict[str, object]:
        """Return what to do, by what was found."""
        return {one.name: one.cure for one in self.findings if one.cure}

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {"healthy": self.is_healthy, "findings": [asdict(one) for one in self.findings]}

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a finding."""
        import pandas as pd

        return pd.DataFrame([asdict(one) | {"state": str(one.state)} for one in self.findings])

    @property
    def dataset(self) -> xr.Dataset:
        """The findings over ``name``."""
        return self.to_dataframe().drop_duplicates("name").set_index("name").to_xarray()


def examine() -> InstallationCheck:
    """Check the installation: versions, machine, kernel cache, and a simulation with a known result."""
    return InstallationCheck(tuple(diagnosis.examine()))


@dataclass(frozen=True, eq=False, repr=False)
class KernelCache(Result):
    """The folder of compiled kernels, as it was when it was looked at.

    Attributes
    ----------
    path : Path
    entries : tuple of CacheEntry
        Each compared with its checksums; the latest first.
    """

    path: Path
    entries: tuple[CacheEntry, ...]

    @property
    def removable(self) -> tuple[CacheEntry, ...]:
        """Entries that this installation does not use."""
        from immunosim.diagnosis.kernel_cache import removable

        return tuple(removable(self.entries))

    def clear(self, everything: bool = False) -> tuple[CacheEntry, ...]:
        """Remove the entries that are not in use, or all; return those that are gone.

        What changed within the last minute stays, since another process may be compiling it; what is needed again is
        compiled again.
        """
        from immunosim.diagnosis.kernel_cache import clear

        return tuple(clear(self.entries if everything else self.removable))

    def without(self, removed: tuple[CacheEntry, ...]) -> KernelCache:
        """Return the cache without some entries."""
        return KernelCache(self.path, tuple(one for one in self.entries if one not in removed))

    def headline(self) -> str:
        """Return in a line how much there is."""
        return f"{len(self.entries)} entries, {sum(one.size for one in self.entries) / 1e6:.1f} MB, in {self.path}"

    def facts(self) -> dict[str, object]:
        """Return how many entries are in each state."""
        return dict(Counter(one.state for one in self.entries))

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {"place": str(self.path), "entries": [record_of(one) for one in self.entries]}

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row an entry."""
        import pandas as pd

        return pd.DataFrame([record_of(one) for one in self.entries])

    @property
    def dataset(self) -> xr.Dataset:
        """The entries over ``name``."""
        return self.to_dataframe().set_index("name").to_xarray()


def compiled_kernels() -> KernelCache:
    """Return the cache of compiled kernels of this user, each entry checked; ``clear()`` makes it smaller."""
    # Imported here: an examination goes on where the package that finds the folder is missing.
    from immunosim.codegen.store import cache_root
    from immunosim.diagnosis.kernel_cache import cache_entries

    return KernelCache(cache_root(), tuple(cache_entries()))


def record_of(entry: CacheEntry) -> dict[str, Any]:
    """Return an entry as plain values."""
    changed = datetime.datetime.fromtimestamp(entry.changed, datetime.UTC).isoformat(timespec="seconds")
    return {
        "name": entry.path.name,
        "state": entry.state,
        "reason": entry.reason,
        "bytes": entry.size,
        "changed": changed,
        "holds": entry.holds,
    }
