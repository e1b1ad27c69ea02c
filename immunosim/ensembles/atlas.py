"""An atlas of failures: which patients failed, how, and in which region of the factors.

Regions come from a small decision tree. Each is described with the fraction of its patients that fail and its fraction
of all failures. If no region predicts failures better than chance, the atlas says so.
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

MIN_PATIENTS = 10
"""Smallest numbers of failures and of successes from which regions are estimated."""

MOST_FITTED = 200_000
DEPTH = 3
FOLDS = 5

# Balanced and on patients left out: where 2 % fail, who calls all well is right in 98 %, and a tree that is grown far
# enough finds regions for pure chance.
BETTER_THAN_CHANCE = 0.65
"""Balanced accuracy on held-out patients; 0.5 is chance."""

MIN_RATE_RATIO, MIN_FRACTION_OF_FAILURES = 2.0, 0.05
"""Minimal ratio of a region's failure rate to that of all patients, and minimal fraction of all failures."""


@dataclass(frozen=True)
class Ending:
    """One kind of failure: its name, frequency, days (NaN if never started), first patient, and advice."""

    status: str
    n: int
    earliest: float
    latest: float
    first_sample: int
    advice: str


@dataclass(frozen=True)
class Region:
    """A region of the factors: its description, its patients, and its failures."""

    where: str
    n: int
    n_failed: int
    share_of_failures: float


@dataclass(frozen=True, repr=False)
class FailureAtlas(Result):
    """Failures by kind, pool and region.

    Attributes
    ----------
    n, n_failed, n_missing : int
        Patients, failed patients, patients not simulated.
    endings : tuple of Ending
        The most frequent first.
    pools : dict
        How often each pool determined the last step.
    regions : tuple of Region
        Those with most failures first.
    accuracy : float
        Balanced accuracy of the regions on held-out patients; NaN where none were estimated.
    remark : str
        Interpretation of the regions, or the reason why none are given.
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

        return pd.DataFrame(
            [asdict(ending) for ending in self.endings], columns=[field.name for field in fields(Ending)]
        )

    @property
    def dataset(self) -> xr.Dataset:
        """The endings over ``status``."""
        return self.to_dataframe().set_index("status").to_xarray()

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return asdict(self)


def failure_atlas(dataset: xr.Dataset) -> FailureAtlas:
    """Return the failures of an ensemble or a sweep by kind, pool and region.

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
    counts = [(names[int(index)], int(n)) for index, n in zip(places, numbers, strict=True) if 0 <= index < len(names)]
    return dict(sorted(counts, key=lambda pair: -pair[1]))


def _regions(dataset: xr.Dataset, has_failed: Flags, is_computed: Flags) -> tuple[tuple[Region, ...], float, str]:
    """Return the regions, their accuracy, and a remark."""
    n_failed, n_well = int(has_failed.sum()), int((is_computed & ~has_failed).sum())
    varied = [dataset[name] for name in varied_names(dataset)]
    if not n_failed:
        return (), np.nan, "No patient failed."
    if not varied or min(n_failed, n_well) < MIN_PATIENTS:
        return (), np.nan, f"{n_failed} failed and {n_well} did not: too few of either to estimate a region."
    try:
        from sklearn.model_selection import cross_val_score
        from sklearn.tree import DecisionTreeClassifier
    except ImportError:
        return (), np.nan, "Regions need the package scikit-learn, run: python -m pip install 'immunosim[sweep]'"
    values = np.stack([quantity.values for quantity in varied], axis=1)
    rows = _fitted_rows(has_failed, is_computed)
    scaled = np.stack([_scaled(quantity, values[rows, j]) for j, quantity in enumerate(varied)], axis=1)
    tree = DecisionTreeClassifier(
        max_depth=DEPTH,
        min_samples_leaf=max(MIN_PATIENTS // 2, len(rows) // 200),
        class_weight="balanced",
        random_state=0,
    )
    folds = min(FOLDS, n_failed, n_well)
    accuracy = float(cross_val_score(tree, scaled, has_failed[rows], scoring="balanced_accuracy", cv=folds).mean())
    if accuracy < BETTER_THAN_CHANCE:
        shown = f"{accuracy:.0%} on held-out patients, 50 % by chance"
        remark = f"No region separates failures from the rest: balanced accuracy {shown}."
        return (), accuracy, remark
    boxes = _boxes(tree.fit(scaled, has_failed[rows]).tree_, varied)
    # Counted over all patients: those that the tree was fitted to may be no fair sample of them.
    regions = [_region(box, varied, values, has_failed, is_computed) for box in boxes]
    rate = n_failed / (n_failed + n_well)
    kept = [
        region
        for region in regions
        if region.n
        and region.n_failed / region.n >= min(MIN_RATE_RATIO * rate, 0.9)
        and region.share_of_failures >= MIN_FRACTION_OF_FAILURES
    ]
    remark = f"Tree of depth {DEPTH}: balanced accuracy {accuracy:.0%} on held-out patients, 50% by chance."
    return tuple(sorted(kept, key=lambda region: -region.n_failed)), accuracy, remark


def _fitted_rows(has_failed: Flags, is_computed: Flags) -> npt.NDArray[np.int64]:
    """Return the training patients: all, or a sufficient sample of failures and of successes."""
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


Bounds = dict[int, tuple[float, float]]
"""Open lower and closed upper limit by the index of the factor, in its own unit."""


def _boxes(tree: Any, varied: Sequence[xr.DataArray]) -> Iterator[Bounds]:
    """Yield the leaves of a fitted tree with a majority of failures."""

    def below(node: int, box: Bounds) -> Iterator[Bounds]:
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


def _region(
    box: Bounds, varied: Sequence[xr.DataArray], values: Array, has_failed: Flags, is_computed: Flags
) -> Region:
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
