"""Every lesson played in the page, right and wrong: the page, the package and the grades judge alike."""

import re
from pathlib import Path
from typing import Any

import pytest
from teach.browser.conftest import EXAMPLE
from teach.browser.pages import Visits, settled

SHIPPED = Path(__file__).parents[3] / "immunosim" / "teach" / "lessons"
FOLDERS = [path.parent for root in (EXAMPLE, SHIPPED) for path in sorted(root.glob("*/lesson.toml"))]


@pytest.fixture
def site_of(request: pytest.FixtureRequest, folder: Path) -> Path:
    """The site that has a lesson."""
    name = "site_folder" if folder.parent == EXAMPLE else "shipped_folder"
    return Path(request.getfixturevalue(name))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parents[1].name}-{folder.name}")
def test_right_answers_are_right_in_the_page_and_in_grades(
    visits: Visits, site_of: Path, tmp_path: Path, folder: Path
) -> None:
    from immunosim.teach.answers import compute_answers
    from immunosim.teach.grade import grade_folder
    from immunosim.teach.reading import read_lesson

    lesson = read_lesson(folder)
    computed = compute_answers(lesson)
    page = _opened(visits, site_of, folder.name)
    _predict_nothing(page)
    for task in lesson.lesson.task:
        if task.kind == "state":
            _reach(page, computed, task, folder.name)
        else:
            _answer(page, task, computed.answers[task.id].right or computed.answers[task.id].value)
        assert page.locator(f'[data-task="{task.id}"] .verdict').get_attribute("class").endswith("is-right"), task.id
        said = page.locator(f'[data-task="{task.id}"] .explanation').inner_text()
        if task.kind == "number":
            assert _number_in(said) == pytest.approx(computed.answers[task.id].value, rel=0.006)  # three digits
    assert page.get_by_text("…", exact=True).count() == 0, "a number is missing in a text"
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the hand-in file").click()
    waiting.value.save_as(tmp_path / "hand-in.json")
    verdicts = {grade.task: grade.verdict for grade in grade_folder(tmp_path, [lesson]).grades}
    assert verdicts == {task.id: "right" for task in lesson.lesson.task}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parents[1].name}-{folder.name}")
def test_wrong_answers_are_wrong_and_known_ones_are_explained(visits: Visits, site_of: Path, folder: Path) -> None:
    from immunosim.teach.answers import compute_answers
    from immunosim.teach.reading import read_lesson

    lesson = read_lesson(folder)
    computed = compute_answers(lesson)
    page = _opened(visits, site_of, folder.name)
    _predict_nothing(page)
    for task in lesson.lesson.task:
        answer = computed.answers[task.id]
        part = page.locator(f'[data-task="{task.id}"]')
        if task.kind == "state":
            if task.set:
                part.get_by_role("button", name="Begin with this").click()
            part.get_by_role("button", name="Check").click()
            assert "Not reached" in part.locator(".verdict").inner_text()
            continue
        for variant in task.wrong:
            _answer(page, task, answer.variants[variant.id])
            assert part.locator(".says").is_visible(), variant.id
        for wrong in _wrong(task, answer):
            _answer(page, task, wrong)
            assert "Not yet" in part.locator(".verdict").inner_text(), (task.id, wrong)


def _number_in(said: str) -> float:
    """Return the number in "The model says: 1,234 cells/uL"."""
    match = re.search(r"The model says: (-?[\d,.]+(?:e-?\d+)?)", said)
    assert match, said
    return float(match[1].replace(",", ""))


def _wrong(task: Any, answer: Any) -> list[Any]:
    if task.kind == "number":
        return [answer.value + 1e3 * max(abs(answer.value), 1.0)]
    if task.kind == "choice":
        return [option.id for option in task.option if option.id != answer.right]
    return [list(reversed(answer.right))]


def _opened(visits: Visits, site_of: Path, name: str) -> Any:
    return visits.open(f"{(site_of / 'index.html').as_uri()}#lesson={name}")


def _predict_nothing(page: Any) -> None:
    while page.get_by_role("button", name="I have no idea yet").count():
        page.get_by_role("button", name="I have no idea yet").first.click()


def _answer(page: Any, task: Any, answer: Any) -> None:
    part = page.locator(f'[data-task="{task.id}"]')
    if task.kind == "number":
        part.locator("input[type=text]").fill(repr(float(answer)))
    elif task.kind == "choice":
        part.locator(f'input[value="{answer}"]').check()
    else:
        _sort(part, [*answer], [item.id for item in task.item])
    part.get_by_role("button", name="Check").click()


def _sort(part: Any, wanted: list[str], listed: list[str]) -> None:
    """Bring items into an order with the buttons that a reader has."""
    now = [listed[int(place)] for place in part.locator(".order").get_attribute("data-places").split(",")]
    for place, name in enumerate(wanted):
        for above in range(now.index(name), place, -1):
            part.locator(".order li").nth(above).locator("button").first.click()
        now.remove(name)
        now.insert(place, name)


def _reach(page: Any, computed: Any, task: Any, name: str) -> None:
    """Set the scenario to the solution of a state by its link, as somebody who moved the knobs has it."""
    from immunosim.teach.link import differences, encoded
    from immunosim.teach.record import json_document

    runs = computed.runs
    solved = runs.changed({**task.set, **task.solution})
    link = encoded("", differences(json_document(runs.scenario), json_document(solved)))
    page.evaluate("hash => { location.hash = hash }", f"lesson={name}&{link[1:]}")
    settled(page)
    page.locator(f'[data-task="{task.id}"]').get_by_role("button", name="Check").click()
