"""A small calibration of the teaching model, whose targets are numbers that the model gave with known values."""

from collections.abc import Callable
from pathlib import Path

import pytest

CALIBRATION = """
targets = ["targets.toml"]
patients = 32
fresh_patients = 64
seed = 3
iterations = 6

[[population.trait]]
name = "count"
multiplies = ["t_cell_count"]
sd = 0.3
keeps_mean = true

[[population.stratum]]
name = "usual"
share = 0.9
sampled = 0.75

[[population.stratum]]
name = "resistant"
share = 0.1
sampled = 0.25
parameters = { lysis_rate = "1 1/day" }

[[population.cohorts]]
name = "slow"

[[cohort]]
name = "first"
scenario = "short.toml"

[[cohort]]
name = "second"
scenario = "short.toml"
cohort = "slow"

[free.parameters]
t_cell_count = 0.5
division_rate = 0.5

[free.traits]
count = 0.5

[free.shares]
resistant = 0.5

[free.factors.slow]
division_rate = "none"

[ensemble]
n = 8
most = 40
may_miss = 1
"""

SCENARIO = """
model = "teaching"
horizon = "300 days"

[[course]]
drug = "antibody"
start = "0 days"
dose = "30 mg"
doses = 3
every = "24 h"
"""

TARGET = """
[[target]]
name = "{cohort} {statistic} day {day}"
cohort = "{cohort}"
statistic = "{statistic}"
readout = "t_cells"
time = "{day} days"
value = {value}
unit = "cells/uL"
sigma = 0.1
"""


@pytest.fixture(scope="session")
def written() -> Callable[..., Path]:
    """Return what writes a calibration with its scenario and targets into a folder, some texts replaced."""

    def write(folder: Path, *changes: tuple[str, str], values: dict[tuple[str, str, int], float] | None = None) -> Path:
        (folder / "short.toml").write_text(SCENARIO, encoding="utf-8")
        of_rows = {row: (values or {}).get(row, 500.0) for row in ROWS}
        entries = [
            TARGET.format(cohort=cohort, statistic=statistic, day=day, value=value)
            for (cohort, statistic, day), value in of_rows.items()
        ]
        header = '[source]\ncitation = "made for a test"\n'
        (folder / "targets.toml").write_text(header + "".join(entries), encoding="utf-8")
        text = CALIBRATION
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = folder / "calibration.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


ROWS = [
    (cohort, statistic, day)
    for cohort in ("first", "second")
    for statistic in ("mean", "sd")
    for day in (0, 14, 90, 300)
]
