"""MCMC samples of the posterior by an affine-invariant ensemble sampler (emcee), with its walkers as one batch.

Diagnostics come from ArviZ.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from immunosim.codegen.loader import Array, say_nothing
from immunosim.errors import DataError
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.search.estimation import Estimate
from immunosim.locks import held

LEAST_WALKERS = 16
"""Smallest number of walkers: they fill the lanes of two cores."""

WORST_R_HAT, LEAST_EFFECTIVE = 1.05, 100
"""Limits of the convergence diagnostics."""

INSTALL = "run: python -m pip install 'immunosim[fit]'"


@dataclass(frozen=True, eq=False)
class Sample:
    """Samples of a posterior.

    Attributes
    ----------
    names, units : tuple of str
    draws : ndarray, shape (n_walkers, n_draws, n_unknowns)
        Parameters in their own units, then factors on the noise; after the warm-up.
    log_density : ndarray, shape (n_walkers, n_draws)
    r_hat, effective : ndarray, shape (n_unknowns,)
        Rank-normalised split R-hat and bulk effective sample size.
    acceptance : float
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    draws: Array
    log_density: Array
    r_hat: Array
    effective: Array
    acceptance: float

    @property
    def has_converged(self) -> bool:
        """Whether the diagnostics of every unknown are within their limits."""
        return bool((self.r_hat <= WORST_R_HAT).all() and (self.effective >= LEAST_EFFECTIVE).all())

    @property
    def flat(self) -> Array:
        """All draws, shape (n_walkers * n_draws, n_unknowns)."""
        return self.draws.reshape(-1, self.draws.shape[-1])


def sample(
    estimate: Estimate,
    n_draws: int = 1000,
    n_warm_up: int = 500,
    n_walkers: int = 0,
    seed: int = 0,
    report: Callable[[int, int], None] | None = None,
    chain: Path | None = None,
    fingerprint: str = "",
    note: Callable[[str], None] = say_nothing,
) -> Sample:
    """Sample the posterior, starting around its maximum.

    Parameters
    ----------
    estimate : Estimate
    n_draws, n_warm_up : int
        Steps per walker after and during the warm-up.
    n_walkers : int
        0 for four per unknown.
    seed : int
    report : callable, optional
        Receives the number of steps done, and the total.
    chain : Path, optional
        A file that stores every step, locked against other processes. If it exists, sampling continues after its last
        step, with the same draws as without interruption.
    fingerprint : str
        Of everything that determines the sample; identifies the file.
    note : callable
        Receives a sentence if steps in the file are damaged and repeated.

    Raises
    ------
    DataError
        If emcee or ArviZ is missing, there are fewer than two walkers for each unknown, or the file is that of another
        sample or in use.
    """
    require_sampler()
    with nullcontext() if chain is None else held(chain, note=note):
        sampler = _sampled(estimate, n_draws, n_warm_up, n_walkers, seed, report, chain, fingerprint, note)
    return _described(estimate.posterior, sampler, n_warm_up)


def _sampled(
    estimate: Estimate,
    n_draws: int,
    n_warm_up: int,
    n_walkers: int,
    seed: int,
    report: Callable[[int, int], None] | None,
    chain: Path | None,
    fingerprint: str,
    note: Callable[[str], None],
) -> Any:
    """Return emcee's sampler after all its steps."""
    import emcee

    from immunosim.fitting.search.chains import open_chain

    posterior = estimate.posterior
    n = posterior.n_unknowns
    walkers = n_walkers or max(4 * n, LEAST_WALKERS)
    if walkers < 2 * n:
        raise DataError(f"{walkers} walkers are too few for {n} unknowns", key="walkers", cure=f"give {2 * n} or more")
    mark = f"{fingerprint} {walkers} walkers, {n_warm_up} before, seed {seed}"
    kept = None if chain is None else open_chain(chain, mark, walkers, n, note)
    # Differential evolution crosses narrow and bent ridges in fewer steps than the stretch move alone.
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    sampler = emcee.EnsembleSampler(walkers, n, posterior.log_density, vectorize=True, moves=moves, backend=kept)
    done, total = sampler.iteration, n_warm_up + n_draws
    if done:
        start = sampler.get_last_sample()
    else:
        start = _around(estimate, walkers, np.random.default_rng(seed))
        sampler.random_state = np.random.RandomState(seed).get_state()
    if done < total:
        for step, _ in enumerate(sampler.sample(start, iterations=total - done), done + 1):
            if report is not None:
                report(step, total)
    return sampler


def _described(posterior: Posterior, sampler: Any, n_warm_up: int) -> Sample:
    """Return the draws after the warm-up, in natural units, with their diagnostics."""
    arviz, n = load_arviz(), posterior.n_unknowns
    draws = posterior.natural(np.swapaxes(sampler.get_chain(discard=n_warm_up), 0, 1))
    with np.errstate(all="ignore"), many_walkers():
        r_hat = np.array([float(arviz.rhat(np.log(draws[:, :, j]))) for j in range(n)])
        effective = np.array([float(arviz.ess(np.log(draws[:, :, j]))) for j in range(n)])
    units = [parameter.unit for parameter in posterior.coordinates.parameters] + ["1"] * len(posterior.factors)
    return Sample(
        names=tuple(posterior.names),
        units=tuple(units),
        draws=draws,
        log_density=np.swapaxes(sampler.get_log_prob(discard=n_warm_up), 0, 1),
        r_hat=r_hat,
        effective=effective,
        acceptance=float(np.mean(sampler.acceptance_fraction)),
    )


def require_sampler() -> None:
    """Raise if a package is missing, before anything is computed.

    Raises
    ------
    DataError
        With the command that installs it.
    """
    for name in ("emcee", "arviz"):
        if find_spec(name) is None:
            raise DataError(f"sampling needs the package {name}", cure=INSTALL)


@contextmanager
def many_walkers() -> Iterator[None]:
    """Keep ArviZ from taking the walkers, four for each unknown, for draws."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "More chains")
        yield


def load_arviz() -> Any:
    """Import ArviZ without its announcement of the next version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        import arviz
    return arviz


def _around(estimate: Estimate, n: int, generator: np.random.Generator) -> Array:
    """Return walkers drawn from the Laplace approximation; each of them can be simulated."""
    eigenvalues, vectors = np.linalg.eigh(estimate.best.hessian)
    scales = 1.0 / np.sqrt(np.maximum(eigenvalues, 1.0))
    walkers = np.empty((0, len(scales)))
    spread = 0.5
    while len(walkers) < n:
        tried = estimate.best.end + spread * (generator.normal(size=(n, len(scales))) * scales) @ vectors.T
        walkers = np.concatenate([walkers, tried[np.isfinite(estimate.posterior.log_density(tried))]])
        # Closer each time: near the best point, which was simulated, there are walkers that can be.
        spread *= 0.7
    return walkers[:n]
