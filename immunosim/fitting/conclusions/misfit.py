"""Why a fit misfits: alternative models of the same data, ranked by their evidence against that of the fit.

Each cause is as probable as any other before the data are seen, and so is each variant of it (a day, a fraction): an
explanation that was searched among many has to fit better by what the search adds (the marginal likelihood by the
Laplace approximation; without priors by AIC).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from immunosim.fitting.conclusions.alternative_days import day_alternatives
from immunosim.fitting.conclusions.alternative_mechanisms import mechanism_alternatives
from immunosim.fitting.conclusions.alternative_noise import HEAVY_TAILS, noise_alternatives
from immunosim.fitting.conclusions.goodness_of_fit import FitVerdict, judge_fit
from immunosim.fitting.conclusions.hypotheses import Hypothesis, fits_of
from immunosim.fitting.conclusions.outliers import Outlier, outlier_alternative, outliers_of
from immunosim.fitting.search.estimation import Estimate

CLEAR = float(np.log(3.0))
"""Logarithm of the Bayes factor from which an explanation is named: positive evidence (Kass and Raftery 1995)."""

MOST_NAMED = 3
"""Outliers that a sentence names; the table has all."""


@dataclass(frozen=True)
class MisfitCause:
    """What may be wrong with a fit.

    Attributes
    ----------
    cause : str
        ``outliers``, ``dose date``, ``noise size``, ``noise form``, ``shared error`` or ``mechanism``.
    sentence, cure : str
        What fits better, and what the user can do.
    log_bayes_factor : float
        Logarithm of the odds against the fit as it is, where both were as probable before.
    outliers : tuple of Outlier
        Measurements that the explanation leaves out, the largest residual first.
    """

    cause: str
    sentence: str
    cure: str
    log_bayes_factor: float
    outliers: tuple[Outlier, ...] = ()

    @property
    def is_clear(self) -> bool:
        """Whether it explains the data clearly better than the fit as it is."""
        return self.log_bayes_factor > CLEAR

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return asdict(self) | {"is_clear": self.is_clear}


def explanations(fitted: Estimate, report: Callable[[str], None] | None = None) -> list[MisfitCause]:
    """Return explanations of a misfit, the most probable first.

    Parameters
    ----------
    fitted : Estimate
    report : callable, optional
        Receives what is tried next.
    """
    if report is not None:
        report("other errors, other days of treatment, and each mechanism switched off")
    posterior = fitted.posterior
    tried = [*noise_alternatives(posterior), *day_alternatives(posterior), *mechanism_alternatives(fitted)]
    fits = fits_of(fitted, tried)
    if report is not None:
        report("outliers")
    # Outliers do not pull a fit with heavy tails, so that none hides another.
    robust = next((fit for model, fit in zip(tried, fits, strict=True) if model.subject_matter == HEAVY_TAILS), None)
    near = robust or fitted
    without, left_out = outlier_alternative(fitted.posterior, near)
    (best_without,) = fits_of(near, [without]) if without is not None else (None,)
    if without is not None and best_without is not None:
        tried, fits = [*tried, without], [*fits, best_without]
    rows = _ranked(fitted, tried, fits)
    if best_without is None:  # heavier tails without one value that is far away are another size or form of the error
        return [row for row in rows if row.cause != "outliers"]
    outliers = tuple(outliers_of(fitted.posterior, best_without, left_out))
    return [replace(row, outliers=outliers) if row.cause == "outliers" else row for row in rows]


def likely_cause(rows: Sequence[MisfitCause]) -> str:
    """Return a sentence on the cause of a misfit: the first explanation where it is clear."""
    if rows and rows[0].is_clear:
        return f"Most likely cause: {rows[0].sentence}{_named(rows[0].outliers)}."
    tried = "outliers, days of treatment, size and form of errors, mechanisms"
    return f"No cause that was tried explains it clearly ({tried})."


def _named(outliers: Sequence[Outlier]) -> str:
    """Return the largest outliers in words, after a colon; empty where there are none."""
    if not outliers:
        return ""
    more = f" and {len(outliers) - MOST_NAMED} more" if len(outliers) > MOST_NAMED else ""
    return f": {'; '.join(map(str, outliers[:MOST_NAMED]))}{more}"


def refusal(verdict: FitVerdict, rows: Sequence[MisfitCause]) -> str:
    """Return why forecasts of a rejected fit are withheld."""
    return f"forecasts are withheld, since {verdict.reason}. {likely_cause(rows)}"


def _ranked(fitted: Estimate, tried: Sequence[Hypothesis], fits: Sequence[Estimate | None]) -> list[MisfitCause]:
    """Return one explanation for each subject matter: that of its best variant, by the evidence of all of them."""
    base = _score(fitted)
    both = list(zip(tried, fits, strict=True))
    scores = np.array([-np.inf if fit is None else _score(fit) + model.log_constant - base for model, fit in both])
    rows = []
    for matter in dict.fromkeys(model.subject_matter for model in tried):
        variants = [k for k, model in enumerate(tried) if model.subject_matter == matter]
        best = max(variants, key=lambda k: float(scores[k]))
        if not np.isfinite(scores[best]):
            continue
        model, fit = tried[best], fits[best]
        assert fit is not None
        matters = {other.subject_matter for other in tried if other.cause == model.cause}
        gain = float(np.logaddexp.reduce(scores[variants]) - np.log(len(variants) * len(matters)))
        rows.append(MisfitCause(model.cause, model.sentence(fit), model.cure, gain))
    return sorted(rows, key=lambda row: -row.log_bayes_factor)


def _score(estimate: Estimate) -> float:
    """Return what ranks a fit: its log evidence, or minus half its AIC without priors, where evidence is undefined."""
    return estimate.log_evidence if estimate.posterior.with_priors else -0.5 * judge_fit(estimate).aic
