"""``immunosim sample``: draws from the posterior of a fit, with diagnostics, that can be interrupted and resumed."""

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from immunosim.cli.fit_options import FitInput, Pooling, Resume, Starts, Together
from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.options import FAILED, ResultFolder, typed
from immunosim.cli.partial import interruptible
from immunosim.cli.printing import say, show, show_table, show_text
from immunosim.cli.progress import progress

if TYPE_CHECKING:
    from immunosim.fitting import Fitted

Steps = Annotated[int, typer.Option("--draws", min=10, help="MCMC steps per walker after warm-up.")]
WarmUp = Annotated[int, typer.Option("--warm-up", min=0, help="Warm-up steps per walker; 0 for half of --draws.")]
Walkers = Annotated[int, typer.Option("--walkers", min=0, help="Walkers; 0 for four per unknown, at least 16.")]


@dataclass(frozen=True)
class SamplerOptions:
    """How long the sampler runs, and with how many walkers."""

    draws: Steps = 1000
    warm_up: WarmUp = 0
    walkers: Walkers = 0


@with_option_groups
def sample(
    context: typer.Context,
    given: FitInput,
    sampler: SamplerOptions,
    results: ResultFolder,
    patients: Pooling = Together.EACH,
    starts: Starts = 20,
    resume: Resume = False,
) -> None:
    """Fit, then sample the posterior by ensemble MCMC.

    Steps are stored as they are made: Ctrl-C loses none, and --resume ends with the same draws as an uninterrupted run.
    Convergence is judged by R-hat and the effective sample size (ArviZ).

    Writes posterior.nc with the groups of ArviZ (posterior, predictive, log likelihood, data), sample.json and figures.
    Exit code 3: the sample has not converged.
    """
    from immunosim.door.fit_parts import SamplerPlan, mark_of, refuse_several, sample_of
    from immunosim.door.fitting import require_sampler
    from immunosim.door.keeping import kept_parts
    from immunosim.locks import refuse_held
    from immunosim.report import to_json
    from immunosim.report.output_files import SAMPLE, refuse_foreign

    folder, is_written = results.folder(given.scenario, "sample"), results.is_written
    if is_written:
        refuse_foreign(folder, SAMPLE)
        refuse_held(folder)
    require_sampler()
    command = typed(context, without=("resume", "as_json", "workers"))
    with progress("Reading the scenario") as now, ExitStack() as stack:
        case = given.read(now)
        refuse_several(case, patients)
        store = (
            stack.enter_context(kept_parts(folder, mark_of(case, starts), resume, command, say)) if is_written else None
        )
        plan = SamplerPlan(sampler.draws, sampler.warm_up, sampler.walkers)
        chain = store.file("chain.steps") if store else None
        guard = partial(interruptible, "the steps so far", command)
        fitted = sample_of(case, plan, starts, given.seed, now, chain, guard)
        now.begin("Drawing")
        paths = _write(fitted, folder, command) if is_written else []
        if store is not None:
            store.remove()
    if results.as_json:
        show_text(to_json(_as_dict(fitted)).rstrip())
    else:
        _show(fitted, paths)
    if fitted.sampled is None or not fitted.sampled.has_converged:
        raise typer.Exit(FAILED)


def _as_dict(fitted: "Fitted") -> dict[str, Any]:
    """Return quantiles and diagnostics as plain values."""
    import numpy as np

    drawn = fitted.sampled
    assert drawn is not None
    low, middle, high = np.quantile(drawn.flat, [0.05, 0.5, 0.95], axis=0)
    return {
        "unknowns": [
            {
                "name": name,
                "unit": unit,
                "median": float(middle[j]),
                "low_90": float(low[j]),
                "high_90": float(high[j]),
                "r_hat": float(drawn.r_hat[j]),
                "effective": float(drawn.effective[j]),
            }
            for j, (name, unit) in enumerate(zip(drawn.names, drawn.units, strict=True))
        ],
        "n_walkers": drawn.draws.shape[0],
        "n_draws": drawn.draws.shape[1],
        "acceptance": drawn.acceptance,
        "has_converged": drawn.has_converged,
    }


def _show(fitted: "Fitted", paths: list[Path]) -> None:
    from immunosim.cli.fit_tables import interval, show_paths

    record = _as_dict(fitted)
    chains = f"{record['n_walkers']} walkers with {record['n_draws']} draws each"
    show(f"{chains}; {record['acceptance']:.0%} of steps accepted.")
    rows = [
        (
            *(
                unknown["name"],
                f"{unknown['median']:.4g}",
                interval(unknown["low_90"], unknown["high_90"]),
                unknown["unit"],
            ),
            *(f"{unknown['r_hat']:.3f}", f"{unknown['effective']:.0f}"),
        )
        for unknown in record["unknowns"]
    ]
    show_table("Posterior", ("unknown", "median", "90 %", "unit", "R-hat", "effective sample size"), rows, "<><<>>")
    if record["has_converged"]:
        show("R-hat is at most 1.05 and the effective sample size at least 100 for every unknown: converged.")
    else:
        show("R-hat is above 1.05 or the effective sample size below 100: NOT converged.")
        show("Take more --draws, or free fewer parameters.")
    show_paths(paths)
    if paths:
        show(f"Next:  in Python, arviz.from_netcdf({str(paths[0].parent / 'posterior.nc')!r})")


def _write(fitted: "Fitted", folder: Path, command: str) -> list[Path]:
    from immunosim.door.fit_files import check_files, netcdf, pairs
    from immunosim.report import to_json, write_folder
    from immunosim.report.output_files import SAMPLE

    checks = check_files(predictive := fitted.predictive(), predictive, fitted.subjects[0])
    files = {
        "sample.json": to_json(_as_dict(fitted) | {"command": command}).encode(),
        "posterior.nc": netcdf(fitted),
        "pairs.png": pairs(fitted),
        "vpc.png": checks["vpc.png"],
    }
    return write_folder(folder, files, SAMPLE)
