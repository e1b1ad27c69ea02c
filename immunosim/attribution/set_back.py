"""Which differing key of two scenarios makes a read-out differ: each is set back, in both scenarios, one at a time.

With r the read-out, A the reference, B the other and k a key:

    difference            d   = r(B) - r(A)                                                   (C4)
    B with k of A         1 - (r(B with k of A) - r(A)) / d    is the share that k takes away  (C5)
    A with k of B         (r(A with k of B) - r(A)) / d        is the share that k brings      (C6)

Every run is a simulation of its own. Shares of several keys need not add up to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from immunosim.attribution.comparison import Comparison, check_readouts
from immunosim.attribution.counterfactuals import RESOLUTION
from immunosim.attribution.difference_causes import DifferenceCauses, KeySetBack
from immunosim.attribution.scenario_differences import InputDifference, input_differences, with_keys_of
from immunosim.attribution.together import courses_of
from immunosim.codegen.loader import Array
from immunosim.errors import ImmunosimError
from immunosim.problem import Problem, prepare

NOT_SET_BACK = ("horizon",)
"""Keys that change no value in the common time."""


def set_back(
    comparison: Comparison, i: int, readouts: Sequence[str], at: Sequence[float] = ()
) -> tuple[DifferenceCauses, ...]:
    """Set the differing keys of a scenario and the reference back, one at a time, and compare read-outs.

    Parameters
    ----------
    comparison : Comparison
    i : int
        Position of the scenario.
    readouts : sequence of str
    at : sequence of float, day
        Times of the question; by default that of the largest difference of each read-out.

    Returns
    -------
    tuple of DifferenceCauses
        For each read-out and time. A run that fails is counted and named in its ``failures``.

    Raises
    ------
    ComparisonError
        If a read-out is unknown, or the time lies outside the compared ones.
    """
    check_readouts(comparison, readouts)
    pair = (comparison.trajectories[0].problem, comparison.trajectories[i].problem)
    groups = list(_grouped(input_differences(pair)))
    runs, failures = _solved(groups, pair, readouts, comparison)
    asked = {name: at or [comparison.largest(i, name).time] for name in readouts}
    return tuple(
        _causes(comparison, i, name, time, groups, runs, failures) for name in readouts for time in asked[name]
    )


KeyGroup = tuple[str, tuple[str, str], tuple[str, ...]]
"""Name, values as text, and keys that are set back together."""


def _grouped(differences: Iterable[InputDifference]) -> Iterator[KeyGroup]:
    """Yield each key, then each table of which several keys differ."""
    tables: dict[str, list[str]] = {}
    for difference in differences:
        if difference.key in NOT_SET_BACK:
            continue
        reference, other = difference.values
        yield difference.key, (reference, other), (difference.key,)
        tables.setdefault(difference.key.partition(".")[0], []).append(difference.key)
    several = {table: keys for table, keys in tables.items() if len(keys) > 1}
    if len(tables) > 1:
        yield from ((table, ("", f"{len(keys)} keys"), tuple(keys)) for table, keys in several.items())


Runs = dict[tuple[str, bool], dict[str, Array]]
"""Courses by name of a group, and whether the scenario has the keys of the reference or the other way round."""


def _solved(
    groups: Sequence[KeyGroup], pair: tuple[Problem, Problem], readouts: Sequence[str], comparison: Comparison
) -> tuple[Runs, dict[str, str]]:
    reference, other = (problem.scenario for problem in pair)
    problems: dict[tuple[str, bool], Problem] = {}
    failures: dict[str, str] = {}
    for name, _, keys in groups:
        for is_back, (changed, source) in ((True, (other, reference)), (False, (reference, other))):
            try:
                problems[name, is_back] = prepare(with_keys_of(changed, source, keys))
            except ImmunosimError as error:
                failures[_run_text(name, is_back)] = str(error)
    runs: Runs = {}
    for (name, is_back), course in zip(
        problems, courses_of(list(problems.values()), readouts, comparison.times), strict=True
    ):
        if isinstance(course, str):
            failures[_run_text(name, is_back)] = course
        else:
            runs[name, is_back] = course
    return runs, failures


def _causes(
    comparison: Comparison,
    i: int,
    readout: str,
    at: float,
    groups: Sequence[KeyGroup],
    runs: Runs,
    failures: Mapping[str, str],
) -> DifferenceCauses:
    label, unit = comparison.describe(readout)
    index = comparison.place(at)
    a, b = comparison.values(0, readout), comparison.values(i, readout)
    nothing = np.full(comparison.times.size, np.nan)
    keys = []
    for name, values, together in groups:
        back, brought = (runs.get((name, is_back), {}).get(readout, nothing) for is_back in (True, False))
        difference = float(b[index] - a[index]) or np.nan
        taken_away, share_brought = (
            float((b - back)[index]) / difference,
            float((brought - a)[index]) / difference,
        )
        keys.append(KeySetBack(name, values, back, brought, taken_away, share_brought, len(together) > 1))
    return DifferenceCauses(
        reference=comparison.names[0],
        name=comparison.names[i],
        readout=readout,
        label=label,
        unit=unit,
        at=float(comparison.times[index]),
        times=comparison.times,
        reference_values=a,
        values=b,
        threshold=max(comparison.noise(i, readout), RESOLUTION * float(max(abs(a[index]), abs(b[index])))),
        keys=tuple(sorted(keys, key=lambda key: -key.size)),
        failures=failures,
        n_runs=2 * len(groups),
        info=comparison.trajectories[0].problem.model.about(readout),
        comparison=comparison,
    )


def _run_text(name: str, is_back: bool) -> str:
    return f"{name} set back" if is_back else f"the reference with {name}"
