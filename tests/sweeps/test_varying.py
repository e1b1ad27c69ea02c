"""What varies is read as a scenario would read it, and what cannot be is said with its key and cure."""

import numpy as np
import pytest

from immunosim.sweeps import factor_of, read_base, read_varying
from immunosim.sweeps.factor_syntax import full_key

RATE = 139.8
"""The scenario's lysis rate in blood, 1/day."""


@pytest.mark.parametrize(
    ("text", "key", "unit", "ends"),
    [
        ("blood_lysis_rate=50:200", "parameters.blood_lysis_rate", "1/day", (50.0, 200.0)),
        ("parameters.blood_lysis_rate = 50 : 200", "parameters.blood_lysis_rate", "1/day", (50.0, 200.0)),
        ("blood_lysis_rate=x0.5:x2", "parameters.blood_lysis_rate", "1/day", (RATE / 2, RATE * 2)),
        ("blood_lysis_rate=x0.5:200", "parameters.blood_lysis_rate", "1/day", (RATE / 2, 200.0)),
        ("blood_lysis_rate=2 1/h:4 1/h", "parameters.blood_lysis_rate", "1/day", (48.0, 96.0)),
        ("age=20:60", "patient.age", "year", (20.0, 60.0)),
        ("patient.age=240 months:60 years", "patient.age", "year", (20.0, 60.0)),
        ("weight=50 kg:90 kg", "patient.weight", "kg", (50.0, 90.0)),
        ("patient.weight=50000 g:90000 g", "patient.weight", "g", (50000.0, 90000.0)),
        ("course.1.dose=6 mg:24 mg", "course.1.dose", "mg", (6.0, 24.0)),
        ("course[1].dose=6 mg:24 mg", "course.1.dose", "mg", (6.0, 24.0)),
        ("course.1.dose=6:24 mg", "course.1.dose", "mg", (6.0, 24.0)),
        ("course.1.dose=x0.5:x2", "course.1.dose", "mg", (6.0, 24.0)),
        ("course.1.dose=x0.5:0.024 g", "course.1.dose", "g", (0.006, 0.024)),
        ("course.1.dose=0.1 mg/kg:0.3 mg/kg", "course.1.dose", "mg/kg", (0.1, 0.3)),
        ("course.1.start=-5 days:5 days", "course.1.start", "days", (-5.0, 5.0)),
        ("course.1.doses=3:5", "course.1.doses", "", (3.0, 5.0)),
        ("patient.draws.thyroid=0.1:3", "patient.draws.thyroid", "1", (0.1, 3.0)),
        ("patient.baseline.cd4=500 cells/uL:0.9e9/L", "patient.baseline.cd4", "cells/uL", (500.0, 900.0)),
    ],
)
def test_a_range_has_the_ends_in_one_unit(factor, text, key, unit, ends):
    found = factor(text)
    assert (found.key, found.unit, found.values, found.choices) == (key, unit, (), ())
    assert (found.low, found.high) == pytest.approx(ends, rel=1e-15)  # a conversion rounds once


@pytest.mark.parametrize(
    ("text", "values", "choices"),
    [
        ("blood_lysis_rate=100,50,x1", (100.0, 50.0, RATE), ()),
        ("course.1.dose=6 mg,0.012 g,x2", (6.0, 12.0, 24.0), ()),
        ("course.1.doses=5,3,4", (5.0, 3.0, 4.0), ()),
        ("course.1.doses=x1,x2", (5.0, 10.0), ()),
        ("patient.smoker=true,false", (1.0, 0.0), ()),
        ("smoker=0,1", (0.0, 1.0), ()),
        ("patient.sex=male,female", (0.0, 1.0), ("male", "female")),
        ("course.1.premedication=true,false", (0.0, 1.0), ("true", "false")),
        ("mechanisms.thymopoiesis=on,off", (0.0, 1.0), ("off", "on")),
        ("mechanisms.thymopoiesis=off,on", (0.0, 1.0), ("off", "on")),
    ],
)
def test_a_list_has_its_values_in_their_order(factor, text, values, choices):
    found = factor(text)
    assert found.values == pytest.approx(values, rel=1e-15)
    assert found.choices == choices


def test_times_may_be_relative_to_a_course_or_dates(factor, configs):
    dated = read_base(configs / "two_courses.toml", ["horizon=14 months", "start_date=2017-01-01"])
    assert factor("course.2.start=12 months,course 1 + 11 months", dated).choices == (
        "12 months",
        "course 1 + 11 months",
    )
    assert factor("course.2.start=2018-01-01,2018-01-15", dated).choices == ("2018-01-01", "2018-01-15")


def test_lists_of_toml_are_read_as_texts_are(base, factor):
    assert factor_of(base, "patient.smoker", [True, False]) == factor("patient.smoker=true,false")
    assert factor_of(base, "course.1.doses", [3, 5]) == factor("course.1.doses=3,5")
    assert factor_of(base, "parameters.blood_lysis_rate", [50, 100.0]) == factor("blood_lysis_rate=50,100")


def test_a_label_says_which_entry_is_meant(factor):
    assert factor("course.1.dose=6 mg:24 mg").label == "Dose per infusion (course 1)"
    assert factor("blood_lysis_rate=50:200").label == "Lysis rate in blood"
    assert factor("mechanisms.thymopoiesis=on,off").label == "output of the thymus"


def test_only_log_is_logarithmic(factor):
    assert factor("blood_lysis_rate=50:200:log").is_log
    assert not factor("blood_lysis_rate=50:200:linear").is_log
    assert not factor("blood_lysis_rate=50:200").is_log


def test_what_must_be_whole_is_whole(factor):
    assert factor("course.1.doses=3:5").is_whole
    assert factor("course.1.doses=3,5").is_whole
    assert not factor("patient.weight=50 kg:90 kg").is_whole
    assert not factor("course.1.dose=6 mg:24 mg").is_whole


def test_parameters_are_columns_and_all_else_is_built(factor):
    assert factor("blood_lysis_rate=50:200").parameter == "blood_lysis_rate"
    assert factor("patient.age=20:60").parameter == "age"
    assert factor("patient.weight=50 kg:90 kg").parameter == ""  # doses per body weight follow it
    assert factor("course.1.dose=6 mg:24 mg").parameter == ""


def test_keys_are_read_in_any_spelling(base):
    assert full_key(base, "course[2].start") == "course.2.start"
    assert full_key(base, "thyroid_draw") == "patient.draws.thyroid"
    assert full_key(base, "blood_lysis_rate") == "parameters.blood_lysis_rate"
    assert full_key(base, "nonsense") == "nonsense"


EXAMPLE = "write for example `vary=blood_lysis_rate=x0.5:x2:log` or `vary=course.1.dose=6 mg,12 mg`"
RATE_KEY = "vary parameters.blood_lysis_rate: "
TABLES = (
    "name a parameter, or a key of alemtuzumab, course, dimethyl_fumarate, dose, input, mechanisms, "
    "methylprednisolone, parameters, patient, prednisolone, topical_immunotherapy, triamcinolone"
)
BOUNDS = "(source: coles1999, li2018), choose from 0.01 to 10000 1/day"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("course.1.dose=6:24", 'vary course.1.dose: "6" has no unit, write for example "6 mg"'),
        ("course.1.dose=x0.5:24", 'vary course.1.dose: "24" has no unit, write for example "24 mg"'),
        ("course.1.start=0:20", 'vary course.1.start: "0" has no unit, write for example "0 days"'),
        ("patient.weight=50,90", 'vary patient.weight: "50" has no unit, write for example "50 kg"'),
        (
            "course.1.dose=6,12 mg,0.02 g",
            'vary course.1.dose: has values in "mg" or "g" and one without a unit, write the unit of every value',
        ),
        (
            "course.1.dose=6 mg:24 g",
            'vary "course.1.dose=24000.0 mg": course[1].dose: 24000 mg of alemtuzumab is not '
            "plausible (0.5 to 60 mg; usually 12 mg a day), correct the number or its unit, or insist with implausible "
            "= true in the entry of the drug",
        ),
        ("course.1.dose=1_0 mg:24 mg", 'vary course.1.dose: "1_0 mg" has an underscore, write 10'),
        ("blood_lysis_rate", f'vary: "blood_lysis_rate" has no values: `vary` needs KEY=VALUES, {EXAMPLE}'),
        ("=1:2", f'vary: "=1:2" has no values: `vary` needs KEY=VALUES, {EXAMPLE}'),
        ("blood_lysis_rate= ", f'vary: "blood_lysis_rate= " has no values: `vary` needs KEY=VALUES, {EXAMPLE}'),
        ("blood_lysis_rate=1", f'{RATE_KEY}"1" is one value, write LOW:HIGH or several values'),
        ("blood_lysis_rate=1,,2", f"{RATE_KEY}has an empty value, write a value between all commas"),
        ("blood_lysis_rate=1:2:3", f'{RATE_KEY}"1:2:3" is not a range, write LOW:HIGH or LOW:HIGH:log'),
        ("blood_lysis_rate=:2", f'{RATE_KEY}":2" is not a range, write LOW:HIGH or LOW:HIGH:log'),
        ("blood_lysis_rate=1:log", f'{RATE_KEY}"1:log" is not a range, write LOW:HIGH or LOW:HIGH:log'),
        ("blood_lysis_rate=2:1", f"{RATE_KEY}the range from 2 to 1 is empty, write the smaller end first"),
        ("blood_lysis_rate=2:2", f"{RATE_KEY}the range from 2 to 2 is empty, write the smaller end first"),
        ("blood_lysis_rate=1,1", f"{RATE_KEY}has a value twice, leave one out"),
        ("blood_lysis_rate=x1,x1.0", f"{RATE_KEY}has a value twice, leave one out"),
        ("course.1.infusion=4 h,240 min", "vary course.1.infusion: has a value twice, leave one out"),
        ("blood_lysis_rate=a,b", f'{RATE_KEY}"a" is not a quantity, expected a quantity such as "1 1/day"'),
        ("blood_lysis_rate=xa:x2", f'{RATE_KEY}"xa" is not a number, write for example x0.5'),
        ("blood_lysis_rate=x1:xnan", f'{RATE_KEY}"xnan" is not a number, write for example x0.5'),
        ("blood_lysis_rate=1 mg:2 mg", f'{RATE_KEY}"1 mg" is a mass, expected a quantity such as "1 1/day"'),
        ("blood_lysis_rate=0:1", f"{RATE_KEY}0 1/day is below its lower bound of 0.01 1/day {BOUNDS}"),
        ("blood_lysis_rate=1:x1e9", f"{RATE_KEY}1.398e+11 1/day is above its upper bound of 10000 1/day {BOUNDS}"),
        (
            "patient.age=20:500",
            "vary patient.age: 500 year is above its upper bound of 90 year (source: fernandez2014), "
            "choose from 16 to 90 year",
        ),
        (
            "course.1.start=-5 days:5 days:log",
            "vary course.1.start: a logarithmic range cannot start at -5, start above 0, or leave out log",
        ),
        (
            "course.1.doses=1:8:log",
            "vary course.1.doses: a range of whole numbers cannot be logarithmic, leave out log, or list the values",
        ),
        (
            "course.1.dose=-6 mg:24 mg",
            'vary "course.1.dose=-6.0 mg": course[1].dose: "-6.0 mg" is not positive, write for example "12 mg"',
        ),
        (
            "course.1.dose=6 h:24 h",
            'vary "course.1.dose=6.0 h": course[1].dose: "6.0 h" is a time, expected a mass such as "12 mg"',
        ),
        (
            "course.1.doses=3.5:5",
            'vary "course.1.doses=3.5": course[1].doses: 3.5 is not a whole number, write for example 5',
        ),
        ("course.1=1,2", 'vary "course.1=1": course[1]: expected a table, write [[course]], got 1'),
        (
            "course.1.dosis=1 mg,2 mg",
            'vary: course.1.dosis: unknown key "dosis", did you mean "doses" or "dose"?',
        ),
        (
            "course.2.dose=1 mg,2 mg",
            'vary: course.2.dose: unknown entry "2" among 1 entry, entries are counted from 1',
        ),
        (
            "patient.baseline.cd4=x0.5:x2",
            'vary patient.baseline.cd4: "x0.5" is a multiple, but the scenario has no value, '
            "give the values themselves",
        ),
        ("patient.sex=female:male", f'vary patient.sex: "female:male" is not a range of numbers, {EXAMPLE}'),
        (
            "patient.sex=female,horse",
            'vary "patient.sex=horse": patient.sex: "horse" is not one of "female" or "male"',
        ),
        ("parameters.age=20:60", "vary parameters.age: belongs to the patient, vary patient.age"),
        (
            "blood_lysis_rat=1,2",
            'vary blood_lysis_rat: cannot be varied, did you mean "blood_lysis_rate", "b_clone_lysis_rate" or '
            '"clone_lysis_rate"?',
        ),
        ("patiens.age=1,2", 'vary patiens.age: cannot be varied, did you mean "patient"?'),
        ("horizon=1 month,2 months", f"vary horizon: cannot be varied, {TABLES}"),
        ("solver.rtol=1e-3,1e-4", f"vary solver.rtol: cannot be varied, {TABLES}"),
        (
            "patient=1,2",
            "vary patient: cannot be varied, name one of its keys, such as patient.age or course.1.dose",
        ),
        (
            "mechanisms.thymopoesis=on,off",
            'vary mechanisms.thymopoesis: is not a mechanism, did you mean "thymopoiesis"?',
        ),
        (
            "mechanisms.thymopoiesis=yes,no",
            'vary mechanisms.thymopoiesis: has the values "yes, no", expected on and off, '
            "write mechanisms.thymopoiesis=on,off",
        ),
    ],
)
def test_what_cannot_be_varied_is_said(factor, refusal, text, message):
    assert refusal(factor, text) == message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (5, f'{RATE_KEY}"5" is one value, write LOW:HIGH or several values'),
        (2.5, f'{RATE_KEY}"2.5" is one value, write LOW:HIGH or several values'),
        (True, f'{RATE_KEY}"true" is one value, write LOW:HIGH or several values'),
        (None, f'{RATE_KEY}"None" is one value, write LOW:HIGH or several values'),
        ([], f'{RATE_KEY}"" is one value, write LOW:HIGH or several values'),
        ([50, 50.0], f"{RATE_KEY}has a value twice, leave one out"),
        ([50, ""], f"{RATE_KEY}has an empty value, write a value between all commas"),
    ],
)
def test_what_python_gives_is_refused_as_texts_are(base, refusal, given, message):
    assert refusal(factor_of, base, "parameters.blood_lysis_rate", given) == message


def test_values_may_be_any_sequence(base):
    for given in ((50, 100), [50.0, "100"], np.array([50.0, 100.0]), range(50, 101, 50)):
        assert factor_of(base, "parameters.blood_lysis_rate", given).values == (50.0, 100.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("course.0.dose=6 mg:24 mg", 'vary: course.0.dose: unknown entry "0" among 1 entry'),
        ("course.-1.dose=6 mg:24 mg", 'vary: course.-1.dose: unknown entry "-1" among 1 entry'),
        ("course..dose=6 mg:24 mg", 'vary: course..dose: unknown entry "" among 1 entry'),
        ("course.1.dose=x:x2", 'vary course.1.dose: "x:x2" is not a range of numbers'),
        ("course.1.dose=x1 mg:x2", 'vary course.1.dose: "x1 mg" is not a number, write for example x0.5'),
        ("blood_lysis_rate=x:x2", f'{RATE_KEY}"x" is not a number, write for example x0.5'),
        ("blood_lysis_rate=1e400:2", f'{RATE_KEY}"1e400" is not a finite number'),
        ("blood_lysis_rate=50:200:LOG", f'{RATE_KEY}"50:200:LOG" is not a range'),
        ("blood_lysis_rate=50:200:log:", f'{RATE_KEY}"50:200:log:" is not a range'),
        ("blood_lysis_rate=::", f'{RATE_KEY}"::" is not a range'),
        ("course.1.start=x1:x2", "vary course.1.start: the range from 0 to 0 is empty"),
        ("mechanisms.thymopoiesis=on", 'vary mechanisms.thymopoiesis: "on" is one value'),
        ("mechanisms.=on,off", "vary mechanisms.: cannot be varied"),
        ("patient.draws=1,2", 'vary "patient.draws=1": patient.draws: expected a table'),
    ],
)
def test_every_wrong_form_has_its_own_message(factor, refusal, text, message):
    assert refusal(factor, text).startswith(message)


def test_a_key_is_varied_once_in_whatever_spelling(base, refusal):
    message = refusal(read_varying, base, ["age=20:30", "patient.age=30:40"])
    assert message == "vary patient.age: is varied twice, leave one out"


def test_a_parameter_that_an_untreated_count_determines_is_refused(configs, factor, refusal):
    counted = read_base(configs / "one_course.toml", ["horizon=6 months", "patient.baseline.cd4=800 cells/uL"])
    assert refusal(factor, "cd4_scale=0.5:2", counted) == (
        "parameters.cd4_scale: follows from patient.baseline.cd4, "
        "vary one of them, not both: remove patient.baseline.cd4 from the scenario"
    )
