"""Pages of any result and any model: valid HTML that loads nothing, text that stays text, and what has no figure."""

import base64
import math
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from immunosim.errors import DataError
from immunosim.report import summarise
from immunosim.report import write_file as write
from immunosim.report.fit_courses import labels_of
from immunosim.report.page import report_files
from immunosim.report.page.ensemble import event_remark
from immunosim.report.provenance import INTENDED_USE
from immunosim.report.results import figure_of, write_page
from immunosim.result import MOST_COLUMNS, MOST_ROWS, Result
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

HOSTILE = "</title><script>alert(1)</script>\" onload='x' & <img src=http://example.org/x>\x1b[31m\u202e"
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Reads a page, fails where tags do not match, and keeps what could load or run something."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "data", "srcset", "poster") or (name == "href" and tag in ("link", "use", "image")):
                self.loads.append(value or "")
            elif name in ("href", "xlink:href"):
                self.links.append(value or "")
            elif name.startswith("on"):
                self.handlers.append(name)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class Told(Result):
    """A result without a figure."""

    def __init__(self, table: pd.DataFrame, headline: str = "told", **facts: object) -> None:
        self.table, self.line, self.about = table, headline, facts

    def headline(self) -> str:
        return self.line

    def facts(self) -> dict[str, object]:
        return self.about

    def to_dataframe(self) -> pd.DataFrame:
        return self.table


@pytest.fixture(scope="module")
def taught() -> Trajectory:
    course = {"drug": "antibody", "start": "0 days", "dose": "30 mg", "infusion": "4 h", "label": HOSTILE}
    about: dict[str, Any] = {"title": HOSTILE, "description": HOSTILE, "note": [{"time": "3 days", "text": HOSTILE}]}
    observed = [
        {"readout": "t_cells", "unit": "cells/uL", "label": HOSTILE, "points": [{"time": "9 days", "value": 5}]}
    ]
    return simulate(
        build_scenario({"model": "teaching", "horizon": "60 days", "course": [course], "observed": observed} | about)
    )


@pytest.fixture(scope="module")
def files(taught: Trajectory) -> dict[str, bytes]:
    return report_files(taught, summarise(taught), f"immunosim report {HOSTILE}")


@pytest.fixture
def paged(tmp_path: Path) -> Callable[[Result], str]:
    """Return what writes the page of a result and reads it back."""

    def write_and_read(result: Result) -> str:
        path = result.report(tmp_path / "page.html")
        return path.read_text(encoding="utf-8")

    return write_and_read


def assert_harmless(page: Page) -> None:
    assert "script" not in page.tags
    assert page.handlers == []
    assert all(one.startswith(("data:", "#")) for one in page.loads)
    assert all(one.startswith(("https://", "data:", "#")) for one in page.links)


def test_the_page_of_another_model_is_html_that_loads_and_runs_nothing(files: dict[str, bytes]) -> None:
    page = Page(files["report.html"].decode())
    assert_harmless(page)
    assert {"html", "head", "title", "body", "svg", "table"} <= set(page.tags)


def test_text_of_other_people_is_in_the_page_without_controls(files: dict[str, bytes]) -> None:
    text = files["report.html"].decode()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert any("<script>alert(1)" in words for words in Page(text).words)  # as text


def test_the_page_of_a_model_without_organs_has_no_table_of_them(files: dict[str, bytes]) -> None:
    words = " ".join(Page(files["report.html"].decode()).words)
    assert "Counts after" in words
    for absent in ("SALT", "autoimmunity by", "Relapse hazard", "alemtuzumab"):
        assert absent not in words.replace("immunosim", ""), absent


def test_the_figure_of_a_report_is_a_pdf(files: dict[str, bytes]) -> None:
    assert files["figure.pdf"].startswith(b"%PDF-")


def test_any_result_has_a_page_that_says_what_it_is_for(paged: Callable[[Result], str]) -> None:
    text = paged(Told(pd.DataFrame({"a": [1.0, 2.5]}), "two numbers", mean=1.75))
    page = Page(text)
    assert_harmless(page)
    words = " ".join(page.words)
    for fact in ("two numbers", "mean", "1.75", "2.5", INTENDED_USE):
        assert fact in words
    assert "img" not in page.tags  # it has no figure


def test_hostile_headlines_facts_headers_and_cells_stay_text(paged: Callable[[Result], str]) -> None:
    page = Page(paged(Told(pd.DataFrame({HOSTILE: [HOSTILE]}), HOSTILE, **{HOSTILE: HOSTILE})))
    assert_harmless(page)
    assert page.tags.count("title") == 1
    assert not any("\x1b" in words or "\u202e" in words for words in page.words)


def test_a_long_table_is_cut_and_says_by_how_much(paged: Callable[[Result], str]) -> None:
    table = pd.DataFrame([[0] * (MOST_COLUMNS + 2)] * (MOST_ROWS + 1003)).rename(columns=str)
    page = Page(paged(Told(table)))
    assert page.tags.count("tr") == MOST_ROWS + 1
    assert page.tags.count("th") == MOST_COLUMNS
    words = " ".join(page.words)
    assert "1,003 more rows" in words
    assert "2 more columns" in words


def test_an_empty_table_is_left_out(paged: Callable[[Result], str]) -> None:
    assert "table" not in Page(paged(Told(pd.DataFrame({"a": []})))).tags


def test_an_explanation_brings_its_figure_along(taught: Trajectory, paged: Callable[[Result], str]) -> None:
    from immunosim.attribution import explain

    page = Page(paged(explain(taught, "t_cells", 30.0)))
    assert_harmless(page)
    (image,) = page.loads
    kind, _, content = image.partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content).startswith(b"\x89PNG")


def test_a_result_without_a_figure_says_what_to_do_instead() -> None:
    with pytest.raises(DataError) as caught:
        figure_of(Told(pd.DataFrame()))
    assert "Told" in str(caught.value)
    assert "to_dataframe" in caught.value.cure


def test_a_page_that_cannot_be_written_leaves_the_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.html"
    write(path, b"earlier")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Exception, match="No space left"):
        write_page(Told(pd.DataFrame({"a": [1]})), path)
    assert path.read_bytes() == b"earlier"
    assert [entry.name for entry in tmp_path.iterdir()] == ["page.html"]


def test_a_page_goes_only_where_a_folder_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Exception, match="file"):
        Told(pd.DataFrame({"a": [1]})).report(tmp_path / "file" / "page.html")


def test_axes_of_measurements_name_label_and_unit(taught: Trajectory) -> None:
    from types import SimpleNamespace

    subject = SimpleNamespace(problem=taught.problem, units={"t_cells": "cells/uL", "cytokine_level": "1"})
    labels = labels_of(subject)  # type: ignore[arg-type]
    assert labels["t_cells"].endswith(" (cells/µL)")
    assert "(" not in labels["cytokine_level"]


def test_a_time_to_an_event_is_told_in_words() -> None:
    about = {"unit": "day", "n": 9, "n_reached": 7, "n_at_start": 0, "n_failed": 1}
    ends = {"median": 200.0, "median_low": 180.0, "median_high": math.inf, "median_month": 6.57, "median_date": ""}
    assert event_remark({**about, **ends}) == (
        "7 of 9 reached it; 1 failed; median: 90 % interval, patients, 180 to not reached; "
        "month 6.6 after the last course"
    )
