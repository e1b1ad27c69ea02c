"""The figures of a trajectory with limits, fine sampling, patient-specific values and intended use.

Matplotlib is imported when a figure is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from immunosim.report.limits import limits_of
from immunosim.report.provenance import INTENDED_USE, individual_sentence, patient_differences
from immunosim.report.sampling import refined

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from immunosim.trajectory import Trajectory


def draw_page(trajectory: Trajectory) -> Figure:
    """Return the page of a trajectory: treatments, counts, drug, hair, autoimmunity on one time axis."""
    from immunosim.plots import clinical_page

    footer = f"{_own_values(trajectory)} {INTENDED_USE}".strip()
    return clinical_page(refined(trajectory), limits_of(trajectory.problem.model), footer)


def draw_panel(trajectory: Trajectory, names: Sequence[str], ax: Axes | None = None) -> Axes:
    """Return axes with read-outs or pools of one unit; a new figure is created without ``ax``.

    Raises
    ------
    DataError
        If a name is unknown or the units differ.
    """
    import matplotlib as mpl

    from immunosim.plots import STYLE, draw_named

    with mpl.rc_context(STYLE):
        return draw_named(ax or _axes(), refined(trajectory), names, limits_of(trajectory.problem.model))


def _axes() -> Axes:
    from matplotlib.figure import Figure

    return Figure(figsize=(6.3, 3.0), layout="constrained").add_subplot()


def _own_values(trajectory: Trajectory) -> str:
    """Return the patient-specific values and their meaning in one paragraph; empty if there are none."""
    entries = patient_differences(trajectory.problem)
    patient_values = [f"{e['parameter']} {e['value']:.4g}" for e in entries if e["set_by"].startswith("parameters.")]
    return (
        f"Patient-specific values: {', '.join(patient_values)}. {individual_sentence(trajectory.scenario)}"
        if patient_values
        else ""
    )
