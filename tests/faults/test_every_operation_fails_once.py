"""Whatever operation on a file fails or is cut short: one of our errors or the right result, and nothing half."""

import contextlib
import gc
import itertools
import os
import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faults.layer import ERRORS, PowerCut, failing
from faults.operations import Operation, operations

from immunosim.errors import ImmunosimError

SOME = 3
"""Operations of each kind that fail in the fast run, spread over all."""

OPERATIONS = operations()
SLOW = ("an ensemble", "an ensemble that is read")
SWEEPS = ("a sweep in a store", "a sweep in a file", "a sweep that is gone on with")
"""The first is a part of the second, so that the fast run leaves it out."""


def interrupted(operation: Operation, folder: Path, wanted: Any, n: int, error: int, is_cut: bool) -> None:
    """Let the n-th file operation fail, and assert what must hold then and after a second time."""
    folder.mkdir()
    operation.prepare(folder)
    refusal, found = None, None
    with failing(folder, n, error, is_cut) as layer:
        try:
            found = operation.act(folder)
        except ImmunosimError as caught:
            refusal = str(caught)
    where = f"operation {n}, {layer.log[n - 1]}, {os.strerror(error)}{', cut short' if is_cut else ''}"
    operation.sound(folder)
    if refusal is None:
        assert operation.outcome(folder, found) == wanted, where
    else:
        assert 20 < len(refusal) < 2000, where
    found = operation.repeat(folder)
    assert operation.outcome(folder, found) == wanted, where


def cut_off(operation: Operation, folder: Path, wanted: Any, n: int) -> None:
    """Cut the power at the n-th file operation, and assert what must hold then and after a second time."""
    folder.mkdir()
    operation.prepare(folder)
    with failing(folder, n, is_last=True) as layer, contextlib.suppress(PowerCut):
        operation.act(folder)
    layer.lose_power()
    where = f"power cut at operation {n}, after {layer.log[-1]}"
    operation.sound(folder)
    found = operation.repeat(folder)
    assert operation.outcome(folder, found) == wanted, where


EVERY_WAY = [(error, is_cut) for error in ERRORS for is_cut in (False, True)]


def clean(operation: Operation, folder: Path) -> tuple[Any, int]:
    """Return what comes of an operation that is left alone, and how many file operations it takes."""
    folder.mkdir()
    operation.prepare(folder)
    with failing(folder) as layer:
        found = operation.act(folder)
    return operation.outcome(folder, found), len(layer.log)


Check = Callable[[Operation, str], None]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Return what lets file operations fail one after another.

    "some", a "third" that differs from run to run, "each" in one of the ways, or each in "all" of them.
    """

    def run(operation: Operation, which: str) -> None:
        with warnings.catch_warnings():  # Zarr leaves what it was about to write where it was
            warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
            fail_and_cut(operation, which)
            gc.collect()

    def fail_and_cut(operation: Operation, which: str) -> None:
        wanted, n = clean(operation, tmp_path / "clean")
        assert n > 0
        first = random.SystemRandom().randint(1, 3)
        spread = sorted({1 + k * (n - 1) // (SOME - 1) for k in range(SOME)})
        chosen = {"some": spread, "third": range(first, n + 1, 3)}.get(which, range(1, n + 1))
        ways = itertools.cycle(EVERY_WAY)
        for k in chosen:
            for error, is_cut in EVERY_WAY if which == "all" else [next(ways)]:
                if operation.is_checked or not is_cut:
                    interrupted(operation, tmp_path / f"{k}-{error}-{is_cut}", wanted, k, error, is_cut)
            cut_off(operation, tmp_path / f"{k}-off", wanted, k)
        cut_off(operation, tmp_path / "after-off", wanted, n + 1)  # when all seems to be done

    return run


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_failure_ends_in_a_sentence_or_the_right_result(name: str, check: Check) -> None:
    check(OPERATIONS[name], "some" if name in SLOW else "each")


@pytest.mark.slow
@pytest.mark.parametrize("name", OPERATIONS)
def test_each_failure_in_every_way_ends_in_a_sentence_or_the_right_result(name: str, check: Check) -> None:
    check(OPERATIONS[name], "all")


@pytest.mark.parametrize("name", SWEEPS[1:])
def test_some_failures_of_a_sweep_end_in_a_sentence_or_the_right_result(
    name: str, sweep_operations: dict[str, Operation], check: Check
) -> None:
    check(sweep_operations[name], "some")


@pytest.mark.slow
@pytest.mark.parametrize("name", SWEEPS)
def test_a_third_of_all_failures_of_a_sweep_end_in_a_sentence_or_the_right_result(
    name: str, sweep_operations: dict[str, Operation], check: Check
) -> None:
    check(sweep_operations[name], "third")
