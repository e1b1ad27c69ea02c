"""Words, whole numbers, headers and times in the spellings of several languages and programs."""

import pytest

from immunosim.observations import examine_observations
from immunosim.observations.times import clock_of


@pytest.fixture
def examine(table):
    """Return what reads the text of a table as far as it can be read."""
    return lambda content: examine_observations(table(content))


def cell(examine, text):
    """Return what reading says of one cell: the problem, or the value as <5, or nothing where it is missing."""
    reading = examine(f"day;CD4 [cells/uL]\n0;900\n7;{text}\n90;40\n")
    for _, problem in reading.problems:
        return problem.reason
    values = [one for one in reading.observations.measurements if one.time == 7.0]
    return "".join(f"{'<' * one.is_below}{'>' * one.is_above}{one.value:g}" for one in values)


@pytest.mark.parametrize("text", ["n.b.", "nb", "N. D.", "nd.", "ND*", "n.g.", "n/d"])
def test_a_word_for_not_done_or_not_detected_is_asked_about(examine, text):
    assert cell(examine, text) == f'"{text}" may be "not detected" or "not done"'


@pytest.mark.parametrize(
    "text",
    [
        *("< LLQ", "u. NWG", "<NWG", "unter Nachweisgrenze", "n. n.", "non détecté", "indétectable", "no detectado"),
        *("non rilevabile", "ej påvisbart", "neg.", "below LLOQ"),
    ],
)
def test_a_word_for_below_a_limit_is_known_in_other_languages(examine, text):
    assert cell(examine, text) == f'"{text}" is below a limit that is not given'


@pytest.mark.parametrize(
    "text", ["<  5", "BLQ(<5)", "BLQ<5", "<5 (LLOQ)", "below 5", "less than 5", "moins de 5", "menos de 5", "≦5", "<5*"]
)
def test_a_limit_is_read_in_any_spelling(examine, text):
    assert cell(examine, text) == "<5"


@pytest.mark.parametrize(
    "text", ["nicht gemessen", "not measured", "k.A.", "QNS", "pending", "ausstehend", "non fait", "#NV", "n.a."]
)
def test_a_word_for_not_measured_is_no_value(examine, text):
    assert cell(examine, text) == ""


def test_another_word_gets_the_cures_of_words(examine):
    ((_, problem),) = examine("day;CD4 [cells/uL]\n0;900\n7;geronnen\n").problems
    assert problem.reason == '"geronnen" is not a number'
    assert (
        problem.cure == "leave the cell empty where nothing was measured, or say in a recipe what it stands for: words"
    )


NONMEM = [
    "ID,TIME,AMT,EVID,DVID,DV,CENS\n1.0000E+00,0,12,1.0000E+00,0,0,0\n1.0000E+00,30,0,0.0000E+00,2.0000E+00,45,1\n",
    "ID;TIME;AMT;EVID;DVID;DV;CENS\n1,0;0,0;12,0;1,0;;;0,0\n1,0;30,0;;0,0;2,0;45,0;1,0\n",
    "ID,TIME,AMT,EVID,DVID,DV,CENS\n1,0,12,1,,,False\n1,30,,0,2,45,True\n",
    "TABLE NO.  1\n ID TIME AMT EVID DVID DV CENS\n 1.0E+00 0.0 1.2E+01 1.0E+00 0 0 0\n 1.0E+00 30 0 0 2.0E+00 45 1\n",
    '"#ID","TIME","AMT","EVID","DVID","DV","CENS"\n1,0,12,1,.,.,0\n1,30,.,0,2,45,1\n',
    "# made by hand\n@ID,TIME,AMT,EVID,DVID,DV,CENS\n1,0,12,1,.,.,0\n1,30,.,0,2,45,1\n",
    "# ID TIME AMT EVID DVID DV CENS\n1 0 12 1 . . 0\n1 30 . 0 2 45 1\n",
    "sep=\\t\nID\tTIME\tAMT\tEVID\tDVID\tDV\tCENS\n1\t0\t12\t1\t.\t.\t0\n1\t30\t.\t0\t2\t45\t1\n",
]


@pytest.mark.parametrize("content", NONMEM)
def test_one_nonmem_table_in_many_spellings(examine, content):
    (patient,) = examine(content).observations
    assert patient.name == "1"
    assert [(dose.time, dose.amount) for dose in patient.doses] == [(0.0, 12.0)]
    assert [(one.time, one.analyte, one.value, one.is_below) for one in patient.measurements] == [
        (30.0, "cd4", 45.0, True)
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *(("15JUN2017", "15JUL2017"), ("15. Juni 2017", "15. Juli 2017"), ("15 juin 2017", "15 juil. 2017")),
        *(
            ("15 de junio de 2017", "15 de julio de 2017"),
            ("15 giu 2017", "15 lug 2017"),
            ("15 juni 2017", "15 juli 2017"),
        ),
        *(("16 avril 2017", "16 mai 2017"), ("1. März 2017", "31. März 2017"), ("15 août 2017", "14 sept 2017")),
        *(("2017-06-15 8:30 PM", "2017-07-15 20:30"), ("2017-06-15 12:15 AM", "2017-07-15 00:15")),
    ],
)
def test_dates_are_read_in_several_languages(examine, first, second):
    observations = examine(f"date;ALC [G/L]\n{first};2,1\n{second};0,3\n").observations
    assert [one.time for one in observations.measurements] == [0.0, 30.0]


def test_the_name_of_a_month_that_may_be_two_is_refused(examine):
    ((_, problem),) = examine("date;ALC [G/L]\n15 jui 2017;2,1\n").problems
    assert problem.reason == '"15 jui 2017" is not a date'


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        *(("8:30", 8.5), ("08:30 AM", 8.5), ("8:30 pm", 20.5), ("12:00 PM", 12.0), ("12:30 a.m.", 0.5), ("8h30", 8.5)),
        *(("08:30 Uhr", 8.5), ("32:30", 32.5)),
    ],
)
def test_times_of_the_day_are_read_in_several_spellings(text, hours):
    assert clock_of(text) == hours / 24


@pytest.mark.parametrize("text", ["13:00 PM", "0:30 am", "8:75"])
def test_a_time_that_no_clock_shows_is_not_read(text):
    assert clock_of(text) is None


def test_titles_above_the_headers_are_passed_over(examine):
    reading = examine("Laborbericht;;\nStand 2017;;\nTag;CD4 [/µl];ALC [G/l]\n0;900;2,1\n30;60;0,3\n")
    assert [one.value for one in reading.observations.measurements if one.analyte == "cd4"] == [900.0, 60.0]
    assert [row.outcome for row in reading.observations.rows] == ["excluded", "excluded", "used", "used"]


@pytest.mark.parametrize(
    "content",
    ["ID,TIME,EVID,DVID,DV,LLOQ\n1,7,0,2,2.5,5\n1,30,0,2,45,5\n", "day,CD4 [/uL],LLOQ\n7,2.5,5\n30,45,5\n"],
)
def test_a_value_below_its_limit_that_is_not_flagged_is_doubted(examine, content):
    reading = examine(content)
    assert [one.value for one in reading.observations.measurements] == [2.5, 45.0]
    (finding,) = reading.findings
    assert finding.severity == "warning"
    assert finding.reason == "2.5 on line 2 is below its limit of quantification, 5, and counts as measured"


@pytest.mark.parametrize("names", [("Müller", "Muller"), ("P01", "PO1"), ("001", "1"), ("P-01", "P 01")])
def test_names_that_are_nearly_the_same_are_doubted(examine, names):
    (finding,) = examine("patient,day,CD4 [/uL]\n" + "".join(f"{name},0,900\n" for name in names)).findings
    assert finding.reason == (
        f'patients "{names[0]}" and "{names[1]}" differ by capitals, blanks, marks or zeros alone'
    )


def test_a_cell_of_a_column_of_percent_may_repeat_the_sign(examine):
    observations = examine("day,ALC [1e9/L],CD4 %\n0,2.0,43%\n30,0.5,<2 %\n").observations
    counts = [(one.value, one.is_below) for one in observations.measurements if one.analyte == "cd4"]
    assert counts == [(860.0, False), (10.0, True)]


@pytest.mark.parametrize(
    ("times", "is_doubted"), [((720, 1440, 8760), True), ((168, 336, 504), False), ((30, 60, 90), False)]
)
def test_visits_at_whole_days_in_hours_are_doubted(examine, times, is_doubted):
    rows = "".join(f"1,{time},0,2,45\n" for time in times)
    reasons = [one.reason for one in examine(f"ID,TIME,EVID,DVID,DV\n{rows}").findings]
    assert reasons == ["all times of 1 are multiples of 24, which looks like hours"] * is_doubted


def test_a_limit_that_is_not_a_number_is_named(examine):
    ((line, problem),) = examine("ID,TIME,EVID,DVID,DV,LLOQ\n1,30,0,2,45,low\n").problems
    assert (line, problem.key, problem.reason) == (2, "LLOQ", '"low" is not a number')
