"""What an explanation says of itself: tables, subtotals, shares and files that read back to the same numbers."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from immunosim.attribution import Explanation, as_dict, series_csv, table_csv
from immunosim.attribution.records import NEGLIGIBLE_CHANGE, Contribution, largest_first, total
from immunosim.attribution.weights import Weights, components, stoichiometry
from immunosim.trajectory import Trajectory


def contribution(name: str, value: float, mechanism: str = "m") -> Contribution:
    return Contribution(name, f"label of {name}", mechanism, value, np.array([0.0, value / 2, value]))


@pytest.fixture
def made(explained: Explanation) -> Callable[..., Explanation]:
    """Return what makes an explanation of 10 cells/uL plus contributions, given by name and mechanism."""

    def make(**values: float) -> Explanation:
        parts = [contribution(name, value, name[0]) for name, value in values.items()]
        change = sum(values.values())
        times = np.array([0.0, 1.0, 2.0])
        course = 10.0 + change * times / 2
        labels = {part.mechanism: f"mechanism {part.mechanism}" for part in parts}
        return replace(
            explained, since=0.0, at=2.0, before=10.0, after=10.0 + change, times=times, values=course,
            contributions=largest_first(parts), residual=0.0, residual_series=np.zeros(3), mechanisms=labels,
        )  # fmt: skip

    return make


def test_the_table_has_a_row_a_contribution_the_largest_first(made: Callable[..., Explanation]) -> None:
    table = made(a1=1.0, b1=-4.0, a2=2.0).to_dataframe()
    assert list(table["process"]) == ["b1", "a2", "a1"]
    assert list(table["contribution"]) == [-4.0, 2.0, 1.0]
    assert list(table["share_of_change"]) == [4.0, -2.0, -1.0]


def test_the_table_of_a_course_adds_up_to_the_change(explained: Explanation) -> None:
    table = explained.to_dataframe()
    assert table["contribution"].sum() == pytest.approx(explained.change, abs=explained.tolerance)
    assert table["share_of_change"].sum() == pytest.approx(1.0, abs=1e-6)
    assert table["contribution"].abs().is_monotonic_decreasing


def test_an_explanation_of_nothing_has_an_empty_table_and_no_subtotals(made: Callable[..., Explanation]) -> None:
    nothing = made()
    assert nothing.to_dataframe().empty
    assert list(nothing.to_dataframe().columns) == list(made(a1=1.0).to_dataframe().columns)
    assert nothing.by_mechanism() == nothing.shortened(3) == ()
    assert nothing.dataset["contribution"].shape == (0, 3)


def test_parts_that_cancel_have_no_share(made: Callable[..., Explanation]) -> None:
    cancelled = made(a1=1000.0, b1=-999.0)  # a change of 1 beside 1,999 that moved
    assert cancelled.to_dataframe()["share_of_change"].isna().all()
    just_enough = made(a1=1.0, b1=-(1.0 - 2.1 * NEGLIGIBLE_CHANGE))
    assert just_enough.to_dataframe()["share_of_change"].notna().all()


def test_subtotals_are_sums_over_time_named_by_their_mechanism(made: Callable[..., Explanation]) -> None:
    first, second = made(a1=1.0, b1=2.5, a2=-4.0).by_mechanism()
    assert (first.name, first.label, first.value) == ("a", "mechanism a", -3.0)
    assert (second.name, second.value) == ("b", 2.5)
    assert first.series.tolist() == [0.0, -1.5, -3.0]


def test_a_total_leaves_its_parts_as_they_were() -> None:
    one, two = contribution("one", 1.0), contribution("two", 2.0)
    assert total([one, two], "both", "both", "").value == 3.0
    assert one.series.tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(("n", "names"), [(1, ["c", "others"]), (2, ["c", "b", "a"]), (3, ["c", "b", "a"])])
def test_one_that_would_be_left_over_is_named_and_not_called_others(
    made: Callable[..., Explanation], n: int, names: list[str]
) -> None:
    short = made(a=1.0, b=2.0, c=3.0).shortened(n)
    assert [item.name for item in short] == names
    assert sum(item.value for item in short) == 6.0


def test_a_residual_at_any_time_opens_the_accounts(made: Callable[..., Explanation]) -> None:
    closed = made(a=1.0)
    between = replace(closed, residual_series=np.array([0.0, 2.0 * closed.tolerance, 0.0]))
    assert closed.is_closed
    assert not between.is_closed
    assert not replace(closed, residual_series=np.array([0.0, np.nan, 0.0])).is_closed


def test_a_line_says_from_where_to_where(made: Callable[..., Explanation]) -> None:
    line = repr(made(a=1.0, b=2.0))
    for fact in ("from 10 to 13", "cells/uL", "day 0 to 2", "2 contributions"):
        assert fact in line


def test_the_data_set_has_the_contributions_by_process_in_the_unit_of_the_read_out(explained: Explanation) -> None:
    data = explained.dataset
    assert data["contribution"].dims == ("process", "time")
    assert data["contribution"].attrs["units"] == data["t_cells"].attrs["units"] == "cells/uL"
    named = data["contribution"].sel(process="lysis_of_t_cells")
    by_hand = next(item for item in explained.contributions if item.name == "lysis_of_t_cells")
    assert np.array_equal(named, by_hand.series)
    left = data["t_cells"] - data["t_cells"][0] - data["contribution"].sum("process") - data["residual"]
    assert np.abs(left).max() < 1e-9


def test_plain_data_survives_json(explained: Explanation) -> None:
    record = as_dict(explained)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["change"] == record["after"] - record["before"]
    total = sum(item["contribution"] for item in record["by_mechanism"])
    assert total == pytest.approx(sum(item["contribution"] for item in record["contributions"]), rel=1e-12)
    assert record == explained.summary()


def test_the_file_of_contributions_reads_back_to_every_bit(explained: Explanation) -> None:
    rows = list(csv.DictReader(io.StringIO(table_csv(explained))))
    *parts, rest = rows
    assert [float(row["contribution"]) for row in parts] == [item.value for item in explained.contributions]
    assert (rest["process"], float(rest["contribution"])) == ("not_accounted_for", explained.residual)


def test_the_file_of_courses_reads_back_to_every_bit(explained: Explanation) -> None:
    rows = list(csv.DictReader(io.StringIO(series_csv(explained))))
    expected = {"time": explained.times, "t_cells": explained.values, "not_accounted_for": explained.residual_series}
    expected |= {item.name: item.series for item in explained.contributions}
    assert list(rows[0]) == ["time", "t_cells", *(item.name for item in explained.contributions), "not_accounted_for"]
    for name, series in expected.items():
        assert [float(row[name]) for row in rows] == series.tolist()


def test_a_label_with_quotes_and_commas_stays_one_cell(explained: Explanation) -> None:
    hostile = replace(explained.contributions[0], label='lysis, "complete"', value=1.5)
    rows = list(csv.DictReader(io.StringIO(table_csv(replace(explained, contributions=(hostile,))))))
    assert rows[0]["label"] == 'lysis, "complete"'
    assert float(rows[0]["contribution"]) == 1.5


def test_a_label_that_begins_like_a_formula_is_text_for_a_spreadsheet(explained: Explanation) -> None:
    hostile = replace(explained.contributions[0], label="=1+1", value=-1.5)
    rows = list(csv.DictReader(io.StringIO(table_csv(replace(explained, contributions=(hostile,))))))
    assert rows[0]["label"] == "'=1+1"
    assert rows[0]["contribution"] == "-1.5"


# --- weights ---------------------------------------------------------------------------------------------------------


def test_every_transfer_takes_what_it_gives(taught: Trajectory) -> None:
    model = taught.problem.model
    matrix = stoichiometry(model)
    for j, (_, _, reactant, product) in enumerate(model.module.PROCESSES.values()):
        expected = {model.pools.index(pool): change for pool, change in ((reactant, -1.0), (product, 1.0)) if pool}
        assert {int(i): matrix[i, j] for i in np.flatnonzero(matrix[:, j])} == expected


def test_the_rates_through_the_stoichiometry_are_the_right_hand_side(taught: Trajectory) -> None:
    problem, model = taught.problem, taught.problem.model
    state, inputs = taught.solution.states[20], np.zeros(len(model.inputs))
    slopes = np.zeros(len(model.pools))
    model.kernels.rhs(state, problem.vector, inputs, slopes)
    rates = model.rates_at(state[np.newaxis], problem.vector, inputs[np.newaxis])[0]
    assert stoichiometry(model) @ rates == pytest.approx(slopes, rel=1e-12, abs=1e-12)


def test_a_cell_in_tissue_is_worth_the_untreated_share_in_blood(taught: Trajectory) -> None:
    problem = taught.problem
    pools = problem.model.pools
    blood, tissue = pools.index("t_cells_blood"), pools.index("t_cells_tissue")
    weights = Weights.of(problem, "t_cells", direct=False)
    traced = weights.traced(weights.direct(taught.solution.states[:1], np.zeros((1, 2))))[0]
    share = problem.initial_state[blood] / problem.initial_state[[blood, tissue]].sum()
    assert traced[[blood, tissue]] == pytest.approx([share, share], rel=1e-12)
    assert not np.delete(traced, [blood, tissue]).any()
    assert components(problem.model) == [sorted([blood, tissue])]


def test_traced_weights_do_not_change_what_the_untreated_state_is_worth(taught: Trajectory) -> None:
    problem = taught.problem
    untreated, none = problem.initial_state[np.newaxis], np.zeros((1, 2))
    weights = Weights.of(problem, "t_cells", direct=False)
    direct = weights.direct(untreated, none)
    assert weights.traced(direct)[0] @ untreated[0] == pytest.approx(direct[0] @ untreated[0], rel=1e-12)


def test_a_pool_weighs_itself(taught: Trajectory) -> None:
    weights = Weights.of(taught.problem, "cytokine", direct=True)
    place = taught.problem.model.pools.index("cytokine")
    direct = weights.direct(taught.solution.states[:3], np.zeros((3, 2)))
    assert np.array_equal(direct, np.tile(np.eye(6)[place], (3, 1)))
    assert not weights.is_traced
    assert np.array_equal(weights.values(taught.solution.states, np.zeros((taught.time.size, 2))), taught["cytokine"])
