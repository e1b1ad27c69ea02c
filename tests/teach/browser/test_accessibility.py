"""axe finds no violation on any view, on a desktop and on a phone, light and dark; a task is done by keyboard alone."""

from pathlib import Path
from typing import Any

import pytest
from teach.browser.pages import DESKTOP, PHONE, Visits, settled

VIEWS = ("", "#page=lessons", "#lesson=second_course", "#embed=curves", "opened")


SHIPPED = Path(__file__).parents[3] / "immunosim" / "teach" / "lessons"
LESSONS = sorted(path.parent.name for path in SHIPPED.glob("*/lesson.toml"))


def _violations(page: Any) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page, options={"preload": False}).response["violations"]
    return [f"{violation['id']}: {node['html'][:200]}" for violation in found for node in violation["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(visits: Visits, site_folder: Path, view: str, size: tuple[int, int], scheme: str) -> None:
    address = (site_folder / "index.html").as_uri() + ("" if view == "opened" else view)
    page = visits.open(address, size, color_scheme=scheme)
    if view == "opened":
        page.get_by_role("button", name="Why?").click()
        for summary in page.locator("summary").all():
            if summary.is_visible():
                summary.click()
        settled(page)
    if view.startswith("#lesson"):
        assert _violations(page) == []
        page.get_by_role("button", name="I have no idea yet").first.click()
        settled(page)
    assert _violations(page) == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_accessible_and_fits_a_phone(visits: Visits, shipped_folder: Path, lesson: str) -> None:
    for size in (DESKTOP, PHONE):
        page = visits.open(f"{(shipped_folder / 'index.html').as_uri()}#lesson={lesson}", size)
        while page.get_by_role("button", name="I have no idea yet").count():
            page.get_by_role("button", name="I have no idea yet").first.click()
        settled(page)
        assert _violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_task_is_done_by_keyboard_alone(visits: Visits, site_folder: Path) -> None:
    page = visits.open((site_folder / "index.html").as_uri() + "#lesson=second_course")
    _tab_to(page, "input[name^=predict]")
    page.keyboard.type("120")
    page.keyboard.press("Enter")
    page.locator("[data-chart] canvas").first.wait_for()
    _tab_to(page, '[data-knob="course.2.dose"] input[type="range"]')
    page.keyboard.press("ArrowLeft")
    settled(page)
    assert page.locator('[data-knob="course.2.dose"] input[type="text"]').input_value() == "11"
    _tab_to(page, "input[name=answer-nadir]")
    page.keyboard.press("Control+A")
    page.keyboard.type("0.1")
    page.keyboard.press("Enter")
    assert "Not yet: too low" in page.locator('[data-task="nadir"] .verdict').inner_text()


def _tab_to(page: Any, selector: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")
