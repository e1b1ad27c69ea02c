"""The tables of PEtab pass its own checks, and what PEtab cannot say is said beside them or refused."""

import csv
from pathlib import Path

import pytest

from immunosim.observations import (
    Measurement,
    Observations,
    PatientRecord,
    PetabParameter,
    examine_observations,
    petab_files,
    write_petab,
)
from immunosim.observations.petab import condition_ids

PARAMETERS = [
    PetabParameter("blood_lysis_rate", "log10", 10.0, 1000.0, 100.0, prior=(2.0, 0.3)),
    PetabParameter("treg_restraint", "lin", 0.0, 5.0, 1.0),
    PetabParameter("sd_cd4", "log10", 0.01, 3.0, 0.2, estimate=False),
]
NOISE = {"lymphocytes": "0.05 + 0.1 * lymphocytes", "cd4": "sd_cd4", "cd3": "0.1 * cd3"}
CLINIC = (
    "id,day,dose [mg],ALC [1e9/L],CD3 [/uL],CD4 [/uL],age\n"
    "1 a,0,12,1.9,1200,810,31\n"
    "1-a,0,12,1.9,,,40\n"
    "Änna,30,,0.5,,<5,52\n"
)


def rows(path: Path) -> list[list[str]]:
    """Return the cells of a table."""
    with path.open(newline="") as stream:
        return list(csv.reader(stream, delimiter="\t"))


@pytest.fixture
def observations(read) -> Observations:
    """Return three patients, one value below quantification."""
    return read(CLINIC)[0]


@pytest.mark.filterwarnings("ignore")  # those of petab's own imports
def test_the_tables_pass_the_checks_of_petab(observations, tmp_path):
    petab = pytest.importorskip("petab.v1", reason="petab is not installed: pip install 'immunosim[fit]'")
    write_petab(observations, tmp_path, PARAMETERS, NOISE, transformation="log10")
    observables = petab.get_observable_df(tmp_path / "observables.tsv")
    measurements = petab.get_measurement_df(tmp_path / "measurements.tsv")
    parameters = petab.get_parameter_df(tmp_path / "parameters.tsv")
    conditions = petab.get_condition_df(tmp_path / "conditions.tsv")
    petab.lint.check_observable_df(observables)
    petab.lint.check_measurement_df(measurements, observables)
    petab.lint.check_parameter_df(parameters)
    petab.lint.check_condition_df(conditions)
    petab.lint.assert_measurement_conditions_present_in_condition_table(measurements, conditions)
    petab.yaml.validate(str(tmp_path / "problem.yaml"))
    problem = petab.Problem.from_yaml(tmp_path / "problem.yaml")
    assert problem.model is None
    assert problem.x_free_ids == ["blood_lysis_rate", "treg_restraint"]


def test_tables_hold_what_was_measured(observations, tmp_path):
    write_petab(observations, tmp_path, PARAMETERS, NOISE)
    assert rows(tmp_path / "measurements.tsv") == [
        ["observableId", "simulationConditionId", "measurement", "time", "censoring"],
        ["observable_lymphocytes", "patient_1_a", "1.9", "0.0", "none"],
        ["observable_cd3", "patient_1_a", "1200.0", "0.0", "none"],
        ["observable_cd4", "patient_1_a", "810.0", "0.0", "none"],
        ["observable_lymphocytes", "patient_1_a_2", "1.9", "0.0", "none"],
        ["observable_lymphocytes", "nna", "0.5", "30.0", "none"],
        ["observable_cd4", "nna", "5.0", "30.0", "left"],
    ]
    assert rows(tmp_path / "observables.tsv")[1:] == [
        ["observable_lymphocytes", "lymphocytes", "lin", "0.05 + 0.1 * lymphocytes", "normal"],
        ["observable_cd3", "cd4 + cd8", "lin", "0.1 * (cd4 + cd8)", "normal"],
        ["observable_cd4", "cd4", "lin", "sd_cd4", "normal"],
    ]
    assert rows(tmp_path / "conditions.tsv") == [
        ["conditionId", "conditionName", "age"],
        ["patient_1_a", "1 a", "31.0"],
        ["patient_1_a_2", "1-a", "40.0"],
        ["nna", "Änna", "52.0"],
    ]
    assert rows(tmp_path / "parameters.tsv")[1:] == [
        ["blood_lysis_rate", "log10", "10.0", "1000.0", "100.0", "1", "parameterScaleNormal", "2.0;0.3"],
        ["treg_restraint", "lin", "0.0", "5.0", "1.0", "1", "", ""],
        ["sd_cd4", "log10", "0.01", "3.0", "0.2", "0", "", ""],
    ]
    assert rows(tmp_path / "doses.tsv")[1] == ["patient_1_a", "0.0", "alemtuzumab", "12.0", repr(4 / 24)]


def test_the_folder_says_what_petab_cannot(observations, tmp_path, read):
    write_petab(observations, tmp_path, PARAMETERS, NOISE)
    text = (tmp_path / "README.md").read_text()
    assert "names no model file yet" in text
    assert "`left` where the value is below `measurement`" in text
    assert "`doses.tsv`" in text
    plain = read("day,CD4 [/uL]\n1,200\n")[0]
    write_petab(plain, tmp_path / "plain", PARAMETERS, {"cd4": "10"})
    assert sorted(path.name for path in (tmp_path / "plain").iterdir()) == [
        *("README.md", "conditions.tsv", "measurements.tsv", "observables.tsv", "parameters.tsv", "problem.yaml"),
    ]
    assert "censoring" not in (tmp_path / "plain" / "measurements.tsv").read_text()
    assert rows(tmp_path / "plain" / "conditions.tsv") == [["conditionId", "conditionName"], ["patient", "patient"]]


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        (("2x", "lin", 0, 1, 0.5), 'parameters: "2x" is not an identifier, write letters, digits and _'),
        (("sd_cd4", "lin", 0, 1, 0.5), "parameters.sd_cd4: stands twice, leave one out"),
        (("x", "ln", 0, 1, 0.5), 'parameters.x: "ln" is not a valid scale, write "lin" or "log10"'),
        (("x", "lin", 1, 1, 1), "parameters.x: has no range from 1 to 1, give a lower bound below the upper one"),
        (("x", "log10", 0, 1, 0.5), "parameters.x: has a logarithm, but a lower bound of 0, give a positive bound"),
        (("x", "lin", 0, 1, 2), "parameters.x: has a nominal value of 2 outside of 0 to 1, widen the bounds"),
        (
            ("x", "lin", 0, 1, 0.5, True, (0, 0)),
            "parameters.x: has a prior with a standard deviation of 0, give a positive one",
        ),
    ],
)
def test_impossible_parameters_are_refused(observations, tmp_path, refusal, parameter, message):
    assert refusal(write_petab, observations, tmp_path, [*PARAMETERS, PetabParameter(*parameter)], NOISE) == message
    assert not list(tmp_path.glob("*.tsv"))


def test_noise_is_needed_and_names_what_is_known(observations, tmp_path, refusal):
    def refused(noise):
        return refusal(write_petab, observations, tmp_path, PARAMETERS, noise)

    assert refused({"cd4": "1", "cd3": "1"}) == (
        'noise: has no noise for "lymphocytes", give a formula such as 0.1 * cd4'
    )
    assert refused(NOISE | {"cd8": "1"}) == 'noise.cd8: was not measured, did you mean "cd3" or "cd4"?'
    assert refused(NOISE | {"cd4": "sigma * cd4"}) == (
        'noise.cd4: names "sigma", which is neither a parameter of the fit nor a read-out, add it to the parameters'
    )


def test_what_petab_cannot_say_is_refused(tmp_path, refusal):
    def refused(*measured, **options):
        observations = Observations((PatientRecord("a", measured),), "t.csv")
        return refusal(write_petab, observations, tmp_path, PARAMETERS, {"cd4": "1"}, **options)

    assert refused() == "t.csv: has no measurements, add some"
    assert refused(Measurement("a", -5.0, "cd4", 900.0, line=3, column="CD4")) == (
        "t.csv: line 3: CD4: day -5 is before day 0, where simulations of PEtab start, leave it out"
    )
    assert refused(Measurement("a", 5.0, "cd4", 0.0, line=4, column="CD4"), transformation="log") == (
        "t.csv: line 4: CD4: 0 has no logarithm, give the limit of quantification, or choose the transformation lin"
    )


@pytest.mark.parametrize("formula", ["1e-05", "sqrt((1e-5 * cd4)^2 + 2.5E+1^2)", "0.1*cd4+1.e3", "sd_cd4"])
def test_numbers_with_an_exponent_name_nothing(formula):
    observations = Observations((PatientRecord("a", (Measurement("a", 5.0, "cd4", 90.0),)),))
    assert formula in petab_files(observations, PARAMETERS, {"cd4": formula})["observables.tsv"]


@pytest.mark.parametrize(("formula", "word"), [("1e-5 * größe", "größe"), ("e * cd4", "e"), ("cd4 + x1", "x1")])
def test_every_word_of_a_formula_is_checked(refusal, formula, word):
    observations = Observations((PatientRecord("a", (Measurement("a", 5.0, "cd4", 90.0),)),))
    assert f'noise.cd4: names "{word}"' in refusal(petab_files, observations, PARAMETERS, {"cd4": formula})


@pytest.mark.parametrize(
    ("transformation", "message"),
    [
        ("ln", 'transformation.cd4: "ln" is not a valid transformation, choose "lin", "log" or "log10"'),
        ({"cd8": "lin"}, 'transformation.cd4: has no transformation, choose "lin", "log" or "log10"'),
    ],
)
def test_every_analyte_has_a_transformation_that_petab_knows(refusal, transformation, message):
    observations = Observations((PatientRecord("a", (Measurement("a", 5.0, "cd4", 90.0),)),))
    found = refusal(petab_files, observations, PARAMETERS, {"cd4": "1"}, transformation=transformation)
    assert found == message


@pytest.mark.parametrize("name", ["größe", "1x", "", "a b", "a-b"])
def test_an_identifier_is_of_ascii_letters(refusal, name):
    observations = Observations((PatientRecord("a", (Measurement("a", 5.0, "cd4", 90.0),)),))
    parameters = [PetabParameter(name, "lin", 0.0, 1.0, 0.5)]
    assert "is not an identifier" in refusal(petab_files, observations, parameters, {"cd4": "1"})


def test_identifiers_of_patients_are_unique_and_valid():
    found = condition_ids(["P 1", "P-1", "P_1", "P_1_2", "1", "ß", "", "a" * 300])
    assert len(set(found.values())) == len(found)
    assert all(name.isascii() and name.isidentifier() for name in found.values())
    assert found["P 1"] == "P_1"
    assert found["1"] == "patient_1"


def test_values_above_a_limit_and_in_intervals_are_written_beside_and_read_back(tmp_path):
    limits = [(45.0, {"is_above": True}), (45.0, {"is_below": True, "lower": 20.0}), (10.0, {"is_below": True})]
    measured = [
        Measurement("1", 30.0 * k, "cd4", value, **kind) for k, (value, kind) in enumerate([*limits, (70.0, {})])
    ]
    observations = Observations((PatientRecord("1", tuple(measured)),))
    write_petab(observations, tmp_path, PARAMETERS, {"cd4": "10"})
    assert [row[4:] for row in rows(tmp_path / "measurements.tsv")] == [
        *(["censoring", "lowerLimit"], ["right", ""], ["interval", "20.0"], ["left", ""], ["none", ""]),
    ]
    text = (tmp_path / "README.md").read_text()
    assert "`interval` where it lies between `lowerLimit` and `measurement`" in text
    known = [(one.value, one.is_below, one.is_above, one.lower) for one in observations.measurements]
    again = examine_observations(tmp_path / "measurements.tsv", None).observations
    assert [(one.value, one.is_below, one.is_above, one.lower) for one in again.measurements] == known
    assert known[:2] == [(45.0, False, True, 0.0), (45.0, True, False, 20.0)]
    assert known[2:] == [(10.0, True, False, 0.0), (70.0, False, False, 0.0)]
