"""What pages of the site may load and run: content security policies, with hashes of scripts that stand in a page."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

WASM, NOTHING = "'wasm-unsafe-eval'", "'none'"

_CLOSING = re.compile(r"</(script|style)", re.IGNORECASE)


def policy(
    *, scripts: Iterable[str] | None = None, styles: Iterable[str] | None = None, application: bool = False
) -> str:
    """Return the policy of a page.

    Parameters
    ----------
    scripts, styles : iterable of str, optional
        Those that stand in the page, which may run and nothing else; none at all where there are none. By default
        files beside the page.
    application : bool
        Whether the page may ask the server that it came from.
    """
    runs = ["'self'"] if scripts is None else list(map(_hash, scripts))
    shows = ["'self'"] if styles is None else list(map(_hash, styles))
    rules = [
        "default-src 'none'",
        f"script-src {' '.join([*runs, WASM]) if runs else NOTHING}",
        f"style-src {' '.join(shows) or NOTHING}",
        "img-src 'self' data:",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join([*rules, *(["connect-src 'self'"] if application else [])])


def for_script(text: str) -> str:
    """Return a script as it can stand in a page: without what would end its element, in the same strings."""
    return _CLOSING.sub(r"<\\/\1", _plain(text)).replace("<!--", r"<\!--")


def for_style(text: str) -> str:
    """Return a style sheet as it can stand in a page."""
    return _CLOSING.sub(r"<\\/\1", _plain(text))


def for_data(text: str) -> str:
    """Return JSON as it can stand in a page or a script."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _plain(text: str) -> str:
    """Return text with the ends of lines that a browser makes of any others, so that hashes are those of the text."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
