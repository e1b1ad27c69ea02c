"""Calibrations of the teaching model: known values are found again, and stopped runs end in the same bits."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import immunosim
from immunosim.calibration.result import CalibrationResult
from immunosim.calibration.running import PROGRESS, CalibrationRun
from immunosim.calibration.setup import CalibrationSetup, read_calibration, set_up
from immunosim.calibration.simulating import CohortTargets
from immunosim.door.calibrating import calibration_setup
from immunosim.door.calibration_files import write_calibration
from immunosim.door.watching import Quiet
from immunosim.models import load_parameters
from immunosim.parameters import parse_parameters

Written = Callable[..., Path]

TRUTH = np.array([1800.0, 0.003, 0.4, 0.15, 0.6])
"""Count, division rate, spread of counts, share of resistant patients, factor of the slow cohort's division."""


def setup_of(path: Path) -> CalibrationSetup:
    """Return a calibration that can be run."""
    return set_up(read_calibration(path), path)


def targets_of(setup: CalibrationSetup) -> CohortTargets:
    """Return the cohorts with the patients of the search."""
    return setup.targets(setup.record.patients, 1)


@pytest.fixture(scope="module")
def of_truth(written: Written, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a calibration whose targets are the numbers of known values."""
    folder = tmp_path_factory.mktemp("truth")
    setup = setup_of(written(folder))
    targets = targets_of(setup)
    numbers = targets.numbers(np.log(TRUTH)[np.newaxis])[0]
    keys = [(entry.record.cohort, entry.record.statistic, int(entry.record.time or 0)) for entry in targets.targets]
    return written(folder, values=dict(zip(keys, map(float, numbers), strict=True)))


@pytest.fixture(scope="module")
def result(of_truth: Path) -> CalibrationResult:
    """Return its result."""
    return CalibrationRun(setup_of(of_truth), None, 1, Quiet()).result()


def test_known_values_are_found_again_but_for_what_the_priors_take(result: CalibrationResult) -> None:
    distance = np.log(result.values / TRUTH) / result.posterior.sd
    assert np.abs(distance).max() < 1.0
    assert result.costs[-1] < 0.1 * result.costs[0]


def test_targets_are_met_on_other_patients(result: CalibrationResult) -> None:
    assert result.after.n_within > result.before.n_within


def test_plausible_sets_meet_their_targets(result: CalibrationResult) -> None:
    ensemble = result.ensemble
    assert ensemble.n_kept >= 8
    assert (ensemble.n_within[ensemble.is_kept] >= ensemble.least_within).all()
    assert len(result.plausible_sets()) == ensemble.n_kept
    assert 1.0 <= ensemble.effective_size <= len(ensemble.theta)


def test_standard_deviations_inform_the_spread_of_counts_more_than_means_do(result: CalibrationResult) -> None:
    (spread,) = [j for j, quantity in enumerate(result.quantities) if quantity.kind == "traits"]
    shares = result.posterior.information_shares[:, spread]
    is_sd = np.array([entry.record.statistic == "sd" for entry in result.after.results])
    assert shares[is_sd].sum() > 0.8
    assert result.posterior.contraction[spread] < 0.5


def test_vectors_side_by_side_give_the_numbers_of_each_alone(of_truth: Path) -> None:
    targets = targets_of(setup_of(of_truth))
    theta = np.log(TRUTH) + np.linspace(-0.2, 0.2, 5)[:, np.newaxis]
    together = targets.numbers(theta)
    alone = np.concatenate([targets.numbers(line[np.newaxis]) for line in theta])
    assert together.tobytes() == alone.tobytes()


class Interruption(Quiet):
    """Interrupts before a step."""

    def __init__(self, before: str) -> None:
        super().__init__()
        self.before = before

    def begin(self, what: str) -> None:
        """Interrupt before the step whose name begins so."""
        if what.startswith(self.before):
            raise KeyboardInterrupt


@pytest.mark.parametrize("step", ["Iteration 1", "Iteration 3", "Simulating parameter sets", "Judging"])
def test_an_interrupted_calibration_goes_on_to_the_same_bits(
    of_truth: Path, result: CalibrationResult, tmp_path: Path, step: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        CalibrationRun(setup_of(of_truth), tmp_path, 1, Interruption(step)).result()
    assert (tmp_path / PROGRESS).is_file()
    resumed = CalibrationRun(setup_of(of_truth), tmp_path, 1, Quiet()).result()
    assert resumed.values.tobytes() == result.values.tobytes()
    assert resumed.ensemble.numbers.tobytes() == result.ensemble.numbers.tobytes()
    assert resumed.after.summary() == result.after.summary()


def test_files_give_the_calibrated_cohort(result: CalibrationResult, tmp_path: Path) -> None:
    paths = write_calibration(result, tmp_path)
    assert {path.name for path in paths} >= {"first.toml", "second.toml", "population.toml", "targets.csv"}
    cohort = immunosim.cohort(
        tmp_path / "first.toml", 64, seed=result.setup.record.seed + 1, readouts=["t_cells"], at=[0.0, 90.0]
    )
    mean = np.average(cohort.dataset["t_cells"], axis=0, weights=cohort.weight)
    expected = [entry.simulated.value for entry in result.after.results if "first mean" in entry.record.name]
    assert mean == pytest.approx([expected[0], expected[2]], rel=1e-6)  # ten times the tolerance of the solver


def test_the_parameter_set_extends_that_of_the_scenarios(result: CalibrationResult, tmp_path: Path) -> None:
    write_calibration(result, tmp_path)
    text = (tmp_path / "parameters.toml").read_text(encoding="utf-8")
    parameters = parse_parameters(text, "calibrated", {}, lambda name: load_parameters(name, "teaching"))
    assert parameters.value("t_cell_count") == result.parameters["t_cell_count"]
    assert parameters["division_rate"].evidence == "fitted"
    assert parameters.value("lysis_rate") == load_parameters("default", "teaching").value("lysis_rate")


def test_the_summary_is_json_with_the_shift_of_every_quantity(result: CalibrationResult, tmp_path: Path) -> None:
    write_calibration(result, tmp_path)
    summary = json.loads((tmp_path / "calibration.json").read_text(encoding="utf-8"))
    by_name = {entry["quantity"]: entry for entry in summary["quantities"]}
    assert by_name["t_cell_count"]["shift"] == pytest.approx(result.posterior.shift[0])
    assert by_name["division_rate in slow"]["shift"] is None


MEAN = {"statistic": "mean", "readout": "t_cells", "time": "90 days"}


def test_a_statistic_has_an_interval_over_the_plausible_sets(result: CalibrationResult) -> None:
    (row,) = result.predicted([MEAN], patients=64).to_dict("records")
    (fitted,) = [entry for entry in result.after.results if entry.record.name == "first mean day 90"]
    assert row["value"] == pytest.approx(fitted.simulated.value, rel=1e-6)  # ten times the tolerance of the solver
    assert row["low"] < row["value"] < row["high"]
    assert (row["unit"], row["n_sets"]) == ("cells/uL", result.ensemble.n_kept)


def test_a_statistic_may_be_of_another_cohort_and_another_scenario(
    result: CalibrationResult, of_truth: Path, tmp_path: Path
) -> None:
    scenario = tmp_path / "untreated.toml"
    scenario.write_text('model = "teaching"\nhorizon = "100 days"\n', encoding="utf-8")
    passage = {"statistic": "share_below", "readout": "t_cells", "time": "90 days", "level": "80 % of baseline"}
    (row,) = result.predicted([passage], scenario, cohort="second", patients=16).to_dict("records")
    assert (row["value"], row["low"], row["high"]) == (0.0, 0.0, 0.0)


def test_the_population_alone_gives_the_intervals_of_its_calibration(result: CalibrationResult, tmp_path: Path) -> None:
    write_calibration(result, tmp_path)
    seed = result.setup.record.seed + 1
    asked = [MEAN, MEAN | {"statistic": "sd"}]
    of_files = immunosim.predict_cohort(tmp_path / "second.toml", asked, patients=32, seed=seed, n_threads=1)
    of_result = result.predicted(asked, cohort="second", patients=32)
    assert of_files[["n_sets", "n_failed"]].equals(of_result[["n_sets", "n_failed"]])
    for column in ("value", "low", "high"):
        assert of_files[column].to_list() == pytest.approx(of_result[column].to_list(), rel=1e-9)  # texts of numbers


def test_tables_of_earlier_calibrations_stay_without_what_is_calibrated_again(
    result: CalibrationResult, tmp_path: Path
) -> None:
    earlier = tmp_path / "earlier.csv"
    earlier.write_text("lysis_rate,t_cell_count,loss\n1.5,1000,1\n2.5,1100,2\n", encoding="utf-8")
    again = replace(result, setup=replace(result.setup, earlier_sets=(earlier,)))
    folder = tmp_path / "results"
    folder.mkdir()
    write_calibration(again, folder)
    assert (folder / "earlier.csv").read_text(encoding="utf-8") == "lysis_rate,loss\n1.5,1\n2.5,2\n"
    population = (folder / "population.toml").read_text(encoding="utf-8")
    assert 'plausible_sets = ["earlier.csv", "plausible_sets.csv"]' in population


def test_a_calibration_takes_and_checks_the_sets_of_an_earlier_one(written: Written, tmp_path: Path) -> None:
    path = written(tmp_path, ("seed = 3", 'seed = 3\npopulation.plausible_sets = "earlier.csv"'))
    earlier = tmp_path / "earlier.csv"
    earlier.write_text("lysis_rate\n2.5\n", encoding="utf-8")
    assert setup_of(path).earlier_sets == (earlier,)
    assert setup_of(path).population.plausible_sets == ()
    earlier.write_text("lysis_rat\n2.5\n", encoding="utf-8")
    with pytest.raises(immunosim.errors.DataError, match="is not a parameter of the model"):
        setup_of(path)


@pytest.mark.parametrize(
    ("keys", "options", "message"),
    [
        (MEAN | {"statistic": "men"}, {}, 'statistic 1: unknown statistic "men", did you mean "mean", '),
        (MEAN | {"readot": "x"}, {}, 'statistic 1: readot: unknown key, did you mean "readout"?'),
        (None, {}, "statistics: there is no statistic, ask for example"),
        (MEAN, {"cohort": "third"}, 'cohort: the calibration has no cohort "third"'),
        (MEAN, {"scenario": "two_courses"}, "two_courses: is not of teaching/default, which was calibrated"),
    ],
)
def test_a_statistic_that_cannot_be_predicted_is_refused(
    result: CalibrationResult, keys: dict[str, str] | None, options: dict[str, str], message: str
) -> None:
    with pytest.raises(immunosim.errors.ImmunosimError) as caught:
        result.predicted([] if keys is None else [keys], **options)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_another_seed_gives_other_patients(of_truth: Path) -> None:
    setup = setup_of(of_truth)
    other = set_up(setup.record, of_truth, seed=4)
    start = np.log([[quantity.start for quantity in setup.quantities]])
    assert other.fingerprint != setup.fingerprint
    assert (targets_of(other).numbers(start) != targets_of(setup).numbers(start)).all()


def test_a_cohort_whose_patients_fail_has_no_numbers(of_truth: Path) -> None:
    setup = setup_of(of_truth)
    numbers = targets_of(setup).numbers(np.log(TRUTH * [1e3, 1.0, 1.0, 1.0, 1.0])[np.newaxis])
    assert np.isnan(numbers).all()


def test_progress_of_another_calibration_is_not_continued(of_truth: Path, tmp_path: Path) -> None:
    setup = setup_of(of_truth)
    with pytest.raises(KeyboardInterrupt):
        CalibrationRun(setup, tmp_path, 1, Interruption("Iteration 1")).result()
    other = replace(setup, record=setup.record.model_copy(update={"difference": 0.01}))
    with pytest.raises(immunosim.errors.DataError, match="other settings"):
        CalibrationRun(other, tmp_path, 1, Quiet()).result()


def test_the_shipped_calibration_judges_held_out_targets_of_a_cohort_that_it_does_not_fit() -> None:
    setup = calibration_setup("alopecia")
    fitted = ["alopecia_untreated", "alopecia_pulse_early", "alopecia_pulse_late", "alopecia_triamcinolone"]
    assert [cohort.name for cohort in setup.cohorts] == fitted
    held_out = {cohort.name: len(cohort.targets) for cohort in setup.held_out}
    assert held_out == {"alopecia_pulse_early": 2, "alopecia_pulse_100mg": 1, "alopecia_prednisolone": 1}


def test_a_cohort_under_a_protocol_is_not_judged_by_a_calibration() -> None:
    setup = calibration_setup("secondary_autoimmunity")
    assert {target.cohort for target in setup.not_judged} == {"relapsing_retreated"}
