"""Kinds of tables in further spellings: flags, exclusions and long tables, each read to its values and outcomes."""

import pytest

from immunosim.observations import examine_observations


def values(observations):
    """Return what was measured as day, analyte, value, with < or > where the value is a limit."""
    return [
        (round(one.time, 4), one.analyte, f"{'<' * one.is_below}{'>' * one.is_above}{one.value:g}")
        for one in observations.measurements
    ]


def outcomes(observations):
    """Return the outcome of each row, with its reason where it is excluded."""
    return [f"{row.outcome}: {row.reason}" if row.reason else row.outcome for row in observations.rows]


@pytest.fixture
def examine(table):
    """Return what reads the text of a table as far as it can be read."""
    return lambda content: examine_observations(table(content))


@pytest.mark.parametrize(
    ("header", "mark"),
    [("exclude", "x"), ("Excluded?", "yes"), ("ausgeschlossen", "ja"), ("OUTLIER", "1"), ("exclu", "oui")],
)
def test_a_row_that_a_column_excludes_is_left_out(examine, header, mark):
    reading = examine(f"patient,day,CD4 [/uL],{header}\nA,0,900,\nA,30,2000,{mark}\nA,60,50,\n")
    assert values(reading.observations) == [(0.0, "cd4", "900"), (60.0, "cd4", "50")]
    assert outcomes(reading.observations) == ["used", f"excluded: marked by column {header}", "used"]
    assert [row.patient for row in reading.observations.rows] == ["A", "A", "A"]
    assert [str(one) for one in reading.findings] == [f"line 3: note: 1 row left out: marked by column {header}"]


def test_another_word_in_a_column_of_exclusions_is_asked_about(examine):
    ((line, problem),) = examine("day,CD4 [/uL],exclude\n0,900,\n30,2000,clotted\n").problems
    assert (line, problem.key, problem.reason) == (3, "exclude", '"clotted" may mark a row to leave out')


@pytest.mark.parametrize("header", ["EXCLUDE", "EXCLF", "OUTLIER"])
def test_a_row_of_nonmem_that_a_column_excludes_is_left_out(examine, header):
    reading = examine(f"ID,TIME,EVID,DVID,DV,{header}\n1,30,0,2,45,0\n1,60,0,2,2000,1\n")
    assert values(reading.observations) == [(30.0, "cd4", "45")]
    assert outcomes(reading.observations) == ["used", f"excluded: marked by column {header}"]


@pytest.mark.parametrize("header", ["FLAG", "QC", "KEEP"])
def test_a_flag_that_may_leave_rows_out_is_asked_about(examine, header):
    ((line, problem),) = examine(f"ID,TIME,EVID,DVID,DV,{header}\n1,30,0,2,45,0\n1,60,0,2,2000,1\n").problems
    assert (line, problem.key, problem.reason) == (1, header, "may mark rows to leave out")
    assert examine(f"ID,TIME,EVID,DVID,DV,{header}\n1,30,0,2,45,1\n1,60,0,2,50,1\n").problems == ()


@pytest.mark.parametrize("header", ["CD4 qualifier", "CD4 operator", "CD4 sign"])
def test_the_sign_of_a_limit_may_stand_in_a_column_of_its_own(examine, header):
    reading = examine(f"day,CD4 [/uL],{header}\n0,900,\n7,5,<\n9,5,<=\n30,45,=\n60,2000,>\n")
    assert [value for _, _, value in values(reading.observations)] == ["900", "<5", "<5", "45", ">2000"]
    assert outcomes(reading.observations) == ["used", "censored", "censored", "used", "censored"]


@pytest.mark.parametrize("header", ["BLOQFL", "BQLFL", "CENSORING"])
def test_flags_of_clinical_studies_censor(examine, header):
    reading = examine(f"ID,TIME,EVID,DVID,DV,{header},LLOQ\n1,7,0,2,2.5,1,5\n1,30,0,2,45,0,5\n")
    assert values(reading.observations) == [(7.0, "cd4", "<5"), (30.0, "cd4", "45")]


@pytest.mark.parametrize(
    "content",
    [
        "ID,TIME,AMOUNT,INFUSION DURATION,OBSERVATION,OBSERVATION ID,CENSORING\n",
        "#ID,TIME,AMT,TINF,Y,YTYPE,CENS\n",
        "id,time,amt,tinf,y,dvid,cens\n",
        "CID,TIME,AMT,DUR,DV,DVID,BLQ\n",
    ],
)
def test_columns_of_the_nonmem_family_have_several_names(examine, content):
    reading = examine(f"{content}1,0,12,0.5,.,.,0\n1,7,.,.,5,2,1\n1,30,.,.,45,2,0\n")
    assert values(reading.observations) == [(7.0, "cd4", "<5"), (30.0, "cd4", "45")]
    assert [(dose.amount, dose.duration) for dose in reading.observations.doses] == [(12.0, 0.5)]


LONG = [
    # flags and limits are those of the test of their row
    (
        "patient,day,test,result,unit,BLQ,LLOQ\n"
        "A,7,ALC,0.2,G/L,0,0.1\nA,7,CD4,3,/uL,1,5\nA,9,CD4,BLQ,/uL,,5\nA,12,CD4,12,/uL,0,5\n",
        [(7.0, "lymphocytes", "0.2"), (7.0, "cd4", "<5"), (9.0, "cd4", "<5"), (12.0, "cd4", "12")],
        ["used", "censored", "censored", "used"],
    ),
    ("patient,day,test,operator,result,unit\nA,7,CD4,<,5,/uL\n", [(7.0, "cd4", "<5")], ["censored"]),
    # the number is empty where the text says that it is below a limit
    (
        "USUBJID,LBDY,LBTESTCD,LBORRES,LBORRESU,LBSTRESC,LBSTRESN,LBSTRESU\n"
        "A,7,CD4,<0.005,10^9/L,<5,,/uL\nA,9,LYM,1100,/uL,1.1,1.1,10^9/L\n",
        [(7.0, "cd4", "<5"), (9.0, "lymphocytes", "1.1")],
        ["censored", "used"],
    ),
    (
        "USUBJID,LBDY,LBTESTCD,LBORRES,LBORRESU,LBSTRESN,LBSTRESU\nA,7,CD4,<0.005,10^9/L,,/uL\nA,9,CD4,0.1,10^9/L,100,/uL\n",
        [(7.0, "cd4", "<5"), (9.0, "cd4", "100")],
        ["censored", "used"],
    ),
    # one quantity under several names and in several units
    (
        "Pat.-Nr.;Tag;Analyt;Ergebnis;Einheit\n"
        "1;0;T-Helferzellen (CD4+);900;/µl\n1;30;CD4;0,02;Gpt/l\n1;30;CD4 abs.;21;/µl\n",
        [(0.0, "cd4", "900"), (30.0, "cd4", "20"), (30.0, "cd4", "21")],
        ["used", "used", "used"],
    ),
    (
        "Paziente;Giorno;Esame;Risultato;Unità\nA;0;Linfociti;2,1;10^9/L\nA;0;CD4;<20;/µL\n",
        [(0.0, "lymphocytes", "2.1"), (0.0, "cd4", "<20")],
        ["used", "censored"],
    ),
    (
        "subject_id,charttime,label,valuenum,valueuom\n"
        "1,2017-06-15 08:30,Absolute CD4 Count,900,#/uL\n1,2017-06-16 08:30,Hemoglobin,12,g/dL\n",
        [(0.0, "cd4", "900")],
        ["used", 'excluded: test "Hemoglobin" is not known'],
    ),
]


@pytest.mark.parametrize(("content", "expected", "rows"), LONG)
def test_a_long_table_is_read_test_by_test(examine, content, expected, rows):
    reading = examine(content)
    assert reading.problems == ()
    assert values(reading.observations) == expected
    assert outcomes(reading.observations) == rows


@pytest.mark.parametrize(
    "content",
    [
        "day,test,result,unit\n0,alemtuzumab,12,mg\n0,CD4,900,/uL\n1,Lemtrada,12,mg\n30,CD4,56,/uL\n",
        "day,test,result,unit,dose [mg]\n0,CD4,900,/uL,\n0,,,,12\n1,,,,12\n30,CD4,56,/uL,\n",
        "day,test,result,unit,dose [mg]\n0,ALC,2.1,G/L,\n0,CD4,900,/uL,12\n1,,,,12\n30,CD4,56,/uL,\n",
    ],
)
def test_doses_among_results_are_given(examine, content):
    observations = examine(content).observations
    assert [(dose.time, dose.drug, dose.amount) for dose in observations.doses] == [
        *((0.0, "alemtuzumab", 12.0), (1.0, "alemtuzumab", 12.0)),
    ]
    assert outcomes(observations) == ["used"] * 4
