"""Which differing key of two scenarios makes a read-out differ: each is set back, in both scenarios, one at a time.

With r the read-out, A the reference, B the other and k a key:

    difference            d   = r(B) - r(A)                                                   (C4)
    B with k of A         1 - (r(B with k of A) - r(A)) / d    is the share that k takes away  (C5)
    A with k of B         (r(A with k of B) - r(A)) / d        is the share that k brings      (C6)

Every run is a simulation of its own. Shares of several keys need not add up to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.attribution.comparison import Comparison, check_readouts
from immunosim.attribution.counterfactuals import RESOLUTION
from immunosim.attribution.effects import LEAST
from immunosim.attribution.scenario_differences import ABSENT, InputDifference, input_differences, with_keys_of
from immunosim.attribution.together import courses_of
from immunosim.codegen.loader import Array
from immunosim.errors import ImmunosimError
from immunosim.formatting import number, quantity
from immunosim.model.readout_info import ReadoutInfo
from immunosim.problem import Problem, prepare
from immunosim.result import Result
from immunosim.safe_text import csv_text
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    import pandas as pd

MOST_NAMED = 3
"""Keys that a sentence names."""

NOT_SET_BACK = ("horizon",)
"""Keys that change no value in the common time."""

COLUMNS = (
    *("readout", "unit", "day", "reference", "scenario", "key", "reference_key_value", "key_value"),
    *("reference_value", "value", "with_key_of_reference", "reference_with_key", "share_taken_away", "share_brought"),
)


@dataclass(frozen=True, eq=False)
class KeySetBack:
    """What a key of two scenarios does to the difference of a read-out.

    Attributes
    ----------
    key : str
        As ``--set`` takes it, or the name of a table of which several keys differ.
    values : tuple of str
        Its value in the reference and in the other scenario, as text.
    back, brought : ndarray, shape (n_times,)
        The read-out of the other scenario with the key of the reference, and of the reference with the key of the
        other; NaN where the run failed.
    taken_away, share_brought : float
        Shares (C5) and (C6) of the difference, at the time of the question.
    is_table : bool
        Whether it is all keys of a table that differ.
    """

    key: str
    values: tuple[str, str]
    back: Array
    brought: Array
    taken_away: float
    share_brought: float
    is_table: bool = False

    def text(self, reference: str) -> str:
        """Return in words what the other scenario gets from the reference."""
        theirs, others = self.values
        if self.is_table:
            return f"with {others} of {self.key} of {reference}"
        if theirs == ABSENT:
            return f"without {self.key}"
        return (
            f"with {self.key} of {reference}" if others == ABSENT else f"with {self.key} {theirs} instead of {others}"
        )

    @property
    def size(self) -> float:
        """The larger of the two shares, regardless of sign."""
        return float(np.nanmax(np.abs([self.taken_away, self.share_brought, 0.0])))


@dataclass(frozen=True, eq=False, repr=False)
class DifferenceCauses(Result):
    """Which keys make a read-out differ between a scenario and the reference.

    Attributes
    ----------
    reference, name : str
        Names of the scenarios.
    readout, label, unit : str
    at : float, day
    times, reference_values, values : ndarray, shape (n_times,)
    threshold : float
        Differences up to this are nothing.
    keys : tuple of KeySetBack
        Largest share first.
    failures : mapping of str to str
        Runs that failed, and why.
    n_runs : int
    info : ReadoutInfo
    comparison : Comparison
    """

    reference: str
    name: str
    readout: str
    label: str
    unit: str
    at: float
    times: Array
    reference_values: Array
    values: Array
    threshold: float
    keys: tuple[KeySetBack, ...]
    failures: Mapping[str, str]
    n_runs: int
    info: ReadoutInfo
    comparison: Comparison = field(repr=False)

    @property
    def place(self) -> int:
        """Position of the time of the question."""
        return int(np.argmin(np.abs(self.times - self.at)))

    @property
    def difference(self) -> float:
        """The scenario minus the reference, at the time of the question."""
        return float(self.values[self.place] - self.reference_values[self.place])

    @property
    def notable(self) -> tuple[KeySetBack, ...]:
        """Keys that move the read-out by more than nothing, in either direction."""
        least = self.threshold / abs(self.difference) if self.difference else np.inf
        return tuple(key for key in self.keys if key.size > least) if abs(self.difference) > self.threshold else ()

    def sentence(self) -> str:
        """Return in a sentence which keys make the difference."""
        a, b = self.reference_values[self.place], self.values[self.place]
        months = f"month {self.at / DAYS_PER_MONTH:.3g}" if abs(self.at) > DAYS_PER_MONTH else f"day {self.at:.3g}"
        head = f"{self.label[:1].upper()}{self.label[1:]} at {months} is"
        if abs(self.difference) <= self.threshold:
            return f"{head} {self._amount(a)} in {self.reference} and in {self.name}."
        text = f"{head} {self._written(a)} in {self.reference}, {self._amount(b)} in {self.name}"
        named = [f"{self._written(key.back[self.place])} {key.text(self.reference)}" for key in self.moving]
        return f"{text}; {self.name} would have {', '.join(named)}." if named else f"{text}."

    @property
    def moving(self) -> tuple[KeySetBack, ...]:
        """The keys that a sentence and a figure name: single ones, or the tables where no single key matters."""
        keys = [key for key in self.notable if key.taken_away >= LEAST]
        single = [key for key in keys if not key.is_table]
        return tuple((single or keys)[:MOST_NAMED])

    def sentences(self) -> list[str]:
        """Return the answer, and what limits it."""
        lines = [self.sentence()]
        single = [key.taken_away for key in self.notable if not key.is_table]
        total = float(np.nansum(single))
        if len(single) > 1 and abs(total - 1.0) > LEAST:
            lines.append(f"The shares of the single keys add up to {100.0 * total:.0f} %: the keys act on one another.")
        if self.failures:
            reasons = "; ".join(f"{name}: {why}" for name, why in self.failures.items())
            lines.append(f"{len(self.failures)} of {self.n_runs} simulations failed and are left out ({reasons}).")
        return lines

    def headline(self) -> str:
        """Return in a sentence which keys make the difference."""
        return self.sentence()

    def facts(self) -> dict[str, object]:
        """Return the difference and the number of runs."""
        facts: dict[str, object] = {"difference": self.difference, "differences are nothing up to": self.threshold}
        return facts | {"simulations": self.n_runs, **self.failures}

    def summary(self) -> dict[str, Any]:
        """Return the sentence and each key that matters, as plain data."""
        about = {"sentence": self.sentence(), "sentences": self.sentences(), "label": self.label}
        keys = [dict(zip(COLUMNS, row, strict=True)) for row in self.rows()]
        described = {"readout": self.readout, "unit": self.unit, "at_day": self.at, "threshold": self.threshold}
        runs = {"simulations": self.n_runs, "failures": dict(self.failures)}
        return about | described | {"reference": self.reference, "scenario": self.name, "keys": keys} | runs

    def to_dataframe(self) -> pd.DataFrame:
        """Return a row for each key that matters, in the unit of the read-out."""
        import pandas as pd

        return pd.DataFrame(self.rows(), columns=list(COLUMNS))

    def rows(self) -> list[tuple[object, ...]]:
        """Return a row for each key that matters, as ``COLUMNS``."""
        i = self.place
        shared = (self.readout, self.unit, self.at, self.reference, self.name)
        ends = (float(self.reference_values[i]), float(self.values[i]))
        return [
            (
                *shared,
                key.key,
                *key.values,
                *ends,
                *(_number(value) for value in (key.back[i], key.brought[i], key.taken_away, key.share_brought)),
            )
            for key in self.notable
        ]

    def _written(self, value: float) -> str:
        return number(value) if abs(value) > self.info.unseen_below else "0"

    def _amount(self, value: float) -> str:
        return quantity(value, self.unit).replace(number(value), self._written(value), 1).strip()


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


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def causes_csv(causes: Sequence[DifferenceCauses]) -> str:
    """Return every key that matters to a difference, one per row."""
    return csv_text([COLUMNS, *(row for cause in causes for row in cause.rows())])
