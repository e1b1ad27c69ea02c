"""Fits to observed counts: likelihood, estimation, profiles, samples, verdicts, forecasts, next draws."""

from immunosim.fitting.conclusions.identifiability import judge_fit, judge_parameters
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
