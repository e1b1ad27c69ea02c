"""The small Markdown of lessons as HTML that holds nothing but text: no raw HTML, no links, no images."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from immunosim.safe_text import markup
from immunosim.teach.texts import PLACEHOLDER, TEACHER_PLACEHOLDER

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_RULES = ("paragraph", "heading", "list", "blockquote", "table", "emphasis", "backticks", "newline", "escape")

_ALIGNMENT = re.compile(r' style="text-align:[a-z]+"')


def html(text: str) -> str:
    """Return a text of a lesson as HTML; placeholders become empty elements that the page fills."""
    return _filled(_without_style(_renderer().render(markup(text))))


def inline_html(text: str) -> str:
    """Return a text of one line as HTML without a paragraph about it."""
    return _filled(_renderer().renderInline(markup(text)))


def teacher_html(text: str, answers: dict[str, str]) -> str:
    """Return a teacher's page as HTML with the answers in it.

    Parameters
    ----------
    text : str
        Markdown.
    answers : dict of str to str
        Plain text by the name that a placeholder holds.
    """
    from markdown_it.common.utils import escapeHtml

    page = _without_style(_renderer().render(markup(text)))
    return TEACHER_PLACEHOLDER.sub(lambda match: f"<b>{escapeHtml(markup(answers[match[1]]))}</b>", page)


def plain(text: str) -> str:
    """Return a text without line breaks, for titles and labels, which the page sets as text."""
    return " ".join(markup(text).split())


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("zero", {"html": False}).enable([*_RULES])


def _without_style(page: str) -> str:
    """Return HTML without the alignment of columns: the policy of the site allows no style in elements."""
    return _ALIGNMENT.sub("", page)


def _filled(page: str) -> str:
    # Names are letters, digits, _ and full stops: nothing can leave the attribute.
    return PLACEHOLDER.sub(lambda match: f'<span data-answer="{match[1]}"></span>', page)
