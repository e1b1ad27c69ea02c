"""Figures as SVG within a page: text stays text, in a font that the page brings along.

Without the font a browser would take another one, whose letters are wider or narrower, and labels would collide.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from immunosim.safe_text import one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONT = "DejaVu Sans"
_FILES = {"normal": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf"}
_TEXT = re.compile(r"<text[^>]*>([^<]*)</text>")
_OUTLINE = re.compile(r'(?<= d=")[^"]*')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

MANY = 50
"""Points from which on an outline is worth simplifying."""

TOLERANCE = 0.1
"""How far a simplified outline may lie from its points, in units of the drawing (1/72 inch)."""


def svg_of(figure: Figure, name: str, description: str) -> str:
    """Return a figure as an SVG element, the same text every time.

    Parameters
    ----------
    figure : Figure
    name : str
        Distinguishes its identifiers from those of other figures in the page.
    description : str
        What the figure shows, for readers who do not see it.
    """
    import matplotlib as mpl

    from immunosim.plots import STYLE, as_written

    stream = io.StringIO()
    with mpl.rc_context(STYLE | {"svg.fonttype": "none", "svg.hashsalt": name}), as_written(figure):
        figure.savefig(stream, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = stream.getvalue()
    text = text[text.index("<svg") :].strip()
    text = _OUTLINE.sub(lambda match: _simplified(match.group()), text)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text)
    text = text.replace("*{stroke-linejoin", f"#{name} *{{stroke-linejoin")  # not the whole page
    label = html.escape(one_line(description), quote=True)
    about = f'id="{name}" role="img" aria-label="{label}"'
    return re.sub(r'width="[^"]*" height="[^"]*"', lambda _: about, text, count=1)  # a label may hold backslashes


def font_faces(drawings: Iterable[str]) -> str:
    """Return style rules that bring the letters of some drawings, normal and bold."""
    from matplotlib import get_data_path

    letters = {letter for drawing in drawings for text in _TEXT.findall(drawing) for letter in html.unescape(text)}
    folder = Path(get_data_path()) / "fonts" / "ttf"
    return "\n".join(
        f'@font-face {{ font-family: "{FONT}"; font-weight: {weight}; '
        f"src: url(data:font/woff;base64,{_subset(folder / file, letters)}) }}"
        for weight, file in _FILES.items()
    )


def _simplified(outline: str) -> str:
    """Return the outline of a shape without the points that nobody can see; areas come with thousands of them."""
    from matplotlib.path import Path as Outline

    text = outline.replace("\n", "")
    if text.count("L") < MANY or set("CQ") & set(text):
        return text
    numbers = [float(number) for number in _NUMBER.findall(text)]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    path = Outline(points, [Outline.MOVETO, *[Outline.LINETO] * (len(points) - 1)])
    path.should_simplify, path.simplify_threshold = True, TOLERANCE
    kept = path.cleaned(simplify=True)
    steps = {int(Outline.MOVETO): "M", int(Outline.LINETO): "L"}
    corners = zip(np.asarray(kept.vertices).tolist(), np.asarray(kept.codes).tolist(), strict=True)
    drawn = (f"{steps[code]}{x:.2f} {y:.2f}" for (x, y), code in corners if code in steps)  # the last only says stop
    return "".join(drawn) + ("z" if text.rstrip().endswith("z") else "")


def _subset(file: Path, letters: set[str]) -> str:
    """Return a font with some letters only, as text."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(file, recalcTimestamp=False)
    subsetter = Subsetter(Options(layout_features=["kern"], hinting=False, drop_tables=["FFTM"]))
    subsetter.populate(text="".join(sorted(letters)))
    subsetter.subset(font)
    font.flavor = "woff"
    stream = io.BytesIO()
    font.save(stream)
    return base64.b64encode(stream.getvalue()).decode()
