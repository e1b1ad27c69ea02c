"""The parts of a page of results: chapters of sections, with main results, sentences, tables and a figure.

Knows what a page shows and not of what: fits, forecasts and sweeps fill the same parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from immunosim.report.page.drawings import font_faces
from immunosim.report.page.rendering import rendered
from immunosim.report.page.tables import PageTable
from immunosim.report.provenance import INTENDED_USE

KeyResult = tuple[str, str, str]
"""Name, value and remark of a main result."""


@dataclass(frozen=True)
class Section:
    """A section of a page; what is empty is left out.

    Attributes
    ----------
    name : str
        Its identifier in the page.
    title : str
    key : sequence of (str, str, str)
        Name, value and remark of main results.
    sentences, cautions : sequence of str
    drawing, caption : str
        A figure as SVG.
    is_tall : bool
        Whether the figure takes a printed page.
    tables : sequence of PageTable
    command : str
        What computes the results again.
    """

    name: str
    title: str
    key: Sequence[KeyResult] = ()
    sentences: Sequence[str] = ()
    cautions: Sequence[str] = ()
    drawing: str = ""
    caption: str = ""
    is_tall: bool = False
    tables: Sequence[PageTable] = ()
    command: str = ""


@dataclass(frozen=True)
class Chapter:
    """Sections under a title of their own, such as those of one patient; without a title those of the whole page."""

    sections: Sequence[Section]
    title: str = ""
    name: str = ""


def result_page(
    title: str, subtitle: str, facts: Sequence[tuple[str, str]], chapters: Sequence[Chapter], version: str
) -> bytes:
    """Return a page of results.

    Parameters
    ----------
    title, subtitle : str
    facts : sequence of (str, str)
        What the head of the page states.
    chapters : sequence of Chapter
    version : str
        Of immunosim, with which the results were computed.
    """
    drawings = [section.drawing for chapter in chapters for section in chapter.sections]
    content = {
        "title": title,
        "subtitle": subtitle,
        "facts": facts,
        "chapters": chapters,
        "version": version,
        "fonts": font_faces(filter(None, drawings)) if any(drawings) else "",
        "intended_use": INTENDED_USE,
    }
    return rendered("result.html.j2", content)
