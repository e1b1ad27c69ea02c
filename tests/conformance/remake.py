"""Make the expected curves of the conformance set again: ``python tests/conformance/remake.py [NAME...]``.

Algebra takes a second, the whole model by the independent solver minutes a case. Imports nothing of immunosim:
parameter values are read from the shipped set as plain TOML.
"""

import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))

from conformance.algebra import amounts  # noqa: E402
from conformance.given import GIVEN, Given  # noqa: E402
from conformance.independent import RTOL, solve  # noqa: E402

CASES = ROOT / "immunosim" / "conformance" / "cases"
WHOLE_MODEL = (
    "37_mechanisms_off",
    "38_course_that_depletes",
    "39_steroids_and_counts",
    "40_all_drugs_over_five_months",
)
COUNTS = ("lymphocytes", "cd4", "cd8", "cd19", "nk")
WHOLE_COLUMNS = (
    *(*COUNTS, "antibody_central", "antibody_peripheral", "methylprednisolone", "prednisolone", "triamcinolone_depot"),
    *("fumarate_effect", "glucocorticoid_signal", "naive_cd4_lymphoid", "memory_cd8_lymphoid", "treg_lymphoid", "il7"),
)
DIGITS = 15

ALGEBRA = "algebra: closed forms of one and two compartments, evaluated in 50 digits"
SOLVER = (
    f"independent solver: SciPy DOP853 at rtol {RTOL:.0e} on a right-hand side written by hand from "
    "docs/version_1/equations.md"
)
ALGEBRA_TOLERANCE = 1e-9
"""Thirty times the largest error of the integrator at the scenarios' rtol of 1e-10, which is 4e-11."""

SOLVER_TOLERANCE = 1e-8
"""The same beside the error of the independent solver, 6e-10 of a pool where it holds cells at rest."""


def default_values() -> dict[str, float]:
    """Return the shipped parameter values by name."""
    text = (ROOT / "immunosim" / "models" / "alemtuzumab" / "version_1" / "parameters" / "default.toml").read_text(
        encoding="utf-8"
    )
    groups = [group for group in tomllib.loads(text).values() if isinstance(group, dict)]
    tables = [(name, entry) for group in groups for name, entry in group.items() if isinstance(entry, dict)]
    return {name: float(entry["value"]) for name, entry in tables if "value" in entry}


def curve(name: str) -> str:
    """Return the text of the expected curve of a case."""
    given, parameters = GIVEN[name], default_values()
    if name in WHOLE_MODEL:
        rows: Sequence[Mapping[str, object]] = solve(given, parameters)
        return text_of(given, rows, WHOLE_COLUMNS, SOLVER, SOLVER_TOLERANCE)
    rows = [amounts(given, parameters, time) for time in times_of(given)]
    columns = [column for column in rows[0] if any(row[column] for row in rows)]
    return text_of(given, rows, columns, ALGEBRA, ALGEBRA_TOLERANCE)


def times_of(given: Given) -> list[float]:
    """Return the times of a curve: those that are asked for, and both ends."""
    return sorted({given.start, *given.times, given.horizon})


def text_of(
    given: Given, rows: Sequence[Mapping[str, object]], columns: Sequence[str], origin: str, tolerance: float
) -> str:
    """Return a curve as CSV, with its origin and its tolerance on top."""
    lines = [f"# origin: {origin}", f"# tolerance: {tolerance:.0e} of the largest value of each column"]
    lines.append(",".join(["time", *columns]))
    for time, row in zip(times_of(given), rows, strict=True):
        lines.append(",".join([repr(float(time)), *(f"{float(row[column]):.{DIGITS}g}" for column in columns)]))
    return "\n".join(lines) + "\n"


def main(names: Sequence[str]) -> None:
    """Write the curves of the named cases, of all where none is named."""
    for name in names or GIVEN:
        path = CASES / f"{name}.csv"
        path.write_text(curve(name), encoding="utf-8")
        print(path.relative_to(ROOT), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
