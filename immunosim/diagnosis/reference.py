"""A reference ensemble whose every bit is known: whether this machine computes what others have computed.

Bits depend on whether the processor multiplies and adds in one rounding (FMA) and on the version of LLVM, not on vector
width, threads or order. Where a digest is known for this class of machine the bits must be the same; everywhere the
values must agree to ``LIMIT``. The patients need no exponential or power, which C libraries round differently.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array, load_model
from immunosim.errors import DataError
from immunosim.models import load_parameters
from immunosim.numerics import Status, solve_ensemble
from immunosim.problem import Problem, prepare
from immunosim.scenario import build_scenario

LIMIT = 1e-12
"""Largest difference that passes, relative to the value and a thousandth of its pool's scale (measured: 1e-14)."""

FLOOR = 1e-3

AGE, WEIGHT = 34.0, 70.0
"""The ages and the weight at which every exponential and power of the model's constants is that of zero or one."""

FACTORS = (1.0, 0.5, 2.0, 0.75, 1.5, 0.25, 1.25, 3.0)
"""By how much the patients differ from the first, one a patient, in each of ``VARIED``."""

VARIED = ("blood_lysis_rate", "tissue_lysis_rate", "clone_il7_boost")

TIMES = (1.0, 5.0, 30.0, 90.0)

REGIMEN: Mapping[str, Any] = {
    "horizon": "90 days",
    "patient": {"age": AGE, "weight": f"{WEIGHT} kg"},
    "course": [{"start": "0 days", "dose": "12 mg", "doses": 3, "every": "24 h", "premedication": True}],
    "prednisolone": [{"start": "40 days", "dose": "50 mg", "doses": 3, "every": "24 h"}],
    "output": {"visits_only": True, "extra": [f"{day:g} days" for day in TIMES]},
}
CONSTANTS = {
    "reference_age": AGE,
    "thymus_reference_age": AGE,
    "reference_weight": WEIGHT,
    "thyroid_liability": 0.0,
}


@dataclass(frozen=True)
class ReferenceTest:
    """How the reference ensemble came out here.

    Attributes
    ----------
    machine : str
        Class of the processor and version of LLVM.
    digest : str
        SHA-256 of the states, 64 hexadecimal digits.
    expected : str
        That of this class of machine; empty where none is known.
    difference : float
        Largest difference from the reference values; NaN where a patient failed.
    """

    machine: str
    digest: str
    expected: str
    difference: float

    @property
    def has_same_bits(self) -> bool:
        """Whether the bits are those that are known for this class of machine."""
        return self.digest == self.expected

    @property
    def passed(self) -> bool:
        """Whether the values agree, and the bits where they are known."""
        return self.difference <= LIMIT and (not self.expected or self.has_same_bits)

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        if self.has_same_bits:
            bits = "same bits as the reference"
        elif self.expected:
            bits = "NOT the bits that are known for this class of machine"
        else:
            bits = "no digest is known for this class of machine"
        return f"{bits} ({self.machine}), values within {self.difference:.1e} (limit {LIMIT:.0e})"


def reference_test() -> ReferenceTest:
    """Solve the reference ensemble and compare it with what is shipped.

    Raises
    ------
    ImmunosimError
        If the kernels cannot be made, or the shipped reference cannot be read.
    """
    states, shipped, machine = solved_reference(), shipped_reference(), machine_class()
    expected = np.array(shipped["states"])
    scales = load_model(load_parameters().units()).scales
    difference = np.abs(states - expected) / (np.abs(expected) + FLOOR * scales)
    return ReferenceTest(machine, digest_of(states), shipped["digests"].get(machine, ""), float(difference.max()))


def solved_reference(order: Sequence[int] = range(len(FACTORS)), n_threads: int = 1) -> Array:
    """Return the states of the reference ensemble, shape (n_patients, n_times, n_pools); NaN where one failed.

    Parameters
    ----------
    order : sequence of int
        Places of the patients, in the order in which they are solved and returned.
    n_threads : int
    """
    problems = [_patient(FACTORS[place]) for place in order]
    first = problems[0]
    found = solve_ensemble(
        first.model.ensemble_kernels,
        np.array([problem.initial_state for problem in problems]),
        np.array([problem.vector for problem in problems]),
        first.segments,
        np.array(TIMES),
        first.options,
        n_threads=n_threads,
    )
    states: Array = np.where((found.status == Status.OK)[:, np.newaxis, np.newaxis], found.states, np.nan)
    return states


def digest_of(states: Array) -> str:
    """Return the SHA-256 of numbers, little-endian."""
    return hashlib.sha256(np.ascontiguousarray(states, "<f8").tobytes()).hexdigest()


@cache
def machine_class() -> str:
    """Return what the bits of a result depend on: architecture, FMA, and the version of LLVM."""
    from llvmlite import binding

    architecture = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    has_fma = architecture == "aarch64" or bool(binding.get_host_cpu_features().get("fma"))
    version = ".".join(map(str, binding.llvm_version_info[:2]))
    return f"{architecture} {'with' if has_fma else 'without'} FMA, LLVM {version}"


def shipped_reference() -> dict[str, Any]:
    """Return the shipped digests by class of machine, and the states.

    Raises
    ------
    DataError
        If they cannot be read.
    """
    file = resources.files("immunosim.diagnosis") / "reference.json"
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        is_whole = np.array(found["states"], np.float64).shape[:2] == (len(FACTORS), len(TIMES))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"cannot be read ({error})", file=str(file), cure="install immunosim again") from error
    if not is_whole or not isinstance(found.get("digests"), dict):
        raise DataError("is not a reference", file=str(file), cure="install immunosim again")
    return found


def _patient(factor: float) -> Problem:
    problem = prepare(build_scenario({**REGIMEN, "parameters": CONSTANTS}), "reference ensemble")
    values = {name: factor * problem.parameters.value(name) for name in VARIED}
    return prepare(build_scenario({**REGIMEN, "parameters": {**CONSTANTS, **values}}), "reference ensemble")
