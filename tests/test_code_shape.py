"""The package stays readable: short functions and files, few arguments, one meaning for a name, all documented."""

import ast
import statistics
from collections import Counter

import pytest

from tests.source_tree import definitions, paths

MOST_LINES, MOST_LINES_COMPILED = 60, 90
"""Of a function without its docstring; of the loops that numba compiles, where a call is not free."""

MOST_FILE = 400

MOST_ARGUMENTS = 12

FUNCTIONS = [one for one in definitions() if isinstance(one.node, ast.FunctionDef)]


def n_arguments(function):
    given = function.node.args
    return len([*given.posonlyargs, *given.args, *given.kwonlyargs])


def test_functions_are_short():
    assert statistics.median(one.n_lines for one in FUNCTIONS) <= 10
    most = {one.where: MOST_LINES_COMPILED if ".numerics." in one.module else MOST_LINES for one in FUNCTIONS}
    assert {one.where: one.n_lines for one in FUNCTIONS if one.n_lines > most[one.where]} == {}


def test_files_are_short():
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in paths().items()}
    assert {name: n for name, n in lengths.items() if n > MOST_FILE} == {}


def test_no_function_takes_many_arguments():
    assert {one.where for one in FUNCTIONS if n_arguments(one) > MOST_ARGUMENTS} == set()


def test_a_class_name_means_one_thing():
    counts = Counter(one.node.name for one in definitions() if isinstance(one.node, ast.ClassDef))
    assert [name for name, n in counts.items() if n > 1] == []


def test_everything_public_is_documented():
    assert [one.where for one in definitions() if one.is_public and not ast.get_docstring(one.node)] == []


def test_every_public_function_says_what_it_returns():
    assert [one.where for one in FUNCTIONS if one.is_public and one.node.returns is None] == []


@pytest.mark.parametrize("name", ["immunosim", "immunosim.fitting", "immunosim.cli.main"])
def test_the_modules_are_found(name):
    assert name in paths()
