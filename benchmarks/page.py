"""The documentation's page on performance, written from the results of a run."""

import textwrap
from typing import Any

from benchmarks.tables import cores_table, limit_table, ratio_table, speed_table

Record = dict[str, Any]

LINE = 120
AS_THEY_ARE = ("|", "- ", "#", "!")


def page_text(results: Record, figure: str) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    results : dict
        As ``running.run_benchmarks`` returns them.
    figure : str
        Path of the figure from the page.
    """
    parts = [
        "# Performance",
        f"This page is written by `{_command(results)}`: do not edit it. Every number was measured in one run of that "
        "command.",
        f"![Speed over error of every tool, a panel a problem]({figure})",
        "## The machine",
        _machine(results),
        "## What is measured",
        _method(results),
    ]
    if results["matched"]:
        parts += ["## How much faster", _ratios(results)]
    for problem in results["problems"]:
        parts += [f"## {problem['label'][0].upper()}{problem['label'][1:]}", _problem(problem)]
        parts.append(speed_table(results, problem["name"]))
    if results["limit"]["shares"]:
        parts += ["## The physical limit", _limit(results)]
    if results["cores"]:
        text = "By the clock on the wall, so that threads can show; on a busy machine they cannot."
        parts += ["## Lanes, widths and threads", text, cores_table(results)]
    parts += ["## Not measured", _absent(results)]
    return "\n\n".join(map(_wrapped, "\n\n".join(parts).split("\n\n"))) + "\n"


def _wrapped(paragraph: str) -> str:
    """Return a paragraph in lines of the repository's length; tables, lists and headings as they are."""
    return paragraph if paragraph.startswith(AS_THEY_ARE) else textwrap.fill(paragraph, LINE, break_on_hyphens=False)


def _command(results: Record) -> str:
    width = results["settings"]["width"]
    return "python -m benchmarks --page docs/performance.md" + (f" --lanes {width}" if width else "")


def _machine(results: Record) -> str:
    machine = results["machine"]
    software = ", ".join(f"{name} {version}" for name, version in machine["software"].items())
    lines = [f"- {machine[name]}" for name in ("processor", "vectors", "memory", "system") if name in machine]
    lines.append(f"- {software}")
    text = "\n".join(lines)
    load = machine["load_at_start"]
    if load is not None:
        text += (
            f"\n\nAt the start {load:.1f} processes were running on {machine['cores']} cores. What else a "
            "machine does makes speeds lower through the caches that are shared; ratios suffer less, since every "
            "measurement follows one of the yardstick."
        )
    return text


def _method(results: Record) -> str:
    settings = results["settings"]
    return f"""\
Every tool solves the same rows with the text of the same right-hand side (compiled by numba, but where "Python rhs"
says otherwise; diffrax traces it), the same relative tolerance, an absolute one of a thousandth of it of each pool's
scale, and reports the states of all pools at the same times. It restarts at every dose, since stepping over one is
wrong. CVODE, LSODA in SciPy with the compiled right-hand side and our own core are given the analytic Jacobian. A tool
that takes one absolute tolerance for all pools is given the pools in units of their scale. Calls from Python are
avoided where the tool allows it; `benchmarks/peers/` says how each is run.

Speeds are trajectories per second of processor time, all threads of a tool taken together: medians of
{settings["n_rounds"]} rounds in which every measurement follows one of our core in one lane, the yardstick; what takes
longer than two seconds is timed once. Compiling is not timed.

The error of a row is the largest, over output times and pools, of |y - reference| / (|reference| + 1e-3 peak), with the
peak of the pool in that row, but at least a hundredth of the pool's scale, so that a pool that is practically empty is
not judged by its rounding. The tables give the median and the largest over up to {settings["error_rows"]} rows, fewer
for slow tools. A row that a tool does not finish counts as failed and in no error; one that it reports as solved, but
that is wrong by more than its size, as diverged. The reference is Rodas5P in our core in one lane at a relative
tolerance of 1e-12, checked against SciPy's Radau at 1e-12 on some of the rows. Rodas5 is not run below the tolerance at
which a scenario may ask for it."""


def _ratios(results: Record) -> str:
    return (
        "At the same error: the logarithm of the speed is interpolated over that of the median error between two "
        "tolerances; where a tool does not reach the error there is no line. At the same tolerance: with the fastest "
        "of our methods whose median error is no larger. The last column says which share of the peak of a core (see "
        f"below) the aim would take.\n\n{ratio_table(results)}"
    )


def _problem(problem: Record) -> str:
    return (
        f"{problem['pools']} pools, {problem['segments']} segments between doses, {problem['times']} output times, "
        f"{problem['rows']} rows whose rates scatter by 30 %. On {problem['reference_rows_checked']} rows Radau "
        f"differs from the reference by {problem['reference_disagreement']:.0e} at most."
    )


def _limit(results: Record) -> str:
    return f"""\
A trajectory's floating point operations are those of its trial steps and of the states that it reports, counted in the
LLVM IR that becomes the machine code; an FMA is two. The peak is that of one core in a loop that only computes, in
vectors of {results["limit"]["shares"][0]["width"]}, measured in the same process: with FMA, and with sums and products
apart. No method reaches it: much of the work is not FMA, and quotients take many times as long. "Of the time" is what
FMAs, products and quotients need at their measured rates, sums being free, as a share of the time that is taken: beyond
100 % no better arrangement of these operations can go. Aim: {100 * results["limit"]["target"]:.0f} % of the FMA peak.

{limit_table(results)}"""


def _absent(results: Record) -> str:
    absent = results["machine"]["absent"]
    measured = {row["tool"] for row in results["rows"]}
    lines = [f"- {name}: {reason}" for name, reason in absent.items() if name not in measured]
    return "\n".join(lines) or "Every tool that the command knows was present."
