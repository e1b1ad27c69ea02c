"""The package stays readable: short functions and files, few arguments, one meaning for a name, all documented."""

import ast
import re
import statistics
from collections import Counter, defaultdict

import pytest

from tests.source_tree import definitions, modules, paths

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


def is_overload(node):
    return any(isinstance(mark, ast.Name) and mark.id == "overload" for mark in node.decorator_list)


def test_everything_public_is_documented():
    undocumented = [one for one in definitions() if one.is_public and not ast.get_docstring(one.node)]
    assert [one.where for one in undocumented if not is_overload(one.node)] == []


def test_every_public_function_says_what_it_returns():
    assert [one.where for one in FUNCTIONS if one.is_public and one.node.returns is None] == []


@pytest.mark.parametrize("name", ["immunosim", "immunosim.fitting", "immunosim.cli.main"])
def test_the_modules_are_found(name):
    assert name in paths()


VAGUE = {"found", "own", "one", "place"}
"""Names of variables that say nothing of what they hold."""

NOT_YET_CLEAN = {"cli", "diagnosis", "door", "numerics", "qualification"}
"""Packages that still have variables of these names."""

EXCEPTIONS = {"immunosim.observations.laboratory", *(name for name in paths() if ".codegen.vector" in name)}
"""Modules of clean packages that still have them."""


def bound_names(tree):
    arguments = (node.arg for node in ast.walk(tree) if isinstance(node, ast.arg))
    stored = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return {*arguments, *stored}


def test_variables_are_called_by_what_they_hold():
    vague = {name for name, tree in modules().items() if VAGUE & bound_names(tree)}
    assert {name for name in vague - EXCEPTIONS if name.split(".")[1] not in NOT_YET_CLEAN} == set()


def test_no_exception_for_vague_names_is_left_over():
    vague = {name.split(".")[1] for name, tree in modules().items() if VAGUE & bound_names(tree)}
    assert NOT_YET_CLEAN - vague == set()


ALIASES_WITH_TWO_MEANINGS = {
    # Types of options of the command line, or of records of a scenario, that are called like another type.
    *("At", "Cells", "Confidence", "Count", "Course", "Design", "Draw", "Draws", "Force", "Functions"),
    *("Kind", "Level", "Limits", "Method", "Number", "Out", "Parameter", "Patient", "Readout", "Readouts", "Resume"),
    *("Rows", "Seed", "Summary", "Time", "TimeUnit", "Together", "Varied", "Vary"),
}
"""Names that still mean two things; a list that can only shrink."""


def meanings():
    """Return by name what the modules call a type: a class, or the right-hand side of an alias."""
    found = defaultdict(set)
    for module, tree in modules().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name].add(f"class of {module}")
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if re.fullmatch(r"[A-Z][a-z]\w*", name):
                    found[name].add(re.sub(r"\bnpt\.|\bnp\.", "", ast.unparse(node.value)))
    return found


def test_a_type_alias_means_one_thing():
    ambiguous = {name for name, values in meanings().items() if len(values) > 1}
    assert ambiguous - ALIASES_WITH_TWO_MEANINGS == set()
