"""The work-precision figure: speed over error, a panel a problem, a line a tool."""

import io
from typing import Any

from benchmarks.errors import DIVERGED
from benchmarks.peers.catalogue import OURS, TOOLS
from immunosim.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, STYLE, VERMILION

SKY = "#56B4E9"  # Okabe and Ito, as the colours of ``immunosim.plots.style``

# Colour, marker and dashes differ together, so that lines are told apart in grey as well.
OUR_LOOKS = ((BLUE, "o", "-"), (SKY, "s", "-"), (BLUE, "h", "--"), (SKY, "p", "--"))
LOOKS: dict[str, tuple[str, str, str]] = {
    **{tool.name: OUR_LOOKS[k % len(OUR_LOOKS)] for k, tool in enumerate(OURS)},
    "immunosim-one-lane": (BLUE, "o", ":"),
    "numbalsoda": (VERMILION, "^", "-"),
    "cyrk": (ORANGE, "v", "-"),
    "cyrk-bdf": (ORANGE, "v", ":"),
    "sundae": (GREEN, "D", "-"),
    "scipy-odeint": (PURPLE, "P", "--"),
    "scipy-lsoda": (PURPLE, "X", "-"),
    "scipy-lsoda-python": (PURPLE, "X", ":"),
    "diffrax": (BLACK, "*", "-"),
}
FALLBACK = (GREY, "h", "-.")


def draw_figure(results: dict[str, Any]) -> bytes:
    """Return the figure as PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    problems = results["problems"]
    n_columns = min(2, len(problems))
    n_lines = -(-len(problems) // n_columns)
    with matplotlib.rc_context(STYLE):
        size = (3.1 * n_columns + 1.9, 2.7 * n_lines + 0.2)
        figure, axes = pyplot.subplots(n_lines, n_columns, figsize=size, squeeze=False, layout="constrained")
        for ax, problem in zip(axes.flat, problems, strict=False):
            _draw_panel(ax, problem, results["rows"])
        for ax in axes.flat[len(problems) :]:
            ax.set_visible(False)
        for ax in axes[-1]:
            ax.set_xlabel("median error (relative; see text)")
        for ax in axes[:, 0]:
            ax.set_ylabel("trajectories per second and core")
        lines = [line for ax in axes.flat for line in ax.get_lines()]
        handles = {line.get_label(): line for line in lines if not line.get_label().startswith("_")}
        figure.legend(handles.values(), handles.keys(), loc="outside right center", frameon=False, handlelength=3.0)
        stream = io.BytesIO()
        figure.savefig(stream, dpi=200, metadata={"Software": None})
        pyplot.close(figure)
    return stream.getvalue()


def _is_drawn(row: dict[str, Any]) -> bool:
    """Whether a row has a place in the figure: most of its trajectories were solved and did not diverge."""
    return row["error_median"] is not None and row["error_median"] <= DIVERGED


def _draw_panel(ax: Any, problem: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Draw the lines of a problem; an open mark means that some rows failed or diverged."""
    for name in TOOLS:
        points = [row for row in rows if row["problem"] == problem["name"] and row["tool"] == name and _is_drawn(row)]
        if not points:
            continue
        colour, marker, dashes = LOOKS.get(name, FALLBACK)
        errors, speeds = ([row[key] for row in points] for key in ("error_median", "trajectories_per_second"))
        width = 2.0 if name.startswith("immunosim") else 1.1
        ax.plot(errors, speeds, dashes, color=colour, marker=marker, markersize=4.0, linewidth=width)
        ax.get_lines()[-1].set_label(TOOLS[name].label)
        for row in points:
            if row["failures"] or row["diverged"]:
                ax.plot(row["error_median"], row["trajectories_per_second"], marker, color=colour, mfc="white", ms=4.0)
                ax.get_lines()[-1].set_label("_open")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.invert_xaxis()
    ax.grid(True, which="major", linewidth=0.4, alpha=0.4)
    ax.set_title(problem["label"])
