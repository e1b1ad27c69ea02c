"""Explanations whose answer is known without the engine: by algebra, or from another solver and quadrature."""

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from immunosim.attribution import ExplanationError, explain
from immunosim.attribution.quadrature import CUTS, NODES, PATIENCE, derivative_weights, integrate
from immunosim.attribution.weights import components
from immunosim.errors import SolverError
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate

ONE_INFUSION = {"horizon": "20 days", "course": [{"start": "1 day", "dose": "12 mg", "infusion": "4 h"}]}
DEATH = "death_of_memory_cd4_t_cells"


def values(explanation):
    return {item.name: item.value for item in explanation.contributions}


@pytest.fixture(scope="module")
def depleted():
    return simulate(build_scenario(ONE_INFUSION))


def test_an_untreated_person_has_no_excess_anywhere(model):
    untreated = simulate(build_scenario({"horizon": "60 days"}))
    for readout in ("lymphocytes", "naive_fraction_of_cd4", "salt_score", "platelet_count", "alemtuzumab_serum"):
        for item in explain(untreated, readout, 60.0).contributions:
            # Ten digits of what flows: the untreated state is steady to the integrator's tolerance.
            assert np.abs(item.series).max() <= 1e-9 * max(1.0, np.abs(untreated[readout]).max()), item.name


def test_an_antibody_that_kills_nothing_is_infused_distributed_and_cleared():
    """Two compartments, solved by hand: amounts follow the eigenvectors of a 2 x 2 matrix."""
    off = {"mechanisms": {"off": ["depletion", "anti_drug_antibody"]}}
    trajectory = simulate(build_scenario(ONE_INFUSION | off))
    problem = trajectory.problem
    central, tissue, clearance, exchange = (
        problem.vector[problem.model.position[f"scaled_{name}"]]
        for name in ("central_volume", "peripheral_volume", "clearance", "intercompartmental_clearance")
    )
    matrix = np.array(
        [[-(clearance + exchange) / central, exchange / tissue], [exchange / central, -exchange / tissue]]
    )
    eigenvalues, vectors = np.linalg.eig(matrix)
    share = np.linalg.solve(vectors, [1.0, 0.0])
    stop, end = 4.0 / 24.0, 19.0

    def integral(tau):  # of the amounts up to tau after the start of an infusion of 1 mg/day without end
        powers = (np.exp(eigenvalues * tau) - 1.0 - eigenvalues * tau) / eigenvalues**2
        return vectors @ (share * powers)

    exposure = 12.0 / stop * (integral(end) - integral(end - stop))
    expected = {
        "infusion_of_alemtuzumab": 12.0,
        "clearance_of_alemtuzumab": -clearance / central * exposure[0],
        "distribution_of_alemtuzumab_to_tissue": -exchange / central * exposure[0],
        "return_of_alemtuzumab_from_tissue": exchange / tissue * exposure[1],
    }
    assert values(explain(trajectory, "antibody_central", 20.0)) == pytest.approx(expected, rel=1e-8)


def test_triamcinolone_is_given_at_once_and_dissolves():
    trajectory = simulate(
        build_scenario({"horizon": "30 days", "triamcinolone": [{"start": "5 days", "dose": "15 mg"}]})
    )
    before, after = explain(trajectory, "triamcinolone_depot", 5.0), explain(trajectory, "triamcinolone_depot", 12.0)
    assert before.contributions == ()  # a value at the time of a dose is the one before it
    left = after.after
    assert values(after) == pytest.approx(
        {"dose_of_triamcinolone_depot": 15.0, "dissolution_of_triamcinolone": left - 15}
    )
    assert 0.0 < left < 15.0


def test_exchange_holds_what_moved_between_blood_and_tissue(depleted):
    """For a sum of pools: (w - w_traced) . change of the pools, with the untreated share in blood as traced weight."""
    problem = depleted.problem
    found = explain(depleted, "cd4", 15.0)
    expected = 0.0
    for subset in ("naive_cd4", "memory_cd4", "treg"):
        blood, tissue = (problem.model.pools.index(f"{subset}_{place}") for place in ("blood", "lymphoid"))
        share = problem.initial_state[blood] / problem.initial_state[[blood, tissue]].sum()
        change = {i: depleted.at(problem.model.pools[i], 15.0) - problem.initial_state[i] for i in (blood, tissue)}
        expected += (1.0 - share) * change[blood] - share * change[tissue]
    # The trajectory's own tolerance is 1e-5 of the pools, which are thousands of cells in tissue.
    assert values(found)["exchange"] == pytest.approx(expected, abs=1e-3 * found.before)


def test_tracing_leaves_no_row_for_homing_and_egress_and_direct_leaves_little_else(depleted):
    traced, direct = (explain(depleted, "cd4", 15.0, direct=direct) for direct in (False, True))
    assert {item.name for item in traced.contributions if item.mechanism == "trafficking"} == {"exchange"}
    assert acting(direct) == {"trafficking", "depletion", "recent_emigrants"}
    assert (traced.is_direct, direct.is_direct) == (False, True)


def acting(explanation):
    """Return the mechanisms that contribute more than rounding: egress reads cortisol and its receptor, which stay put.

    Recent emigrants in blood are a share of those in tissue, so that they are depleted and mature in the count itself.
    """
    return {item.mechanism for item in explanation.contributions if np.abs(item.series).max() > 1e-6}


def test_cells_that_do_not_move_are_not_traced():
    still = simulate(build_scenario(ONE_INFUSION | {"mechanisms": {"off": ["trafficking"]}}))
    found = explain(still, "cd4", 15.0)
    assert found.is_direct
    assert acting(found) == {"depletion", "recent_emigrants"}


def test_direct_contributions_are_those_of_another_solver_and_quadrature(depleted):
    problem, model = depleted.problem, depleted.problem.model
    boundaries = problem.segments.boundaries.tolist()
    names = ("lysis_of_memory_cd4_t_cells_in_blood", "lysis_of_naive_cd4_t_cells_in_blood")
    rows = [model.processes.index(name) for name in names]
    expected, state = np.zeros(2), problem.initial_state
    for start, end, inputs in zip(boundaries, boundaries[1:], problem.segments.inputs, strict=False):

        def change(t, y, inputs=inputs):
            out = np.empty_like(y)
            model.module.rhs(np.ascontiguousarray(y), problem.vector, inputs, out)
            return out

        solved = solve_ivp(change, (start, end), state, "LSODA", rtol=1e-10, atol=1e-10, dense_output=True)
        for column, row in enumerate(rows):

            def rate(t, solved=solved, inputs=inputs, row=row):
                return model.rates_at(solved.sol(t)[np.newaxis], problem.vector, inputs[np.newaxis])[0, row]

            expected[column] -= quad(rate, start, end, limit=400, epsabs=1e-7, epsrel=1e-9, points=(start + 0.1,))[0]
        state = solved.y[:, -1]
    found = values(explain(depleted, "cd4", 20.0, direct=True))
    assert [found[name] for name in names] == pytest.approx(expected.tolist(), rel=1e-6)  # LSODA's dense output


def test_traced_contributions_are_a_share_of_the_flows(depleted):
    """Death of memory cells in tissue costs the blood count their untreated share in blood, no more."""
    problem = depleted.problem
    blood, tissue = (problem.model.pools.index(f"memory_cd4_{place}") for place in ("blood", "lymphoid"))
    share = problem.initial_state[blood] / problem.initial_state[[blood, tissue]].sum()
    in_tissue = values(explain(depleted, "memory_cd4_lymphoid", 20.0, direct=True))[DEATH]
    assert values(explain(depleted, "cd4", 20.0))[DEATH] == pytest.approx(share * in_tissue, rel=1e-8)


def test_a_mechanism_that_is_off_contributes_nothing():
    off = simulate(build_scenario(ONE_INFUSION | {"mechanisms": {"off": ["cytokines"]}}))
    assert explain(off, "il7", 20.0).contributions == ()


def test_blood_and_tissue_of_each_subset_are_one_component(model):
    groups = [{model.pools[i] for i in pools} for pools in components(model)]
    assert {"naive_b_blood", "naive_b_lymphoid"} in groups
    assert [len(group) for group in groups] == [2] * 8


def test_derivative_weights_integrate_products_of_polynomials_exactly():
    points = np.concatenate([[-1.0], NODES, [1.0]])
    found = NODES**2 @ derivative_weights() @ points**3
    assert found == pytest.approx(6.0 / 5.0, rel=1e-13)  # integral of x^2 3 x^2 from -1 to 1
    assert np.ones(NODES.size) @ derivative_weights() @ points**5 == pytest.approx(2.0, rel=1e-13)


def test_panels_are_cut_until_they_close():
    """A rate that jumps at pi: cutting finds it; panels away from it stay whole."""

    def jump(starts, ends):
        middle = 0.5 * (starts + ends)
        exact = np.maximum(ends - np.pi, 0.0) - np.maximum(starts - np.pi, 0.0)
        found = (ends - starts) * (middle > np.pi)
        return found[:, np.newaxis], exact - found

    ends, (parts, residuals) = integrate(jump, np.arange(6.0), 1e-4)
    assert parts.sum() == pytest.approx(5.0 - np.pi, abs=1e-4)
    assert np.abs(residuals).max() <= 1e-4
    assert {1.0, 2.0, 3.0, 4.0, 5.0} <= set(ends)
    assert ends.size < 30


def test_panels_that_cutting_does_not_help_are_left():
    for residual, n_panels in ((np.nan, 3), (1.0, 3 * CUTS**PATIENCE)):
        ends, (_, residuals) = integrate(
            lambda a, b, r=residual: (np.ones((a.size, 1)), np.full(a.size, r)), np.arange(4.0), 0.1
        )
        assert ends.size == residuals.size == n_panels


def test_an_unknown_readout_gets_close_matches(depleted):
    with pytest.raises(ExplanationError, match='"cd44" is neither a read-out nor a pool') as caught:
        explain(depleted, "cd44", 10.0)
    assert '"cd4"' in caught.value.cure


@pytest.mark.parametrize(("since", "at", "key"), [(None, 21.0, "at"), (-1.0, 5.0, "since"), (5.0, 5.0, "at")])
def test_times_that_were_not_simulated_are_refused(depleted, since, at, key):
    with pytest.raises(ExplanationError) as caught:
        explain(depleted, "cd4", at, since)
    assert caught.value.key == key


def test_a_failed_trajectory_cannot_be_explained():
    failed = simulate(build_scenario(ONE_INFUSION | {"solver": {"max_steps": 3}}))
    with pytest.raises(SolverError, match="stopped on day"):
        explain(failed, "cd4", 10.0)
