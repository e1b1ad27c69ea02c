"""The page and the package judge alike, and read each other's links."""

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from teach.in_node import in_node, needs_node
from teach.lesson_files import EXAMPLE

from immunosim import load_scenario
from immunosim.teach.answers import LessonAnswers, compute_answers
from immunosim.teach.documents import json_document
from immunosim.teach.grade import RIGHT, WRONG, judged_number
from immunosim.teach.lesson import LessonTask
from immunosim.teach.link import decoded, differences, encoded, laid_over
from immunosim.teach.marking import tolerance_of
from immunosim.teach.reading import SHIPPED, read_lessons
from immunosim.teach.record import lesson_record

pytestmark = needs_node

EDGES = (-1.5, -1.001, -0.999, 0.0, 0.999, 1.001, 1.5)
"""Distances from a right or a wrong answer at which the two are asked, as shares of its tolerance."""

CHANGES = [
    {},
    {"course.2.dose": "6 mg"},
    {"horizon": "20 months", "mechanisms.off": ["thymopoiesis"]},
    {"parameters.antibody_clearance": "0.3 L/day", "patient.weight": "55 kg", "title": "Größe: 5 µg, 漢字"},
]


def given_answers(task: LessonTask, answers: LessonAnswers) -> list[Any]:
    """Return answers about every edge of a number or a state, every option, and every order of the first items."""
    answer = answers.answers[task.id]
    if task.kind == "choice":
        return [option.id for option in task.option]
    if task.kind == "order":
        return [list(order) for order in itertools.permutations([item.id for item in task.item][:4])]
    if task.kind == "state":
        bounds = [bound for bound in answer.bounds if math.isfinite(bound)]
        return [bound * (1.0 + 1e-3 * edge) for bound in bounds for edge in EDGES]
    centres = {answer.value: answer.tolerance}
    centres |= {wrong: tolerance_of(task.tolerance, wrong, answer.unit) for wrong in answer.variants.values()}
    return [centre + width * edge for centre, width in centres.items() for edge in EDGES] + [0.0, -answer.value, 1e9]


def package_verdict(task: LessonTask, answers: LessonAnswers, given: Any) -> str:
    answer = answers.answers[task.id]
    if task.kind == "number":
        return judged_number(task, answer, given)
    if task.kind == "state":
        return RIGHT if answer.allows(given) else WRONG
    value = tuple(given) if isinstance(given, list) else given
    return RIGHT if value == answer.right else given if task.kind == "choice" else WRONG


@pytest.fixture(scope="module")
def lessons() -> list[LessonAnswers]:
    return [compute_answers(folder) for root in (EXAMPLE, SHIPPED) for folder in read_lessons(root)]


def links() -> list[dict[str, Any]]:
    """Return links that the package writes, with their bases and the documents that they stand for."""
    base = json_document(load_scenario("two_courses"))
    documents = [json_document(load_scenario("two_courses", changes)) for changes in CHANGES]
    documents += [json_document(load_scenario(name)) for name in ("one_course", "case_report", "clinic")]
    return [
        {"link": encoded("two_courses", differences(base, document)), "document": document, "name": "two_courses"}
        | {"bases": {"two_courses": base}}
        for document in documents
    ]


@pytest.fixture(scope="module")
def in_page(lessons: list[LessonAnswers], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    judged = [
        {"task": record, "answer": _answer(answers, record["id"]), "given": given_answers(task, answers)}
        for answers in lessons
        for task, record in zip(answers.folder.lesson.task, lesson_record(answers, "en")["tasks"], strict=True)
    ]
    found = in_node("agreeing.mjs", {"judged": judged, "links": links()}, tmp_path_factory.mktemp("agreeing"))
    return dict(found)


def _answer(answers: LessonAnswers, name: str) -> dict[str, Any]:
    answer = answers.answers[name]
    value = answer.value if math.isfinite(answer.value) else None
    return {"value": value, "right": answer.right, "variants": answer.variants}


def test_page_and_package_judge_alike(lessons: list[LessonAnswers], in_page: dict[str, Any]) -> None:
    tasks = [(answers, task) for answers in lessons for task in answers.folder.lesson.task]
    n_right = 0
    for (answers, task), verdicts in zip(tasks, in_page["judged"], strict=True):
        expected = [package_verdict(task, answers, given) for given in given_answers(task, answers)]
        assert verdicts == expected, (answers.folder.id, task.id)
        n_right += expected.count(RIGHT)
    assert n_right > 2 * len(tasks)  # both verdicts were compared


def test_links_of_the_package_are_documents_in_the_page(in_page: dict[str, Any]) -> None:
    for case, document in zip(links(), in_page["decoded"], strict=True):
        assert document == case["document"]


def test_links_of_the_page_are_documents_in_the_package(in_page: dict[str, Any]) -> None:
    for case, link in zip(links(), in_page["encoded"], strict=True):
        name, changes = decoded(link)
        assert name == "two_courses"
        assert laid_over(case["bases"][name], changes) == case["document"]
        assert changes == decoded(case["link"])[1]  # 161.0 is written as 161 there


def test_the_hand_in_that_the_page_writes_has_the_format_of_the_package() -> None:
    source = Path(SHIPPED).parent / "web" / "src" / "lessons" / "handin.ts"
    assert '"immunosim hand-in 1"' in source.read_text(encoding="utf-8")
