"""Pages of fits and forecasts: made of the record alone, with its numbers, harmless and whole."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

import immunosim as ims
from immunosim.door.fit_files import write_fit
from immunosim.door.fit_input import fit_problem
from immunosim.door.forecasting import forecast_files
from immunosim.door.reporting import is_result, write_report
from immunosim.errors import DataError
from immunosim.files import OutputError
from immunosim.fitting import Fitted, PatientFits
from immunosim.report import to_json
from immunosim.report.fit_record import fit_record, several_record
from immunosim.report.page.dates import PageDates
from immunosim.report.page.fit import fit_page
from immunosim.report.page.forecast import forecast_page
from immunosim.scenario import build_scenario
from tests.report.test_pages_of_results import HOSTILE, Page, assert_harmless

NAME = "A </td><script>alert(1)</script>"
TABLE = f"""patient;day;t_cells (cells/uL);weight
{NAME};0;1000;70
{NAME};3;<100;
{NAME};10;400;
{NAME};40;800;
"""
HOW: dict[str, Any] = {"free": ["division_rate"], "starts": 2, "anyway": True}


def settings(title: str = "Two months") -> dict[str, Any]:
    return {**HOW, "overrides": {"title": title, "horizon": "2 months"}}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "clinic.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def fitted(table: Path) -> Fitted:
    found = ims.fit("teaching_course", table, without=["depletion"], **settings(HOSTILE))
    assert isinstance(found, Fitted)
    return found


@pytest.fixture(scope="module")
def record(fitted: Fitted) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(to_json(fit_record(fitted)))
    return plain


@pytest.fixture(scope="module")
def page(record: dict[str, Any]) -> Page:
    return Page(fit_page(record).decode())


@pytest.fixture(scope="module")
def predictions(table: Path) -> ims.Forecast:
    return ims.forecast("teaching_course", table, ["t_cells@500 cells/uL"], each_visit=False, **settings())


def words(page: Page) -> str:
    return " ".join(" ".join(page.words).split())


def with_changes(record: dict[str, Any], **changes: Any) -> str:
    """Return the words of the page of a record with other values."""
    return words(Page(fit_page({**record, **changes}).decode()))


def test_the_page_of_a_fit_is_html_that_loads_and_runs_nothing(page: Page) -> None:
    assert_harmless(page)
    assert all(link.startswith("#") for link in page.links)
    assert {"html", "head", "title", "body", "svg", "table"} <= set(page.tags)


def test_names_and_titles_of_other_people_are_text(record: dict[str, Any], page: Page) -> None:
    text = fit_page(record).decode()
    assert "<script>" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert NAME in words(page)


def test_the_record_keeps_the_data_with_their_lines(record: dict[str, Any], table: Path) -> None:
    data = record["data"]
    measured = data["patients"][NAME]["measurements"]
    assert [(one["time"], one["value"], one["is_below"], one["line"]) for one in measured] == [
        (0.0, 1000.0, False, 2),
        (3.0, 100.0, True, 3),
        (10.0, 400.0, False, 4),
        (40.0, 800.0, False, 5),
    ]
    assert data["file"] == str(table)
    assert data["patients"][NAME]["covariates"] == {"weight": 70.0}
    assert record["analytes"]["t_cells"]["unit"] == "cells/uL"


def test_the_page_shows_each_measurement_with_its_line(page: Page) -> None:
    cells = [one.strip() for one in page.words if one.strip()]
    start = cells.index("Measurements that were used")
    assert cells[start + 5 : start + 21] == [
        *("0.0", "0", "1000", "2"),
        *("0.1", "3", "<100", "3"),
        *("0.3", "10", "400", "4"),
        *("1.3", "40", "800", "5"),
    ]
    assert "4 values" in words(page)
    assert "3 quantified, 1 of which only limits are known (censored)" in words(page)


def test_the_parameters_of_the_page_are_those_of_the_record(record: dict[str, Any], page: Page) -> None:
    (verdict,) = record["parameters"]
    text = words(page)
    assert f"(division_rate) {verdict['value']:.4g} " in text
    assert verdict["kind"] in text
    assert verdict["sentence"] in text
    for name, digits in (("chi_squared", 4), ("log_likelihood", 4), ("aic", 4), ("bic", 4)):
        assert f" {record['fit'][name]:.{digits}g} " in text
    (other,) = record["alternatives"]
    assert other["sentence"] in text


def test_the_recoveries_of_the_page_are_those_of_the_record(record: dict[str, Any], page: Page) -> None:
    when = PageDates(build_scenario({"model": "teaching", "horizon": "2 months"}))
    (returns,) = record["returns"].values()
    assert returns
    for back in returns:
        assert when.interval(back["low"], back["high"]) in words(page)
        assert f"{back['share']:.0%}" in words(page)


def test_the_page_says_what_was_assumed_and_what_computed_it(record: dict[str, Any], page: Page) -> None:
    text = words(page)
    assert "The table holds no doses: those of the scenario are taken as given." in text
    assert "Of the scenario, not of the table: age" in text
    assert "lognormal with SD 0.132" in text
    assert record["provenance"]["model"]["key"] in text
    assert all(version in text for version in record["provenance"]["software"].values())


def test_doubts_of_the_reader_and_excluded_rows_are_listed_with_their_places(record: dict[str, Any]) -> None:
    found = {"line": 3, "column": "CD4", "severity": "warning", "reason": "<b>thousandfold</b>", "cure": "look"}
    rows = [
        {"line": 2, "patient": NAME, "outcome": "used", "reason": ""},
        {"line": 9, "patient": NAME, "outcome": "excluded", "reason": "commented out"},
    ]
    text = with_changes(record, data={**record["data"], "findings": [found], "rows": rows})
    assert "warning line 3, CD4 <b>thousandfold</b> look" in text
    assert "The reader and the linter of the table report 1 warning." in text
    assert "2 rows of the table: 1 used, 1 excluded." in text
    assert f"9 {NAME} commented out" in text


def test_recorded_doses_are_listed_with_their_hours(record: dict[str, Any]) -> None:
    dose = {"patient": NAME, "time": 0.5, "drug": "antibody", "amount": 30.0, "duration": 1 / 6, "line": 7}
    patient = {**record["data"]["patients"][NAME], "doses": [dose]}
    text = with_changes(record, data={**record["data"], "patients": {NAME: patient}})
    assert "antibody 0.0 0.5 30 4 7" in text
    assert "The table holds no doses" not in text


@pytest.mark.parametrize(
    ("p_value", "word"), [(None, "not tested"), (1e-5, "too large"), (0.4, "as assumed"), (0.999, "too small")]
)
def test_residuals_are_judged_in_a_word(record: dict[str, Any], p_value: float | None, word: str) -> None:
    assert f"Residuals {word}" in with_changes(record, fit={**record["fit"], "p_value": p_value})


def test_what_is_not_reached_lies_after_the_end(record: dict[str, Any]) -> None:
    back = {"readout": "t_cells", "level": "0.2e9/L", "low": 40.0, "median": None, "high": None, "share": 0.25}
    assert "0.2 × 10⁹/L after 2.0 1.3 to after 2.0" in with_changes(record, returns={NAME: [back]})


def test_the_page_of_a_folder_is_that_of_the_fit_in_memory(fitted: Fitted, table: Path, tmp_path: Path) -> None:
    case = fit_problem("teaching_course", table, free=HOW["free"], overrides=settings(HOSTILE)["overrides"])
    write_fit(fitted, case, tmp_path / "fit", "", with_report=True)
    live = fitted.report(tmp_path / "live.html").read_bytes()
    assert (tmp_path / "fit" / "report.html").read_bytes() == live
    assert write_report(tmp_path / "fit", tmp_path / "again.html").read_bytes() == live
    assert write_report(tmp_path / "fit" / "fit.json").read_bytes() == live
    assert is_result(tmp_path / "fit")


def test_a_page_that_cannot_be_written_leaves_the_earlier_one(
    fitted: Fitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "page.html"
    target.write_text("earlier")
    monkeypatch.setattr("immunosim.files.os.replace", full)
    with pytest.raises(OutputError, match="No space left"):
        fitted.report(target)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("page.html", "earlier")]


def test_several_patients_have_an_overview_and_a_chapter_each(table: Path, tmp_path: Path) -> None:
    twice = tmp_path / "two.csv"
    twice.write_text(TABLE + TABLE.split("\n", 1)[1].replace(NAME, "B"), encoding="utf-8")
    found = ims.fit("teaching_course", twice, **settings())
    assert isinstance(found, PatientFits)
    page = Page(found.report(tmp_path / "page.html").read_text(encoding="utf-8"))
    text = words(page)
    assert text.index("Overview") < text.index(f"Patient {NAME}") < text.index("Patient B")
    assert page.tags.count("article") == page.tags.count("svg") == 2
    assert_harmless(page)
    record = several_record(found)
    value = record["patients"]["B"]["parameters"][0]["value"]
    assert f"B 4 too large {value:.3g}" in text


def test_the_page_of_a_forecast_is_that_of_its_record(predictions: ims.Forecast, tmp_path: Path) -> None:
    files = forecast_files(predictions, with_report=True)
    live = predictions.report(tmp_path / "live.html").read_bytes()
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    record = json.loads(files["forecast.json"]) | {"command": ""}
    assert live == files["report.html"] == forecast_page(record) == write_report(tmp_path).read_bytes()
    page = Page(live.decode())
    assert_harmless(page)
    back = record["patients"][NAME][-1]["returns"][0]
    assert f"{back['share']:.0%}" in words(page)
    assert "T cells in blood above 500 cells/µL" in words(page)


def test_a_forecast_shows_only_what_was_known(table: Path) -> None:
    early = ims.forecast("teaching_course", table, ["t_cells@500 cells/uL"], as_of="20 days", **settings())
    measured = early.record()["data"]["patients"][NAME]["measurements"]
    assert [one["time"] for one in measured] == [0.0, 3.0, 10.0]


def test_a_sweep_has_a_page_beside_it(tmp_path: Path) -> None:
    varied = {"division_rate": [0.0015, 0.002, 0.003]}
    found = ims.ensemble("teaching_course", varied, endpoints=["nadir of t_cells"])
    page = Page(found.report(tmp_path / "page.html").read_text(encoding="utf-8"))
    assert_harmless(page)
    median = next(iter(found.summary().values()))["median"]
    assert isinstance(median, float)
    assert f"{median:.4g}" in words(page)
    assert "division_rate" in words(page)
    stored = found.save(tmp_path / "patients.nc")
    assert write_report(stored) == tmp_path / "patients_report.html"
    assert "3 simulated patients" in (tmp_path / "patients_report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("fit.json", '{"patients": []}', "an earlier version wrote it"),
        ("fit.json", "{", "is not JSON"),
        ("notes.txt", "", "holds no result with a page"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, name: str, text: str, reason: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=reason):
        write_report(tmp_path)


def test_days_are_dates_where_day_0_has_one() -> None:
    dated = PageDates(build_scenario({"start_date": "2017-06-15", "horizon": "60 months"}))
    assert (dated.of(365.0), dated.later(None)) == ("2018-06-15", "after 2022-06-15")
    assert dated.in_words(365.0) == "2018-06-15 (month 12.0)"
    plain = PageDates(build_scenario({"horizon": "60 months"}))
    assert (plain.in_words(365.25), plain.in_words(None)) == ("month 12.0", "after month 60.0")
    course = {"start": "12 months", "dose": "12 mg"}
    later = PageDates(build_scenario({"horizon": "60 months", "course": [course]}))
    assert later.months_after_course(15 * 30.4375) == "3.0"
    assert math.isclose(later.last_course, 365.25)


def test_a_forecast_that_is_withheld_or_widened_is_marked(record: dict[str, Any]) -> None:
    text = with_changes(record, forecasts_withheld="The residuals reject it: outliers.", returns={NAME: []})
    assert "The residuals reject it: outliers." in text
    assert "Forecast withheld" in text
    assert "Predicted recovery" not in text
    assert "standard deviations are multiplied by 2.5." in with_changes(record, widened_by=2.5)


def test_causes_of_a_misfit_and_outliers_are_listed(record: dict[str, Any]) -> None:
    outlier = {"analyte": "t_cells", "time": 10.0, "line": 4, "value": 400.0, "low": 1.0, "high": 9.5}
    outlier |= {"unit": "cells/uL", "studentised": 7.25}
    cause = {"cause": "outliers", "log_bayes_factor": 12.5, "sentence": "One value stands out.", "cure": "look at it"}
    text = with_changes(record, explanations=[cause | {"outliers": [outlier]}])
    assert "outliers +12.5 One value stands out. look at it" in text
    assert "t_cells 10 4 400 1 to 9.5 cells/µL +7.2" in text


def test_what_the_fit_was_told_to_assume_is_said(record: dict[str, Any]) -> None:
    text = with_changes(record, data={**record["data"], "assumed": ["Infusions last 4 h."]})
    assert "Infusions last 4 h." in text


def test_equal_doses_that_follow_each_other_stand_in_a_row(record: dict[str, Any]) -> None:
    doses = [
        {"patient": NAME, "time": float(day), "drug": "antibody", "amount": mass, "duration": 0.0, "line": line}
        for line, (day, mass) in enumerate([(0, 30.0), (1, 30.0), (2, 36.0), (20, 36.0)], 7)
    ]
    patient = {**record["data"]["patients"][NAME], "doses": doses}
    text = with_changes(record, data={**record["data"], "patients": {NAME: patient}})
    assert "antibody 0.0 0 to 1 2 × 30 0 7, 8 antibody 0.1 2 36 0 9 antibody 0.7 20 36 0 10" in text


def test_a_forecast_that_is_withheld_from_a_rejected_fit_has_a_page_that_says_so(table: Path, tmp_path: Path) -> None:
    withheld = ims.forecast("teaching_course", table, **settings() | {"anyway": False})
    assert list(withheld.failures) == [NAME]
    page = Page(withheld.report(tmp_path / "page.html").read_text(encoding="utf-8"))
    assert " ".join(withheld.failures[NAME].split()) in words(page)


def test_the_course_of_a_rejected_fit_is_marked_as_rejected(record: dict[str, Any]) -> None:
    reason = "the model does not fit the data (chi-squared p = 1e-05)"
    assert f"The fit is rejected: {reason}" in with_changes(record, fit=record["fit"] | {"reason": reason})
    assert "is rejected" not in with_changes(record, fit=record["fit"] | {"reason": ""})


def test_mechanisms_with_the_same_verdict_stand_in_one_row(record: dict[str, Any]) -> None:
    (other,) = record["alternatives"]
    alike = [other | {"without": name, "more_aic": 12.0, "sentence": "Supported."} for name in ("one", "two")]
    assert "one (+12.0), two (+12.0) Supported." in with_changes(record, alternatives=alike)


def test_a_single_forecast_is_drawn_from_the_draws_of_the_record(predictions: ims.Forecast) -> None:
    plain = json.loads(to_json(predictions.record()))
    (drawn,) = plain["draws"][NAME]
    (back,) = plain["patients"][NAME][-1]["returns"]
    assert (len(drawn["days"]), sum(drawn["is_observed"])) == (back["n_draws"], back["n_recovered"])
    page = Page(forecast_page(plain).decode())
    assert_harmless(page)
    assert f"{back['n_recovered']} of {back['n_draws']} draws" in words(page)
