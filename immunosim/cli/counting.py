"""How far something long has come: how many of how many, at what rate, and how long it will still take."""

import time


class Count:
    """A count that grows to a known number.

    Parameters
    ----------
    of : int
        The number to reach.
    what : str
        Such as "patients".
    """

    def __init__(self, of: int, what: str) -> None:
        self.of, self.what = of, what
        self.done, self.failed = 0, 0
        self.since = time.monotonic()

    def add(self, n: int, failed: int) -> str:
        """Count more, and return in words how far it is."""
        self.done, self.failed = self.done + n, self.failed + failed
        elapsed = max(time.monotonic() - self.since, 1e-9)
        rate = self.done / elapsed
        left = duration((self.of - self.done) / rate) if rate else "?"
        failures = f", {self.failed:,} failed" if self.failed else ""
        return f"{self.done:,} of {self.of:,} {self.what}, {rate:,.0f} a second, {left} left{failures}"


def duration(seconds: float) -> str:
    """Return a time as a person says it: ``8 s``, ``4 min 40 s``, ``3 h 5 min``, ``2 days 4 h``."""
    whole = round(seconds)
    for size, unit, smaller, small_unit in ((86400, "days", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            name = "day" if unit == "days" and whole // size == 1 else unit
            return f"{whole // size} {name} {rest} {small_unit}" if rest else f"{whole // size} {name}"
    return f"{whole} s" if seconds >= 1 else f"{seconds:.1f} s"


def size(n_bytes: float) -> str:
    """Return a size as a person says it: ``620 kB``, ``62 MB``, ``1.3 GB``."""
    for factor, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.3g} {unit}"
    return f"{n_bytes / 1e3:.3g} kB"
