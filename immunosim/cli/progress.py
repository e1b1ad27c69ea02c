"""What is being done and for how long: a spinner on a terminal, plain lines otherwise; silent for two seconds.

Writes to standard error only. Knows nothing of simulations.
"""

import math
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from immunosim.cli.counting import Count
from immunosim.cli.printing import say
from immunosim.safe_text import one_line

PATIENCE = 2.0
"""Seconds after which a user wants to know that something is going on."""

PLAIN_INTERVAL = 15.0
"""Seconds between two lines where there is no terminal."""

SPINNER = "|/-\\"


class Progress:
    """What a verb is doing at the moment.

    Parameters
    ----------
    task : str
        The first thing to be done, such as "Simulating".
    """

    def __init__(self, task: str) -> None:
        self.begin(task)

    def begin(self, task: str, is_told: bool = False) -> None:
        """Note what is done from now on, and whether the user has been told; it is shown where it takes long."""
        self.task, self.since = task, time.monotonic()
        self.told = 0.0 if is_told else -math.inf
        self.detail = ""

    def announce(self, sentence: str) -> None:
        """Print a sentence at once, and count the time from it; a remark, which ends in a full stop, begins no step."""
        _clear()
        say(sentence)
        if sentence.endswith("."):
            return
        self.begin(re.split(r"[,(:]", sentence)[0].strip(), is_told=True)

    def counting(self, of: int, afterwards: str) -> Callable[[int, int], None]:
        """Return what is told how many more patients are done and failed; after the last another step begins."""
        patients = Count(of, "patients")

        def report(done: int, failed: int) -> None:
            self.detail = patients.add(done, failed)
            if patients.done == patients.of:
                self.begin(afterwards)

        return report

    def line(self, seconds: float) -> str:
        """Return what is done and how far it is, or for how long it has been done [s]."""
        return f"{self.task}: {self.detail}" if self.detail else f"{self.task} ({seconds:.0f} s)"


@contextmanager
def progress(task: str) -> Iterator[Progress]:
    """Show what is being done while the block runs.

    Parameters
    ----------
    task : str
        The first thing to be done.
    """
    shown, ended = Progress(task), threading.Event()
    watcher = threading.Thread(target=_watch, args=(shown, ended), daemon=True)
    watcher.start()
    try:
        yield shown
    finally:
        ended.set()
        watcher.join()
        _clear()


def _watch(shown: Progress, ended: threading.Event) -> None:
    is_terminal = sys.stderr.isatty()
    for turn in count():
        if ended.wait(0.2 if is_terminal else 0.5):
            return
        seconds = time.monotonic() - shown.since
        if seconds < PATIENCE:
            continue
        if is_terminal:
            sys.stderr.write(f"\r{SPINNER[turn % len(SPINNER)]} {one_line(shown.line(seconds))}\x1b[K")
            sys.stderr.flush()
        elif seconds - shown.told >= PLAIN_INTERVAL:
            shown.told = seconds
            say(shown.line(seconds))


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
