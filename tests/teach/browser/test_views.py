"""The views of the site: what is drawn, where from, and whether it fits."""

from pathlib import Path
from typing import Any

import pytest
from teach.browser.pages import DESKTOP, PHONE, SMALLEST, Visits, picture, set_knob, settled, words

VIEWS = ("", "#page=lessons", "#lesson=second_course", "#embed=curves", "#embed=knobs")


@pytest.fixture(params=["file", "loopback", "single"])
def origin(request: Any) -> str:
    if request.param == "loopback":
        return str(request.getfixturevalue("server"))
    fixture = "site_folder" if request.param == "file" else "single_file"
    path: Path = request.getfixturevalue(fixture)
    return (path / "index.html" if path.is_dir() else path).as_uri()


def test_charts_are_drawn_from_everywhere_with_webassembly(visits: Visits, origin: str) -> None:
    page = visits.open(origin)
    assert page.locator("[data-chart] canvas").count() >= 8
    assert "Lowest" in words(page, "cd4")
    page.locator("footer summary").click()
    assert "WebAssembly" in page.locator("footer").inner_text()
    assert "not a medical device" in page.locator("header").inner_text()


def test_a_knob_moves_every_curve(visits: Visits, site_folder: Path) -> None:
    page = visits.open((site_folder / "index.html").as_uri())
    before, said = picture(page, "cd4"), words(page, "cd4")
    set_knob(page, "course.2.dose", "1")
    assert picture(page, "cd4") != before
    assert words(page, "cd4") != said
    page.get_by_role("button", name="Back to the start").click()
    settled(page)
    assert words(page, "cd4") == said


def test_the_address_is_the_state(visits: Visits, site_folder: Path) -> None:
    page = visits.open((site_folder / "index.html").as_uri())
    set_knob(page, "course.1.dose", "3")
    page.get_by_role("button", name="First 30 days").click()
    settled(page)
    other = visits.open(page.url)
    settled(other)
    assert other.locator('[data-knob="course.1.dose"] input[type="text"]').input_value() == "3"
    assert other.get_by_role("button", name="First 30 days").get_attribute("aria-pressed") == "true"
    assert words(other, "cd4") == words(page, "cd4")


def test_the_link_of_a_scenario_opens_it(visits: Visits, site_folder: Path) -> None:
    from immunosim.teach.link import link_of

    page = visits.open((site_folder / "index.html").as_uri() + link_of("case_report"))
    assert page.locator('[data-knob="patient.age"] input[type="text"]').input_value() == "31"
    assert page.locator(".start-from select").input_value() == "case_report"
    page.get_by_text("The same on the command line").click()
    assert "immunosim run case_report" in page.locator("pre").inner_text()


def test_courses_are_added_and_removed_and_mechanisms_switched_off(visits: Visits, site_folder: Path) -> None:
    page = visits.open((site_folder / "index.html").as_uri())
    before = words(page, "cd4")
    page.get_by_text("Courses of alemtuzumab").click()
    page.get_by_role("button", name="Add a course").click()
    settled(page)
    assert words(page, "cd4") != before
    page.get_by_role("button", name="Remove Course 3").click()
    settled(page)
    assert words(page, "cd4") == before
    page.get_by_text("Mechanisms", exact=True).click()
    page.get_by_label("output of the thymus").uncheck()
    settled(page)
    assert words(page, "cd4") != before


def test_why_names_the_processes_of_a_pool_at_three_levels(visits: Visits, site_folder: Path) -> None:
    page = visits.open((site_folder / "index.html").as_uri())
    page.get_by_role("button", name="Why?").click()
    page.locator(".why select").select_option("naive_cd4_lymphoid")
    assert "naive CD4" in page.locator(".parts").inner_text()
    boxes = []
    for level in range(3):
        page.locator("input[name=level]").nth(level).check()
        boxes.append(page.locator(".net-pool").count())
    assert boxes[0] < boxes[1] < boxes[2]
    widths = page.evaluate("() => [...document.querySelectorAll('.flow')].map(e => e.getAttribute('stroke-width'))")
    page.locator(".time-slider input").fill("20")
    assert widths != page.evaluate(
        "() => [...document.querySelectorAll('.flow')].map(e => e.getAttribute('stroke-width'))"
    )


def test_an_embedded_page_has_curves_alone(visits: Visits, site_folder: Path) -> None:
    page = visits.open((site_folder / "index.html").as_uri() + "#embed=curves")
    assert page.locator("[data-knob]").count() == 0
    assert not page.locator("header").count()
    assert "not a medical device" in page.locator("footer").inner_text()


def test_kept_curves_and_virtual_patients_are_shown_and_named(visits: Visits, server: str) -> None:
    page = visits.open(server)
    before = picture(page, "cd4")
    assert page.locator(".kept").count() == 0
    page.get_by_role("button", name="Keep these curves").click()
    set_knob(page, "course.2.dose", "60")
    assert page.locator(".kept li").count() == 1
    page.get_by_role("button", name="100 virtual patients").click()
    page.get_by_text("the middle 90 %").wait_for(timeout=30_000)
    assert picture(page, "cd4") != before


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("size", [SMALLEST, PHONE, DESKTOP])
def test_nothing_scrolls_sideways(visits: Visits, site_folder: Path, view: str, size: tuple[int, int]) -> None:
    page = visits.open((site_folder / "index.html").as_uri() + view, size)
    settled(page)  # what the page shows first may be replaced while it starts
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    if page.get_by_role("button", name="Why?").count():
        page.get_by_role("button", name="Why?").click()
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_on_a_phone_the_knob_and_its_curve_are_on_one_screen(visits: Visits, site_folder: Path) -> None:
    page = visits.open((site_folder / "index.html").as_uri(), PHONE)
    for key in ("course.1.dose", "patient.age"):
        page.locator(f'[data-knob="{key}"] input[type="range"]').scroll_into_view_if_needed()
        knob = page.locator(f'[data-knob="{key}"] input[type="range"]').bounding_box()
        curve = page.locator(".front canvas").bounding_box()
        assert curve["y"] >= 0
        assert curve["y"] + curve["height"] <= knob["y"]
        assert knob["y"] + knob["height"] <= PHONE[1]


def test_a_table_says_what_a_curve_shows(visits: Visits, site_folder: Path) -> None:
    page = visits.open((site_folder / "index.html").as_uri())
    page.locator('[data-chart="cd4"] summary').click()
    page.locator('[data-chart="cd4"] tbody tr').nth(10).wait_for()
    assert "CD4" in page.locator('[data-chart="cd4"] thead').inner_text()


def test_a_german_page_is_german(visits: Visits, shipped_folder: Path) -> None:
    page = visits.open((shipped_folder / "index.html").as_uri())
    page.locator("header select").last.select_option("de")
    assert page.locator("html").get_attribute("lang") == "de"
    assert "kein Medizinprodukt" in page.locator("header").inner_text()


def test_charts_are_painted_anew_for_print_and_dark_screens(visits: Visits, site_folder: Path) -> None:
    address = (site_folder / "index.html").as_uri()
    light, dark = visits.open(address), visits.open(address, color_scheme="dark")
    assert picture(light, "cd4") != picture(dark, "cd4")
    dark.emulate_media(media="print", color_scheme="dark")
    settled(dark)
    assert not dark.locator("header").is_visible()
    assert dark.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--text').trim()") == "#000000"
