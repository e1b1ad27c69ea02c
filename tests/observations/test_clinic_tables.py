"""Tables as clinics keep them are read in the model's units; every mistake is named with its line and column."""

import pytest

from immunosim.errors import DataError
from immunosim.observations import Measurement, observed_in, read_clinic_table
from immunosim.scenario import Scenario

DAY = "day,lymphocytes [1e9/L],CD4 [cells/uL],CD8 [cells/uL]\n"


@pytest.fixture(scope="module")
def scenario():
    return Scenario.model_validate({"start_date": "2016-06-20", "horizon": "36 months"})


@pytest.fixture
def read(tmp_path, scenario):
    """Return a function that reads a text as a table."""

    def read(text, encoding="utf-8"):
        path = tmp_path / "counts.csv"
        path.write_bytes(text.encode(encoding))
        return read_clinic_table(path, scenario)

    return read


def test_counts_come_in_the_units_of_the_model(read):
    (own,) = read("month;ALC (10^9/L);CD4 [1e9/L];B cells [cells/uL]\n1;0,3;0,05;20\n").values()
    assert own == [
        Measurement("patient", 30.4375, "lymphocytes", 0.3),
        Measurement("patient", 30.4375, "cd4", 50.0),
        Measurement("patient", 30.4375, "cd19", 20.0),
    ]


def test_percents_are_of_the_total_of_their_line_wherever_it_stands(read):
    (own,) = read("day,CD4 (% of lymphocytes),total [1e9/L]\n30,20,0.5\n").values()
    assert {one.analyte: one.value for one in own} == {"lymphocytes": 0.5, "cd4": pytest.approx(100.0)}


def test_below_is_a_limit_and_blank_is_no_value(read):
    (own,) = read(DAY + "30,< 0.1,,-\n60,0.5,NA,<10\n").values()
    assert own == [
        Measurement("patient", 30.0, "lymphocytes", 0.1, True),
        Measurement("patient", 60.0, "lymphocytes", 0.5),
        Measurement("patient", 60.0, "cd8", 10.0, True),
    ]


def test_dates_are_days_after_day_zero_of_the_scenario(read):
    (own,) = read("date\tCD4 [/uL]\n2016-07-20\t42\n").values()
    assert own[0].time == 30.0


def test_patients_are_told_apart_and_visits_sorted(read):
    found = read("ID,day,CD4 [cells/uL]\nb,60,2\na,30,3\nb,30,1\n")
    assert [one.value for one in found["b"]] == [1.0, 2.0]
    assert [one.value for one in found["a"]] == [3.0]


def test_a_mark_of_byte_order_windows_lines_and_remarks_are_no_matter(read):
    assert len(read("# of 2020\r\nday,CD4 [cells/uL]\r\n\r\n30,42\r\n", "utf-8-sig")["patient"]) == 1


def test_a_scenario_gives_its_own_measurements(scenario, model):
    points = [{"time": "30 days", "value": 0.5}, {"time": "60 days", "low": 0.7, "high": 0.8}]
    points += [{"time": "90 days", "below": 0.1}, {"time": "80 days", "low": 0.0, "high": 0.2}]
    series = {"readout": "lymphocytes", "unit": "1e9/L", "points": points}
    found = observed_in(Scenario.model_validate({"observed": [series]}), model.units)
    assert [one.is_below for one in found] == [False, False, True, True]
    assert found[1].value == pytest.approx((0.7 * 0.8) ** 0.5)
    assert found[1].spread == pytest.approx(0.1335 / 12**0.5, rel=1e-3)
    assert found[2].value == 0.2


BROKEN = {
    "": ": is empty, give a line of headers, then one visit a line",
    "# only a remark\n": ": is empty, give a line of headers, then one visit a line",
    DAY: ": has no measurements, add a line for each visit",
    DAY + "30,,,\n": ": has no measurements, add a line for each visit",
    "CD4 [cells/uL]\n42\n": ": line 1: has no column of times, give one: date, day, week or month",
    "day,week,CD4 [cells/uL]\n": ": line 1: has several columns of times, give one: date, day, week or month",
    "day\n30\n": ": line 1: has no column of counts, add one, such as CD4 [cells/uL]",
    "day,CD4\n30,42\n": ': line 1: column "CD4" has no unit, write CD4 [cells/uL]',
    "day,lymphocytes\n30,1\n": ': line 1: column "lymphocytes" has no unit, write lymphocytes [1e9/L]',
    "day,CD4 [mg]\n30,42\n": ': line 1: column "CD4 [mg]": "1.0 mg" is a mass, write cells/uL',
    "day,CD4 [cells/uL],helpers [cells/uL]\n": ': line 1: unknown column "helpers [cells/uL]", known are',
    "day,CD4 [cells/uL],cd4 [1e9/L]\n30,42,0.04\n": ": line 1: has two columns of cd4, leave one out",
    DAY + "30,0.5,42\n": ": line 2: has 3 cells, the first line 4, fill it up",
    DAY + "30,0.5,42,50,9\n": ": line 2: has 5 cells, the first line 4, fill it up",
    DAY + ",0.5,42,50\n": ": line 2: day: is empty, give the time of the visit",
    DAY + "soon,0.5,42,50\n": ': line 2: day: "soon" is not a number, write a number, <limit, or leave it blank',
    DAY
    + "30,0.5,many,50\n": ': line 2: CD4 [cells/uL]: "many" is not a number, write a number, <limit, or leave it blank',
    DAY + "30,0.5,-42,50\n": ': line 2: CD4 [cells/uL]: "-42" is no count, write a count that is not negative',
    DAY + "30,0.5,nan,50\n": ': line 2: CD4 [cells/uL]: "nan" is no count, write a count that is not negative',
    DAY + "30,0.5,0,50\n": ": line 2: CD4 [cells/uL]: is 0, which no laboratory can count, write < and the limit",
    DAY + "30,500,42,50\n": ": line 2: lymphocytes [1e9/L]: 500 1e9/L is no count that a patient has",
    DAY + "30,0.0005,,\n": ": line 2: lymphocytes [1e9/L]: 0.0005 1e9/L is no count that a patient has",
    DAY + "30,0.5,42000,\n": ": line 2: CD4 [cells/uL]: 4.2e+04 cells/uL is no count that a patient has",
    DAY
    + "30,0.5,400,300\n": ": line 2: cd4 + cd8: subsets add up to 700 cells/uL, the total is 500, check their units",
    "day,CD3 [cells/uL],CD4 [cells/uL]\n30,100,150\n": ": line 2: cd4: CD4 150 is above CD3 100 cells/uL, check both",
    DAY + "30,0.5,42,50\n30,0.5,,\n": ": patient patient has lymphocytes twice on day 30, leave one out",
    DAY + "2000,0.5,42,50\n": ": line 2: day: day 2000 lies after the horizon, day 1095.75, raise the horizon",
    "day,CD4 (%)\n30,20\n": ": line 2: CD4 (%): is a percent without a total on its line",
    "day,total [1e9/L],CD4 (%)\n30,1,120\n": ": line 2: CD4 (%): 120 % is more than all, check the unit of the column",
    "date,CD4 [cells/uL]\n20.7.2016,42\n": ': line 2: date: "20.7.2016" ',
    "date,CD4 [cells/uL]\n2016-13-20,42\n": ': line 2: date: "2016-13-20" is not a date',
}


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_table_gets_its_message(read, tmp_path, text):
    with pytest.raises(DataError) as caught:
        read(text)
    assert str(caught.value).startswith(f"{tmp_path / 'counts.csv'}{BROKEN[text]}")


def test_all_mistakes_are_named_at_once(read):
    with pytest.raises(DataError) as caught:
        read(DAY + "30,x,42,50\n60,0.5,y,50\n")
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == [" line 2", " line 3"]


def test_a_table_that_is_not_there_or_not_text_is_said(tmp_path, scenario):
    with pytest.raises(DataError, match="does not exist, name a table"):
        read_clinic_table(tmp_path / "none.csv", scenario)
    (tmp_path / "bad.csv").write_bytes(b"day,CD4 [cells/\xb5L]\n30,42\n")
    with pytest.raises(DataError, match="cannot be read"):
        read_clinic_table(tmp_path / "bad.csv", scenario)
