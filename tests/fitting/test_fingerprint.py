"""A fingerprint changes with everything that could change a fit, and with nothing else."""

from dataclasses import replace

import pytest

from immunosim.fitting import Coordinates, ErrorModel, Posterior, fingerprint_of, subject_of
from immunosim.problem import prepare
from immunosim.scenario import load_scenario
from tests.fitting.conftest import ANALYTES


@pytest.fixture(scope="module")
def kept(make_posterior):
    """Return the posterior of a total and its subsets, some of them below quantification."""
    posterior, _ = make_posterior(names=("antibody_clearance", "blood_lysis_rate"), limit=60.0)
    return posterior


def with_measurements(posterior, measurements, noise=None, **options):
    (subject,) = posterior.subjects
    noise = noise or dict.fromkeys(ANALYTES, ErrorModel())
    again = subject_of(subject.name, subject.problem, subject.names, measurements, noise, **options)
    return replace(posterior, subjects=(again,))


def test_the_same_fit_has_the_same_fingerprint(kept):
    (subject,) = kept.subjects
    again = with_measurements(kept, subject.measurements, shared=0.0)
    assert fingerprint_of(again) == fingerprint_of(kept)
    assert fingerprint_of(replace(kept, n_threads=8)) == fingerprint_of(kept)  # threads change no bit


@pytest.mark.parametrize(
    "change",
    [
        lambda one, first, rest: with_measurements(one, (replace(first, value=first.value * 1.001), *rest), shared=0.0),
        lambda one, first, rest: with_measurements(one, (replace(first, is_below=True), *rest), shared=0.0),
        lambda one, first, rest: with_measurements(one, (replace(first, time=first.time + 1.0), *rest), shared=0.0),
        lambda one, first, rest: with_measurements(one, (replace(first, spread=0.1), *rest), shared=0.0),
        lambda one, first, rest: with_measurements(one, rest, shared=0.0),
        lambda one, first, rest: with_measurements(one, (first, *rest), shared=0.3),
        lambda one, first, rest: with_measurements(
            one, (first, *rest), dict.fromkeys(ANALYTES, ErrorModel("lognormal", 0.2)), shared=0.0
        ),
        lambda one, first, rest: with_measurements(
            one, (first, *rest), dict.fromkeys(ANALYTES, ErrorModel("proportional", 0.132)), shared=0.0
        ),
        lambda one, first, rest: with_measurements(one, (first, *rest), factors=("cd4",), shared=0.0),
        lambda one, first, rest: replace(one, factors=("cd4",)),
        lambda one, first, rest: replace(one, with_priors=False),
        lambda one, first, rest: replace(one, coordinates=Coordinates(one.coordinates.parameters[:1])),
        lambda one, first, rest: replace(one, coordinates=Coordinates(one.coordinates.parameters[::-1])),
        lambda one, first, rest: replace(
            one, coordinates=Coordinates(tuple(replace(p, upper=p.upper * 2) for p in one.coordinates.parameters))
        ),
        lambda one, first, rest: replace(
            one, coordinates=Coordinates(tuple(p.without_prior() for p in one.coordinates.parameters))
        ),
        lambda one, first, rest: Posterior(one.subjects * 2, one.coordinates),
        lambda one, first, rest: replace(one, subjects=(replace(one.subjects[0], name="b"),)),
    ],
    ids=["value", "censored", "time", "range", "fewer", "shared", "size", "kind", "factor of a subject", "factor",
         "priors", "fewer parameters", "order", "limits", "no prior", "two patients", "name"],
)  # fmt: skip
def test_whatever_may_change_a_fit_changes_its_fingerprint(kept, change):
    first, *rest = kept.subjects[0].measurements
    assert fingerprint_of(change(kept, first, rest)) != fingerprint_of(kept)


@pytest.mark.parametrize(
    "override",
    ["patient.age=50", "course.1.dose=10 mg", "course.1.start=1 day", 'mechanisms.off=["relapse"]', "solver.rtol=1e-4",
     "parameters.cd4_scale=1.1"],
)  # fmt: skip
def test_another_scenario_is_another_fit(kept, configs, override):
    other = prepare(load_scenario(configs / "one_course.toml", ("horizon=13 months", override)))
    (subject,) = kept.subjects
    moved = replace(subject, problem=replace(other, times=subject.problem.times))
    assert fingerprint_of(replace(kept, subjects=(moved,))) != fingerprint_of(kept)


def test_the_title_of_a_scenario_is_no_part_of_a_fit(kept, configs):
    other = prepare(load_scenario(configs / "one_course.toml", ("horizon=13 months", "title=Another")))
    (subject,) = kept.subjects
    moved = replace(subject, problem=replace(other, times=subject.problem.times))
    assert fingerprint_of(replace(kept, subjects=(moved,))) == fingerprint_of(kept)
