"""``immunosim replay``: run one patient of an ensemble again, alone, and show why it failed."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import FAILED, AsJson
from immunosim.cli.printing import say, show, show_table, show_text
from immunosim.cli.progress import progress

if TYPE_CHECKING:
    from immunosim.ensembles import Replay

MOST_POOLS = 12


def replay(
    result: Annotated[
        Path, typer.Argument(metavar="RESULT", help="A sweep (.zarr, .nc) or ensemble (.nc).", show_default=False)
    ],
    patient: Annotated[
        int | None,
        typer.Option("--patient", metavar="N", help="Which patient, counted from 0; by default the first that failed."),
    ] = None,
    trials: Annotated[int, typer.Option("--trials", min=1, help="Number of last trial steps to show.")] = 10,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write the patient as a scenario (TOML), with the parameters and all doses that were given.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate one patient of an ensemble again and show the last steps, extreme pools and fastest processes.

    The patient is made from what the file holds; doses that rules of a protocol ordered are given again. Exit code 3:
    it failed again, or ended otherwise than in the ensemble.
    """
    from immunosim.door.stored import replay as replayed
    from immunosim.report import to_json

    with progress("Replaying") as now:
        again = replayed(result, patient, trials=trials, path=out, announce=now.announce)
    if as_json:
        show_text(to_json(again.as_dict()).rstrip())
    else:
        _show(again)
    if out:
        say(f"Scenario: {out}")
    if not again.is_reproduced:
        say(f"{result}: patient {again.sample} ended with {again.stored} in the ensemble but {again.status} alone")
    if not again.is_reproduced or again.status != "OK":
        raise typer.Exit(FAILED)


def _show(again: "Replay") -> None:
    reached = "" if math.isnan(again.time) else f" on day {again.time:.6g}"
    decided = f", decided by {again.pool}" if again.pool and reached else ""
    show(f"Patient {again.sample}: {again.status}{reached}{decided}, as in the ensemble" if again.is_reproduced else "")
    show(f"{again.n_steps} steps accepted, {again.n_rejected} rejected")
    show_table("Varied", ("name", "value"), list(again.varied.items()), "<<")
    rows = [(f"{t.time:.9g}", f"{t.step:.3g}", f"{t.error:.3g}", t.pool or "-", t.problem) for t in again.trials]
    show_table("Last trial steps", ("day", "step, day", "error", "decided by", "result"), rows, ">>><<")
    pools = [
        (pool.name, f"{pool.value:.4g}", f"{pool.untreated:.4g}", f"{pool.change:.3g}", pool.unit)
        for pool in again.pools[:MOST_POOLS]
    ]
    show_table("Pools farthest from untreated", ("pool", "value", "untreated", "change a day", "unit"), pools, "<>>><")
    rates = [(rate.label, f"{rate.rate:.4g}", rate.unit, f"{rate.turnovers:.3g}") for rate in again.rates]
    show_table("Fastest processes", ("process", "rate", "unit", "times a day"), rates, "<><>")
    show("", again.refusal or again.advice)
