"""Results as Markdown tables."""

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.peers.catalogue import TOOLS

Record = dict[str, Any]


def all_tables(results: Record) -> str:
    """Return every table of a run, with headings."""
    parts = [f"### {problem['label']}\n\n{speed_table(results, problem['name'])}" for problem in results["problems"]]
    if results["matched"]:
        parts.append(f"### Ratios\n\n{ratio_table(results)}")
    if results["limit"]["shares"]:
        parts.append(f"### Share of the processor's peak\n\n{limit_table(results)}")
    if results["cores"]:
        parts.append(f"### Lanes, widths and threads\n\n{cores_table(results)}")
    absent = results["machine"]["absent"]
    if absent:
        parts.append("\n".join(f"- {TOOLS[name].label}: {reason}" for name, reason in absent.items()))
    return "\n\n".join(parts) + "\n"


def speed_table(results: Record, problem: str) -> str:
    """Return the rows of a problem: a line a tool and tolerance."""
    lines = [
        (
            row["label"],
            f"{row['rtol']:.0e}",
            number(row["trajectories_per_second"]),
            number(row["ratio_to_yardstick"]),
            error(row["error_median"]),
            error(row["error_max"]),
            f"{row['failures']} of {row['error_rows']}",
            str(row["diverged"] or "-"),
        )
        for row in results["rows"]
        if row["problem"] == problem
    ]
    heads = ("tool", "rtol", "trajectories/s", "x one lane", "median error", "worst row", "failed", "diverged")
    return table(heads, lines, right_from=1)


def ratio_table(results: Record) -> str:
    """Return the ratios of our speed to each peer's."""
    labels = {problem["name"]: problem["label"] for problem in results["problems"]}
    lines = []
    for found in results["matched"]:
        condition = f"error {found['error']:.0e}" if found["kind"] == "error" else f"rtol {found['rtol']:.0e}"
        aim = "" if found["target"] is None else f"{found['target']:g} ({'yes' if found['reached'] else 'no'})"
        method = TOOLS[found["ours"]].label.removeprefix("immunosim, ")
        peer = TOOLS[found["peer"]].label
        share = found["share_of_fma_peak_for_target"]
        takes = "" if share is None else f"{100 * share:.0f} %"
        lines.append((labels[found["problem"]], condition, peer, f"{number(found['ratio'])}x", method, aim, takes))
    heads = (
        "problem",
        "at the same",
        "immunosim is faster than",
        "by",
        "with",
        "aim (reached)",
        "takes of the FMA peak",
    )
    return table(heads, lines, 3)


def limit_table(results: Record) -> str:
    """Return which share of the peak of a core is reached."""
    lines = [
        (
            share["method"],
            f"{share['rtol']:.0e}",
            f"{share['trial_steps']:.0f}",
            f"{share['flops_per_trajectory'] / 1e6:.1f}",
            f"{1 / share['seconds']:.0f}",
            f"{share['flops_per_second'] / 1e9:.1f}",
            f"{100 * share['share_of_fma_peak']:.0f} % of {share['fma_flops'] / 1e9:.0f}",
            f"{100 * share['share_of_mixed_peak']:.0f} % of {share['mixed_flops'] / 1e9:.0f}",
            f"{100 * share['share_of_time_for_products_and_quotients']:.0f} %",
            f"{share['trajectories_per_second_at_fma_peak']:.0f}",
        )
        for share in results["limit"]["shares"]
    ]
    heads = ("method", "rtol", "trial steps", "Mflop", "trajectories/s", "GFlop/s")
    return table(
        (*heads, "of the FMA peak", "of the peak without FMA", "of the time", "trajectories/s at the FMA peak"),
        lines,
        1,
    )


def cores_table(results: Record) -> str:
    """Return the speeds of our cores."""
    lines = [
        (
            speed["core"],
            f"{speed['rtol']:.0e}",
            number(speed["trajectories_per_second"]),
            number(speed["ratio_to_one_lane"]),
        )
        for speed in results["cores"]
    ]
    return table(("core", "rtol", "trajectories/s", "x one lane"), lines, 1)


def table(heads: Sequence[str], lines: Iterable[Sequence[str]], right_from: int) -> str:
    """Return a Markdown table with padded columns, those from a position on flush right."""
    rows = [list(heads), *map(list, lines)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if k >= right_from else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    rule = ("-" * (w - 1) + ":" if k >= right_from else "-" * w for k, w in enumerate(widths))
    return "\n".join([line(rows[0]), f"| {' | '.join(rule)} |", *map(line, rows[1:])])


def number(value: float) -> str:
    """Return a positive number with three digits, without an exponent."""
    if value >= 100.0:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def error(value: float | None) -> str:
    """Return an error with two digits, a dash where there is none."""
    return "-" if value is None else f"{value:.1e}"
