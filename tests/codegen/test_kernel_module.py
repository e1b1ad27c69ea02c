"""A text of kernels says what it holds, and runs as Python; the equations of a small network are those that run."""

import ast
import hashlib
import json

import pytest
import sympy as sp

from immunosim.codegen.equations import describe
from immunosim.codegen.kernel_module import KernelModule, as_tuples, tables_of
from immunosim.codegen.latex import latex_description, latex_document, symbols_of
from immunosim.codegen.metadata import metadata_of
from immunosim.model.network import Network
from immunosim.models import find_model

TEXT = '''"""A text."""

NAMES = ["a", "b"]
ROWS, COLUMNS = [0, 1], [1, 0]
TABLE = {"a": ("label", ["x", "y"])}
FIRST = SECOND = 3


def double(y_, out_):
    out_[0] = 2.0*y_[0]


def half(y_, out_):
    out_[0] = y_[0]/2.0
'''


@pytest.fixture
def module() -> KernelModule:
    return KernelModule(TEXT)


def test_every_assignment_is_a_table_with_tuples_for_lists(module: KernelModule) -> None:
    assert module.tables == {
        "NAMES": ("a", "b"),
        "ROWS": (0, 1),
        "COLUMNS": (1, 0),
        "TABLE": {"a": ("label", ("x", "y"))},
        "FIRST": 3,
        "SECOND": 3,
    }
    assert module.COLUMNS == (1, 0)


def test_tables_that_went_through_json_are_the_same(module: KernelModule) -> None:
    assert as_tuples(json.loads(json.dumps(module.tables))) == module.tables


def test_tables_that_are_given_are_used_without_reading_the_text() -> None:
    assert KernelModule("this is (not Python", {"N": 1}).N == 1


def test_a_text_that_computes_its_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="malformed"):
        tables_of(ast.parse("N = open('/etc/passwd').read()"))


def test_the_functions_of_the_text_run_as_python(module: KernelModule) -> None:
    out = [0.0]
    module.python["double"]([1.5], out)
    assert out == [3.0]
    assert list(module.functions) == list(module.python) == ["double", "half"]


def test_what_the_text_does_not_hold_is_an_attribute_error(module: KernelModule) -> None:
    with pytest.raises(AttributeError):
        _ = module._private
    assert not hasattr(module, "__deepcopy__")


def test_a_text_is_known_by_its_bytes(module: KernelModule) -> None:
    assert module.digest == hashlib.sha256(TEXT.encode()).hexdigest()
    assert KernelModule(TEXT + " ").digest != module.digest


# --- a small network -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small() -> Network:
    package = find_model("teaching")
    return package.declare(package.parameters().units())


def test_the_tables_of_a_network_are_literals_in_the_order_of_declaration(small: Network) -> None:
    tables = tables_of(ast.parse(metadata_of(small)))
    assert list(tables["POOLS"]) == list(small.pools)
    assert list(tables["PROCESSES"]) == list(small.processes)
    assert tables["PARAMETERS"] == tuple(small.parameter_units)
    assert tables["MODEL"] == "teaching"
    assert tables["INPUTS"]["antibody_infusion"][1] == "mg/day"
    for name, (_, mechanism, reactant, product) in tables["PROCESSES"].items():
        assert mechanism in tables["MECHANISMS"], name
        assert {reactant, product} - {""} <= set(tables["POOLS"]), name


def test_the_change_of_a_pool_is_what_enters_less_what_leaves(small: Network) -> None:
    described = describe(small)
    for pool in described.pools:
        gains = {item.name for item in described.processes if item.product == pool.name}
        losses = {item.name for item in described.processes if item.reactant == pool.name}
        change = sp.sympify(pool.formula)
        assert {str(name) for name in change.free_symbols} == gains | losses
        for name in gains | losses:
            assert change.coeff(sp.Symbol(name)) == (name in gains) - (name in losses)


def test_the_unit_of_a_rate_is_that_of_its_pool_per_day(small: Network) -> None:
    units = {item.name: item.unit for item in describe(small).processes}
    assert units["lysis_of_t_cells"] == "cells/uL/day"
    assert units["infusion_of_the_antibody"] == "mg/day"
    assert units["production_of_the_cytokine"] == "1/day"


def test_influences_go_through_signals(small: Network) -> None:
    influences = {item.name: set(item.influences) for item in describe(small).processes}
    assert influences["lysis_of_t_cells"] == {"antibody", "t_cells_blood"}
    assert influences["egress_of_t_cells"] == {"steroid", "t_cells_tissue"}
    assert influences["arrival_of_thymocytes"] == set()


def test_every_symbol_of_the_latex_is_declared_once(small: Network) -> None:
    symbols = symbols_of(small, find_model("teaching").parameters())
    described = latex_description(small, find_model("teaching").parameters())
    named = [*described.pools, *described.signals, *described.processes, *described.constants]
    assert {item.name for item in named} <= set(symbols)
    rates = [symbols[name] for name in small.processes]
    assert rates == [f"R_{{{number}}}" for number in range(1, len(rates) + 1)]


def test_the_document_closes_what_it_opens(small: Network) -> None:
    text = latex_document(small, find_model("teaching").parameters())
    assert text.count(r"\begin{longtable}") == text.count(r"\end{longtable}") > 3
    assert text.count(r"\begin{document}") == text.count(r"\end{document}") == 1
    assert text.count("{") == text.count("}")
    for mechanism in small.mechanisms.values():
        assert mechanism.off_means.split(";")[0] in text


def test_words_of_labels_are_no_commands_of_latex() -> None:
    net = Network("small", {"rate": "1/day"})
    net.declare_mechanism("one", r"50 % of {cells} & \dots ~ ^", "nothing # moves")
    with net.mechanism("one"):
        pool = net.add_pool("cells", "cells_of $5", "1", 1.0, scale=1.0, owner="one")
        net.loss("death of cells", pool, net["rate"] * pool)
    parameters = find_model("teaching").parameters()
    title = latex_document(net, parameters, "one").split(r"\subsection*{", 1)[1].splitlines()[0]
    for raw, escaped in (("%", r"\%"), ("{cells}", r"\{cells\}"), ("&", r"\&"), ("~", r"\textasciitilde{}")):
        assert escaped in title, raw
    assert r"\textbackslash{}dots" in title
    assert r"\textasciicircum{}" in title
