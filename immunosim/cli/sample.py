"""``immunosim sample``: draws from the posterior of a fit, with diagnostics, that can be interrupted and resumed."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from immunosim.cli.fit_options import FitInput, Pooling, Resume, Starts, Together, refuse_several
from immunosim.cli.option_groups import with_option_groups
from immunosim.cli.options import FAILED, ResultFolder, typed
from immunosim.cli.partial import interruptible, kept_parts
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
    from immunosim.fitting import Fitted, estimate, fingerprint_of, require_sampler
    from immunosim.fitting import sample as draw
    from immunosim.locks import refuse_held
    from immunosim.report import to_json
    from immunosim.report.output_files import SAMPLE, refuse_existing

    folder, is_written = results.folder(given.scenario, "sample"), results.is_written
    if is_written:
        refuse_existing(folder, results.force, SAMPLE)
        refuse_held(folder)
    require_sampler()
    command = typed(context, without=("resume", "force", "as_json", "workers"))
    with progress("Reading the scenario") as now, ExitStack() as stack:
        case = given.read(now)
        refuse_several(case, patients)
        posterior = case.all_alike()

        def report(done: int, of: int) -> None:
            now.detail = f"{done} of {of}"

        now.begin("Searching")
        best = estimate(posterior, starts, given.seed, report)
        mark = f"{fingerprint_of(posterior)} {starts} starts"
        store = stack.enter_context(kept_parts(folder, mark, resume, command)) if is_written else None
        now.begin("Sampling")
        with interruptible("the steps so far", command):
            chain = store.file("chain.steps") if store else None
            how = (sampler.draws, sampler.warm_up or sampler.draws // 2, sampler.walkers, given.seed)
            drawn = draw(best, *how, report, chain, mark, say)
        one = Fitted(best, {}, sampled=drawn)
        now.begin("Drawing")
        paths = _write(one, folder, results.force, command) if is_written else []
        if store is not None:
            store.remove()
    if results.as_json:
        show_text(to_json(_as_dict(one)).rstrip())
    else:
        _show(one, paths)
    if not drawn.has_converged:
        raise typer.Exit(FAILED)


def _as_dict(one: "Fitted") -> dict[str, Any]:
    """Return quantiles and diagnostics as plain values."""
    import numpy as np

    drawn = one.sampled
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


def _show(one: "Fitted", paths: list[Path]) -> None:
    from immunosim.cli.fit_tables import interval, show_paths

    found = _as_dict(one)
    show(
        f"{found['n_walkers']} walkers with {found['n_draws']} draws each; {found['acceptance']:.0%} of steps accepted."
    )
    rows = [
        (
            *(own["name"], f"{own['median']:.4g}", interval(own["low_90"], own["high_90"]), own["unit"]),
            *(f"{own['r_hat']:.3f}", f"{own['effective']:.0f}"),
        )
        for own in found["unknowns"]
    ]
    show_table("Posterior", ("unknown", "median", "90 %", "unit", "R-hat", "effective sample size"), rows, "<><<>>")
    if found["has_converged"]:
        show("R-hat is at most 1.05 and the effective sample size at least 100 for every unknown: converged.")
    else:
        show("R-hat is above 1.05 or the effective sample size below 100: NOT converged.")
        show("Take more --draws, or free fewer parameters.")
    show_paths(paths)
    if paths:
        show(f"Next:  in Python, arviz.from_netcdf({str(paths[0].parent / 'posterior.nc')!r})")


def _write(one: "Fitted", folder: Path, force: bool, command: str) -> list[Path]:
    from immunosim.cli.fit_files import check_files, netcdf, pairs
    from immunosim.report import to_json, write_folder
    from immunosim.report.output_files import SAMPLE

    checks = check_files(found := one.predictive(), found, one.subjects[0])
    files = {
        "sample.json": to_json(_as_dict(one) | {"command": command}).encode(),
        "posterior.nc": netcdf(one),
        "pairs.png": pairs(one),
        "vpc.png": checks["vpc.png"],
    }
    return write_folder(folder, files, force, SAMPLE)
