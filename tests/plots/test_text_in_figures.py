"""Figures show what was written, whatever matplotlib would make of it."""

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from immunosim.plots import STYLE, encoded
from immunosim.plots.text import headline, plain, wrapped
from immunosim.plots.timeline import draw_timeline
from immunosim.scenario import Scenario

HOSTILE = [r"$\frac$", "costs $5 and $6_x", r"a\$b", "$$", "\x1b[31m\x00\u202ex", "日本 😀", "_hidden", "^{_"]


def drawn(figure: Figure) -> list[str]:
    """Return the texts of a figure as they are drawn, none of them as a formula."""
    figure.canvas.draw()
    texts = []
    for one in figure.findobj(Text):
        text, is_formula = one._preprocess_math(one.get_text())
        assert not is_formula
        texts.append(text)
    return texts


@pytest.mark.parametrize("text", ["costs $5 and $6_x", r"$\frac$", r"a\$b", "^{_", "$"])
def test_dollars_are_dollars(text: str) -> None:
    figure = Figure()
    ax = figure.subplots()
    ax.set_title(plain(text))
    ax.set_xlabel("\n".join(wrapped(text, 100)))
    ax.annotate(headline(text, 100), (0.5, 0.5))
    ax.set_xticks([0.5], [plain(text)])
    ax.plot([0, 1], label=plain(text))
    ax.legend()
    assert drawn(figure).count(text) >= 5  # a tick mark has a label on both sides


def test_a_long_label_is_shortened_and_a_long_text_wrapped_whole() -> None:
    assert len(plain("x" * 5000)) < 130
    assert wrapped("word " * 100, 150)[0] == "word " * 29 + "word"
    assert headline("x" * 200, 75) == "x" * 75
    assert headline("word " * 100, 20) == "word word word ..."


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_nobody_made_safe_is_saved_as_well(kind: str, text: str) -> None:
    figure = Figure(figsize=(2.0, 1.0))
    figure.text(0.5, 0.5, text)
    content = encoded(figure, kind, dpi=40)
    assert b"\x1b" not in content or kind != "svg"
    assert len(content) > 100


def test_logarithmic_axes_keep_their_powers_of_ten() -> None:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(2.0, 1.0))
        ax = figure.subplots()
        ax.plot([1e-4, 1e4], [1, 2])
        ax.set_xscale("log")
    encoded(figure, "png", dpi=40)
    assert all(label.get_parse_math() for label in ax.get_xticklabels())


@pytest.mark.parametrize("text", HOSTILE)
def test_notes_of_relapses_are_drawn_on_anybodys_axes(text: str) -> None:
    figure = Figure()
    ax = figure.subplots()
    ax.set_xlim(0.0, 36.0)
    draw_timeline(ax, Scenario(relapse=[{"time": "2 months", "note": text}]))
    with mpl.rc_context({"axes.unicode_minus": False}):
        found = [one._preprocess_math(one.get_text()) for one in figure.findobj(Text)]
    assert not any(is_formula for _, is_formula in found)
