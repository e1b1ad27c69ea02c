"""Misreadings that a table invites are refused, asked about or said aloud; each kind once for a column."""

import pytest

from immunosim.observations import Observations, PatientRecord, RecordedDose, examine_observations, lint, lint_kinds
from immunosim.observations.recipe import ImportRecipe


@pytest.fixture
def examine(table):
    """Return what reads the text of a table as far as it can be read."""

    def call(content, scenario=None, **options):
        return examine_observations(table(content), scenario, **options)

    return call


def reasons(reading):
    return [f"{line}: {problem.key}: {problem.reason}" for line, problem in reading.problems]


def test_a_comment_row_of_nonmem_is_left_out_with_a_note(examine):
    reading = examine("C,ID,TIME,AMT,DUR,EVID,DVID,DV\n.,1,0,12,0.2,1,.,.\n.,1,30,.,.,0,2,45\nC,1,60,.,.,0,2,2000\n")
    assert [one.value for one in reading.observations.measurements] == [45.0]
    assert [str(one) for one in reading.findings] == ["line 4: note: 1 row left out: comment by column C"]


def test_a_comment_column_with_other_words_is_asked_about(examine):
    reading = examine("C,ID,TIME,DVID,DV\nq,1,30,2,45\n.,1,60,2,50\n")
    assert reasons(reading) == ['2: C: "q" may mark a comment']


def test_an_id_that_begins_with_a_letter_among_numbers_is_asked_about(examine):
    reading = examine("ID,TIME,DVID,DV\n1,30,2,45\n1,60,2,46\nC1,90,2,2000\n")
    assert reasons(reading) == ['4: ID: "C1" begins with a letter, as comments do, while the other IDs are numbers']


@pytest.mark.parametrize(("dv", "limit"), [("5", 5.0), ("2.5", 5.0), ("0", 5.0), (".", 5.0), ("BLQ", 5.0)])
def test_a_flag_censors_at_the_limit_whatever_stands_in_dv(examine, dv, limit):
    (one,) = examine(f"ID,TIME,EVID,DVID,DV,BLQ,LLOQ\n1,7,0,2,{dv},1,5\n").observations.measurements
    assert (one.value, one.is_below) == (limit, True)


def test_an_unknown_column_that_may_flag_is_refused_by_name(examine):
    reading = examine("ID,TIME,DVID,DV,CD4LOQFL\n1,7,2,5,1\n")
    assert reasons(reading) == ["1: CD4LOQFL: may flag values below quantification, or hold its limit"]


def test_a_word_for_two_things_is_asked_about_once(examine):
    reading = examine("day,CD4 [/uL]\n0,900\n7,n.d.\n30,ND\n60,nd\n90,40\n")
    assert reasons(reading) == ['3: CD4 [/uL]: "n.d." may be "not detected" or "not done" (the same on lines 4, 5)']
    assert [one.value for one in reading.observations.measurements] == [900.0, 40.0]


@pytest.mark.parametrize("word", ["BLQ", "<LLOQ", "BQL", "below detection", "undetectable"])
def test_a_word_for_below_a_limit_gets_the_cure_to_write_the_limit(examine, word):
    ((_, problem),) = examine(f"day,CD4 [/uL]\n0,900\n7,{word}\n").problems
    assert problem.reason == f'"{word}" is below a limit that is not given'
    assert problem.cure.startswith("write <LIMIT with the limit of quantification")


@pytest.mark.parametrize(
    ("content", "suspect"),
    [
        ("day;CD4 [cells/µL]\n0;1.234\n30;56\n60;102\n", "1.234"),
        ("day,CD4 [cells/uL]\n0,1.234\n30,56\n60,102\n", "1.234"),
        ("day;CD4 [cells/µL]\n0;1,234\n30;56\n", "1,234"),
        ("ID,TIME,DVID,DV\n1,0,2,1.234\n1,30,2,56\n1,60,2,102\n1,60,1,1.1\n", "1.234"),
        ("day;Dosis (mg);drug\n0;1.000;methylprednisolone\n", "1.000"),
    ],
)
def test_a_mark_before_three_digits_among_whole_numbers_is_asked_about(examine, content, suspect):
    joined = suspect.replace(".", "").replace(",", "")
    (reason,) = reasons(examine(content))
    assert f'"{suspect}" may be {joined}, with a separator of thousands' in reason


@pytest.mark.parametrize(
    "content",
    [
        "day;CD4 [cells/µL]\n0;901.25\n30;1.234\n",  # another number has decimals
        "day;CD4 [cells/µL]\n0;945.000\n30;56.000\n",  # 945000 cells/uL cannot be
        "day;ALC [G/L]\n0;1.234\n30;2\n",  # 1234e9/L cannot be either
    ],
)
def test_decimals_are_no_thousands(examine, content):
    assert reasons(examine(content)) == []


@pytest.mark.parametrize(("decimal", "value"), [(",", 1234.0), (".", 1.234)])
def test_a_recipe_says_which_mark_is_decimal(examine, decimal, value):
    reading = examine("day;CD4 [/µL]\n0;1.234\n30;56\n", recipe=ImportRecipe(decimal=decimal))
    assert reading.observations.measurements[0].value == value


def test_fractions_that_are_called_percent_are_doubted_and_taken_where_they_are_named(examine):
    content = "day,ALC [1e9/L],CD4 %\n0,2.1,0.43\n30,0.3,0.20\n"
    (finding,) = examine(content).findings
    assert (finding.severity, finding.column) == ("warning", "CD4 %")
    assert finding.reason == "its values of 0.2 to 0.43 are taken as percent and look like fractions"
    named = examine(content, recipe=ImportRecipe(columns={"CD4 %": {"unit": "fraction"}}))
    assert [round(one.value) for one in named.observations.measurements if one.analyte == "cd4"] == [903, 60]


def test_times_that_look_like_hours_are_doubted(examine):
    rows = "".join(f"1,{hour},12,0.17,1,.,.\n" for hour in (0, 24, 48, 72, 96))
    content = f"ID,TIME,AMT,DUR,EVID,DVID,DV\n{rows}1,720,.,.,0,2,45\n"
    (finding,) = examine(content).findings
    assert (finding.severity, finding.column) == ("warning", "TIME")
    assert finding.reason == "doses of 1 are 24 days apart, which looks like hours"
    assert examine(content, time_unit="h").findings == ()
    assert examine(content, recipe=ImportRecipe(time_unit="h")).observations.measurements[0].time == 30.0


def test_names_that_differ_by_case_are_said_and_blanks_around_them_are_not_part_of_them(examine):
    reading = examine("patient,day,CD4 [cells/uL]\nP01,0,900\np01,30,45\nP01 ,60,60\n")
    assert [one.name for one in reading.observations] == ["P01", "p01"]
    assert [one.reason for one in reading.findings] == [
        'patients "P01" and "p01" differ by capitals, blanks, marks or zeros alone'
    ]


@pytest.mark.parametrize(
    ("amount", "severity", "text"),
    [
        (12000.0, "error", "the column may be in ug, and not in mg"),
        (0.012, "error", "the column may be in g, and not in mg"),
        (36.0, "warning", "36 mg of alemtuzumab at once is 3 times the usual 12 mg a day"),
    ],
)
def test_doses_that_are_off_are_said_with_the_likely_cause(amount, severity, text):
    record = PatientRecord("a", (), (RecordedDose("a", 0.0, "alemtuzumab", amount, 0.2, 2),))
    (finding,) = lint(Observations((record,)))
    assert finding.severity == severity
    assert text in f"{finding.reason}, {finding.cure}"


def test_a_count_of_zero_is_doubted(examine):
    (finding,) = lint(examine("day,CD4 [cells/uL]\n0,900\n30,0\n").observations)
    assert (finding.line, finding.severity) == (3, "warning")
    assert finding.reason == "0 has no logarithm: a fit with lognormal noise refuses it"


def test_shares_of_separate_tubes_may_add_up_to_105_percent(examine):
    content = "day,ALC [1e9/L],CD3 %,CD4 %,CD8 %,CD19 %,NK %\n0,2.1,75,50,22,15,13\n"
    assert lint(examine(content).observations) == []


def test_replicates_both_count(examine):
    observations = examine("day,CD4 [cells/uL]\n30,45\n30,52\n90,95\n90,101\n").observations
    assert [one.value for one in observations.measurements] == [45.0, 52.0, 95.0, 101.0]
    (finding,) = lint_kinds(observations)
    assert finding.severity == "note"
    assert finding.reason.endswith("both count, as replicates (the same on line 5)")
    assert [one.line for one in lint(observations)] == [3, 5]


def test_a_covariate_that_changes_is_the_first_with_a_note(examine):
    reading = examine("ID,TIME,AMT,DUR,EVID,DVID,DV,WT\n1,0,12,0.17,1,.,.,61\n1,30,.,.,0,2,45,63\n")
    assert reading.observations["1"].covariates == {"weight": 61.0}
    assert [str(one) for one in reading.findings] == ["line 3: WT: note: changes within 1, the first value is used"]


def test_an_exponent_of_fortran_in_amt_is_read_and_another_text_is_named_there(examine):
    content = "ID,TIME,AMT,DUR,EVID,DVID,DV\n1,0,1.2D1,0.17,1,.,.\n1,30,.,.,0,2,4.5+1\n"
    observations = examine(content).observations
    assert (observations.doses[0].amount, observations.measurements[0].value) == (12.0, 45.0)
    (reason,) = reasons(examine(content.replace("1.2D1", "12x")))
    assert reason == '2: AMT: "12x" is not a number'


def test_all_problems_are_reported_at_once_and_each_kind_once(examine):
    rows = "".join(f"{day},x,1;2\n" for day in range(400))
    reading = examine(f"day,CD4 [/uL],CD8 [/uL]\n{rows}5\n,7,7\n")
    assert [(line, problem.key) for line, problem in reading.problems] == [
        *((2, "CD4 [/uL]"), (2, "CD8 [/uL]"), (402, None), (403, "day")),
    ]
    assert "and 394 more, the last on line 401)" in reading.problems[0][1].reason


def test_a_table_of_which_nothing_is_known_says_which_headers_it_has(examine, refusal):
    message = refusal(examine, "Kürzel,Zeitpunkt,Wert A\n1,2,3\n")
    assert 'not known are "Kürzel" and "Zeitpunkt" and "Wert A"' in message


def test_what_only_some_tables_say_survives_a_nonmem_table(examine, tmp_path):
    from immunosim.observations import read_nonmem, write_nonmem

    content = (
        "ID,TIME,AMT,DUR,EVID,DVID,DV,CENS,LIMIT,SS,II\n"
        "1,5,12,0.2,1,.,.,.,.,1,1\n1,20,.,.,3,.,.,.,.,.,.\n1,30,.,.,0,2,45,1,20,.,.\n1,40,.,.,0,2,45,-1,.,.,.\n"
    )
    observations = examine(content).observations
    write_nonmem(observations, tmp_path / "n.csv")
    (again,), (given,) = read_nonmem(tmp_path / "n.csv")[0].patients, observations.patients
    assert again.resets == given.resets == (20.0,)
    assert [one.steady_state_interval for one in again.doses] == [1.0]
    assert [(one.value, one.lower, one.is_below, one.is_above) for one in again.measurements] == [
        *((45.0, 20.0, True, False), (45.0, 0.0, False, True)),
    ]


def test_a_share_beside_a_count_is_excluded_for_that_reason(examine):
    content = "patient,day,test,result,unit\nA,0,ALC,2.1,G/L\nA,0,CD4,900,/uL\nA,0,CD4,43,%\nA,0,NK,,%\n"
    observations = examine(content).observations
    assert [(row.line, row.outcome, row.reason) for row in observations.rows] == [
        *((2, "used", ""), (3, "used", "")),
        *((4, "excluded", "a count of the same sample is used"), (5, "excluded", "no value")),
    ]


@pytest.mark.parametrize("dv", ["5", "."])
def test_a_flag_that_is_not_valid_is_named(examine, dv):
    assert reasons(examine(f"ID,TIME,EVID,DVID,DV,BLQ,LLOQ\n1,7,0,2,{dv},q,5\n")) == ['2: BLQ: "q" is not a valid flag']
