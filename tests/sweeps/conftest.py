"""Small scenarios to vary, plans of them, and what is found in a folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from immunosim.ensembles import Endpoint
from immunosim.errors import ImmunosimError
from immunosim.sweeps import (
    Base,
    Factor,
    Outputs,
    Plan,
    Recipe,
    RowPopulation,
    RunOptions,
    design_of,
    factor_of,
    read_base,
    read_varying,
    run_sweep,
)


@pytest.fixture(scope="session")
def base(configs) -> Base:
    """Return one course, followed for six months."""
    return read_base(configs / "one_course.toml", ["horizon=6 months"])


@pytest.fixture(scope="session")
def two_courses(configs) -> Base:
    """Return two courses a year apart, followed for 14 months."""
    return read_base(configs / "two_courses.toml", ["horizon=14 months"])


@pytest.fixture(scope="session")
def factor(base) -> Callable[..., Factor]:
    """Return what reads a factor as the command line gives it."""

    def read(text: str, of: Base = base) -> Factor:
        ((key, values),) = read_varying(of, [text]).items()
        return factor_of(of, key, values)

    return read


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """Return what calls a function that must raise one of our errors, and gives its message."""

    def call(function: Callable[..., object], *arguments: object, **named: object) -> str:
        with pytest.raises(ImmunosimError) as caught:
            function(*arguments, **named)
        return str(caught.value)

    return call


@pytest.fixture(scope="session")
def make_plan(base) -> Callable[..., Plan]:
    """Return what makes a plan from texts of factors."""

    def make(
        *varied: str,
        n: int = 100,
        seed: int = 0,
        kind: str = "sobol",
        of: Base = base,
        endpoints: tuple[str, ...] = ("nadir of cd4", "risk relapse_rate"),
        readouts: tuple[str, ...] = (),
        times: tuple[float, ...] = (),
        pools: bool = False,
    ) -> Plan:
        factors = tuple(factor_of(of, key, values) for key, values in read_varying(of, varied).items())
        outputs = Outputs(tuple(map(Endpoint.of, endpoints)), readouts, times, pools)
        return Plan(Recipe(RowPopulation(of, factors), outputs), design_of(kind, factors, n, seed))

    return make


@pytest.fixture(scope="session")
def small_plan(make_plan) -> Plan:
    """Return 100 patients who differ in a rate and in age."""
    return make_plan(
        "blood_lysis_rate=x0.5:x2:log", "age=20:60", readouts=("cd4", "lymphocytes"), times=(0.0, 30.0, 180.0)
    )


SMALL = RunOptions(n_threads=2, rows_per_block=16)
"""Seven blocks of the 100 patients."""


@pytest.fixture(scope="session")
def manner() -> RunOptions:
    """Return a manner that makes seven blocks of 100 patients."""
    return SMALL


@pytest.fixture(scope="session")
def whole_path(small_plan, manner, tmp_path_factory) -> Path:
    """Return the store of the uninterrupted run of the small plan; nothing may write into it."""
    path = tmp_path_factory.mktemp("whole") / "whole.zarr"
    run_sweep(small_plan, path, manner)
    return path
