"""``immunosim failures``: who failed in a sweep, how, where, and how to run one of them again."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import AsJson
from immunosim.cli.printing import show, show_table, show_text
from immunosim.cli.progress import progress
from immunosim.safe_text import shell_command

if TYPE_CHECKING:
    from immunosim.ensembles.atlas import FailureAtlas

MOST_POOLS = 5


def failures(
    result: Annotated[
        Path, typer.Argument(metavar="RESULT", help="A sweep (.zarr, .nc) or ensemble (.nc).", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Count failed patients by cause, and locate them in the space of the varied factors.

    Regions are reported only if they predict failures of held-out patients better than chance. Failed patients are in
    the result with status, time and state; the last line gives the command that simulates one of them again.
    """
    from immunosim.door.stored import failure_atlas
    from immunosim.report import to_json

    with progress("Examining the failures"):
        atlas = failure_atlas(result)
    if as_json:
        show_text(to_json(atlas.as_dict()).rstrip())
    else:
        _show(atlas, result)


def _show(atlas: "FailureAtlas", result: Path) -> None:
    missing = f"; {atlas.n_missing:,} were not computed" if atlas.n_missing else ""
    show(f"{atlas.n_failed:,} of {atlas.n:,} patients failed{missing}")
    rows = [
        (ending.status, f"{ending.n:,}", _day(ending.earliest), _day(ending.latest), str(ending.first_sample))
        for ending in atlas.endings
    ]
    show_table("How", ("status", "patients", "earliest day", "latest day", "first patient"), rows, "<>>>>")
    pools = [(name, f"{n:,}") for name, n in list(atlas.pools.items())[:MOST_POOLS]]
    show_table("Pools that decided the last step", ("pool", "patients"), pools, "<>")
    if atlas.n_failed:
        show("", "Where")
    for region in atlas.regions:
        share = f"{region.n_failed / region.n:.0%} of patients with {region.where} fail"
        show(f"- {share} ({region.n_failed:,} of {region.n:,}), {region.share_of_failures:.0%} of all failures.")
    show(atlas.remark)
    for ending in atlas.endings:
        show("", f"{ending.status}: {ending.advice}")
    if atlas.endings:
        again = shell_command(["immunosim", "replay", str(result), "--patient", str(atlas.endings[0].first_sample)])
        show("", f"Next:  {again}")


def _day(time: float) -> str:
    return "-" if math.isnan(time) else f"{time:.6g}"
