"""The fitted course of a patient with its interval and the data, and that of many patients on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from immunosim.plots.style import BLUE, GREY, STYLE, VERMILION, month_step
from immunosim.plots.text import headline, n_text, plain
from immunosim.plots.timeline import rows_of
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from immunosim.codegen.loader import Array
    from immunosim.observations import Measurement
    from immunosim.scenario import Scenario

WIDTH, PANEL = 7.6, 1.9
"""Inches: width of a figure, height of a panel."""

LOW_PANEL = 1.35
"""Inches: height of a panel with others beside it."""

SMALL = 1.0
"""Inches: height of a panel on the page of many patients."""

MOST_PATIENTS = 24
"""Patients on one page."""


@dataclass(frozen=True, eq=False)
class FittedCourse:
    """The fitted course of a patient.

    Attributes
    ----------
    name : str
    measurements : sequence of Measurement
    times : ndarray, shape (n_times,), day
    bands : mapping of str to ndarray, shape (3, n_times)
        Lower end, best and upper end by analyte.
    scenario : Scenario, optional
        Whose treatments are marked above.
    misfit : str
        Why the residuals reject the fit; empty where they do not.
    """

    name: str
    measurements: Sequence[Measurement]
    times: Array
    bands: Mapping[str, Array]
    scenario: Scenario | None = None
    misfit: str = ""

    def of(self, analyte: str) -> list[Measurement]:
        """Return the measurements of an analyte."""
        return [measurement for measurement in self.measurements if measurement.analyte == analyte]

    def highest(self, analyte: str) -> float:
        """Return the highest value of an analyte, measured or in the interval; 0 where there is none."""
        band = self.bands.get(analyte, np.zeros((3, 1)))
        values = (measurement.value for measurement in self.of(analyte))
        return max([float(band[np.isfinite(band)].max(initial=0.0)), *values])


def course_figure(course: FittedCourse, labels: Mapping[str, str], footer: str = "", columns: int = 1) -> Figure:
    """Return the course of every analyte that was measured, with its interval and the data, with the treatments above.

    Parameters
    ----------
    course : FittedCourse
    labels : mapping of str to str
        Name and unit of each analyte, as an axis shows it.
    footer : str
    columns : int
        Panels side by side.
    """
    footer = f"{n_text(len(course.measurements))} {footer}".strip()
    n_rows, height = -(-len(course.bands) // columns), PANEL if columns == 1 else LOW_PANEL
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.9 + height * n_rows), layout="constrained")
        axes = [figure.add_subplot(n_rows, columns, k + 1) for k in range(len(course.bands))]
        for ax, (analyte, band) in zip(axes, course.bands.items(), strict=True):
            draw_course(ax, course.of(analyte), course.times, band)
            ax.set_ylabel(labels[analyte])
            _mark_months(ax, course.times, float(columns))
            ax.set_xlim(*_limits(course))
            if course.scenario is not None:
                draw_treatments(ax, course.scenario)
        for ax in axes[-columns:]:
            ax.set_xlabel("months after day 0")
        _legend(figure, axes, f"The fit is rejected: {course.misfit}" if course.misfit else "")
        figure.supxlabel(footer, x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


def draw_treatments(ax: Axes, scenario: Scenario) -> Axes:
    """Mark the treatments of a scenario above axes in months, a row for each drug; hollow marks are premedication."""
    on_top: dict[str, Any] = {"clip_on": False, "transform": blended_transform_factory(ax.transData, ax.transAxes)}
    drugs = [row for row in rows_of(scenario) if row.marker]
    for height, row in enumerate(reversed(drugs)):
        for k, mark in enumerate(row.marks):
            start, stop = mark.start / DAYS_PER_MONTH, (mark.stop or mark.start) / DAYS_PER_MONTH
            label, face = (plain(row.label) if k == 0 else "_"), "white" if mark.is_hollow else row.colour
            style: dict[str, Any] = {"color": row.colour, "mfc": face, "ms": 4, "lw": 3}
            marker, line = (row.marker, "") if stop == start else ("", "-")
            ax.plot([start, stop], [1.04 + 0.07 * height] * 2, marker=marker, ls=line, label=label, **style, **on_top)
    return ax


def _limits(course: FittedCourse) -> tuple[float, float]:
    """Return the ends of the axis of time, months."""
    days = [float(course.times[0]), *(measurement.time for measurement in course.measurements)]
    first, last = min(days) / DAYS_PER_MONTH, float(course.times[-1]) / DAYS_PER_MONTH
    return first - 0.02 * (last - first), last + 0.02 * (last - first)


def _legend(figure: Figure, axes: Sequence[Axes], title: str) -> None:
    """Explain the marks of all panels once, above them, under a title where there is one."""
    handles = {text: handle for ax in axes for handle, text in zip(*ax.get_legend_handles_labels(), strict=True)}
    style: dict[str, Any] = {"frameon": False, "fontsize": 7.0, "title_fontsize": 8.0, "ncols": 5}
    legend = figure.legend(handles.values(), handles, loc="outside upper right", title=title or None, **style)
    legend.get_title().set_color(VERMILION)


def courses_figure(courses: Sequence[FittedCourse], labels: Mapping[str, str], footer: str = "") -> Figure:
    """Return a row per patient and a column per analyte, each analyte on one scale.

    Parameters
    ----------
    courses : sequence of FittedCourse
        The first ``MOST_PATIENTS`` are drawn; the footer says so where there are more.
    labels : mapping of str to str
        Name and unit of each analyte, as an axis shows it.
    footer : str
    """
    shown = courses[:MOST_PATIENTS]
    analytes = list(dict.fromkeys(analyte for course in shown for analyte in course.bands))
    if len(shown) < len(courses):
        footer = f"The first {len(shown)} of {len(courses)} patients. {footer}"
    footer = f"{n_text(sum(len(course.measurements) for course in shown))} {footer}".strip()
    with mpl.rc_context(STYLE | {"font.size": 6.5, "xtick.labelsize": 6.5, "ytick.labelsize": 6.0}):
        figure = Figure(figsize=(WIDTH, 0.9 + SMALL * len(shown)), layout="constrained")
        axes = figure.subplots(len(shown), len(analytes), squeeze=False, sharex=True, sharey="col")
        for row, course in zip(axes, shown, strict=True):
            for ax, analyte in zip(row, analytes, strict=True):
                if analyte in course.bands:
                    draw_course(ax, course.of(analyte), course.times, course.bands[analyte], size=2.4)
            row[0].set_ylabel(headline(course.name, 20) + ("\nrejected" if course.misfit else ""))
            if course.misfit:
                row[0].yaxis.label.set_color(VERMILION)
        for ax, analyte in zip(axes[0], analytes, strict=True):
            ax.set_ylim(0.0, 1.05 * max(course.highest(analyte) for course in shown) or 1.0)
            ax.set_title(labels[analyte], fontsize=7.0)
        longest = max((course.times for course in shown), key=lambda times: float(times[-1]))
        for ax in axes[-1]:
            _mark_months(ax, longest, float(len(analytes)))
        figure.supxlabel(f"months after day 0\n{footer}", x=0.01, ha="left", fontsize=6.5, color=GREY)
    return figure


LIMITS = (
    ("", "o", "measured"),
    ("below", "v", "below quantification"),
    ("above", "^", "above the limit"),
    ("between", "_", "between two limits"),
)
"""Marker and legend of a measurement, by what is known of it."""


def _limits_of(measurement: Measurement) -> str:
    if measurement.is_between:
        return "between"
    return "below" if measurement.is_below else "above" if measurement.is_above else ""


def draw_course(ax: Axes, measurements: Sequence[Measurement], times: Array, band: Array, size: float = 4.0) -> Axes:
    """Draw a course with its interval and the measurements; of censored values their limits, as triangles or bars."""
    months = times / DAYS_PER_MONTH
    ax.fill_between(months, band[0], band[2], color=BLUE, alpha=0.2, lw=0, label="90 % interval of the course")
    ax.plot(months, band[1], color=BLUE, lw=0.35 * size, label="best fit")
    for name, marker, text in LIMITS:
        shown = [measurement for measurement in measurements if _limits_of(measurement) == name]
        if shown:
            days = np.array([measurement.time for measurement in shown]) / DAYS_PER_MONTH
            heights = [measurement.value for measurement in shown]
            face = "white" if name else "black"
            ax.plot(days, heights, marker, color="black", mfc=face, ms=size, label=text)
            for day, measurement in zip(days, shown, strict=True):
                half = np.exp(measurement.spread * np.sqrt(12.0) / 2.0)
                lowest = measurement.lower if measurement.is_between else measurement.value / half
                ax.plot([day, day], [lowest, measurement.value * half], color="black", lw=0.9)
    ax.set_ylim(bottom=0.0)
    return ax


def _mark_months(ax: Axes, times: Array, narrower: float) -> None:
    """Mark months on an axis that is narrower than the page by a factor."""
    step = month_step(narrower * float(times[-1] - times[0]) / DAYS_PER_MONTH)
    ax.set_xticks(np.arange(0, times[-1] / DAYS_PER_MONTH + 1e-9, step))
