"""A calibration as tables: quantities from prior to posterior, and targets before and after."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim.cli.printing import show, show_table, show_text
from immunosim.formatting import number, unit_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from immunosim.calibration.result import CalibrationResult
    from immunosim.cohorts.target_report import TargetReport


def show_calibration(result: "CalibrationResult", paths: "Sequence[Path]", as_json: bool) -> None:
    """Print quantities, targets, facts and files; or everything as JSON."""
    if as_json:
        from immunosim.report import to_json

        show_text(to_json(result.summary() | {"files": [str(path) for path in paths]}).rstrip())
        return
    _show_quantities(result)
    show()
    _show_targets("Targets, on patients that the search has not seen", result.before, result.after)
    show()
    if result.held_out[1].results:
        _show_targets("Held-out targets, which the search has not seen either", *result.held_out)
        show()
    show(result.headline())
    for name, fact in result.facts().items():
        show(f"  {name}: {fact}")
    show()
    for path in paths:
        show(f"Wrote {path}")
    cohort = result.setup.record.cohort[0].name
    show()
    show(f"Next:  immunosim cohort {next(path for path in paths if path.stem == cohort)}")


def _show_quantities(result: "CalibrationResult") -> None:
    headers = (
        "quantity",
        "unit",
        "before",
        "after",
        "plausible, 90 %",
        "shift",
        "SD ratio",
        "informed mostly by",
    )
    rows = []
    for line in result.to_dataframe().to_dict("records"):
        informing = "; ".join(f"{name} {100.0 * share:.0f} %" for name, share in line["informed_by"].items())
        rows.append(
            (
                line["quantity"],
                unit_text(line["unit"]),
                number(line["before"]),
                number(line["value"]),
                f"{_number(line['low'])} to {_number(line['high'])}",
                _number(line["shift"], "+.1f"),
                _number(line["contraction"], ".2f"),
                informing or "nothing",
            )
        )
    title = "Quantities; shift: posterior mode from prior in prior SDs; SD ratio: posterior to prior"
    show_table(title, headers, rows, "<<>>><><")


def _show_targets(title: str, before: "TargetReport", after: "TargetReport") -> None:
    headers = ("target", "unit", "published", "before", "after", "z before", "z after", "within", "tolerance")
    rows = [
        (
            new.record.name,
            unit_text(new.record.unit),
            number(new.record.value),
            _number(old.simulated.value),
            _number(new.simulated.value),
            _number(old.z, "+.1f"),
            _number(new.z, "+.1f"),
            f"{_yes(old.is_within)}, {_yes(new.is_within)}",
            new.record.tolerance,
        )
        for old, new in zip(before.results, after.results, strict=True)
    ]
    show_table(title, headers, rows, "<<>>>>><<")


def _yes(is_within: bool) -> str:
    return "yes" if is_within else "no"


def _number(value: float | None, form: str = "") -> str:
    if value is None or not math.isfinite(value):
        return "-"
    return format(value, form) if form else number(value)
