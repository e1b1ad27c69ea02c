"""Fits to observed counts: likelihood, estimation, profiles, samples, verdicts, forecasts, next draws."""

from immunosim.fit.arrangement import Arrangement, Effect, arrange
from immunosim.fit.case import Case, Wishes, case_of
from immunosim.fit.choice import informed_parameters
from immunosim.fit.estimation import Estimate, estimate
from immunosim.fit.fingerprint import fingerprint_of
from immunosim.fit.fitted import Fitted
from immunosim.fit.forecast import forecast, laplace_draws
from immunosim.fit.free import Coordinates, FreeParameter, coordinates_of
from immunosim.fit.next_draw import rank_draws
from immunosim.fit.noise import Noise
from immunosim.fit.patients import scenario_of
from immunosim.fit.population import Population, fit_population
from immunosim.fit.posterior import Posterior
from immunosim.fit.profiles import Profile, profiles
from immunosim.fit.sampling import Sample, require_sampler, sample
from immunosim.fit.several import Several, fit_each, fit_together
from immunosim.fit.subjects import Subject, subject_of
from immunosim.fit.verdict import judge_fit, judge_parameters

__all__ = [
    "Arrangement",
    "Case",
    "Coordinates",
    "Effect",
    "Estimate",
    "Fitted",
    "FreeParameter",
    "Noise",
    "Population",
    "Posterior",
    "Profile",
    "Sample",
    "Several",
    "Subject",
    "Wishes",
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
