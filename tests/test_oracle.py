"""Both oracles checked against themselves: steady state, switches, conservation, positivity and complex steps.

Nothing here touches generated code; the only thing read from the package are default parameter sets, as plain TOML.
"""

import numpy as np
import pytest
from oracle_cases import ROUNDING, VERSIONS, switched_off, turnover

SWITCHED = [(name, mechanism) for name, version in VERSIONS.items() for mechanism in version.oracle.SWITCHES]
EPSILON = np.finfo(float).eps  # per day


@pytest.fixture(params=VERSIONS)
def version(request):
    return VERSIONS[request.param]


@pytest.fixture
def oracle(version):
    return version.oracle


@pytest.fixture(params=["default", "diseased"])
def patient(request, version):
    return version.defaults() if request.param == "default" else version.diseased()


@pytest.fixture
def diseased(version):
    return version.diseased()


def drifting(version, values, off):
    """Pools that move untreated, by more than rounding of what enters and leaves them."""
    oracle, on = version.oracle, switched_off(version.oracle, *off)
    state, inputs = oracle.baseline(values, on), version.untreated()
    change, scale = oracle.right_hand_side(state, values, inputs, on), turnover(oracle, state, values, inputs, on)
    # A full pool is exact to its rounding, which is all that moves melanocytes.
    allowed = {pool: ROUNDING * scale[pool] + EPSILON * value for pool, value in state.items()}
    return {pool: rate for pool, rate in change.items() if abs(rate) > allowed[pool]}


def test_no_pool_is_missing_and_no_two_processes_share_a_name(version, oracle, diseased):
    on = switched_off(oracle)
    names = [p.name for p in oracle.processes(oracle.baseline(diseased, on), diseased, version.untreated(), on)]
    assert len(oracle.OWNER) == version.pools
    assert len(set(names)) == len(names)


def test_the_untreated_state_is_steady_with_everything_on_and_with_everything_off(version, oracle, patient):
    assert drifting(version, patient, ()) == {}
    assert drifting(version, patient, oracle.SWITCHES) == {}


@pytest.mark.parametrize(("name", "mechanism"), SWITCHED)
def test_the_untreated_state_is_steady_with_a_mechanism_off_and_with_all_others_off(name, mechanism):
    version = VERSIONS[name]
    others = [other for other in version.oracle.SWITCHES if other != mechanism]
    for values in (version.defaults(), version.diseased()):
        assert drifting(version, values, (mechanism,)) == {}
        assert drifting(version, values, others) == {}


def test_the_untreated_state_depends_on_no_switch_but_those_of_pools_that_stand_empty_when_off(
    version, oracle, diseased
):
    reference = oracle.baseline(diseased, switched_off(oracle))
    moving = {m for m in oracle.SWITCHES if oracle.baseline(diseased, switched_off(oracle, m)) != reference}
    assert moving == version.shifting


@pytest.mark.parametrize(("name", "mechanism"), [(n, m) for n, m in SWITCHED if m in VERSIONS[n].oracle.MECHANISMS])
def test_a_mechanism_that_is_off_runs_no_process_and_freezes_its_pools(name, mechanism):
    version, oracle = VERSIONS[name], VERSIONS[name].oracle
    values, inputs, on = version.diseased(), version.inputs(), switched_off(oracle, mechanism)
    state = version.perturbed(values, seed=1)
    change, owned = oracle.right_hand_side(state, values, inputs, on), oracle.POOLS.get(mechanism, ())
    rates = [process.rate for process in oracle.processes(state, values, inputs, on) if process.mechanism == mechanism]
    assert not np.any(rates)
    assert [change[pool] for pool in owned] == [0.0] * len(owned)


def test_every_process_runs_when_everything_is_on(version, oracle, diseased):
    state, on = version.perturbed(diseased, seed=2), switched_off(oracle)
    state |= {f"{organ}_antibody": 0.8 for organ in oracle.ORGANS}  # above the titre of disease
    idle = [p.name for p in oracle.processes(state, diseased, version.inputs(), on) if p.rate == 0]
    assert tuple(idle) == version.idle


@pytest.mark.parametrize("seed", range(3))
def test_follicles_are_conserved(version, oracle, diseased, seed):
    state, on, inputs = version.perturbed(diseased, seed), switched_off(oracle), version.untreated()
    change, scale = oracle.right_hand_side(state, diseased, inputs, on), turnover(oracle, state, diseased, inputs, on)
    assert abs(sum(change[pool] for pool in version.follicles)) <= ROUNDING * sum(
        scale[pool] for pool in version.follicles
    )


def test_untreated_follicles_add_up_to_one(version, oracle, diseased):
    state = oracle.baseline(diseased, switched_off(oracle))
    assert sum(state[pool] for pool in version.follicles) == pytest.approx(1.0, rel=ROUNDING)


@pytest.mark.parametrize("seed", range(3))
def test_an_empty_pool_does_not_fall(version, oracle, diseased, seed):
    full = version.perturbed(diseased, seed)
    for pool in full:
        change = oracle.right_hand_side(full | {pool: 0.0}, diseased, version.inputs(), switched_off(oracle))
        assert change[pool] >= 0, pool


@pytest.mark.parametrize("seed", range(2))
def test_a_complex_step_gives_the_derivative(version, oracle, diseased, seed):
    state, step, on, inputs = version.perturbed(diseased, seed), 1e-6, switched_off(oracle), version.inputs()
    direction = {pool: value * np.cos(i) for i, (pool, value) in enumerate(state.items())}
    moved = {h: {k: v + h * direction[k] for k, v in state.items()} for h in (step, -step, 1e-30j)}
    change = {h: oracle.right_hand_side(moved[h], diseased, inputs, on) for h in moved}
    scale = turnover(oracle, state, diseased, inputs, on)
    for pool in state:
        slope = (change[step][pool] - change[-step][pool]) / (2 * step)
        # Central difference: truncation and rounding are both near 1e-10 of the turnover at this step.
        assert change[1e-30j][pool].imag / 1e-30 == pytest.approx(slope, abs=1e-8 * scale[pool])
