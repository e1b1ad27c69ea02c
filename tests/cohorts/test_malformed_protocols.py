"""Malformed protocol files, each with its whole message: file, key, reason and cure."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from immunosim.cohorts import CohortRequest, cohort_plan
from immunosim.scenario.population import Population
from immunosim.sweeps import Base, Plan

PROTOCOL = """
[visits]
every = "1 month"
jitter = "5 days"
missed = 0.1

[dropout]
rate = "0.2/year"

[[assay]]
readout = "t_cells"
cv = 0.1
lloq = "5 cells/uL"

[[rule]]
name = "again"
readout = "t_cells"
above = "75 cells/uL"
after = "2 months"
until = "5 months"
at_most = 2
share = 0.5

[[rule.dose]]
drug = "antibody"
dose = "30 mg"
"""

TWICE = """
[[rule.dose]]
drug = "antibody"
dose = "1 mg"

[[rule]]
name = "again"
readout = "t_cells"
below = "9 cells/uL"

[[rule.dose]]"""

MALFORMED = {
    "unknown table": ("[visits]", "[visit]", 'visit: unknown key, did you mean "visits"?'),
    "unknown key": ("share = 0.5", "shared = 0.5", 'rule[1].shared: unknown key, did you mean "share"?'),
    "an interval without a unit": (
        'every = "1 month"',
        "every = 1",
        'visits.every: 1 has no unit, expected a duration such as "4 h"',
    ),
    "an interval of an unknown unit": (
        'every = "1 month"',
        'every = "1 fortnite"',
        'visits.every: "1 fortnite" has the unknown unit "fortnite", expected a duration such as "4 h"',
    ),
    "visits that do not rise": (
        'every = "1 month"',
        'at = ["2 months", "1 month"]',
        "visits.at[2]: day 30.4375 is not after day 60.875, list the visits in the order of time",
    ),
    "visits without times": (
        'every = "1 month"',
        "",
        'visits.at: is missing, write at = ["3 months", "6 months"], or every = "3 months"',
    ),
    "jitter of half the interval": (
        'jitter = "5 days"',
        'jitter = "15.3 days"',
        "visits.jitter: 15.3 days would put visits that are 30.4375 days apart out of order, "
        "give less than half of the interval",
    ),
    "more visits missed than planned": (
        "missed = 0.1",
        "missed = 1.1",
        "visits.missed: 1.1 is out of range, must be at most 1",
    ),
    "visits after the horizon": (
        'every = "1 month"',
        'every = "1 year"',
        "visits: 0 visits lie before the horizon, day 182.625, define from 1 to 10000 visits",
    ),
    "a negative rate": (
        'rate = "0.2/year"',
        'rate = "-0.2/year"',
        'dropout.rate: "-0.2/year" is not positive, write for example "0.05/year"',
    ),
    "a rate without a unit": (
        'rate = "0.2/year"',
        "rate = 0.2",
        'dropout.rate: 0.2 has no unit, expected a quantity such as "1 1/day"',
    ),
    "an assay of an unknown read-out": (
        'readout = "t_cells"\ncv',
        'readout = "t_cell"\ncv',
        'assay[1].readout: unknown read-out "t_cell", did you mean "t_cells"?',
    ),
    "a negative error": ("cv = 0.1", "cv = -0.1", "assay[1].cv: -0.1 is out of range, must be greater than 0"),
    "a limit of another unit": (
        'lloq = "5 cells/uL"',
        'lloq = "5 mg"',
        'assay[1].lloq: "5 mg" is a mass, expected a cell count such as "500 cells/uL" or "0.5e9/L"',
    ),
    "a rule of an unknown read-out": (
        'readout = "t_cells"\nabove',
        'readout = "b_cells"\nabove',
        'rule[1].readout: unknown read-out "b_cells", did you mean "t_cells"?',
    ),
    "a rule without a condition": (
        'above = "75 cells/uL"',
        "",
        'rule[1].below: has no condition, write below = "200 cells/uL", above, '
        "or event = true where the read-out is a hazard",
    ),
    "a level of another unit": (
        'above = "75 cells/uL"',
        'above = "75 kg"',
        'rule[1].above: "75 kg" is a mass, expected a cell count such as "500 cells/uL" or "0.5e9/L"',
    ),
    "events of what is no hazard": (
        'above = "75 cells/uL"',
        "event = true",
        "rule[1].readout: t_cells is not a hazard, its unit is cells/uL, name a read-out in 1/year",
    ),
    "a window that ends before it begins": (
        'until = "5 months"',
        'until = "1 month"',
        "rule[1].until: day 30.4375 is not after the start, day 60.875, let until come after after",
    ),
    "a rule that never applies": (
        "at_most = 2",
        "at_most = 0",
        "rule[1].at_most: 0 is out of range, must be at least 1",
    ),
    "a share above one": ("share = 0.5", "share = 1.5", "rule[1].share: 1.5 is out of range, must be at most 1"),
    "a rule without doses": ("[[rule.dose]]", "[[rule.dose_]]", 'rule[1].dose_: unknown key, did you mean "dose"?'),
    "an unknown drug": (
        'drug = "antibody"',
        'drug = "antibodie"',
        'rule[1].dose[1].drug: "antibodie" is not one of "antibody" or "steroid", did you mean "antibody"?',
    ),
    "a dose without an amount": (
        'dose = "30 mg"',
        "",
        'rule[1].dose[1].dose: is missing, write for example dose = "12 mg"',
    ),
    "two rules of one name": ("[[rule.dose]]", TWICE, 'rule[2].name: "again" is given twice, give each once'),
}


@pytest.fixture
def plan(base: Base, described: Callable[..., Population], tmp_path: Path) -> Callable[[str, str], Plan]:
    """Return what plans a cohort whose protocol has one text replaced."""

    def planned(old: str, new: str) -> Plan:
        assert PROTOCOL.count(old) == 1
        (tmp_path / "protocol.toml").write_text(PROTOCOL.replace(old, new), encoding="utf-8")
        kept = CohortRequest(n=2, endpoints=("nadir of t_cells",))
        return cohort_plan(described(protocol="protocol.toml"), replace(base, folder=tmp_path), kept)

    return planned


@pytest.mark.parametrize(("old", "new", "message"), MALFORMED.values(), ids=list(MALFORMED))
def test_a_malformed_protocol_is_refused_with_its_message(plan, refusal, old: str, new: str, message: str) -> None:
    assert refusal(plan, old, new) == f"protocol.toml: {message}"


def test_the_protocol_that_they_change_is_in_order(plan) -> None:
    assert plan("share = 0.5", "share = 0.5").n == 2


def test_a_protocol_that_is_neither_file_nor_shipped_is_named(base, described, refusal) -> None:
    message = refusal(cohort_plan, described(protocol="nothing.toml"), base, CohortRequest(n=2))
    reason = "nothing.toml: protocol: is neither a file nor a protocol of the model, give the path of a TOML file"
    assert message == reason
