"""The problems by name; none is built before it is asked for."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.work import Work

PROBLEMS = ("default", "robertson", "hires", "pharmacokinetics")


def build_work(name: str, n_rows: int, announce: Callable[[str], Any]) -> Work:
    """Return the ensemble of a problem: the same rows for the same number of them.

    Parameters
    ----------
    name : str
        One of ``PROBLEMS``.
    n_rows : int
    announce : callable
        Receives a sentence before a slow step.
    """
    work: Work = import_module(f"benchmarks.problems.{name}").build(n_rows, announce)
    return work
