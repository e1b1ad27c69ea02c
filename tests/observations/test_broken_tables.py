"""What cannot be used of a clinic's table is named with its line and column, its reason and its cure."""

import os
from pathlib import Path

import pytest

from immunosim.observations import read_clinic_table
from immunosim.scenario import Scenario

CD4 = "day,CD4 [cells/uL]\n"
UNIT = "add the unit to the header, such as [cells/uL], [1e9/L] or [%]"
TELL = "do not tell which, " + UNIT
ROW = "leave a cell empty where there is no value"
COUNT = 'expected a cell count such as "500 cells/uL" or "0.5e9/L"'
PLAIN = "write a plain number, its unit stands in the header"
WORD = "leave the cell empty where nothing was measured, or say in a recipe what it stands for: words"
TIME = 'expected a time such as "12 months", a date such as 2017-06-15 or "course 2 + 30 days"'
DRUGS = "known are alemtuzumab, methylprednisolone, prednisolone, triamcinolone"
POINT = "write a decimal point, or separate cells by semicolons"
TOTAL = "is a share of lymphocytes that are not given, give the total in the same row, or counts"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "t.csv: is empty, give a line of headers, then one visit a line"),
        ("# nothing\n", "t.csv: is empty, give a line of headers, then one visit a line"),
        ("day,CD4\n", "t.csv: has no rows, give one visit a line"),
        (
            "CD4\n100\n",
            't.csv: line 1: has no column of times, name one "date", "day", "week", "month" or "time"',
        ),
        ("day,Tag,CD4 [/uL]\n1,1,2\n", 't.csv: line 1: has "day" and "Tag" for the time, rename all but one'),
        (
            "day,sex\n1,f\n",
            't.csv: line 1: has no column of measured values, name them such as "lymphocytes [1e9/L]" or "CD4"',
        ),
        (
            "\nday,CD4 [/uL],CD4 [1e9/L]\n1,2,3\n",
            't.csv: line 2: has "CD4 [/uL]" and "CD4 [1e9/L]" for one quantity, leave one out, or rename it',
        ),
        ("day,CD4 [/uL],CD4 [/uL]\n1,2,3\n", "t.csv: line 1: CD4 [/uL]: stands above two columns, leave one out"),
        ("day,,CD4\n1,2,200\n", "t.csv: line 1: column 2 has no name, name it"),
        (CD4 + "1,2,3\n", f"t.csv: line 2: has 3 cells, the line of headers 2, {ROW}"),
        (CD4 + "1,2\n\n1\n", f"t.csv: line 4: has 1 cell, the line of headers 2, {ROW}"),
        (
            CD4 + '1,"200\n',
            "t.csv: line 2: cannot be read as CSV (unexpected end of data), "
            "close the quotes, and save it as CSV in UTF-8",
        ),
        ("day,CD4 [mg/L]\n1,20\n", f't.csv: line 1: CD4 [mg/L]: "1.0 mg/L" is a concentration, {COUNT}'),
        ("day,CD4 [foo]\n1,20\n", f't.csv: line 1: CD4 [foo]: "1.0 foo" has the unknown unit "foo", {COUNT}'),
        (
            "day,lymphocytes [%]\n1,20\n",
            "t.csv: line 1: lymphocytes [%]: is a share of leukocytes, give the total count, in 1e9/L",
        ),
        ("day,CD4\n1,30\n2,60\n", f"t.csv: line 1: CD4: has no unit, and its values from 30 to 60 {TELL}"),
        ("day,CD4\n1,0.25\n2,250\n", f"t.csv: line 1: CD4: has no unit, and its values from 0.25 to 250 {TELL}"),
        ("day,CD19\n1,1\n2,2\n", f"t.csv: line 1: CD19: has no unit, and its values from 1 to 2 {TELL}"),
        ("day,ALC\n1,40\n2,50\n", f"t.csv: line 1: ALC: has no unit, and its values from 40 to 50 {TELL}"),
        ("day,CD4\n1,NA\n", f"t.csv: line 1: CD4: has no unit and no values, {UNIT}"),
        ("day,CD4 [%]\n1,30\n", f"t.csv: line 2: CD4 [%]: {TOTAL}"),
        ("day,ALC [G/L],CD4 [%]\n1,0.5,30\n2,,30\n", f"t.csv: line 3: CD4 [%]: {TOTAL}"),
        (
            "day,ALC [G/L],CD4 [%]\n1,<0.1,30\n",
            "t.csv: line 2: CD4 [%]: is a share of lymphocytes that are below quantification, give the count",
        ),
        (CD4 + "1,lots\n", f't.csv: line 2: CD4 [cells/uL]: "lots" is not a number, {WORD}'),
        (CD4 + "1,20 /uL\n", f't.csv: line 2: CD4 [cells/uL]: "20 /uL" is not a number, {PLAIN}'),
        (CD4 + "1,<low\n", f't.csv: line 2: CD4 [cells/uL]: "<low" is not a number, {PLAIN}'),
        (
            CD4 + "1,<0\n",
            't.csv: line 2: CD4 [cells/uL]: "<0" is below nothing, give a positive limit of quantification',
        ),
        (CD4 + '1,"1,200"\n', f't.csv: line 2: CD4 [cells/uL]: "1,200" has a comma, {POINT}'),
        (
            "day;CD4 [/uL]\n1;1.234,5\n",
            't.csv: line 2: CD4 [/uL]: "1.234,5" has a separator of thousands, write the number without it',
        ),
        (
            "day;ALC [G/L];CD4 [/uL]\n1;0,5;200\n2;0.6;250\n",
            't.csv: line 3: ALC [G/L]: "0.6" has another decimal mark than "0,5" on line 2, write all with a point',
        ),
        (CD4 + "1,1e999\n", 't.csv: line 2: CD4 [cells/uL]: "1e999" is not a finite number, give a finite number'),
        (
            "date,CD4 [/uL]\n04/05/2017,200\n",
            't.csv: line 2: date: "04/05/2017" may have the day or the month first, write it as 2017-06-15',
        ),
        (
            "date,CD4 [/uL]\n13/05/2017,200\n05/14/2017,100\n",
            't.csv: line 3: date: "05/14/2017" is not a date, check day and month',
        ),
        (
            "date,CD4 [/uL]\n15.06.17,200\n",
            't.csv: line 2: date: "15.06.17" has a year of two digits, write it as 2017-06-15',
        ),
        ("date,CD4 [/uL]\n31.06.2017,2\n", 't.csv: line 2: date: "31.06.2017" is not a date, check day and month'),
        ("date,CD4 [/uL]\nsoon,200\n", 't.csv: line 2: date: "soon" is not a date, write it as 2017-06-15'),
        ("date,CD4 [/uL]\n12 Foo 2017,2\n", 't.csv: line 2: date: "12 Foo 2017" is not a date, write it as 2017-06-15'),
        (
            "date,CD4 [/uL]\n2017-06-15 25:00,200\n",
            't.csv: line 2: date: "2017-06-15 25:00" has no time of day, write it as 2017-06-15 08:30',
        ),
        ("time,CD4 [/uL]\n30,200\n", f't.csv: line 2: time: "30" has no unit, {TIME}'),
        (
            "time [mg],CD4 [/uL]\n30,200\n",
            't.csv: line 1: time [mg]: "1.0 mg" is a mass, expected a duration such as "4 h"',
        ),
        (
            "time,CD4 [/uL]\ncourse 3 + 1 day,200\n",
            't.csv: line 2: time: "course 3 + 1 day": there is no course 3, the scenario has 1 course',
        ),
        (CD4 + "2e6,200\n", 't.csv: line 2: day: "2e6" lies more than a million days from day 0, give a time in days'),
        (CD4 + ",200\n", "t.csv: line 2: day: is empty, give every row a time"),
        ("id,day,CD4 [/uL]\n,1,200\n", "t.csv: line 2: id: is empty, name the patient in every row"),
        ("day,CD4 [/uL],sex\n1,200,x\n", 't.csv: line 2: sex: "x" is not a valid sex, write "female" or "male"'),
        (
            "day,CD4 [/uL],sex\n1,200,f\n2,200,m\n",
            't.csv: line 3: sex: "m" contradicts an earlier row, correct one of them',
        ),
        (
            "day,CD4 [/uL],born\n1,200,1980-01-01\n2,200,1981-01-01\n",
            't.csv: line 3: born: "1981-01-01" contradicts an earlier row, correct one of them',
        ),
        (
            "day,dose [mg],drug\n0,12,aspirin\n",
            f't.csv: line 2: drug: "aspirin" is not a drug that can be given, {DRUGS}',
        ),
        (
            "day,dose [mg]\n0,-12\n",
            't.csv: line 2: dose [mg]: "-12" is negative, give the mass that was given',
        ),
        (
            "day,dose [mg],infusion duration [h]\n0,12,0\n",
            't.csv: line 2: infusion duration [h]: "0" is not positive, give how long alemtuzumab was infused',
        ),
        ("day,dose [h]\n0,12\n", 't.csv: line 1: dose [h]: "1.0 h" is a time, expected a mass such as "12 mg"'),
        (
            "day,ALC [G/L],CD4 [/uL]\n1,a,200\n,1,200\n2,0.5,b\n",
            f't.csv: line 2: ALC [G/L]: "a" is not a number, {PLAIN}\n'
            "t.csv: line 3: day: is empty, give every row a time\n"
            f't.csv: line 4: CD4 [/uL]: "b" is not a number, {PLAIN}',
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(read, refusal, content, message):
    assert refusal(read, content) == message


def test_dates_need_a_date_of_day_0(read, refusal):
    undated = Scenario(horizon="12 months", course=[{"start": "0 days", "dose": "12 mg", "doses": 1}])
    assert refusal(read, "date,CD4 [/uL]\n2017-06-15,200\n", undated) == (
        't.csv: line 1: patient "patient" has no dose to count days from, '
        "add a column of doses, or name a scenario with a start_date"
    )


def test_what_is_no_table_is_named(refusal, table):
    table("")
    Path("folder").mkdir()
    utf8 = "save it as CSV in UTF-8"
    assert refusal(read_clinic_table, Path("no.csv")) == "no.csv: does not exist, name a CSV file"
    assert refusal(read_clinic_table, Path("folder")) == f"folder: cannot be read as text ({os.strerror(21)}), {utf8}"
    zeros = "t.csv: cannot be read as text (it has bytes of zero)"
    assert refusal(read_clinic_table, table(b"day,CD4\n" + b"1,2\n" * 300 + b"\0")) == f"{zeros}, {utf8}"
