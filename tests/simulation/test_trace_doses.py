"""Doses that the solver would take for rounding are refused, with the least that it resolves."""

import re

import pytest

from immunosim.errors import ScenarioError
from immunosim.problem import prepare
from immunosim.scenario import Scenario

TRACES = [
    (
        {"course": [{"start": "0 d", "dose": "12 mg"}, {"start": "30 d", "dose": "1e-10 mg", "implausible": True}]},
        "course[2]: course 2",
    ),
    (
        {"methylprednisolone": [{"start": "0 d", "dose": "1e-8 mg", "implausible": True}]},
        "methylprednisolone[1]: methylprednisolone 1",
    ),
    ({"prednisolone": [{"start": "0 d", "dose": "1e-10 mg", "implausible": True}]}, "prednisolone[1]: prednisolone 1"),
    (
        {"triamcinolone": [{"start": "0 d", "dose": "1e-10 mg", "implausible": True}]},
        "triamcinolone[1]: triamcinolone 1",
    ),
]


@pytest.mark.parametrize(("tables", "place"), TRACES)
def test_a_trace_is_refused_with_the_least_dose(tables: dict[str, object], place: str) -> None:
    with pytest.raises(ScenarioError, match=re.escape(place)) as caught:
        prepare(Scenario(horizon="2 months", **tables))
    assert "is below what solver.rtol = 1e-05 resolves, give" in str(caught.value)


def test_a_finer_tolerance_resolves_a_smaller_dose() -> None:
    trace = {"course": [{"start": "0 d", "dose": "1e-10 mg", "implausible": True}]}
    prepare(Scenario(horizon="2 months", solver={"rtol": 1e-7}, **trace))
