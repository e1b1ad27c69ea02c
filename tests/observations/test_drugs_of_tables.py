"""Tables give the drugs of the model that their scenario names."""

from pathlib import Path

import pytest

from immunosim.errors import DataError
from immunosim.observations import Observations, PatientRecord, RecordedDose, examine_observations
from immunosim.observations.clinic import read_clinic_table
from immunosim.observations.nonmem import read_nonmem
from immunosim.observations.nonmem_writer import write_nonmem
from immunosim.scenario import Scenario, build_scenario

TEACHING = build_scenario({"model": "teaching", "horizon": "12 months"})


def test_a_clinic_table_takes_the_drugs_of_the_scenario(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("day,cd4,dose [mg],drug\n0,900,30,\n3,400,1000,steroid\n")
    observations, _ = read_clinic_table(path, TEACHING)
    (patient,) = observations
    assert [(dose.drug, dose.duration) for dose in patient.doses] == [("antibody", 4 / 24), ("steroid", 1 / 24)]
    with pytest.raises(DataError, match='"steroid" is not a drug that can be given, known are alemtuzumab'):
        read_clinic_table(path, Scenario())


@pytest.mark.parametrize(
    ("text", "drug", "duration"),
    [
        ("Methylprednisolon", "methylprednisolone", 1 / 24),
        ("Solumedrol", "methylprednisolone", 1 / 24),
        ("Metilprednisolona", "methylprednisolone", 1 / 24),
        ("Prednisolon", "prednisolone", 0.0),
        ("LEMTRADA", "alemtuzumab", 4 / 24),
    ],
)
def test_drugs_are_known_by_their_names_in_other_languages(
    tmp_path: Path, text: str, drug: str, duration: float
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"day,drug,dose mg\n0,{text},20\n")
    (patient,) = read_clinic_table(path)[0]
    assert [(dose.drug, dose.amount, dose.duration) for dose in patient.doses] == [(drug, 20.0, duration)]


def test_a_dose_of_a_drug_that_is_not_known_is_not_one_of_another(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("day,drug,dose mg\n0,lemtrada,12\n1,cortisol,1000\n")
    reading = examine_observations(path)
    assert [(dose.drug, dose.amount) for dose in reading.observations.doses] == [("alemtuzumab", 12.0)]
    assert [line for line, _ in reading.problems] == [3]


@pytest.mark.parametrize(
    "header", ["Alemtuzumab mg", "Alemtuzumab-Dosis in mg", "lemtrada_dose_mg", "Dose Lemtrada (mg)"]
)
def test_a_header_names_a_drug_and_its_unit_in_any_spelling(tmp_path: Path, header: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"day,{header},CD4 /uL\n0,12,\n30,,45\n")
    observations, findings = read_clinic_table(path)
    assert [(dose.drug, dose.amount) for dose in observations.doses] == [("alemtuzumab", 12.0)]
    assert findings == []


def test_numbers_and_names_in_cmt_are_those_of_the_scenario(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("ID,TIME,AMT,DUR,CMT,DV\n1,0,30,0.2,1,.\n1,1,1000,0.1,2,.\n1,2,1000,0.1,steroid,.\n")
    observations, _ = read_nonmem(path, TEACHING)
    assert [dose.drug for dose in observations.doses] == ["antibody", "steroid", "steroid"]


def test_a_drug_of_another_model_is_written_by_its_name(tmp_path: Path) -> None:
    for drug, written in (("steroid", "steroid"), ("prednisolone", "3")):
        given = (RecordedDose("1", 0.0, drug, 50.0, 1 / 24, 2),)
        write_nonmem(Observations((PatientRecord("1", (), given),), "t.csv"), tmp_path / "t.csv")
        header, row = (line.split(",") for line in (tmp_path / "t.csv").read_text().splitlines())
        assert row[header.index("CMT")] == written
        (dose,) = read_nonmem(tmp_path / "t.csv", TEACHING if drug == "steroid" else None)[0].doses
        assert dose.drug == drug
