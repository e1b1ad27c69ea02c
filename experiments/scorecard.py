"""What an experiment is judged by: the rows of its expected.json, the verdict on each, and the scorecard as text.

Two questions are kept apart. Is a number within its tolerance of the *evidence*? And is it still what it was at the
*release*? Knows no experiment and simulates nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from immunosim.cli.printing import plain_table
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

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Row:
        if (self.expected is None) != (self.tolerance.range is not None):
            raise ValueError("give an expected number, or null and a range")
        if not self.source or not self.why:
            raise ValueError("give a source and why the tolerance is what it is")
        return self

    @property
    def is_published(self) -> bool:
        """Return whether number and tolerance rest on sources alone, with nothing assumed."""
        return ASSUMED not in self.source

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
        if math.isinf(low):
            return f"at most {high:g}"
        return f"at least {low:g}" if math.isinf(high) else f"{low:g} to {high:g}"


class Verdict(StrEnum):
    """How a number compares with the evidence."""

    MET = "met"
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
        low, high = self.row.limits
        if low <= self.simulated <= high:
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


HEADERS = ("what", "unit", "evidence", "simulated", "verdict", "fitted to", "source")


def cells(judged: Judged) -> tuple[str, ...]:
    """Return a row of the scorecard."""
    row = judged.row
    moved = f" (was {number(row.simulated_at_release)} at release)" if judged.has_moved else ""
    simulated = number(judged.simulated) + moved
    fitted = "yes" if row.fitted else "no"
    return row.what, row.unit, row.published, simulated, judged.verdict.value, fitted, ", ".join(row.source)


def as_text(results: Mapping[str, Sequence[Judged]]) -> str:
    """Return the scorecard as plain columns, a table an experiment, known misses with their reasons below."""
    parts = [plain_table(name, HEADERS, [cells(one) for one in found], "<<>><<<") for name, found in results.items()]
    reasons = [f"  {name}, {one.row.what}: {one.row.known_miss}" for name, one in _known(results)]
    return "\n".join([*parts, *(["", "Known misses", *reasons] if reasons else []), "", sentence(results)])


def as_markdown(results: Mapping[str, Sequence[Judged]]) -> str:
    """Return the scorecard as one Markdown table, known misses with their reasons below."""
    rows = [(name, *cells(one)) for name, found in results.items() for one in found]
    table = [("experiment", *HEADERS), ("---",) * (len(HEADERS) + 1), *rows]
    lines = [f"| {' | '.join(row)} |" for row in table]
    reasons = [f"- {one.row.what} ({name}): {one.row.known_miss}" for name, one in _known(results)]
    return "\n".join([*lines, "", sentence(results), *(["", *reasons] if reasons else [])])


def as_data(results: Mapping[str, Sequence[Judged]]) -> dict[str, Any]:
    """Return the scorecard as plain data."""
    return {
        name: [
            {
                **one.row.model_dump(),
                "limits": one.row.limits,
                "simulated": one.simulated,
                "verdict": one.verdict.value,
                "moved_since_release": one.has_moved,
            }
            for one in found
        ]
        for name, found in results.items()
    }


def sentence(results: Mapping[str, Sequence[Judged]]) -> str:
    """Return the scorecard in three sentences; a number that repeats another experiment's counts once."""
    everything = [one for found in results.values() for one in found]
    counted = [one for one in everything if not one.row.repeats]
    published = [one for one in counted if one.row.is_published]
    assumed = [one for one in counted if not one.row.is_published]
    met = _met(published)
    failed = sum(one.has_failed for one in everything)
    fitted = sum(one.row.fitted for one in met)
    return (
        f"{len(met)} of {len(published)} published numbers are met; {fitted} of these {len(met)} were used to choose "
        f"parameters. {len(_met(assumed))} of {len(assumed)} numbers that are assumed in part or whole are met. "
        f"{failed} of {len(everything)} rows fail this run."
    )


def _met(rows: Iterable[Judged]) -> list[Judged]:
    return [one for one in rows if one.verdict in (Verdict.MET, Verdict.OUTLIVED)]


def _known(results: Mapping[str, Sequence[Judged]]) -> Iterable[tuple[str, Judged]]:
    return ((name, one) for name, found in results.items() for one in found if one.verdict is Verdict.KNOWN)
