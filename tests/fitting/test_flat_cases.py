"""What is flat by construction is called flat: parameters that the measured counts do not depend on.

That they do not is checked first, over the whole range of the search.
"""

import numpy as np
import pytest

from immunosim.fitting import ErrorModel, Posterior, coordinates_of, estimate, judge_parameters, profiles, subject_of
from immunosim.fitting.likelihood.prediction import predict
from immunosim.observations import Measurement
from tests.fitting.conftest import DAYS, values_of

CASES = (
    ("thyroid_draw", ("lymphocytes", "cd4", "cd8", "cd19")),
    ("platelet_draw", ("lymphocytes", "cd4")),
    ("gbm_draw", ("cd8",)),
    ("memory_b_lysability", ("cd4", "cd8")),
    ("platelet_turnover_rate", ("cd4", "cd8")),
    ("nk_lysis_rate", ("cd19",)),
    ("nk_production_boost", ("cd19",)),
    ("memory_cd8_division_boost", ("cd19",)),
    ("treg_division_boost", ("cd8", "cd19")),
    ("other_precursor_fraction", ("cd4", "cd19")),
    ("baff_memory_share", ("cd4", "cd8")),
    ("baff_nonspecific_fraction", ("cd8",)),
)
LEAST_RIGHT = 11
"""Of the twelve: nine in ten."""


def kind_of(problem, name, analytes, seed):
    """Return what a silent parameter is called beside one that the counts tell, after checking that it is silent."""
    names = ("antibody_clearance", name)
    coordinates = coordinates_of(problem.parameters, values_of(problem, names), names)
    generator, noise = np.random.default_rng(seed), dict.fromkeys(analytes, ErrorModel())
    asked = [Measurement("a", day, analyte, 1.0) for day in DAYS for analyte in analytes]
    perfect = subject_of("a", problem, coordinates.names, asked, noise)
    silent = coordinates.parameters[1]
    rows = np.array([[coordinates.parameters[0].value, at] for at in (silent.value, silent.lower, silent.upper)])
    middle, *ends = predict((perfect,), [rows])[0]
    assert np.abs(np.log(ends / middle)).max() < 0.02, name  # a seventh of the noise at the very ends
    seen = middle * np.exp(0.132 * generator.normal(size=len(middle)))
    measured = [Measurement("a", one.time, one.analyte, float(v)) for one, v in zip(asked, seen, strict=True)]
    subject = subject_of("a", problem, coordinates.names, measured, noise, shared=0.0)
    found = estimate(Posterior((subject,), coordinates), 4, seed)
    return judge_parameters(found, profiles(found, [name]))[0].kind


def test_what_is_flat_is_called_flat_in_nine_of_ten_cases(problem):
    kinds = {name: kind_of(problem, name, analytes, seed) for seed, (name, analytes) in enumerate(CASES)}
    assert sum(kind == "flat" for kind in kinds.values()) >= LEAST_RIGHT, kinds


@pytest.mark.slow
def test_what_is_flat_is_called_flat_whatever_the_noise_was(problem):
    kinds = [kind_of(problem, name, analytes, 100 + seed) for name, analytes in CASES for seed in range(5)]
    assert kinds.count("flat") >= 0.9 * len(kinds)
