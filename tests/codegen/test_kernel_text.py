"""The generated text: readable, free of symbolic algebra, the same every time, and telling what it was made from."""

import ast
import hashlib
import re

import pytest

from immunosim.codegen.emit import core_text, derivatives_text, gradients_text
from immunosim.models.alemtuzumab.network import MECHANISMS, build_network

KERNELS = {
    "kernels": {"close", "baseline", "rhs", "jacobian", "factorise", "solve", "rates", "readouts"},
    "derivatives": {"close_slopes", "baseline_slopes", "rhs_slopes", "readout_slopes"},
    "gradients": {"readout_state_slopes"},
}


@pytest.fixture(scope="module")
def texts(model):
    """The texts as they are kept, written by whatever process was first."""
    return {"kernels": model.module.text, "derivatives": model.derivatives.text, "gradients": model.gradients.text}


@pytest.fixture(scope="module")
def generated(parameters):
    """The texts generated here."""
    net = build_network(parameters.units())
    writers = {"kernels": core_text, "derivatives": derivatives_text, "gradients": gradients_text}
    return {name: write(net) for name, write in writers.items()}


def body_of(text, kernel):
    return text.split(f"\ndef {kernel}(")[1].split("\n\n\n")[0]


@pytest.mark.parametrize("name", KERNELS)
def test_the_text_is_the_same_in_every_process(texts, generated, name):
    """What is kept was written under another hash seed; a set in the emitter would reorder lines."""
    assert texts[name] == generated[name]


@pytest.mark.parametrize("name", KERNELS)
def test_the_text_defines_its_kernels_and_knows_no_symbolic_algebra(texts, name):
    defined = {node.name for node in ast.parse(texts[name]).body if isinstance(node, ast.FunctionDef)}
    assert defined == KERNELS[name]
    for word in ("sympy", "lambdify", "Piecewise"):
        assert word not in texts[name], word
    assert not any(isinstance(node, ast.Pow) for node in ast.walk(ast.parse(texts[name])))


@pytest.mark.parametrize(("name", "what"), [("kernels", "Kernels"), ("derivatives", "Parameter derivatives")])
def test_the_header_says_what_the_text_is_and_its_hash(texts, name, what):
    header, _, rest = texts[name].partition('."""\n')
    assert header.startswith(f'"""{what} ')
    assert "of the model 'alemtuzumab', generated: do not edit" in header
    assert header.endswith(hashlib.sha256(rest.encode()).hexdigest())


def test_every_process_is_one_named_line_of_the_right_hand_side(texts, model):
    lines = body_of(texts["kernels"], "rhs").splitlines()
    for name in model.processes:
        assert sum(line.startswith(f"    {name} = ") for line in lines) == 1, name


def test_names_of_the_model_never_end_in_an_underscore_and_arguments_always_do(texts, model):
    names = {*model.pools, *model.inputs, *model.parameters, *model.processes, *model.module.SIGNALS}
    assert not [name for name in names if name.endswith("_")]
    for text in texts.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                arguments = {argument.arg for argument in node.args.args} - {"shift"}
                assert all(argument.endswith("_") for argument in arguments)


def test_a_kernel_unpacks_only_what_it_reads(texts):
    for name in ("rhs", "jacobian", "rates", "readouts"):
        body = body_of(texts["kernels"], name)
        for symbol in re.findall(r"^    (\w+) = [ypu]_\[\d+\]", body, re.MULTILINE):
            assert len(re.findall(rf"\b{symbol}\b", body)) > 1, (name, symbol)


def test_the_module_describes_itself(model, parameters):
    module = model.module
    assert {name: label for name, (label, _) in module.MECHANISMS.items()} == {n: m[0] for n, m in MECHANISMS.items()}
    assert tuple(parameters) == module.PARAMETERS
    assert tuple(f"on_{name}" for name in MECHANISMS) == module.SWITCHES
    for label, unit, owner, scale in module.POOLS.values():
        assert label
        assert unit
        assert owner in MECHANISMS
        assert scale > 0
    for _, mechanism, reactant, product in module.PROCESSES.values():
        assert mechanism in MECHANISMS
        assert reactant in model.pools or product in model.pools
