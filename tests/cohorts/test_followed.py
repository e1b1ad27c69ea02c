"""Times on one line per patient, and recurrent events by a hazard that is known there."""

import numpy as np
import pytest
from scipy import stats

from immunosim.cohorts.followed import TimeLines, cumulated, event_days, hazard_grid
from immunosim.cohorts.protocol_runs import ProtocolPlan, run_protocol
from immunosim.cohorts.rules import Rule, placed
from immunosim.cohorts.visits import Visits
from immunosim.ensembles.rows import Rows, vary
from immunosim.problem import prepare
from immunosim.scenario import load_scenario

VISITS = np.array([[10.0, np.nan, 30.0], [12.0, 19.0, 33.0]])


def test_a_line_holds_all_times_in_order_and_knows_their_places():
    lines = TimeLines.of(np.array([0.0, 20.0]), VISITS, np.array([0.0, 40.0]), 1)
    assert lines.days[1].tolist() == [0.0, 0.0, 12.0, 19.0, 20.0, 33.0, 40.0]
    assert lines.days[0, lines.visit[0]].tolist() == pytest.approx(VISITS[0].tolist(), nan_ok=True)
    assert lines.days[1, lines.output[1]].tolist() == [0.0, 20.0]
    assert lines.days[1, lines.clock[1]].tolist() == [0.0, 12.0, 19.0, 33.0, 40.0]


def test_pieces_fill_a_line_from_the_left_and_share_no_time():
    lines, rows = TimeLines.of(np.array([0.0, 20.0]), VISITS, np.empty(0), 1), np.array([1])
    for start, end in ((0.0, 19.0), (19.0, 33.0)):
        places, days = lines.between(rows, np.array([start]), np.array([end]), np.array([start == 0.0]))
        lines.fill(rows, places, days, days[:, :, np.newaxis], np.array([start]))
    np.testing.assert_array_equal(lines.values[1, :, 0], lines.days[1])
    assert np.isnan(lines.values[0]).all()


def test_a_piece_that_is_simulated_again_keeps_the_values_of_decisions():
    lines, rows = TimeLines.of(np.empty(0), VISITS, np.empty(0), 1), np.array([1])
    places, days = lines.between(rows, np.array([0.0]), np.array([40.0]), np.array([True]))
    for value, decided in ((1.0, 0.0), (2.0, 19.0)):
        lines.fill(rows, places, days, np.full((*days.shape, 1), value), np.array([decided]))
    assert lines.values[1, :, 0].tolist() == [1.0, 1.0, 2.0]


def test_what_a_hazard_does_after_the_last_day_asked_for_does_not_count():
    lines = TimeLines.of(np.empty(0), VISITS, hazard_grid(0.0, 40.0), 1)
    lines.values[:] = 1.0
    days, hazard = lines.hazard(np.array([0, 1]), 0, lines.visit[:, 0] + 1)
    assert cumulated(days, hazard)[:, -1].tolist() == [10.0, 12.0]


def test_events_of_a_constant_hazard_are_a_poisson_process():
    n, rate = 4000, 0.002
    days = np.tile(hazard_grid(0.0, 1000.0), (n, 1))
    levels = np.cumsum(np.random.default_rng(1).standard_exponential((n, 12)), axis=1)
    happened = event_days(days, cumulated(days, np.full(days.shape, rate)), levels)
    assert stats.kstest(happened[np.isfinite(happened)], "uniform", args=(0, 1000)).pvalue > 0.01
    assert stats.kstest(levels[:, 0] / rate, "expon", args=(0, 1 / rate)).pvalue > 0.01
    first = levels[:, 0] / rate
    np.testing.assert_allclose(happened[:, 0], np.where(first <= 1000.0, first, np.nan), rtol=1e-12)
    assert np.isfinite(happened).sum(axis=1).mean() == pytest.approx(2.0, abs=4 * np.sqrt(2.0 / n))


COURSE = {"drug": "alemtuzumab", "dose": "12 mg", "doses": 3, "every": "24 h"}
RULE = {
    "name": "again",
    "readout": "relapse_rate",
    "event": True,
    "since_last": "4 months",
    "at_most": 3,
    "dose": [COURSE],
}


@pytest.fixture(scope="module")
def plan(configs):
    changes = ("horizon=20 months", "parameters.untreated_relapse_rate=4/year")
    problem = prepare(load_scenario(configs / "one_course.toml", changes))
    triggers = placed((Rule.model_validate(RULE),), ("relapse_rate",), problem.model)
    visits = Visits(every="1 month", jitter="3 days")
    return ProtocolPlan((problem,), triggers, ("relapse_rate",), visits=visits, seed=2)


@pytest.fixture(scope="module")
def rows(plan):
    return vary(plan.problems[0], {"cd4_scale": np.linspace(0.8, 1.2, 8)}, slice(0, 8))


@pytest.fixture(scope="module")
def outcome(plan, rows):
    return run_protocol(plan, rows, np.arange(8))


def test_a_rule_follows_an_event_since_the_last_order(outcome):
    assert outcome.decisions
    for decision in outcome.decisions:
        orders = outcome.schedules[decision.row].order_days("alemtuzumab")
        last = orders[orders < decision.day].max()
        events = outcome.events["relapse_rate"][decision.row]
        assert ((events > last) & (events <= decision.day)).any()
        assert decision.day - last >= 4 * 30.4375


def test_events_are_the_same_alone_and_whatever_is_reported(plan, rows, outcome):
    row = outcome.decisions[0].row
    alone = Rows(rows.vectors[[row]], rows.states[[row]], rows.segments, rows.times)
    other = run_protocol(plan, alone, np.array([row]))
    assert other.events["relapse_rate"][0].tobytes() == outcome.events["relapse_rate"][row].tobytes()
    assert other.ensemble.end_state.tobytes() == outcome.ensemble.end_state[[row]].tobytes()
