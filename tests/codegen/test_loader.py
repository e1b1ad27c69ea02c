"""The door to the kernels: vectors by name, and what cannot be a patient refused before a number is produced."""

import numpy as np
import pytest

from immunosim.errors import ParameterError


def test_primary_values_switches_and_constants_have_their_place(model, defaults):
    vector = model.close(defaults, off=("relapse",))
    assert {name: vector[model.position[name]] for name in defaults} == defaults
    assert vector[model.position["on_relapse"]] == 0.0
    assert vector[model.position["on_depletion"]] == 1.0
    assert vector[model.position["years_older"]] == 0.0


def test_names_are_unique_within_each_vector(model):
    for names in (model.pools, model.inputs, model.readouts, model.processes, model.mechanisms, model.parameters):
        assert len(set(names)) == len(names) > 0


def test_closing_does_not_change_the_values_it_was_given(model, defaults):
    before = dict(defaults)
    model.close(defaults)
    assert defaults == before


@pytest.mark.parametrize(("name", "value"), [("days_per_year", np.nan), ("untreated_relapse_rate", np.inf)])
def test_a_value_that_is_not_finite_is_refused_by_name(model, defaults, name, value):
    with np.errstate(all="ignore"), pytest.raises(ParameterError, match="finite") as caught:
        model.close(defaults | {name: value})
    assert name in caught.value.key


def test_a_product_of_parameters_that_overflows_is_refused(model, defaults):
    # Each of the two is finite; the rate that they make together in a kernel is not.
    with np.errstate(all="ignore"), pytest.raises(ParameterError, match="finite number") as caught:
        model.close(defaults | {"depletion_efficiency": 1e200, "blood_lysis_rate": 1e200})
    assert "product or quotient" in caught.value.key


def test_an_inadmissible_constant_is_refused_with_its_value_and_a_cure(model, defaults):
    with pytest.raises(ParameterError, match=r"as -0\.00\d+, but must be at least 0") as caught:
        model.close(defaults | {"naive_cd4_activation_rate": 0.01})
    assert "naive_cd4_death_rate" in caught.value.key
    assert "activation rate" in caught.value.cure


def test_readouts_and_rates_take_states_of_any_memory_order(model, defaults):
    vector = model.close(defaults)
    states = np.asfortranarray(np.tile(model.baseline(vector), (3, 1)))
    inputs = np.asfortranarray(np.zeros((3, len(model.inputs))))
    counts = model.readouts_at(states, vector, inputs)
    assert counts.shape == (3, len(model.readouts))
    np.testing.assert_array_equal(counts[0], counts[2])
    assert model.rates_at(states, vector, inputs).shape == (3, len(model.processes))


def test_the_kernels_fit_the_integrator(model):
    kernels = model.kernels
    assert kernels.n_pools == len(model.pools) == 70
    assert kernels.n_jacobian == len(model.module.JACOBIAN_ROWS) == len(model.module.JACOBIAN_COLUMNS)
    assert kernels.n_lu > kernels.n_jacobian
