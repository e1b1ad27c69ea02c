"""What an experiment is judged by: the rows of its expected.json, and the verdict on each.

Two questions are kept apart. Is a number within its tolerance of the *evidence*? And is it still what it was at the
*release*? Knows no experiment and simulates nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from immunosim.errors import DataError, did_you_mean
from immunosim.formatting import number

# A hundred times what the solver's tolerance (1e-5) and other machines can move a number, far below any tolerance.
MOVED, MOVED_ABSOLUTE = 1e-3, 1e-3

ASSUMED, CASE_REPORT = "assumed", "case report"
"""Sources of a row beside the keys of references.bib."""


class Tolerance(BaseModel):
    """How far from the expected value is still right: one of three forms."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    relative: float | None = None
    absolute: float | None = None
    range: tuple[float | None, float | None] | None = None

    @model_validator(mode="after")
    def _is_one_form(self) -> Tolerance:
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of relative, absolute and range")
        return self


class Kind(StrEnum):
    """What a number that is met is worth: only what was not fitted is a prediction, and nothing assumed is evidence."""

    PREDICTED = "not fitted"
    FITTED = "fitted"
    ASSUMED = "assumed in part or whole"


class Row(BaseModel):
    """One number: what is published or assumed, what is still right, and what the model gave at the release."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    what: str
    unit: str
    expected: float | None
    tolerance: Tolerance
    simulated_at_release: float | None
    source: tuple[str, ...]
    why: str
    fitted: bool
    known_miss: str = ""
    repeats: str = ""
    simulated_by_version_1: float | None = None

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Row:
        if (self.expected is None) != (self.tolerance.range is not None):
            raise ValueError("give an expected number, or null and a range")
        if not self.source or not self.why:
            raise ValueError("give a source and why the tolerance is what it is")
        return self

    @property
    def kind(self) -> Kind:
        """Return whether the number was predicted, fitted, or rests on something assumed, whatever else it was."""
        if ASSUMED in self.source:
            return Kind.ASSUMED
        return Kind.FITTED if self.fitted else Kind.PREDICTED

    @property
    def is_judged(self) -> bool:
        """Return whether there is anything to compare with; a number without limits is only shown."""
        return any(math.isfinite(limit) for limit in self.limits)

    @property
    def is_one_sided(self) -> bool:
        """Return whether half of all numbers would be right: at most, or at least."""
        return self.is_judged and any(math.isinf(limit) for limit in self.limits)

    def holds(self, simulated: float) -> bool:
        """Return whether a number is within tolerance."""
        low, high = self.limits
        return low <= simulated <= high

    @property
    def limits(self) -> tuple[float, float]:
        """Return the lowest and the highest value that are within tolerance; infinite where there is none."""
        if self.tolerance.range is not None:
            low, high = self.tolerance.range
            return -math.inf if low is None else low, math.inf if high is None else high
        expected = self.expected or 0.0
        width = self.tolerance.absolute
        width = abs(expected) * (self.tolerance.relative or 0.0) if width is None else width
        return expected - width, expected + width

    @property
    def published(self) -> str:
        """Return the expected number and its tolerance as text."""
        low, high = self.limits
        if self.tolerance.relative is not None:
            return f"{number(self.expected)} ± {100 * self.tolerance.relative:.3g} %"
        if self.tolerance.absolute is not None:
            return f"{number(self.expected)} ± {number(self.tolerance.absolute)}"
        if not self.is_judged:
            return "shown only"
        if math.isinf(low):
            return f"at most {high:g}"
        return f"at least {low:g}" if math.isinf(high) else f"{low:g} to {high:g}"


class Verdict(StrEnum):
    """How a number compares with the evidence."""

    MET = "met"
    SHOWN = "-"
    MISSED = "MISS"
    KNOWN = "MISS (known)"
    OUTLIVED = "met, but marked as a known miss"


@dataclass(frozen=True)
class Judged:
    """A row with the number that was simulated now."""

    row: Row
    simulated: float

    @property
    def verdict(self) -> Verdict:
        """Return how the number compares with the evidence; what is not a number is a miss that nothing excuses."""
        if self.row.holds(self.simulated):
            if not self.row.is_judged:
                return Verdict.SHOWN
            return Verdict.OUTLIVED if self.row.known_miss else Verdict.MET
        return Verdict.KNOWN if self.row.known_miss and math.isfinite(self.simulated) else Verdict.MISSED

    @property
    def has_moved(self) -> bool:
        """Return whether the number is no longer what it was at the release."""
        then = self.row.simulated_at_release
        return then is None or not math.isclose(self.simulated, then, rel_tol=MOVED, abs_tol=MOVED_ABSOLUTE)

    @property
    def has_failed(self) -> bool:
        """Return whether the run fails for this number."""
        return self.verdict in (Verdict.MISSED, Verdict.OUTLIVED) or self.has_moved


def load_rows(file: Path) -> tuple[Row, ...]:
    """Read the rows of an expected.json.

    Raises
    ------
    DataError
        If the file cannot be read, or a row lacks something or has something that is not known.
    """
    try:
        rows = TypeAdapter(tuple[Row, ...]).validate_python(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, json.JSONDecodeError) as error:
        raise DataError(f"cannot be read ({error})", file=str(file), cure="restore it from the repository") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise DataError(
            first["msg"], file=str(file), key=key, cure="see experiments/README.md for the format"
        ) from error
    return rows


def judge(rows: Sequence[Row], simulated: Mapping[str, float]) -> tuple[Judged, ...]:
    """Put the simulated numbers beside the rows.

    Raises
    ------
    DataError
        If a row has no number or a number has no row.
    """
    names = [row.name for row in rows]
    for name in simulated:
        if name not in names:
            raise DataError(f'"{name}" was simulated but is not in expected.json', cure=did_you_mean(name, names))
    for name in names:
        if name not in simulated:
            raise DataError(f'expected.json has "{name}", which was not simulated', cure=did_you_mean(name, simulated))
    return tuple(Judged(row, float(simulated[row.name])) for row in rows)
