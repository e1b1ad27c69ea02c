"""The measurement itself: all problems and tools, as records that can be written to a file."""

import warnings
from collections.abc import Callable
from dataclasses import asdict, replace
from statistics import median
from typing import Any

import numpy as np

from benchmarks.cores import compare_cores
from benchmarks.limit.share import measure_shares
from benchmarks.machine import describe_machine
from benchmarks.matched import LIMIT_TARGET
from benchmarks.peers.catalogue import OURS, TOOLS, YARDSTICK
from benchmarks.problems.catalogue import build_work
from benchmarks.ratios import at_equal_rtol, at_matched_error
from benchmarks.reference import solve_reference
from benchmarks.rounds import Measurement, begin, make_yardstick, measure
from benchmarks.settings import Settings
from benchmarks.work import Work
from immunosim.codegen.vector.processor import host
from immunosim.diagnosis.machine import cores
from immunosim.numerics import METHODS

Announce = Callable[[str], Any]
Record = dict[str, Any]

# A small problem takes a share of the time of a round; its tools are so much faster.
SMALL_SHARE = 1.0 / 3.0
SMALL_ROWS = 4
WIDTHS = (2, 4, 8)


def run_benchmarks(settings: Settings, announce: Announce) -> Record:
    """Measure everything and return it as JSON can hold it.

    Parameters
    ----------
    settings : Settings
        Its tools are all present.
    announce : callable
        Receives a sentence on each step.
    """
    results: Record = {
        "machine": describe_machine(settings.width),
        "settings": asdict(settings),
        "problems": [],
        "rows": [],
    }
    results["limit"], results["cores"] = {"target": LIMIT_TARGET, "shares": []}, []
    with warnings.catch_warnings():
        # What a tool warns of shows in its failures and errors.
        warnings.simplefilter("ignore")
        _measure_problems(settings, results, announce)
    results["matched"] = [*at_matched_error(results), *at_equal_rtol(results)]
    return results


def _measure_problems(settings: Settings, results: Record, announce: Announce) -> None:
    for name in settings.problems:
        n_rows = settings.n_rows * (1 if name == "default" else SMALL_ROWS)
        work = build_work(name, n_rows, announce)
        _measure_problem(work, settings, results, announce)
        if name == "default":
            methods, rtols = list(METHODS), list(settings.limit_rtols)
            shares = measure_shares(work, methods, rtols, settings.n_rounds, settings.width, announce)
            results["limit"]["shares"] = [share.as_record() for share in shares]
            width = settings.width or host().width
            widths = [*(other for other in WIDTHS if other != width), width]
            found = compare_cores(work, widths, min(2, cores()), settings.n_rounds, announce)
            results["cores"] = [asdict(speed) for speed in found]


def _measure_problem(work: Work, settings: Settings, results: Record, announce: Announce) -> None:
    announce(f"{work.label}: reference of {min(settings.error_rows, work.n_rows)} rows")
    reference = solve_reference(work, min(settings.error_rows, work.n_rows), settings.rows_checked)
    yardstick = make_yardstick(YARDSTICK.prepare(work), work.n_rows)
    in_lanes = {tool.name: replace(tool, options={**tool.options, "width": settings.width}) for tool in OURS}
    tools = {**TOOLS, **in_lanes}
    seconds = settings.seconds * (1.0 if work.name == "default" else SMALL_SHARE)
    measurements: list[Measurement] = []
    for name in settings.tools:
        announce(f"{work.label}: compiling and first solution, {TOOLS[name].label}")
        run = tools[name].prepare(work)
        measurements += begin(tools[name], run, work, reference, settings.rtols, seconds)
    measure(measurements, yardstick, settings.n_rounds, lambda text: announce(f"{work.label}: {text}"))
    speed = median(yardstick.speeds)
    results["problems"].append(
        {
            "name": work.name,
            "label": work.label,
            "pools": work.n_pools,
            "segments": work.segments.n_segments,
            "times": work.times.size,
            "rows": work.n_rows,
            "reference_rows_checked": reference.rows_checked,
            "reference_disagreement": reference.disagreement,
            "yardstick_trajectories_per_second": speed,
        }
    )
    results["rows"] += [_row(work, measured, speed) for measured in measurements]


def _row(work: Work, measured: Measurement, yardstick_speed: float) -> Record:
    tool, errors = measured.tool, measured.errors
    return {
        "problem": work.name,
        "tool": tool.name,
        "label": tool.label,
        "version": tool.version,
        "rtol": measured.rtol,
        "trajectories_per_second": measured.ratio * yardstick_speed,
        "ratio_to_yardstick": measured.ratio,
        "ratio_quartiles": [float(value) for value in np.quantile(measured.ratios, (0.25, 0.75))],
        "error_median": errors.median if np.isfinite(errors.median) else None,
        "error_max": errors.maximum if np.isfinite(errors.maximum) else None,
        "worst_row": errors.worst_row,
        "failures": errors.failures,
        "diverged": errors.diverged,
        "error_rows": errors.rows,
        "rows_per_run": measured.rows_per_run,
        "rounds": len(measured.ratios),
    }
