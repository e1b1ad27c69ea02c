"""How much faster our core is than each peer, from the rows of a run; and what of the processor an aim asks for."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from benchmarks.matched import (
    EQUAL_RTOL,
    EQUAL_TARGET,
    MATCHED_ERROR,
    MATCHED_TARGETS,
    Point,
    Target,
    speed_at,
)
from benchmarks.peers.catalogue import OURS

Record = dict[str, Any]


def at_matched_error(results: Record) -> Iterator[Record]:
    """Yield the ratios of the fastest of our methods to each peer at the same median error.

    With an aim goes the share of the FMA peak that reaching it takes.
    """
    targets = {target.peer: target for target in MATCHED_TARGETS}
    for problem in results["problems"]:
        curves = _curves(results["rows"], problem["name"])
        ours = {tool.name: speed_at(MATCHED_ERROR, curves.pop(tool.name)) for tool in OURS if tool.name in curves}
        ours = {name: speed for name, speed in ours.items() if np.isfinite(speed)}
        if not ours:
            continue
        best = max(ours, key=lambda name: ours[name])
        for peer, curve in curves.items():
            speed = speed_at(MATCHED_ERROR, curve)
            if np.isfinite(speed):
                target = targets.get(peer) if problem["name"] == "default" else None
                yield {
                    **{"kind": "error", "error": MATCHED_ERROR, "problem": problem["name"]},
                    **{"ours": best, "peer": peer},
                    **_ratio(ours[best], speed, target, _speed_at_peak(results)),
                }


def at_equal_rtol(results: Record) -> Iterator[Record]:
    """Yield the ratios at the same relative tolerance, of the fastest of our methods that is no less accurate."""
    ours = {tool.name for tool in OURS}
    rows = [row for row in results["rows"] if row["rtol"] == EQUAL_RTOL and row["error_median"] is not None]
    for peer in rows:
        candidates = [
            row
            for row in rows
            if row["tool"] in ours and row["problem"] == peer["problem"] and row["error_median"] <= peer["error_median"]
        ]
        if peer["tool"] in ours or not candidates:
            continue
        best = max(candidates, key=lambda row: float(row["trajectories_per_second"]))
        is_aim = (peer["problem"], peer["tool"]) == ("default", EQUAL_TARGET.peer)
        speeds = best["trajectories_per_second"], peer["trajectories_per_second"]
        limits = {
            f"immunosim-{share['method']}": share["trajectories_per_second_at_fma_peak"]
            for share in results["limit"]["shares"]
            if share["rtol"] == EQUAL_RTOL
        }
        yield {
            **{"kind": "rtol", "rtol": EQUAL_RTOL, "problem": peer["problem"]},
            **{"ours": best["tool"], "peer": peer["tool"]},
            **{"our_error": best["error_median"], "peer_error": peer["error_median"]},
            **_ratio(*speeds, EQUAL_TARGET if is_aim else None, limits.get(best["tool"], float("nan"))),
        }


def _ratio(ours: float, peer: float, target: Target | None, limit: float) -> Record:
    """Return a ratio, and for an aim the share of the FMA peak that it takes; ``limit`` is the speed at that peak."""
    aims: Record = {"target": None, "reached": None, "share_of_fma_peak_for_target": None}
    if target is not None:
        share = target.ratio * peer / limit
        aims = {"target": target.ratio, "reached": bool(ours / peer >= target.ratio)}
        aims["share_of_fma_peak_for_target"] = share if np.isfinite(share) else None
    return {"our_trajectories_per_second": ours, "peer_trajectories_per_second": peer, "ratio": ours / peer, **aims}


def _curves(rows: Iterable[Record], problem: str) -> dict[str, list[Point]]:
    """Return the work-precision curve of every tool on a problem."""
    curves: dict[str, list[Point]] = {}
    for row in rows:
        if row["problem"] == problem and row["error_median"] is not None:
            point = Point(row["error_median"], row["trajectories_per_second"])
            curves.setdefault(row["tool"], []).append(point)
    return curves


def _speed_at_peak(results: Record) -> float:
    """Return the speed that the FMA peak would allow at the matched error on the default model, NaN if not known."""
    errors = {(row["tool"], row["rtol"]): row["error_median"] for row in results["rows"] if row["problem"] == "default"}
    curves: dict[str, list[Point]] = {}
    for share in results["limit"]["shares"]:
        error = errors.get((f"immunosim-{share['method']}", share["rtol"]))
        if error is not None:
            point = Point(error, share["trajectories_per_second_at_fma_peak"])
            curves.setdefault(share["method"], []).append(point)
    speeds = [speed_at(MATCHED_ERROR, curve) for curve in curves.values()]
    return float(max((speed for speed in speeds if np.isfinite(speed)), default=float("nan")))
