"""How far something long has come: how many of how many, at what rate, and how long it will still take."""

import time

from immunosim.formatting import duration


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
