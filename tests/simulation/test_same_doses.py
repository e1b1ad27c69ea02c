"""The same doses written in different ways give the same course."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from immunosim.problem import prepare
from immunosim.scenario import build_scenario
from immunosim.trajectory import Trajectory

Simulated = Callable[..., Trajectory]

COURSE: dict[str, Any] = {"start": "0 days", "dose": "12 mg", "doses": 3, "every": "24 h", "infusion": "4 h"}
AT = {"visits_only": True, "rule": [{"every": "1 day", "start": "0 days", "stop": "30 days"}]}
COMMON: dict[str, Any] = {"horizon": "30 days", "output": AT}

STEPS = [{"start": f"{24 * day} h", "stop": f"{24 * day + 4} h", "rate": "3 mg/h"} for day in range(3)]
SINGLE = [{"drug": "alemtuzumab", "start": f"{day} days", "dose": "12 mg"} for day in range(3)]
WAYS: dict[str, dict[str, Any]] = {
    "doses per body weight": {"course": [COURSE | {"dose": "0.2 mg/kg"}], "patient": {"weight": "60 kg"}},
    "rates": {"input": [{"drug": "alemtuzumab", "steps": STEPS}]},
    "single doses": {"dose": SINGLE},
    "a course and a single dose": {"course": [COURSE | {"doses": 2}], "dose": SINGLE[2:]},
    "a longer course of which a dose was skipped": {
        "course": [COURSE | {"doses": 4, "changes": [{"dose_number": 4, "skipped": True}]}]
    },
    "larger doses cut short": {
        "course": [
            COURSE
            | {"dose": "24 mg", "infusion": "8 h"}
            | {"changes": [{"dose_number": number, "given": "12 mg"} for number in (1, 2, 3)]}
        ]
    },
    "an earlier course whose doses were late": {
        "course": [
            COURSE | {"start": "-6 h", "changes": [{"dose_number": number, "late": "6 h"} for number in (1, 2, 3)]}
        ]
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_infusions_give_the_same_course_however_they_are_written(way: str, simulated: Simulated) -> None:
    patient = WAYS[way].get("patient", {})
    plain = simulated(course=[COURSE], patient=patient, **COMMON)
    other = simulated(**(COMMON | WAYS[way]))
    # 1e-4: times and rates differ by rounding and steps by a boundary, each within the tolerance of 1e-5.
    for name in ("lymphocytes", "alemtuzumab_serum"):
        values = [course[name][np.searchsorted(course.time, 0.0) :] for course in (plain, other)]
        np.testing.assert_allclose(values[1], values[0], rtol=1e-4, atol=1e-9)


def test_a_skipped_taper_is_a_shorter_prescription(simulated: Simulated) -> None:
    tablets = {"start": "1 day", "dose": "60 mg", "doses": 2, "every": "24 h"}
    tapered = tablets | {"taper": [{"dose": "30 mg", "doses": 1}], "changes": [{"dose_number": 3, "skipped": True}]}
    plain, other = (simulated(prednisolone=[record], **COMMON) for record in (tablets, tapered))
    assert np.array_equal(plain["lymphocytes"], other["lymphocytes"])


def test_boluses_at_one_time_add_up_in_any_order() -> None:
    doses = [
        {"drug": "prednisolone", "start": "3 days", "dose": "10 mg"},
        {"drug": "triamcinolone", "start": "3 days", "dose": "15 mg"},
        {"drug": "prednisolone", "start": "3 days", "dose": "20 mg"},
    ]
    forth, back = (prepare(build_scenario({"dose": order})) for order in (doses, doses[::-1]))
    assert np.array_equal(forth.segments.jumps, back.segments.jumps)
    assert sorted(forth.segments.jumps[forth.segments.jumps > 0.0]) == [15.0, 30.0]


def test_a_value_at_the_time_of_several_doses_is_the_one_before_all_of_them(simulated: Simulated) -> None:
    doses = [{"drug": drug, "start": "3 days", "dose": "20 mg"} for drug in ("prednisolone", "triamcinolone")]
    course = simulated(dose=doses, **COMMON)
    row = int(np.searchsorted(course.time, 3.0))
    assert course["prednisolone_gut"][row] == course["triamcinolone_depot"][row] == 0.0
    assert min(course["prednisolone_gut"][row + 1], course["triamcinolone_depot"][row + 1]) > 0.0
