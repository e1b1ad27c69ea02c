"""Fits of several patients one by one: kept and taken up again, counted by verdict, together where there are enough."""

import json

import numpy as np
import pytest

from immunosim.errors import DataError, SolverError
from immunosim.fitting import ErrorModel, FitOptions, FitProblem, estimate, fit_each, fit_together, profiles
from immunosim.fitting.exchange.checkpoint import as_record, from_record
from immunosim.fitting.likelihood.transforms import Coordinates
from immunosim.fitting.setup import _noise
from immunosim.model.readout_info import ReadoutInfo
from immunosim.observations import PatientRecord
from tests.fitting.linear import free, posterior, subject

pytestmark = pytest.mark.usefixtures("linear")


def case_with(*rows, parameters=None):
    """Return a case of patients whose measurements have these logarithms, each by a constant of its own."""
    parameters = parameters or [free("a", prior=(1.0, 1.0))]
    design = np.eye(len(parameters))[[0] * len(rows[0])]
    subjects = tuple(subject(design, row, name=f"P{k}") for k, row in enumerate(rows))
    patients = tuple(PatientRecord(one.name, one.measurements) for one in subjects)
    noise, coordinates = {"cd4": ErrorModel("lognormal", 0.2)}, Coordinates(tuple(parameters))
    return FitProblem(None, patients, subjects, coordinates, tuple(coordinates.names), noise, (), FitOptions(), False)


class Store(dict):
    """Fits by the name of the patient, as text, as if they came from disk."""

    def load(self, name):
        return json.loads(self[name]) if name in self else None

    def save(self, name, record):
        self[name] = json.dumps(record)


ROWS = ([0.1, 0.2, 0.3], [0.5, 0.4, 0.6], [-0.2, -0.1, 0.0])


def test_each_patient_is_fitted_alone():
    told = []
    found = fit_each(case_with(*ROWS), 2, report=lambda *one: told.append(one))
    assert told == [("P0", 0, 3), ("P1", 1, 3), ("P2", 2, 3)]
    assert found.failures == {}
    for k, row in enumerate(ROWS):
        expected = estimate(posterior(subject(np.ones((3, 1)), row), [free("a", prior=(1.0, 1.0))]), 2)
        assert found.fits[f"P{k}"].estimate.values == pytest.approx(expected.values, rel=1e-6)
    assert found.headline() == "3 patients, each fitted individually; 0 failed"
    assert found.facts() == {"a": "3 identified"}


def test_what_was_kept_is_not_fitted_again(monkeypatch):
    case, store = case_with(*ROWS), Store()
    first = fit_each(case, 2, store=store)
    assert sorted(store) == ["P0", "P1", "P2"]
    monkeypatch.setattr("immunosim.fitting.individual_fits.estimate", None)
    again = fit_each(case, 2, store=store)
    for name, fit in first.fits.items():
        assert again.fits[name].estimate.values.tolist() == fit.estimate.values.tolist()
        assert again.fits[name].verdicts == fit.verdicts


def test_a_patient_who_cannot_be_fitted_is_told_and_the_others_go_on(monkeypatch):
    from immunosim.fitting import individual_fits

    def some(one, n_starts, seed):
        if one.subjects[0].name == "P1":
            raise SolverError("no start of the fit could be simulated")
        return estimate(one, n_starts, seed)

    monkeypatch.setattr(individual_fits, "estimate", some)
    found = fit_each(case_with(*ROWS), 1)
    assert list(found.fits) == ["P0", "P2"]
    assert found.failures == {"P1": "no start of the fit could be simulated"}
    assert found.summary() == {"verdicts": {"a": {"identified": 2}}, "failures": found.failures}
    monkeypatch.setattr(individual_fits, "estimate", lambda *one: some(case_with(*ROWS).alone(1), 1, 0))
    with pytest.raises(SolverError, match="no patient can be fitted: no start of the fit"):
        fit_each(case_with(*ROWS), 1)


def test_the_table_has_a_row_for_each_patient_and_parameter():
    parameters = [free("a", prior=(1.0, 1.0)), free("b", prior=(1.0, 1.0))]
    found = fit_each(case_with(*ROWS, parameters=parameters), 1)
    table = found.to_dataframe()
    assert table.columns[0] == "patient"
    assert table["patient"].tolist() == ["P0", "P0", "P1", "P1", "P2", "P2"]
    assert table["kind"].tolist() == ["identified", "flat"] * 3
    assert found.kinds("b") == {"flat": 3}
    dataset = found.dataset
    assert dataset["value"].dims == ("patient", "name")
    assert float(dataset["value"].sel(patient="P1", name="a")) == found.fits["P1"].estimate.values[0]


def test_three_patients_have_a_distribution_and_two_do_not():
    found = fit_together(fit_each(case_with(*ROWS), 1))
    assert found.population is not None
    assert found.population.patients == ("P0", "P1", "P2")
    assert found.headline().startswith("3 patients, each fitted individually, and all together")
    with pytest.raises(DataError, match="2 patients are too few to estimate between-patient variability"):
        fit_together(fit_each(case_with(*ROWS[:2]), 1))


def test_a_fit_is_all_of_one_kept_record():
    one = posterior(subject(np.ones((3, 1)), ROWS[0]), [free("a", prior=(1.0, 1.0))])
    best = estimate(one, 2)
    record = json.loads(json.dumps(as_record(best, profiles(best))))
    again, drawn = from_record(one, record)
    assert again.best.end.tolist() == best.best.end.tolist()
    assert list(drawn) == ["a"]
    assert drawn["a"].is_closed == (True, True)


@pytest.mark.parametrize(
    "harm",
    [
        lambda record: record.pop("searches"),
        lambda record: record.pop("profiles"),
        lambda record: record.update(searches=[]),
        lambda record: record.update(searches=None),
        lambda record: record.update(profiles=[1]),
        lambda record: record["searches"][0].pop("hessian"),
        lambda record: record["searches"][0].update(more=1),  # of another version
        lambda record: record["searches"][0].update(end=["a", "b"]),
        lambda record: record["profiles"]["a"].pop("rise"),
    ],
    ids=range(9),
)
def test_what_is_no_whole_record_is_refused(harm):
    one = posterior(subject(np.ones((3, 1)), ROWS[0]), [free("a", prior=(1.0, 1.0))])
    best = estimate(one, 1)
    record = json.loads(json.dumps(as_record(best, profiles(best, n_points=3))))
    harm(record)
    with pytest.raises(DataError, match="the checkpoint is not a fit, leave out `resume` to start over"):
        from_record(one, record)


class Model:
    """Read-outs of which one declares its error."""

    def about(self, name):
        return ReadoutInfo(unit="mg/L", noise="combined:0.1:2" if name == "level" else "")


def test_the_error_of_an_analyte_is_given_declared_or_usual():
    given = ErrorModel("additive", 0.0, 3.0)
    found = _noise(Model(), ["cd4", "level", "cd8"], {"cd8": given})
    assert found == {"cd4": ErrorModel(), "level": ErrorModel("combined", 0.1, 2.0), "cd8": given}
    with pytest.raises(DataError, match='noise: "cd3" is not a measured analyte, did you mean "cd4" or "cd8"'):
        _noise(Model(), ["cd4", "cd8"], {"cd3": given})
