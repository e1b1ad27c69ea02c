"""Does the story of the case hang on a single constant? Each of them times 0.7 and 1.3: see README.md.

Prints a table of the constants that undo the story when it is run as a script.
"""

import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from immunosim import describe_parameters, load_scenario, simulate_ensemble
from immunosim.plots.style import BLACK, BLUE, GREY, VERMILION
from immunosim.units import DAYS_PER_MONTH

CONFIG = Path(__file__).parents[2] / "configs" / "case_report.toml"
LEFT_OUT = ("patient", "conversion")
"""Groups of the parameter set that hold no constant of the model; the patient's own values are in the scenario."""

FACTORS = (0.7, 1.3)
MONTHS = (2.0, 5.9, 10.0)
"""After the second course: hair loss begins, just before the pulse, four months after it."""

LOST, REGROWN, SEEN = 0.5, 0.5, 2.0
"""The story holds where at least half of the usual loss is there before the pulse, and at least half of it is regrown
four months after it; it is in time where the score at month 2 is at least 2."""

CAPTION = (
    "Each line is a constant or an own value of the patient, times 0.7 (open) and 1.3 (filled). Shown are those that "
    "move the score before the pulse by more than a tenth, or leave more than half of it four months later. Red: the "
    "story is undone (less than half of the usual loss, or less than half regrown). Dotted: the case itself."
)


Scores = tuple[float, float, float]


@dataclass(frozen=True)
class Change:
    """A constant times a factor, and the SALT scores at the three months."""

    name: str
    factor: float
    scores: Scores

    def undoes(self, usual: Scores) -> str:
        """Return in words what of the story is undone; empty where it holds."""
        _, before, later = self.scores
        if before < LOST * usual[1]:
            return "too little hair is lost"
        return "hair does not regrow" if later > (1.0 - REGROWN) * before else ""

    def is_late(self) -> bool:
        """Return whether nobody would see the loss by month 2."""
        return self.scores[0] < SEEN


def run() -> tuple[dict[str, float], Figure]:
    """Return how many constants undo the story, and the figure."""
    usual, changes = measured()
    undone = sorted({change.name for change in changes if change.undoes(usual)})
    regrow = {change.name for change in changes if change.undoes(usual) == "hair does not regrow"}
    numbers = {
        "constants": float(len({change.name for change in changes})),
        "undo_the_story": float(len(undone)),
        "undo_regrowth": float(len(regrow)),
        "move_its_beginning": float(len({change.name for change in changes if change.is_late()} - set(undone))),
    }
    return numbers, draw(usual, changes)


def constants() -> dict[str, float]:
    """Return the values of the case by name: every constant of the model, and the patient's own."""
    scenario = load_scenario(CONFIG)
    table = describe_parameters().to_dataframe()
    values = dict(zip(table["name"], table["value"], strict=True))
    names = [name for name, group in zip(table["name"], table["group"], strict=True) if group not in LEFT_OUT]
    own = {name: float(value) for name, value in scenario.parameters.items()}
    own["anti_drug_antibody"] = float(scenario.patient.anti_drug_antibody)
    chosen = {name: float(values[name]) for name in names} | own
    return {name: value for name, value in chosen.items() if value != 0.0}


def measured() -> tuple[Scores, list[Change]]:
    """Return the scores of the case, and those of each change; one ensemble."""
    scenario, values = load_scenario(CONFIG), constants()
    table = describe_parameters().to_dataframe().set_index("name")
    asked = [(name, factor) for name in values for factor in FACTORS]
    rows = {name: np.full(len(asked) + 1, value) for name, value in values.items()}
    for place, (name, factor) in enumerate(asked, 1):
        rows[name][place] = np.clip(factor * values[name], table.at[name, "lower"], table.at[name, "upper"])
    start = scenario.course[1].start
    days = np.array([start + month * DAYS_PER_MONTH for month in MONTHS])
    result = simulate_ensemble(scenario, rows, readouts=["salt_score"], times=days)
    scores = np.asarray(result.dataset["salt_score"].transpose("sample", "time"))
    triples = [(float(a), float(b), float(c)) for a, b, c in scores]
    return triples[0], [Change(*one, scores) for one, scores in zip(asked, triples[1:], strict=True)]


def draw(usual: Scores, changes: list[Change]) -> Figure:
    """Return the figure: scores at the three months for each constant that moves them."""
    moved = {
        change.name: max(abs(change.scores[1] / usual[1] - 1.0), change.scores[2] / max(change.scores[1], 1.0))
        for change in sorted(changes, key=lambda one: abs(one.scores[1] - usual[1]))
        if abs(change.scores[1] / usual[1] - 1.0) > 0.1 or change.undoes(usual)
    }
    names = list(moved)
    figure = Figure(figsize=(7.5, 1.6 + 0.21 * max(len(names), 4)), layout="constrained")
    axes = figure.subplots(1, 3, sharey=True)
    for place, (ax, month) in enumerate(zip(axes, MONTHS, strict=True)):
        _draw_month(ax, place, names, usual, changes)
        ax.set_title(f"month {month:g}", fontweight="bold")
        ax.set_xlabel("SALT score")
    axes[0].set_yticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=7)
    figure.supxlabel(textwrap.fill(CAPTION, 145), fontsize=6.8, x=0.01, ha="left")
    return figure


def _draw_month(ax: Axes, place: int, names: list[str], usual: Scores, changes: list[Change]) -> None:
    ax.axvline(usual[place], color=BLACK, linewidth=0.9, linestyle=":")
    for row, name in enumerate(names):
        pair = [change for change in changes if change.name == name]
        ax.plot([change.scores[place] for change in pair], [row] * len(pair), color=GREY, linewidth=0.8, zorder=1)
        for change in pair:
            colour = VERMILION if change.undoes(usual) else BLUE
            face = colour if change.factor > 1.0 else "white"
            ax.plot(change.scores[place], row, "o", color=colour, markerfacecolor=face, markersize=4.5)
    ax.set_xlim(-2, 62)


def main() -> None:
    """Print the constants that undo the story."""
    usual, changes = measured()
    print(f"the case: SALT {usual[0]:.1f}, {usual[1]:.1f}, {usual[2]:.1f} at months 2, 5.9 and 10 after course 2")
    print(f"{'constant':36s} {'times':>5s} {'2':>6s} {'5.9':>6s} {'10':>6s}  what is undone")
    for change in changes:
        if change.undoes(usual) or change.is_late():
            words = change.undoes(usual) or "begins after month 2"
            scores = " ".join(f"{score:6.1f}" for score in change.scores)
            print(f"{change.name:36s} {change.factor:5.1f} {scores}  {words}")


if __name__ == "__main__":
    main()
