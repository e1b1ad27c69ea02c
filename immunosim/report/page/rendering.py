"""Templates filled with content: text of other people is escaped and has no controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jinja2

from immunosim.safe_text import markup


def rendered(template: str, content: Mapping[str, Any]) -> bytes:
    """Return a page from a template and its content."""
    return _environment().get_template(template).render(content).encode()


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("immunosim.report.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_readable,
    )


def _readable(value: object) -> object:
    """Return what a page shows of a value: text without controls; drawings and styles, which are ours, as they are."""
    return markup(value) if type(value) is str else value
