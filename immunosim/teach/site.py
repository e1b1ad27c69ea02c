"""The parts of the site: built scripts, models, lessons and settings, before they become a folder, a file or a package.

Models, tables and lessons are written here and now by the installed package; only the explorer itself was built before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import immunosim
from immunosim.codegen.loader import say_nothing
from immunosim.errors import did_you_mean
from immunosim.models import DEFAULT_MODEL, find_model
from immunosim.safe_text import json_text
from immunosim.teach.answers import LessonAnswers, compute_answers
from immunosim.teach.check import judged
from immunosim.teach.faults import LessonError
from immunosim.teach.freshness import BUILD, built_file, is_fresh
from immunosim.teach.policy import for_data
from immunosim.teach.reading import FIRST_LANGUAGE, SHIPPED, LessonFolder, lesson_folders, read_lessons
from immunosim.teach.record import lesson_record
from immunosim.teach.starting import starting_tables
from immunosim.teach.teacher import teacher_page

Say = Callable[[str], None]

SCRIPT, STYLE = "explorer.js", "explorer.css"

MODELS = (DEFAULT_MODEL, "teaching")
"""Models of the explorer besides those of the lessons."""


@dataclass(frozen=True)
class SiteOptions:
    """What the site holds and how it begins.

    Attributes
    ----------
    lessons : Path or None
        Folder of lessons besides those of the package.
    lesson : str
        The lesson that is opened first; empty for the list.
    language : str
    is_alone : bool
        Whether the named lesson is the only one, with its model.
    with_teacher : bool
        Whether it has the teacher's pages.
    """

    lessons: Path | None = None
    lesson: str = ""
    language: str = FIRST_LANGUAGE
    is_alone: bool = False
    with_teacher: bool = False


@dataclass(frozen=True)
class SiteParts:
    """The parts of the site.

    Attributes
    ----------
    settings : dict
        What the page reads first.
    scripts : dict of str to str
        Classic scripts by file name, in their order.
    style : str
    teacher : dict of str to bytes
        The teacher's pages by file name.
    title : str
        Of the lesson where it is alone.
    """

    settings: dict[str, Any]
    scripts: dict[str, str]
    style: str
    teacher: dict[str, bytes]
    title: str

    def with_settings(self, **settings: Any) -> SiteParts:
        """Return the parts with more settings."""
        return replace(self, settings={**self.settings, **settings})

    def settings_json(self) -> str:
        """Return the settings as JSON that can stand in a page."""
        return for_data(json.dumps(self.settings, sort_keys=True))


def site_parts(options: SiteOptions, announce: Say = say_nothing) -> SiteParts:
    """Return the parts of the site.

    Parameters
    ----------
    options : SiteOptions
    announce : callable
        Receives a sentence before a slow step.

    Raises
    ------
    LessonError
        If a lesson or a language does not exist, a lesson has problems, or the site has not been built.
    """
    explorer, style = built_file(SCRIPT).decode(), built_file(STYLE).decode()
    if not is_fresh():
        announce(f"The built site is older than its sources, {BUILD}.")
    folders = _chosen(all_lessons(options.lessons), options)
    languages = list(dict.fromkeys(language for folder in folders for language in folder.texts)) or [FIRST_LANGUAGE]
    if options.language not in languages:
        cure = did_you_mean(options.language, languages)
        raise LessonError(f'no lesson is written in "{options.language}"', key="language", cure=cure)
    answers = checked_answers(folders, announce)
    scripts = {f"model-{name}.js": _model(name) for name in _models(answers, options)}
    for language in languages:
        scripts[f"lessons.{language}.js"] = lessons_script(answers, language)
    scripts[SCRIPT] = explorer
    settings = {"language": options.language, "languages": languages, "lesson": options.lesson}
    settings |= {"version": immunosim.__version__, "embed": ""}
    teacher = {}
    if options.with_teacher:
        teacher = {f"teacher.{language}.html": teacher_page(answers, language) for language in languages}
    title = folders[0].text(options.language).title if options.is_alone and folders else "immunosim"
    return SiteParts(settings, scripts, style, teacher, title)


def all_lessons(own_folder: Path | None) -> list[LessonFolder]:
    """Return the lessons that come with the package, and a teacher's own.

    Raises
    ------
    LessonError
        If one cannot be read, or two have one name.
    """
    shipped = read_lessons() if any(SHIPPED.glob("*/lesson.toml")) else []
    if own_folder is None:
        return shipped
    lessons_of_teacher = read_lessons(own_folder) if lesson_folders(own_folder) else []
    names = {lesson.id for lesson in shipped}
    for lesson in lessons_of_teacher:
        if lesson.id in names:
            cure = "rename the folder and the id"
            raise LessonError(f'"{lesson.id}" is a lesson of the package', file=lesson.file, key="id", cure=cure)
    return [*shipped, *lessons_of_teacher]


def checked_answers(folders: Sequence[LessonFolder], announce: Say = say_nothing) -> list[LessonAnswers]:
    """Return the computed answers of lessons.

    Raises
    ------
    LessonError
        If a lesson has problems, which ``immunosim teach check`` would tell.
    """
    answers = [compute_answers(folder, announce=announce) for folder in folders]
    problems = [problem for entry in answers for problem in judged(entry)]
    if problems:
        raise LessonError(problems=problems)
    return answers


def lessons_script(answers: Sequence[LessonAnswers], language: str) -> str:
    """Return the lessons in a language as a classic script."""
    records = json_text([lesson_record(entry, language) for entry in answers], indent=None)
    begin = "globalThis.IMMUNOSIM=globalThis.IMMUNOSIM||{};IMMUNOSIM.lessons=IMMUNOSIM.lessons||{};"
    return f"{begin}IMMUNOSIM.lessons[{json.dumps(language)}]={for_data(records)};\n"


def _chosen(folders: list[LessonFolder], options: SiteOptions) -> list[LessonFolder]:
    if not options.lesson:
        return folders
    names = {folder.id: folder for folder in folders}
    if options.lesson not in names:
        cure = did_you_mean(options.lesson, names)
        raise LessonError(f'there is no lesson "{options.lesson}"', key="lesson", cure=cure)
    return [names[options.lesson]] if options.is_alone else folders


def _models(answers: Sequence[LessonAnswers], options: SiteOptions) -> list[str]:
    of_lessons = [entry.runs.scenario.model for entry in answers]
    return list(dict.fromkeys(of_lessons if options.is_alone and of_lessons else (*MODELS, *of_lessons)))


def _model(name: str) -> str:
    from immunosim.codegen.web.bundle import model_script

    return model_script(find_model(name), **starting_tables(name))
