"""An atlas of failures: who failed, how, and in which region of what was varied.

Regions come from a small decision tree and are stated in words, with how many of their patients fail and how many of
all failures they hold. Where no region tells failures from the rest better than chance, that is what is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from immunosim.ensembles.columns import listed, varied_names
from immunosim.errors import any_of
from immunosim.numerics import Status, advice
from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FEWEST = 10
"""Failures, and patients who are well, below which no region is looked for."""

MOST_FITTED = 200_000
DEPTH = 3
FOLDS = 5

# Balanced and on patients left out: where 2 % fail, who calls all well is right in 98 %, and a tree that is grown far
# enough finds regions for pure chance.
BETTER_THAN_CHANCE = 0.65
"""Balanced accuracy on patients who were left out; 0.5 is chance."""

LIFT, SHARE_OF_FAILURES = 2.0, 0.05
"""A region fails this many times as often as all patients, and holds this share of the failures."""


@dataclass(frozen=True)
class Ending:
    """One way to end: its name, how often, when (day, NaN if never started), the first patient, and what to do."""

    status: str
    n: int
    earliest: float
    latest: float
    first_sample: int
    advice: str


@dataclass(frozen=True)
class Region:
    """A region of what was varied, in words, its patients, and how many of these fail."""

    where: str
    n: int
    n_failed: int
    share_of_failures: float


@dataclass(frozen=True, repr=False)
class FailureAtlas(Result):
    """Who failed, and where.

    Attributes
    ----------
    n, n_failed, n_missing : int
        Patients, those that failed, those that were not computed.
    endings : tuple of Ending
        The most frequent first.
    pools : dict
        How often each pool decided the last step.
    regions : tuple of Region
        Those with most failures first.
    accuracy : float
        Balanced accuracy of the regions on patients who were left out; NaN where none was looked for.
    remark : str
        What the regions mean, or why there are none.
    """

    n: int
    n_failed: int
    n_missing: int
    endings: tuple[Ending, ...]
    pools: dict[str, int]
    regions: tuple[Region, ...]
    accuracy: float
    remark: str

    def headline(self) -> str:
        """Return in a line how many failed."""
        return f"{self.n_failed:,} of {self.n:,} patients failed"

    def facts(self) -> dict[str, object]:
        """Return how often each pool decided the last step, and what the regions mean."""
        return {"remark": self.remark, **{f"decided by {name}": n for name, n in self.pools.items()}}

    def summary(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return self.as_dict()

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a status: how many patients ended so, when, and the first of them."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self.endings], columns=[one.name for one in fields(Ending)])

    @property
    def dataset(self) -> xr.Dataset:
        """The endings over ``status``."""
        return self.to_dataframe().set_index("status").to_xarray()

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return asdict(self)


def failure_atlas(dataset: xr.Dataset) -> FailureAtlas:
    """Return who failed in an ensemble or a sweep, how and where.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of an ``EnsembleResult`` or ``SweepResult``.
    """
    status = dataset["status"].values
    has_failed, is_computed = status > 0, status >= 0
    regions, accuracy, remark = _regions(dataset, has_failed, is_computed)
    return FailureAtlas(
        n=int(status.size),
        n_failed=int(has_failed.sum()),
        n_missing=int((~is_computed).sum()),
        endings=tuple(_endings(dataset, status)),
        pools=_pools(dataset, has_failed),
        regions=regions,
        accuracy=accuracy,
        remark=remark,
    )


def _endings(dataset: xr.Dataset, status: Any) -> Iterator[Ending]:
    times = dataset["fail_time"].values
    codes, numbers = np.unique(status[status > 0], return_counts=True)
    for code, number in sorted(zip(codes, numbers, strict=True), key=lambda pair: -pair[1]):
        rows = np.flatnonzero(status == code)
        known = times[rows][np.isfinite(times[rows])]
        span = (float(known.min()), float(known.max())) if known.size else (np.nan, np.nan)
        yield Ending(Status(int(code)).name, int(number), *span, int(rows[0]), advice(int(code)))


def _pools(dataset: xr.Dataset, has_failed: Flags) -> dict[str, int]:
    names = listed(dataset, "pools")
    places, numbers = np.unique(dataset["worst_pool"].values[has_failed], return_counts=True)
    found = [(names[int(place)], int(n)) for place, n in zip(places, numbers, strict=True) if 0 <= place < len(names)]
    return dict(sorted(found, key=lambda pair: -pair[1]))


def _regions(dataset: xr.Dataset, has_failed: Flags, is_computed: Flags) -> tuple[tuple[Region, ...], float, str]:
    """Return the regions, how well they tell failures from the rest, and a remark."""
    n_failed, n_well = int(has_failed.sum()), int((is_computed & ~has_failed).sum())
    varied = [dataset[name] for name in varied_names(dataset)]
    if not n_failed:
        return (), np.nan, "No patient failed."
    if not varied or min(n_failed, n_well) < FEWEST:
        return (), np.nan, f"{n_failed} failed and {n_well} did not: too few of either to look for a region."
    try:
        from sklearn.model_selection import cross_val_score
        from sklearn.tree import DecisionTreeClassifier
    except ImportError:
        return (), np.nan, "Regions need the package scikit-learn, run: python -m pip install 'immunosim[sweep]'"
    values = np.stack([one.values for one in varied], axis=1)
    rows = _fitted_rows(has_failed, is_computed)
    scaled = np.stack([_scaled(one, values[rows, j]) for j, one in enumerate(varied)], axis=1)
    tree = DecisionTreeClassifier(
        max_depth=DEPTH, min_samples_leaf=max(FEWEST // 2, len(rows) // 200), class_weight="balanced", random_state=0
    )
    folds = min(FOLDS, n_failed, n_well)
    accuracy = float(cross_val_score(tree, scaled, has_failed[rows], scoring="balanced_accuracy", cv=folds).mean())
    if accuracy < BETTER_THAN_CHANCE:
        shown = f"{accuracy:.0%} on held-out patients, 50 % by chance"
        remark = f"No region separates failures from the rest: balanced accuracy {shown}."
        return (), accuracy, remark
    boxes = _boxes(tree.fit(scaled, has_failed[rows]).tree_, varied)
    # Counted over all patients: those that the tree was fitted to may be no fair sample of them.
    found = [_region(box, varied, values, has_failed, is_computed) for box in boxes]
    rate = n_failed / (n_failed + n_well)
    kept = [
        one
        for one in found
        if one.n and one.n_failed / one.n >= min(LIFT * rate, 0.9) and one.share_of_failures >= SHARE_OF_FAILURES
    ]
    remark = f"A tree with at most {DEPTH} questions sorts {accuracy:.0%} of left-out patients rightly; chance is 50%."
    return tuple(sorted(kept, key=lambda one: -one.n_failed)), accuracy, remark


def _fitted_rows(has_failed: Flags, is_computed: Flags) -> npt.NDArray[np.int64]:
    """Return the patients to fit to: all, or as many as suffice, of failures and of the rest."""
    generator = np.random.default_rng(0)
    parts = [np.flatnonzero(has_failed), np.flatnonzero(is_computed & ~has_failed)]
    kept = [
        part if part.size <= MOST_FITTED // 2 else generator.choice(part, MOST_FITTED // 2, False) for part in parts
    ]
    return np.sort(np.concatenate(kept))


def _is_log(varied: xr.DataArray) -> bool:
    return varied.attrs.get("scale") == "log"


def _scaled(varied: xr.DataArray, values: Array) -> Array:
    return np.log(values) if _is_log(varied) else values


Box = dict[int, tuple[float, float]]
"""Open lower and closed upper limit by the place of what is varied, in its own unit."""


def _boxes(tree: Any, varied: Sequence[xr.DataArray]) -> Iterator[Box]:
    """Yield the leaves of a fitted tree in which failures prevail."""

    def below(node: int, box: Box) -> Iterator[Box]:
        j = int(tree.feature[node])
        if j < 0:
            well, failed = tree.value[node][0]
            if failed > well:
                yield box
            return
        limit = float(tree.threshold[node])
        limit = float(np.exp(limit)) if _is_log(varied[j]) else limit
        low, high = box.get(j, (-np.inf, np.inf))
        yield from below(int(tree.children_left[node]), {**box, j: (low, min(high, limit))})
        yield from below(int(tree.children_right[node]), {**box, j: (max(low, limit), high)})

    return below(0, {})


def _region(box: Box, varied: Sequence[xr.DataArray], values: Array, has_failed: Flags, is_computed: Flags) -> Region:
    inside = is_computed.copy()
    for j, (low, high) in box.items():
        inside &= (values[:, j] > low) & (values[:, j] <= high)
    where = " and ".join(_in_words(varied[j], values[inside, j], *limits) for j, limits in box.items())
    n_failed = int((inside & has_failed).sum())
    return Region(where, int(inside.sum()), n_failed, n_failed / int(has_failed.sum()))


def _in_words(varied: xr.DataArray, values: Array, low: float, high: float) -> str:
    if "flag_meanings" in varied.attrs:
        meanings = str(varied.attrs["flag_meanings"]).split()
        return f"{varied.name} {any_of([meanings[int(code)] for code in np.unique(values)])}"
    unit = str(varied.attrs.get("units", "1"))
    unit = "" if unit == "1" else f" {unit}"
    if np.isneginf(low):
        return f"{varied.name} at most {high:.4g}{unit}"
    if np.isposinf(high):
        return f"{varied.name} above {low:.4g}{unit}"
    return f"{varied.name} from {low:.4g} to {high:.4g}{unit}"
