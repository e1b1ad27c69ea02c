"""The teacher's pages of lessons as one printable page in a language, with the computed answers in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import jinja2

import immunosim
from immunosim.formatting import number, unit_text
from immunosim.safe_text import markup
from immunosim.teach.answers import LessonAnswers
from immunosim.teach.markdown import teacher_html
from immunosim.teach.policy import policy
from immunosim.teach.reading import FIRST_LANGUAGE
from immunosim.teach.runs import Number
from immunosim.teach.texts import TaskText, placeholder_names

INTENDED_USE = "Research and teaching software, not a medical device."
DECIMAL_COMMA = frozenset({"de", "fr", "es", "it", "nl", "pl", "pt", "sv", "da", "cs", "ru"})
"""Languages that write a comma before decimals."""


def teacher_page(answers: Sequence[LessonAnswers], language: str) -> bytes:
    """Return the teacher's pages of lessons as one page; a lesson without one in the language has its English one."""
    style = (resources.files("immunosim.teach") / "templates" / "teacher.css").read_text(encoding="utf-8")
    content = {
        "language": language,
        "policy": policy(scripts=[], styles=[style]),
        "version": immunosim.__version__,
        "style": style,
        "intended_use": INTENDED_USE,
        "pages": [_page(entry, language) for entry in answers],
    }
    return rendered("teacher.html.j2", content)


def rendered(template: str, content: dict[str, Any]) -> bytes:
    """Return a page of the site from its template."""
    return _environment().get_template(template).render(content).encode()


def answer_texts(answers: LessonAnswers, language: str) -> dict[str, str]:
    """Return what every placeholder of a lesson stands for, as text in a language."""
    text = answers.folder.text(language)
    texts = {}
    for name in placeholder_names(answers.folder.lesson):
        task = name.partition(".")[0]
        value = answers.number(name)
        right = answers.answers[task].right
        if value is not None:
            texts[name] = number_text(value, language)
        else:
            names = [right] if isinstance(right, str) else list(right)
            texts[name] = ", ".join(_label(text.task[task], entry) for entry in names)
    return texts


def number_text(value: Number, language: str) -> str:
    """Return a number with its unit as a text in a language has it."""
    digits = number(value.value)
    if language.partition("-")[0] in DECIMAL_COMMA:
        digits = digits.replace(".", ",")
    return f"{digits} {unit_text(value.unit)}".rstrip()


def _label(text: TaskText, name: str) -> str:
    return text.option.get(name) or text.item.get(name, name)


def _page(answers: LessonAnswers, language: str) -> dict[str, Any]:
    folder = answers.folder
    written = language if language in folder.teacher else FIRST_LANGUAGE
    return {
        "id": folder.id,
        "number": folder.lesson.number,
        "minutes": folder.lesson.minutes,
        "level": folder.lesson.level,
        "title": markup(folder.text(language).title),
        "language": written,
        "html": teacher_html(folder.teacher[written], answer_texts(answers, written)),
    }


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("immunosim.teach"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
