"""The page says what the summary says, of every number where it comes from, and needs nothing but itself."""

import base64
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from immunosim.cohorts.targets import read_targets
from immunosim.errors import SolverError
from immunosim.formatting import difference, number, percent, quantity, recovery, score, seen, unit_text
from immunosim.models import find_model, load_parameters
from immunosim.models.alemtuzumab.scope import LIMITATIONS, SCOPE
from immunosim.parameters import EVIDENCE
from immunosim.report import summarise
from immunosim.report.doses import deviations, dose_rows
from immunosim.report.page import report_files, tables
from immunosim.report.page.answer import key_numbers, sentences
from immunosim.report.page.cautions import cautions
from immunosim.report.page.drawings import font_faces, svg_of
from immunosim.report.page.parameters import groups
from immunosim.report.page.sources import sources
from immunosim.report.page.tables import counts, events, observed
from immunosim.scenario import build_scenario, load_scenario
from immunosim.scenario.examples import located
from immunosim.trajectory import Trajectory
from immunosim.units import DAYS_PER_MONTH

ROOT = Path(__file__).parents[2]
Simulate = Callable[..., Trajectory]

VOID = {"meta", "br", "link", "img", "hr", "input"}
"""Elements of HTML that have no end tag."""

EVENTFUL: dict[str, Any] = {
    "title": "<script>alert('title')</script> & co",
    "start_date": "2016-06-15",
    "patient": {"age": "60 years"},
    "note": [{"time": "20 days", "text": "seen in <b>clinic</b>"}],
    "relapse": [{"time": "10 days", "note": "optic neuritis"}],
    "observed": [
        {
            "readout": "lymphocytes",
            "unit": "1e9/L",
            "points": [{"time": "30 days", "value": 0.5}, {"time": "60 days", "low": 0.001, "high": 9}],
        }
    ],
    "parameters": {"field_at_risk": 0.5},
    "mechanisms": {"off": ["relapse"]},
}


class Reader(HTMLParser):
    """Collects texts, attributes and headings of a page, and fails where tags are not balanced."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(trajectory: Trajectory) -> str:
    return report_files(trajectory, summarise(trajectory), "immunosim report x.toml")["report.html"].decode()


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def eventful(simulate_with: Simulate) -> Trajectory:
    return simulate_with(**EVENTFUL)


@pytest.fixture(scope="module")
def page(eventful: Trajectory) -> str:
    return page_of(eventful)


@pytest.fixture(scope="module")
def reader(page: str) -> Reader:
    return read(page)


@pytest.fixture(scope="module")
def failed_reader(failed: Trajectory) -> Reader:
    return read(page_of(failed))


def test_the_page_is_html_with_a_language_a_title_and_balanced_tags(page: str, reader: Reader) -> None:
    assert page.lstrip().startswith("<!DOCTYPE html>")
    assert reader.all("html") == [{"lang": "en"}]
    assert len(reader.all("h1")) == len(reader.all("title")) == 1


def test_the_page_needs_no_other_file_and_no_network(page: str, reader: Reader) -> None:
    forbidden = {"script", "link", "img", "iframe", "object", "embed", "image"}
    assert not forbidden & {name for name, _ in reader.tags}
    assert not any("src" in attributes for _, attributes in reader.tags)
    assert all(target.startswith("data:font/woff;base64,") for target in re.findall(r"url\(([^#][^)]*)\)", page))
    assert "@import" not in page


def test_only_links_to_sources_lead_out_of_the_page(reader: Reader) -> None:
    leading_out = {str(link["href"]) for link in reader.all("a") if "://" in str(link["href"])}
    assert leading_out == {source.link for source in sources(load_parameters().references()) if source.link}


def test_every_link_within_the_page_has_its_goal(reader: Reader) -> None:
    identifiers = {attributes["id"] for _, attributes in reader.tags if "id" in attributes}
    inner = {
        str(attributes[key]) for _, attributes in reader.tags for key in ("href", "xlink:href") if key in attributes
    }
    assert {goal.removeprefix("#") for goal in inner if goal.startswith("#")} <= identifiers


def test_no_identifier_is_given_twice(reader: Reader) -> None:
    found = Counter(attributes["id"] for _, attributes in reader.tags if "id" in attributes)
    assert [name for name, times in found.items() if times > 1] == []


def test_text_of_the_scenario_is_text_and_no_markup(page: str, reader: Reader) -> None:
    assert "<script" not in page
    assert "<b>clinic" not in page
    assert "<script>alert('title')</script> & co" in reader.text
    assert "seen in <b>clinic</b>" in reader.text


def test_every_header_cell_says_what_it_heads(reader: Reader) -> None:
    assert {str(cell.get("scope")) for cell in reader.all("th")} == {"col", "row"}


def test_every_figure_has_a_name_for_those_who_do_not_see_it(reader: Reader) -> None:
    drawings = reader.all("svg")
    assert [drawing["role"] for drawing in drawings] == ["img", "img"]
    assert all(len(str(drawing["aria-label"])) > 40 for drawing in drawings)
    assert len(reader.all("figcaption")) == 2


def test_the_page_is_small(page: str) -> None:
    assert len(page.encode()) < 1_500_000


def test_the_same_run_gives_the_same_bytes(simulate_with: Simulate) -> None:
    first, second = (simulate_with(**EVENTFUL) for _ in range(2))
    command = "immunosim report x.toml"
    assert report_files(first, summarise(first), command) == report_files(second, summarise(second), command)


def test_every_parameter_stands_there_once_with_its_grade_and_note(reader: Reader) -> None:
    names = [str(row["id"]).removeprefix("parameter-") for row in reader.all("tr") if "id" in row]
    parameters = load_parameters()
    assert names == list(parameters)
    text = reader.text
    assert all(parameters[name].note in text for name in parameters)


def test_the_grades_of_evidence_of_the_groups_add_up_to_all_parameters(eventful: Trajectory) -> None:
    found: Counter[str] = Counter()
    for group in groups(eventful.problem, summarise(eventful)):
        found.update({grade: int(number) for number, grade in re.findall(r"(\d+) (\w+)", group.grades)})
    parameters = load_parameters()
    assert found == Counter(parameters[name].evidence for name in parameters)
    assert set(found) <= set(EVIDENCE)


def test_a_value_that_is_not_the_default_says_so_and_which_key_set_it(reader: Reader, eventful: Trajectory) -> None:
    entries = {e.parameter.name: e for g in groups(eventful.problem, summarise(eventful)) for e in g.entries}
    assert {name: entry.set_by for name, entry in entries.items() if entry.set_by} == {
        "age": "patient.age",
        "field_at_risk": "parameters.field_at_risk",
    }
    assert "Default 34, set by patient.age ." in reader.text


def test_parameters_of_a_mechanism_that_is_off_are_marked(reader: Reader) -> None:
    marked = [str(row["id"]) for row in reader.all("tr") if row.get("class") == "off"]
    assert marked == [f"parameter-{one.name}" for one in load_parameters().groups()["relapse"]]


def test_every_source_that_is_cited_stands_there_as_bibtex(reader: Reader) -> None:
    cited = {key for group in load_parameters().groups().values() for one in group for key in one.source}
    text = "".join(reader.texts)
    assert all(re.search(rf"@\w+\{{{key},", text) for key in cited)
    assert "@software{immunosim," in text


def test_the_resolved_scenario_can_be_copied_and_saved(reader: Reader, eventful: Trajectory) -> None:
    (saved,) = (str(link["href"]) for link in reader.all("a") if "download" in link)
    toml = base64.b64decode(saved.split(",", 1)[1]).decode()
    assert toml in reader.texts
    assert build_scenario(tomllib.loads(toml)) == eventful.scenario


def test_the_page_says_how_to_repeat_it(reader: Reader, eventful: Trajectory) -> None:
    assert "immunosim report x.toml" in reader.texts
    assert summarise(eventful)["model"]["key"] in reader.texts


def test_mechanisms_say_whether_they_are_on(reader: Reader, eventful: Trajectory) -> None:
    states = Counter(text for text in reader.texts if text in ("on", "OFF"))
    assert states == {"on": len(eventful.problem.model.mechanisms) - 1, "OFF": 1}


def test_the_numbers_of_the_page_are_those_of_the_summary(reader: Reader, eventful: Trajectory) -> None:
    summary = summarise(eventful)
    assert {name for name, _, _ in key_numbers(summary, ("lymphocytes", "cd4"))} <= set(reader.texts)
    assert all(sentence in reader.texts for sentence in sentences(summary))
    (table,) = counts(summary)
    lymphocytes = summary["counts"]["lymphocytes"]
    nadir = lymphocytes["after_course"][0]["nadir"]
    assert table.rows[0][:4] == ("lymphocytes", "10⁹/L", number(lymphocytes["untreated"]), number(nadir))


def test_a_residual_is_measured_from_the_nearest_end_of_a_range(eventful: Trajectory) -> None:
    summary = summarise(eventful)
    value, in_range = observed(summary).rows
    residual = summary["observed"][0]["simulated"] - 0.5
    assert float(value[6]) == pytest.approx(residual, abs=6e-4)  # three digits are shown
    assert in_range[6:8] == ("0", "inside")


def test_notes_carry_the_numbers_of_the_figure(eventful: Trajectory) -> None:
    rows = events(eventful.scenario).rows
    assert [row[:4] for row in rows] == [("R1", "relapse", "10", "2016-06-25"), ("1", "note", "20", "2016-07-05")]


def test_a_failed_run_says_so_first_and_has_no_results(failed_reader: Reader) -> None:
    text = failed_reader.text
    assert text.index("This simulation failed and has no results.") < text.index("Read with care")
    assert "STEP_LIMIT" in text
    assert "raise max_steps" in text
    assert "The answer in short" not in text
    assert "Why the lymphocyte count changed" not in text
    assert len(failed_reader.all("svg")) == 1
    assert "nan" not in Counter(failed_reader.texts)


def test_accounts_that_cannot_be_made_leave_out_why(course: Trajectory, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise SolverError("ran out of steps")

    monkeypatch.setattr("immunosim.report.page.assembly.explain", failing)
    found = read(page_of(course))
    assert "Why the lymphocyte count changed" not in found.text
    assert len(found.all("svg")) == 1


def test_observed_values_of_a_failed_run_are_shown_without_a_residual(failed: Trajectory) -> None:
    (row,) = observed(summarise(failed)).rows
    assert row[4:8] == ("5", "failed", "-", "-")


def test_a_run_without_courses_and_observations_says_what_there_is(simulate_with: Simulate) -> None:
    found = read(page_of(simulate_with(course=[], horizon="5 days")))
    assert "No treatment, note or relapse." in found.text
    assert "The scenario has no observed values to compare with." in found.text
    assert "Hair: no visible loss" in found.text


def test_what_is_left_empty_has_no_caution(simulate_with: Simulate) -> None:
    plain = simulate_with()
    (only,) = cautions(plain.problem, summarise(plain))
    assert re.fullmatch(r"\d+ of the \d+ parameters of the set \(\d+ %\) are assumed: .*", only)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"patient": {"age": "60 years"}},
            "60 years old; T-cell counts were fitted to a trial of people from 18 to 50",
        ),
        ({"horizon": "40 months"}, "ends 40 months after the first course; counts were fitted up to month 30"),
        ({"mechanisms": {"off": ["relapse"]}}, "this is not a realistic patient: the relapse hazard stays untreated"),
        ({"parameters": {"field_at_risk": 0.5}}, "Patient-specific values: 1. This 1 value was set by the scenario"),
        ({"parameters": {"field_at_risk": 1.0}}, "field_at_risk is at its bound of 1"),
        (
            {
                "patient": {"draws": {"thyroid": 1e-6}},
                "parameters": {"thyroid_liability": 5.0},
                "horizon": "800 days",
            },
            "the onset follows from the draw of this patient",
        ),
        (
            {"course": [{"start": f"{10 * i} days", "dose": "12 mg"} for i in range(3)]},
            "There are 3 courses; counts were fitted to 2.",
        ),
    ],
)
def test_a_caution_is_given_where_there_is_reason(simulate_with: Simulate, changes: dict[str, Any], words: str) -> None:
    run = simulate_with(**changes)
    assert words in " ".join(cautions(run.problem, summarise(run)))


def test_a_trait_is_no_value_at_its_bound(simulate_with: Simulate) -> None:
    run = simulate_with(patient={"smoker": True})
    assert "bound" not in " ".join(cautions(run.problem, summarise(run)))


def test_more_values_than_observations_are_no_evidence(eventful: Trajectory, simulate_with: Simulate) -> None:
    assert "no evidence" not in " ".join(cautions(eventful.problem, summarise(eventful)))  # one value, two points
    two = simulate_with(**EVENTFUL | {"parameters": {"field_at_risk": 0.5, "cd4_scale": 1.1}})
    assert "2 individual values and 2 observations" in " ".join(cautions(two.problem, summarise(two)))


def test_what_was_fitted_reaches_as_far_as_the_calibration() -> None:
    model = find_model()
    calibration = tomllib.loads(model.files("calibrations")["trials"].read_text(encoding="utf-8"))
    read = [target for name in calibration["targets"] for target in read_targets(model.files("targets")[name])]
    days = [target.record.time for target in read if target.cohort == "relapsing" and target.record.time is not None]
    assert round(max(days) / DAYS_PER_MONTH) == SCOPE.months
    assert len(load_scenario(located("label_trial")).course) == SCOPE.courses


def test_the_limits_of_the_page_are_those_of_the_readme() -> None:
    readme = re.sub(r"\s+", " ", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert [limit for limit in LIMITATIONS if limit not in readme] == []
    assert len(LIMITATIONS) > 3


def test_doses_that_were_not_given_as_planned_are_told() -> None:
    change = {"dose_number": 2, "skipped": True}
    course = {"start": "0 days", "dose": "12 mg", "doses": 3, "every": "24 h", "changes": [change]}
    scenario = build_scenario({"course": [course]})
    assert list(deviations(scenario)) == ["Not as planned in course[1]: dose 2 skipped."]
    ((drug, key, *_, doses, total),) = dose_rows(scenario)
    assert (drug, key, doses, total) == ("alemtuzumab", "course[1]", "2", "24")


def test_a_drawing_keeps_its_text_and_its_outline() -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.0, 2.0))
    ax = figure.add_subplot()
    ax.fill_between(range(3000), [0.0] * 3000, [1.0] * 3000, label="area")
    ax.set_title("10⁹/L <µ>")
    drawing = svg_of(figure, "one", 'a "drawing"')
    assert "10⁹/L &lt;µ&gt;" in drawing
    assert drawing.count("\n") < len(drawing)
    assert len(drawing) < 12_000  # 6000 corners of a rectangle are four
    assert 'id="one" role="img" aria-label="a &quot;drawing&quot;"' in drawing
    assert "#one *{" in drawing
    assert drawing == svg_of(figure, "one", 'a "drawing"')


def test_the_font_brings_the_letters_of_the_drawing_and_few_others() -> None:
    import io

    from fontTools.ttLib import TTFont

    normal, bold = re.findall(r"base64,([^)]*)\)", font_faces(["<text>aµ</text>", "<text>&lt;</text>"]))
    for text in (normal, bold):
        assert set("aµ<") <= set(map(chr, TTFont(io.BytesIO(base64.b64decode(text))).getBestCmap()))
        assert len(text) < 10_000


def test_a_source_without_a_link_has_none() -> None:
    entries = {"a": "@misc{a,\n  doi = {10.1/x},\n}", "b": "@misc{b,\n  url = {https://y},\n}", "c": "@misc{c,\n}"}
    assert [source.link for source in sources(entries)] == ["https://doi.org/10.1/x", "https://y", ""]


def test_a_failed_run_has_neither_key_numbers_nor_sentences(failed: Trajectory) -> None:
    summary = summarise(failed)
    assert [*key_numbers(summary, ("lymphocytes", "cd4")), *sentences(summary)] == []


@pytest.mark.parametrize(
    ("unit", "text"), [("1e9/L", "10⁹/L"), ("cells/uL", "cells/µL"), ("ug/mL", "µg/mL"), ("1", "")]
)
def test_units_are_written_as_in_print(unit: str, text: str) -> None:
    assert unit_text(unit) == text


def test_numbers_and_words_of_findings() -> None:
    assert quantity(0.05621, "1e9/L") == "0.056 × 10⁹/L"
    assert quantity(42.0, "cells/uL") == "42.0 cells/µL"
    assert (score(4e-15), score(None)) == ("0.0", "-")
    assert (percent(0.9999), percent(0.19), percent(1e-9)) == ("above 99 %", "19 %", "below 0.001 %")


@pytest.mark.parametrize(
    ("limit", "fell", "months", "text"),
    [(None, None, None, "-"), (400.0, False, None, "above"), (400.0, True, None, "never"), (400.0, True, 8.0, "8.00")],
)
def test_a_recovery_is_a_time_or_a_word(
    limit: float | None, fell: bool | None, months: float | None, text: str
) -> None:
    assert recovery({"lower_limit_of_normal": limit}, {"fell_below_limit": fell, "months_to_limit": months}) == text


@pytest.mark.parametrize(
    ("low", "high", "is_below", "outside", "texts"),
    [
        (0.5, 0.5, False, 4.0, ("0.5", "+4.0 %")),
        (0.5, 0.7, False, 0.0, ("0.5 to 0.7", "inside")),
        (0.0, 0.2, True, 0.0, ("<0.2", "inside")),
        (0.0, 0.0, False, None, ("0", "-")),
    ],
)
def test_an_observation_is_a_value_a_range_or_a_limit(
    low: float, high: float, is_below: bool, outside: float | None, texts: tuple[str, str]
) -> None:
    point = {"observed_low": low, "observed_high": high, "is_below_limit": is_below, "outside_percent": outside}
    assert (seen(point), difference(point)) == texts


def test_what_a_model_does_not_have_is_left_out_of_the_page() -> None:
    bare = {"counts": {}, "drug_levels": {}, "observed": [], "salt": None, "autoimmunity": None, "relapse": None}
    assert [*key_numbers(bare, ()), *sentences(bare)] == []
    made = (tables.counts, tables.drug_levels, tables.hair, tables.autoimmunity, tables.relapses)
    assert [table for make in made for table in make(bare)] == []


def test_a_drug_that_no_course_gives_has_no_table() -> None:
    level = {"label": "drug in plasma", "unit": "mg/L", "detection_limit": 0.1, "after_course": []}
    assert list(tables.drug_levels({"drug_levels": {"drug": level}})) == []


def test_a_drug_without_a_limit_of_detection_has_a_peak_only() -> None:
    course = {"course": "course 1", "peak": 2.0, "peak_days_after_start": 1.0, "undetectable_days_after_start": None}
    level = {"label": "drug in plasma", "unit": "mg/L", "detection_limit": None, "after_course": [course]}
    (table,) = tables.drug_levels({"drug_levels": {"drug": level}})
    assert table.caption == "Drug in plasma"
    assert list(table.headers) == ["course", "peak, mg/L", "peak, days after start"]
    assert [tuple(row) for row in table.rows] == [("course 1", "2.00", "1.00")]
