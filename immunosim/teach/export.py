"""The site as a folder for any web server, and as one file that opens from a disk."""

from __future__ import annotations

from pathlib import Path

import immunosim
from immunosim.files import OutputError, write_file
from immunosim.teach.policy import for_script, for_style, policy
from immunosim.teach.site import STYLE, SiteParts
from immunosim.teach.teacher import rendered

INDEX = "index.html"


def folder_files(parts: SiteParts, *, application: bool = False) -> dict[str, bytes]:
    """Return the files of the site by name.

    Parameters
    ----------
    parts : SiteParts
    application : bool
        Whether the page may ask the server that it came from.
    """
    page = _page(parts, policy(application=application), None, [(name, None) for name in parts.scripts])
    scripts = {name: text.encode() for name, text in parts.scripts.items()}
    return {INDEX: page, STYLE: parts.style.encode(), **scripts, **parts.teacher}


def single_page(parts: SiteParts) -> bytes:
    """Return the site as one page that loads nothing: only the scripts and the style that stand in it may run."""
    scripts = {name: for_script(text) for name, text in parts.scripts.items()}
    style = for_style(parts.style)
    rules = policy(scripts=scripts.values(), styles=[style])
    return _page(parts, rules, style, list(scripts.items()))


def write_folder(folder: Path, files: dict[str, bytes], *, replace: bool = False) -> list[Path]:
    """Write the files of the site, and return them.

    Raises
    ------
    OutputError
        If the folder holds something already, or cannot be written.
    """
    if folder.is_file():
        raise OutputError("is a file", file=str(folder), cure="name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not replace:
        raise OutputError("is not empty", file=str(folder), cure="name another folder, or replace files with --force")
    for name, content in files.items():
        write_file(folder / name, content)
    return [folder / name for name in files]


def write_page(path: Path, content: bytes, *, replace: bool = False) -> Path:
    """Write one file, and return it.

    Raises
    ------
    OutputError
        If it exists, or cannot be written.
    """
    if path.is_dir():
        raise OutputError("is a folder", file=str(path), cure="name a file in it")
    if path.exists() and not replace:
        raise OutputError("exists", file=str(path), cure="name another file, or replace it with --force")
    write_file(path, content)
    return path


def _page(parts: SiteParts, rules: str, style: str | None, scripts: list[tuple[str, str | None]]) -> bytes:
    content = {
        "language": parts.settings["language"],
        "policy": rules,
        "version": immunosim.__version__,
        "style": style,
        "settings": parts.settings_json(),
        "scripts": scripts,
    }
    return rendered("index.html.j2", content)
