"""Fits to observed counts: the table of contents. A package of the list imports only from those above it.

Posing a fit: ``setup`` (patients, free parameters, error models), ``patients`` (each patient's own scenario),
``parameter_selection`` (which parameters the data inform most), ``fingerprint`` (what identifies a fit on disk).

``likelihood/``
    The likelihood. ``error_model`` (measurement error, censoring), ``subject`` (a patient to fit),
    ``prediction`` (predicted measurements and their derivatives), ``pointwise`` (log likelihood of each measurement,
    from which every total and residual follows), ``posterior`` (with priors), ``transforms`` (unconstrained
    coordinates), ``covariates`` (design matrices over patients).
``search/``
    Estimation. ``multistart`` and ``estimation`` (maximum a posteriori), ``profiles`` (profile likelihood),
    ``sampling`` and ``chains`` (MCMC), ``two_stage`` (distribution over patients).
``conclusions/``
    Interpretation. ``identifiability`` (of each parameter; goodness of fit), ``mechanism_comparison`` (fits with a
    mechanism off), ``recovery`` and ``recovery_by_visit`` (forecasts), ``optimal_sampling`` (next blood draws),
    ``predictive`` and ``visual_check`` (predictive checks).
``exchange/``
    Export. ``checkpoint`` (interrupted runs), ``inference_data`` (ArviZ), ``petab_tables`` (PEtab).

Results: ``fitted`` (one patient, or several as one), ``individual_fits`` (several).
"""

from immunosim.fitting.conclusions.goodness_of_fit import judge_fit
from immunosim.fitting.conclusions.identifiability import judge_parameters
from immunosim.fitting.conclusions.optimal_sampling import rank_draws
from immunosim.fitting.conclusions.recovery import forecast, laplace_draws
from immunosim.fitting.fingerprint import fingerprint_of
from immunosim.fitting.fitted import Fitted
from immunosim.fitting.individual_fits import PatientFits, fit_each, fit_together
from immunosim.fitting.likelihood.covariates import CovariateDesign, Effect, arrange
from immunosim.fitting.likelihood.error_model import ErrorModel
from immunosim.fitting.likelihood.posterior import Posterior
from immunosim.fitting.likelihood.subject import Subject, subject_of
from immunosim.fitting.likelihood.transforms import Coordinates, FreeParameter, coordinates_of
from immunosim.fitting.parameter_selection import informed_parameters
from immunosim.fitting.patients import scenario_of
from immunosim.fitting.search.estimation import Estimate, estimate
from immunosim.fitting.search.profiles import Profile, profiles
from immunosim.fitting.search.sampling import Sample, require_sampler, sample
from immunosim.fitting.search.two_stage import PopulationFit, fit_population
from immunosim.fitting.setup import FitOptions, FitProblem, case_of

__all__ = [
    "Coordinates",
    "CovariateDesign",
    "Effect",
    "ErrorModel",
    "Estimate",
    "FitOptions",
    "FitProblem",
    "Fitted",
    "FreeParameter",
    "PatientFits",
    "PopulationFit",
    "Posterior",
    "Profile",
    "Sample",
    "Subject",
    "arrange",
    "case_of",
    "coordinates_of",
    "estimate",
    "fingerprint_of",
    "fit_each",
    "fit_population",
    "fit_together",
    "forecast",
    "informed_parameters",
    "judge_fit",
    "judge_parameters",
    "laplace_draws",
    "profiles",
    "rank_draws",
    "require_sampler",
    "sample",
    "scenario_of",
    "subject_of",
]
