"""Generated kernels against the equations written by hand, at random, for both versions of the model.

The hand is tests/oracle.py, from docs/equations.md, and tests/version_1/oracle.py, from docs/version_1/equations.md.
"""

from collections import defaultdict

import numpy as np
import oracle as oracle_2
import pytest
import version_1.oracle as oracle_1

from immunosim.codegen.loader import default_model, load_model
from immunosim.models import find_model

N_DRAWS = 200
RTOL = 1e-12  # some thousand roundings, relative to the largest flow through each pool
REST_RTOL = 1e-10  # a clone at rest is a small difference where its avidity is above one, as in a few draws
STEP = 1e-30  # a complex step has no cancellation, so it may be as small as one likes
ORACLES = {"alemtuzumab": oracle_2, "alemtuzumab_1": oracle_1}


@pytest.fixture(scope="module", params=ORACLES)
def package(request):
    return find_model(request.param)


@pytest.fixture(scope="module")
def oracle(package):
    return ORACLES[package.name]


@pytest.fixture(scope="module")
def parameters(package):
    return package.parameters()


@pytest.fixture(scope="module")
def defaults(parameters):
    return parameters.values()


@pytest.fixture(scope="module")
def model(package, parameters):
    return load_model(parameters.units(), package=package)


@pytest.fixture(scope="module")
def drawn(model, parameters, drawing):
    return drawing(model, parameters)


@pytest.fixture(scope="module")
def compared(oracle, model, drawn):
    return lambda seed, off=None: Comparison(oracle, model, drawn(seed, off=off))


def switches(model, off):
    return {mechanism: float(mechanism not in off) for mechanism in model.mechanisms}


def by_name(names, values):
    return dict(zip(names, values, strict=True))


def evaluated(kernel, size, draw):
    out = np.full(size, np.nan)
    kernel(draw.state, draw.vector, draw.inputs, out)
    return out


class Comparison:
    """One draw as the oracle sees it: names and numpy floats, so that a division by zero is not an exception."""

    def __init__(self, oracle, model, draw):
        self.oracle, self.model, self.draw, self.on = oracle, model, draw, switches(model, draw.off)
        self.state = by_name(model.pools, draw.state)
        self.values = {name: np.float64(value) for name, value in draw.values.items()}
        self.inputs = by_name(model.inputs, draw.inputs)

    def of(self, function, **moved):
        with np.errstate(all="ignore"):
            return function(self.state | moved, self.values, self.inputs, self.on)

    def flows(self):
        flow = dict.fromkeys(self.model.pools, 0.0)
        for process in self.of(self.oracle.processes):
            for pool in (process.reactant, process.product):
                if pool is not None:
                    flow[pool] = max(flow[pool], abs(process.rate))
        return flow

    def wrong_pools(self):
        expected, flow = self.of(self.oracle.right_hand_side), self.flows()
        found = by_name(self.model.pools, evaluated(self.model.module.rhs, len(self.model.pools), self.draw))
        return {p: found[p] - expected[p] for p in found if not abs(found[p] - expected[p]) <= RTOL * flow[p]}

    def slopes(self):
        """The Jacobian by complex steps of the right-hand side written by hand."""
        columns = [
            [
                change.imag / STEP
                for change in self.of(self.oracle.right_hand_side, **{pool: value + STEP * 1j}).values()
            ]
            for pool, value in self.state.items()
        ]
        order = [list(self.oracle.OWNER).index(pool) for pool in self.model.pools]
        return np.array(columns).T[order]

    def wrong_slopes(self):
        module, pools = self.model.module, self.model.pools
        expected, found = self.slopes(), np.zeros((len(pools),) * 2)
        found[module.JACOBIAN_ROWS, module.JACOBIAN_COLUMNS] = evaluated(
            module.jacobian, len(module.JACOBIAN_ROWS), self.draw
        )
        # Ten digits of each entry; an entry that is a difference keeps those of the largest entry of its row.
        allowed = 1e-10 * np.abs(expected) + 1e-13 * np.abs(expected).max(axis=1, keepdims=True)
        wrong = np.argwhere(~(np.abs(found - expected) <= allowed))
        return {(pools[i], pools[j]): (found[i, j], expected[i, j]) for i, j in wrong}


def test_kernels_and_oracle_have_the_same_vocabulary(oracle, model, defaults):
    assert set(model.pools) == set(oracle.OWNER)
    assert {name: owner for name, (_, _, owner, _) in model.module.POOLS.items()} == oracle.OWNER
    assert set(model.inputs) == set(oracle.INPUTS)
    assert set(model.mechanisms) == set(oracle.SWITCHES)
    assert set(model.module.PARAMETERS) == set(defaults)


def test_the_right_hand_side_is_the_one_written_by_hand(compared):
    found = {seed: compared(seed).wrong_pools() for seed in range(N_DRAWS)}
    assert {seed: pools for seed, pools in found.items() if pools} == {}


def test_the_right_hand_side_is_the_one_written_by_hand_with_a_mechanism_off_and_with_all_others_off(oracle, compared):
    for mechanism in oracle.SWITCHES:
        others = [m for m in oracle.SWITCHES if m != mechanism]
        assert compared(1000, off=[mechanism]).wrong_pools() == {}, mechanism
        assert compared(1001, off=others).wrong_pools() == {}, mechanism


def test_the_jacobian_is_the_derivative_of_the_equations_written_by_hand(compared):
    found = {seed: compared(seed).wrong_slopes() for seed in range(10)}
    assert {seed: entries for seed, entries in found.items() if entries} == {}


def test_the_random_draws_reach_every_switch_and_empty_every_pool(model, drawn):
    draws = [drawn(seed) for seed in range(N_DRAWS)]
    assert {mechanism for draw in draws for mechanism in draw.off} == set(model.mechanisms)
    assert (np.array([draw.state for draw in draws]) == 0.0).any(axis=0).all()


def test_the_untreated_state_is_the_one_written_by_hand(oracle, model, drawn):
    for seed in range(N_DRAWS):
        draw = drawn(seed)
        expected = oracle.baseline(draw.values, switches(model, draw.off))
        found = by_name(model.pools, model.baseline(draw.vector))
        assert found == pytest.approx({pool: expected[pool] for pool in found}, rel=REST_RTOL, abs=0.0), seed


def test_every_constant_of_the_page_has_its_value(oracle, model, drawn):
    for seed in range(N_DRAWS):
        draw = drawn(seed)
        expected = oracle.constants(draw.values, switches(model, draw.off))
        expected.pop("transitional_b_count_0")  # the model writes this product where it needs it
        found = {name: draw.vector[model.position[name]] for name in expected}
        # Differences of rates (death, seeding) lose the digits of their terms, which are of order one or less.
        assert found == pytest.approx(expected, rel=REST_RTOL, abs=1e-15), seed


def test_readouts_are_those_written_by_hand(oracle, model, drawn, compared):
    for seed in range(N_DRAWS):
        draw = drawn(seed)
        expected = {"other_lymphocytes": draw.state[model.pools.index("other_blood")]}
        expected |= compared(seed).of(oracle.readouts)
        found = by_name(model.readouts, evaluated(model.module.readouts, len(model.readouts), draw))
        assert set(found) == set(expected)
        expected = {name: expected[name] for name in found}
        # Scores and switched hazards are differences of numbers of order one hundred at most.
        assert found == pytest.approx(expected, rel=RTOL, abs=1e-12, nan_ok=True), seed


def test_the_rates_of_processes_are_those_written_by_hand(oracle, model, drawn, compared):
    """Processes are matched by mechanism and ends; those that share these, by size."""
    for seed in range(20):
        expected, found = defaultdict(list), defaultdict(list)
        for process in compared(seed).of(oracle.processes):
            expected[process.mechanism, process.reactant or "", process.product or ""].append(process.rate)
        rates = evaluated(model.module.rates, len(model.processes), drawn(seed))
        for (_, mechanism, reactant, product), rate in zip(model.module.PROCESSES.values(), rates, strict=True):
            found[mechanism, reactant, product].append(rate)
        assert set(found) == set(expected)
        for ends, values in expected.items():
            np.testing.assert_allclose(sorted(found[ends]), sorted(values), rtol=1e-11, err_msg=str(ends))


def test_every_process_of_the_present_page_has_the_name_mechanism_and_ends_of_the_code():
    values = find_model().parameters().values()
    on, inputs = dict.fromkeys(oracle_2.SWITCHES, 1.0), dict.fromkeys(oracle_2.INPUTS, 0.0)
    processes = oracle_2.processes(oracle_2.baseline(values, on), values, inputs, on)
    written = {(p.name, p.mechanism, p.reactant or "", p.product or "") for p in processes}
    assert set(default_model().module.PROCESSES.values()) == written
