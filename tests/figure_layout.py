"""Where the texts of a figure lie once it is drawn, for tests that no two of them collide and none leaves the page."""

from collections.abc import Iterator

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SLACK = 1.0
"""Pixels (1/100 inch) by which boxes may overlap: the box of a text is a little larger than its letters."""


def boxes_of(figure: Figure) -> list[tuple[str, Bbox]]:
    """Return every visible text with its box in pixels."""
    FigureCanvasAgg(figure)
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    return [(text.get_text(), text.get_window_extent(renderer)) for text in _texts(figure)]


def collisions(figure: Figure) -> list[tuple[str, str]]:
    """Return the pairs of texts whose boxes overlap."""
    boxes = boxes_of(figure)
    pairs = ((one, other) for i, one in enumerate(boxes) for other in boxes[i + 1 :])
    return [(one[0], other[0]) for one, other in pairs if _overlap(one[1], other[1])]


def outside(figure: Figure) -> list[str]:
    """Return the texts that leave the figure."""
    width, height = figure.canvas.get_width_height() if figure.canvas else (0, 0)
    return [
        text
        for text, box in boxes_of(figure)
        if box.x0 < -SLACK or box.y0 < -SLACK or box.x1 > width + SLACK or box.y1 > height + SLACK
    ]


def _texts(figure: Figure) -> Iterator[Text]:
    hidden = {id(label) for ax in figure.axes for label in _unseen_ticks(ax)}
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden:
            yield text


def _unseen_ticks(ax) -> Iterator[Text]:
    """Yield the labels of ticks beyond the limits of an axis, which matplotlib keeps and does not draw."""
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not low <= tick.get_loc() <= high or not ax.axison:
                yield from (tick.label1, tick.label2)


def _overlap(one: Bbox, other: Bbox) -> bool:
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    return across > SLACK and down > SLACK
