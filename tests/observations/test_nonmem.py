"""NONMEM tables: what is written is read back, repeats are given, and what is not supported is refused by name."""

from dataclasses import replace
from pathlib import Path

import pytest

from immunosim.observations import (
    Measurement,
    Observations,
    PatientRecord,
    RecordedDose,
    read_clinic_table,
    read_nonmem,
    read_observations,
    write_nonmem,
)

CLINIC = (
    "id,date,dose [mg],infusion duration [h],drug,ALC [1e9/L],CD3 [/uL],CD4 [/uL],CD8 [%],salt_score,age,sex\n"
    "anna,2017-06-01,,,,1.9,1200,810.1,21.3,0,31,f\n"
    "anna,2017-06-15,12,4,,,,,,,,\n"
    "anna,2017-06-16,12,3.7,,,,,,,,\n"
    "anna,2017-07-15 07:20,,,,<0.1,<10,<5,,,,\n"
    "bert,2017-06-15,20,,prednisolone,2.2,,,33,,,m\n"
    "bert,2017-09-30,,,,0.7,,,NA,12.5,,\n"
)


def without_places(observations: Observations) -> tuple[PatientRecord, ...]:
    """Return patients without lines and columns, what was measured at one time in the order of names."""
    return tuple(
        replace(
            patient,
            day_0="",
            measurements=tuple(
                replace(one, line=0, column="", is_share=False)
                for one in sorted(patient.measurements, key=lambda one: (one.time, one.analyte))
            ),
            doses=tuple(replace(one, line=0, has_duration=True) for one in patient.doses),
        )
        for patient in observations
    )


def test_records_of_a_clinic_survive_a_nonmem_table_to_the_last_bit(read, scenario, tmp_path):
    observations, _ = read(CLINIC)
    assert (observations.n_measurements, observations.n_below, len(observations.doses)) == (12, 3, 3)
    write_nonmem(observations, tmp_path / "n.csv")
    again, findings = read_nonmem(tmp_path / "n.csv", scenario)
    assert findings == []
    assert without_places(again) == without_places(observations)
    write_nonmem(again, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "n.csv").read_bytes()


def test_what_is_written_is_what_nonmem_reads(tmp_path):
    doses = (RecordedDose("7", 0.0, "alemtuzumab", 12.0, 0.25), RecordedDose("7", 1.0, "prednisolone", 20.0, 0.0))
    measured = (Measurement("7", 30.0, "cd4", 5.0, True), Measurement("7", 0.0, "lymphocytes", 1.9))
    write_nonmem(Observations((PatientRecord("7", measured, doses, {"age": 31.0}),)), tmp_path / "n.csv")
    assert (tmp_path / "n.csv").read_text() == (
        "ID,TIME,EVID,AMT,RATE,DUR,CMT,DV,MDV,CENS,DVID,AGE\n"
        "7,0,0,.,.,.,.,1.9,0,0,1,31\n"
        "7,0,1,12,48,0.25,1,.,1,0,0,31\n"
        "7,1,1,20,0,0,3,.,1,0,0,31\n"
        "7,30,0,.,.,.,.,5,0,1,2,31\n"
    )


def test_repeats_rates_and_names_are_understood(nonmem):
    observations, findings = nonmem(
        "id,TIME,evid,amt,rate,cmt,addl,ii,SS,dv,mdv,cens,limit,dvid,WT,TAD\n"
        "1,0,1,12,3,alemtuzumab,4,24,0,.,1,.,.,.,70,0\n"
        "1,360,1,1000,1000,2,.,.,.,.,.,.,.,.,70,0\n"
        "1,720,0,.,.,.,.,.,.,20,0,1,0,CD4,70,5\n"
        "1,721,0,.,.,.,.,.,.,.,1,0,.,2,70,5\n"
        "1,722,0,.,.,nk,.,.,.,90,0,0,.,.,70,5\n"
        "1,723,0,.,.,.,.,.,.,.,.,0,.,2,70,5\n",
        time_unit="h",
    )
    (patient,) = observations.patients
    assert [(dose.time, dose.amount, dose.duration) for dose in patient.doses[:5]] == [
        (float(day), 12.0, 4 / 24) for day in range(5)
    ]
    assert patient.doses[5] == RecordedDose("1", 15.0, "methylprednisolone", 1000.0, 1 / 24, 3)
    assert patient.measurements == (
        Measurement("1", 30.0, "cd4", 20.0, True, 4, "dv"),
        Measurement("1", 722 / 24, "nk", 90.0, False, 6, "dv"),
    )
    assert patient.covariates == {"weight": 70.0, "TAD": 0.0}
    assert [str(one) for one in findings] == ["line 4: TAD: note: changes within 1, the first value is used"]


def test_an_infusion_without_a_duration_takes_the_usual_one(nonmem):
    observations, _ = nonmem("ID,TIME,AMT,DV,DVID\n1,0,12,.,.\n1,5,.,3,2\n")
    assert observations.doses == (RecordedDose("1", 0.0, "alemtuzumab", 12.0, 4 / 24, 2, has_duration=False),)


def test_numbers_may_mean_something_else(nonmem):
    observations, _ = nonmem(
        "ID,TIME,AMT,DUR,CMT,DV,DVID\n1,0,12,0.2,7,.,.\n1,5,.,.,.,3,9\n",
        drugs={"7": "methylprednisolone"},
        analytes={"9": "alemtuzumab_serum"},
    )
    assert observations.doses[0].drug == "methylprednisolone"
    assert observations.analytes == ("alemtuzumab_serum",)


def test_times_may_be_dates(nonmem, refusal):
    observations, _ = nonmem("ID,TIME,DV,DVID\n1,2017-07-15,0.5,1\n")
    assert observations.measurements[0].time == 30.0


def test_the_format_is_told_from_the_headers(table, scenario, refusal):
    observations, _ = read_observations(table("ID,TIME,DV,DVID\n1,24,0.5,1\n"), scenario, time_unit="h")
    assert observations.measurements[0].time == 1.0
    assert read_observations(table("id,day,CD4 [/uL]\n1,24,200\n"))[0].measurements[0].time == 24.0
    assert refusal(read_observations, Path("t.csv"), time_unit="h") == (
        "t.csv: is a table of a clinic, which takes no unit of time, write it into the header, such as time [h]"
    )
    assert refusal(read_observations, table("ID,TIME,DV\n1,1,1\n"), from_first_dose=True) == (
        "t.csv: is a NONMEM table, whose times are not counted anew, let TIME be 0 at the first dose"
    )


DVIDS = "known are 1 lymphocytes, 2 cd4, 3 cd8, 4 cd19, 5 nk, 6 cd3, or names"
CMTS = "known are 1 alemtuzumab, 2 methylprednisolone, 3 prednisolone, 4 triamcinolone, or names"
DRUGS = "known are alemtuzumab, methylprednisolone, prednisolone, triamcinolone"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("TIME,DV\n1,2\n", "line 1: has no column ID, add ID"),
        ("ID,DV\n1,2\n", "line 1: has no column TIME, add TIME"),
        ("ID,TIME\n1,2\n", "line 1: has neither DV nor AMT, add what was measured or given"),
        (
            "ID,TIME,DV,DAT3,DVID\n1,2,3,4,1\n",
            "line 1: DAT3: is not supported, write dates such as 2017-06-15",
        ),
        (
            "ID,TIME,DV,dv,DVID\n1,1,5,6,cd4\n",
            'line 1: dv: is "DV" but for capitals, leave one out, or rename it',
        ),
        ("ID,TIME,DV,PCMT,DVID\n1,2,3,4,1\n", "line 1: PCMT: is not supported, leave the column out"),
        ("ID,TIME,DV,DVID\n1,0,2,9\n", f"line 2: DVID: DVID 9 is not a read-out, {DVIDS}"),
        ("ID,TIME,DV,DVID\n1,0,2,cd5\n", 'line 2: DVID: "cd5" is not a read-out, did you mean "cd3", "cd4" or "cd8"?'),
        (
            "ID,TIME,DV\n1,0,2\n",
            "line 2: DVID: says not what was measured, give DVID a number or the name of a read-out",
        ),
        ("ID,TIME,DV,DVID,CMT\n1,0,2,1,2\n", "line 2: DVID: DVID and CMT name cd4 and lymphocytes, leave CMT empty"),
        (
            "ID,TIME,AMT,RATE,SS,DV\n1,0,12,72,2,.\n",
            "line 2: SS: SS 2, a steady state on top of others, is not supported, "
            "give every dose a row, or use ADDL and II",
        ),
        (
            "ID,TIME,EVID,DV\n1,0,x,.\n",
            'line 2: EVID: "x" is not a valid EVID, write 0 for a measurement, 1 for a dose',
        ),
        ("ID,TIME,EVID,AMT,DV\n1,0,0,12,.\n", "line 2: EVID: is 0, but AMT is not, write 1 for a dose"),
        (
            "ID,TIME,AMT,RATE,DV\n1,0,12,-2,.\n",
            "line 2: RATE: RATE -2, estimated in NONMEM, is not supported, give the rate or DUR",
        ),
        ("ID,TIME,AMT,DUR,DV\n1,0,12,-1,.\n", "line 2: DUR: DUR -1 is negative, give how long the infusion took"),
        ("ID,TIME,AMT,RATE,DUR,DV\n1,0,12,72,1,.\n", "line 2: RATE: RATE and DUR contradict each other, leave one out"),
        ("ID,TIME,AMT,RATE,CMT,DV\n1,0,12,72,9,.\n", f"line 2: CMT: CMT 9 is not a drug, {CMTS}"),
        ("ID,TIME,AMT,RATE,CMT,DV\n1,0,12,72,gut,.\n", f'line 2: CMT: "gut" is not a drug that can be given, {DRUGS}'),
        (
            "ID,TIME,AMT,RATE,ADDL,DV\n1,0,12,72,4,.\n",
            "line 2: ADDL: ADDL and II need each other, give both, positive, or neither",
        ),
        (
            "ID,TIME,AMT,RATE,ADDL,II,DV\n1,0,12,72,1.5,1,.\n",
            "line 2: ADDL: 1.5 is not a valid number of further doses, write a whole number",
        ),
        (
            "ID,TIME,EVID,AMT,DUR,DV\n1,0,1,-12,1,.\n",
            "line 2: AMT: -12 is not positive, give the mass of the dose in mg",
        ),
        (
            "ID,TIME,EVID,AMT,DUR,MDV,DV\n1,0,1,12,1,0,5\n",
            "line 2: MDV: is 0 for a dose, give what was measured a row of its own",
        ),
        (
            "ID,TIME,DV,CENS,DVID\n1,0,0,1,cd4\n",
            "line 2: DV: 0 is not a limit of quantification, where CENS or BLQ is 1, give the limit as DV or in LLOQ",
        ),
        (
            "ID,TIME,DV,CENS,DVID\n1,0,20,2,cd4\n",
            'line 2: CENS: "2" is not a valid CENS, write 1 below quantification, -1 above it, else 0',
        ),
        (
            "ID,TIME,DV,CENS,LIMIT,DVID\n1,0,20,1,25,cd4\n",
            "line 2: DV: LIMIT 25 is not below 20, give the lower end of the interval",
        ),
        ("ID,TIME,DV,MDV,DVID\n1,0,.,0,cd4\n", "line 2: DV: is empty, write MDV 1 where nothing was measured"),
        (
            "ID,TIME,DV,MDV,DVID\n1,0,5,3,cd4\n",
            'line 2: MDV: "3" is not a valid MDV, write 1 where nothing was measured, else 0',
        ),
        (
            "ID,TIME,DV,DVID\n1,0,x,cd4\n",
            'line 2: DV: "x" is not a number, write a plain number, its unit stands in the header',
        ),
        ("ID,TIME,DV,DVID\n1,0,1,1\n\n1,,3,cd4\n", "line 4: TIME: is empty, give every row a time"),
        ("ID,TIME,DV,DVID\n.,1,3,cd4\n", "line 2: ID: is empty, give every row its patient"),
        (
            "ID,TIME,DV,DVID\n1,1,3,cd4\n2,1,3,cd4\n1,2,3,cd4\n",
            'line 4: ID: "1" comes again after another, keep its rows together',
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_name(nonmem, refusal, content, message):
    assert refusal(nonmem, content) == f"t.csv: {message}"


@pytest.mark.parametrize(("unit", "reason"), [("mg", '"1.0 mg" is a mass'), ("fortnight", "unknown unit")])
def test_a_unit_of_time_that_is_none_is_refused_with_the_file(nonmem, refusal, unit, reason):
    message = refusal(nonmem, "ID,TIME,DV,DVID\n1,1,5,cd4\n", time_unit=unit)
    assert message.startswith("t.csv: time unit: ")
    assert reason in message


def test_nothing_is_not_written(refusal, tmp_path):
    assert refusal(write_nonmem, Observations((), "empty.csv"), tmp_path / "n.csv") == (
        "empty.csv: has neither measurements nor doses, add some"
    )
    assert not list(tmp_path.iterdir())


def test_a_clinic_table_and_its_conversion_agree_on_shipped_data(configs, tmp_path):
    observations, _ = read_clinic_table(configs / "data" / "care_ms_means.csv")
    write_nonmem(observations, tmp_path / "n.csv")
    assert without_places(read_nonmem(tmp_path / "n.csv")[0]) == without_places(observations)
