"""Fits to observed counts: likelihood, estimation, profiles, samples, verdicts, forecasts, next draws."""

from immunosim.fit.choice import informed_parameters
from immunosim.fit.estimation import Estimate, estimate
from immunosim.fit.forecast import forecast, laplace_draws
from immunosim.fit.free import Coordinates, FreeParameter, coordinates_of
from immunosim.fit.next_draw import rank_draws
from immunosim.fit.noise import Noise
from immunosim.fit.posterior import Posterior
from immunosim.fit.profiles import Profile, profiles
from immunosim.fit.sampling import Sample, sample
from immunosim.fit.subjects import Subject, subject_of
from immunosim.fit.verdict import judge_fit, judge_parameters

__all__ = [
    "Coordinates",
    "Estimate",
    "FreeParameter",
    "Noise",
    "Posterior",
    "Profile",
    "Sample",
    "Subject",
    "coordinates_of",
    "estimate",
    "forecast",
    "informed_parameters",
    "judge_fit",
    "judge_parameters",
    "laplace_draws",
    "profiles",
    "rank_draws",
    "sample",
    "subject_of",
]
