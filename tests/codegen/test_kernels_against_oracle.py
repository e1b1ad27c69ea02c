"""Generated kernels against the equations of docs/equations.md written by hand (tests/oracle.py), at random."""

from collections import defaultdict

import numpy as np
import oracle
import pytest

N_DRAWS = 200
RTOL = 1e-12  # some thousand roundings, relative to the largest flow through each pool


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

    def __init__(self, model, draw):
        self.model, self.draw, self.on = model, draw, switches(model, draw.off)
        self.state = by_name(model.pools, draw.state)
        self.values = {name: np.float64(value) for name, value in draw.values.items()}
        self.inputs = by_name(model.inputs, draw.inputs)

    def of(self, function):
        with np.errstate(all="ignore"):
            return function(self.state, self.values, self.inputs, self.on)

    def wrong_pools(self):
        expected, flow = self.of(oracle.right_hand_side), defaultdict(float)
        for process in self.of(oracle.processes):
            for pool in (process.reactant, process.product):
                if pool is not None:
                    flow[pool] = max(flow[pool], abs(process.rate))
        found = by_name(self.model.pools, evaluated(self.model.module.rhs, len(self.model.pools), self.draw))
        return {p: found[p] - expected[p] for p in found if not abs(found[p] - expected[p]) <= RTOL * flow[p]}


def test_kernels_and_oracle_have_the_same_vocabulary(model, defaults):
    assert set(model.pools) == set(oracle.OWNER)
    assert {name: owner for name, (_, _, owner, _) in model.module.POOLS.items()} == oracle.OWNER
    assert set(model.inputs) == set(oracle.INPUTS)
    assert set(model.mechanisms) == set(oracle.SWITCHES)
    assert set(model.module.PARAMETERS) == set(defaults)


def test_the_right_hand_side_is_the_one_written_by_hand(model, drawn):
    found = {seed: Comparison(model, drawn(seed)).wrong_pools() for seed in range(N_DRAWS)}
    assert {seed: pools for seed, pools in found.items() if pools} == {}


@pytest.mark.parametrize("mechanism", oracle.SWITCHES)
def test_the_right_hand_side_is_the_one_written_by_hand_with_a_mechanism_off(model, drawn, mechanism):
    assert Comparison(model, drawn(1000, off=[mechanism])).wrong_pools() == {}
    assert Comparison(model, drawn(1001, off=[m for m in oracle.SWITCHES if m != mechanism])).wrong_pools() == {}


def test_the_random_draws_reach_every_switch_and_empty_every_pool(model, drawn):
    draws = [drawn(seed) for seed in range(N_DRAWS)]
    assert {mechanism for draw in draws for mechanism in draw.off} == set(model.mechanisms)
    assert (np.array([draw.state for draw in draws]) == 0.0).any(axis=0).all()


def test_the_untreated_state_is_the_one_written_by_hand(model, drawn):
    for seed in range(N_DRAWS):
        draw = drawn(seed)
        expected = oracle.baseline(draw.values, switches(model, draw.off))
        found = by_name(model.pools, model.baseline(draw.vector))
        assert found == pytest.approx({pool: expected[pool] for pool in found}, rel=RTOL, abs=0.0), seed


def test_every_constant_of_the_page_has_its_value(model, drawn):
    for seed in range(N_DRAWS):
        draw = drawn(seed)
        expected = oracle.constants(draw.values, switches(model, draw.off))
        expected.pop("transitional_b_count_0")  # the model writes this product where it needs it
        found = {name: draw.vector[model.position[name]] for name in expected}
        # Differences of rates (death, seeding) lose the digits of their terms, which are of order one or less.
        assert found == pytest.approx(expected, rel=RTOL, abs=1e-15), seed


def test_readouts_are_those_written_by_hand(model, drawn):
    for seed in range(N_DRAWS):
        draw = drawn(seed)
        expected = Comparison(model, draw).of(oracle.readouts) | {"other_lymphocytes": None}
        found = by_name(model.readouts, evaluated(model.module.readouts, len(model.readouts), draw))
        assert set(found) == set(expected)
        assert found.pop("other_lymphocytes") == draw.state[model.pools.index("other_blood")]
        expected = {name: expected[name] for name in found}
        # Scores and switched hazards are differences of numbers of order one hundred at most.
        assert found == pytest.approx(expected, rel=RTOL, abs=1e-12, nan_ok=True), seed


def test_the_rates_of_processes_are_those_written_by_hand(model, drawn):
    """Processes are matched by mechanism and ends; those that share these, by size, since their labels differ."""
    for seed in range(20):
        draw = drawn(seed)
        expected, found = defaultdict(list), defaultdict(list)
        for process in Comparison(model, draw).of(oracle.processes):
            expected[process.mechanism, process.reactant or "", process.product or ""].append(process.rate)
        rates = evaluated(model.module.rates, len(model.processes), draw)
        for (_, mechanism, reactant, product), rate in zip(model.module.PROCESSES.values(), rates, strict=True):
            found[mechanism, reactant, product].append(rate)
        assert set(found) == set(expected)
        for ends, values in expected.items():
            np.testing.assert_allclose(sorted(found[ends]), sorted(values), rtol=1e-11, err_msg=str(ends))
