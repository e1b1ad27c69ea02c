"""No file above the models names their drugs, read-outs, pools, subsets or organs, which the models declare."""

import ast
import re
from pathlib import Path

import pytest

from immunosim.models import drugs_of
from immunosim.models.alemtuzumab.mechanisms.humoral_autoimmunity import ORGANS
from immunosim.models.alemtuzumab.mechanisms.lymphocytes import SUBSETS
from immunosim.models.alemtuzumab.network import build_network
from immunosim.parameters import ParameterSet

PACKAGE = Path(__file__).parents[2] / "immunosim"
MOST_ALLOWED = 10

ALLOWED = {
    "diagnosis/reference.py": "the regimen of an ensemble whose bits are compared",
    "diagnosis/self_test.py": "checks this model's own doses and counts",
    "ensembles/endpoints.py": "a message that shows a read-out per year",
    "qualification/durability.py": "an endpoint of a test sweep",
    "qualification/holdouts.py": "published findings about this model",
    "report/page/parameters.py": "a group of parameters",
}
"""Files that still name some, and why; decision 0017 says the same."""

SHOWN = {"cd4", "lymphocytes"}
"""Read-outs with which help and messages show how a key or an endpoint is written, in texts of more than their name."""

DATA = ("*.toml", "*.json", "*.html", "*.css", "*.js", "*.svg")
WHOLE_SCENARIOS = ("conformance/cases/", "qualification/holdouts.json", "teach/lessons/", "teach/templates/")
"""Data that are scenarios of this model, published findings about it, or lessons on it."""

GENERATED = "codegen/shipped/"
"""Kernels that building a wheel writes into the tree, of whichever model: no text that anyone wrote."""


@pytest.fixture(scope="module")
def drugs() -> set[str]:
    return {drug.name for drug in drugs_of()}


@pytest.fixture(scope="module")
def names(parameters: ParameterSet, drugs: set[str]) -> set[str]:
    """Return the names of drugs, read-outs, pools, subsets and organs of the model."""
    net = build_network(parameters.units())
    subsets = {subset.name for subset in SUBSETS} - {"other"}
    return {*net.readouts, *net.pools, *subsets, *ORGANS, *drugs}


def words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z][A-Za-z0-9_]*", text))


def texts(tree: ast.AST) -> set[str]:
    """Return the literal texts of a file, docstrings aside."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    literals = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose)
    return {node.value for node in literals if isinstance(node.value, str)}


def identifiers(tree: ast.AST) -> set[str]:
    """Return the names of variables, attributes, arguments, keywords, functions and classes, in small letters."""
    found = (
        getattr(node, field, None)
        for node in ast.walk(tree)
        for field in ("id", "attr", "arg", "name")
        if not isinstance(node, ast.alias)
    )
    return {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower() for name in found if isinstance(name, str)}


def held(source: str, names: set[str], drugs: set[str]) -> set[str]:
    """Return the names that a file of code holds."""
    tree = ast.parse(source)
    literals, called = texts(tree), identifiers(tree)
    of_drugs = {drug for drug in drugs for identifier in called if drug in identifier}
    return (literals | called | set().union(*map(words, literals)) - SHOWN) & names | of_drugs


def test_only_the_allowed_files_above_the_models_name_what_is_theirs(names: set[str], drugs: set[str]) -> None:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        those = set() if place.startswith("models/") else held(path.read_text(encoding="utf-8"), names, drugs)
        if those:
            found[place] = those
    added = {place: sorted(those) for place, those in found.items() if place not in ALLOWED}
    assert not added, "declare it in the model (ReadoutInfo, Drug, UntreatedCount, ...) and read it from there"
    assert set(ALLOWED) <= set(found), "a file that no longer names any leaves the list, which can only shrink"
    assert len(ALLOWED) <= MOST_ALLOWED


def test_no_data_of_the_package_but_whole_scenarios_name_what_is_theirs(names: set[str]) -> None:
    paths = (path for kind in DATA for path in PACKAGE.rglob(kind) if "node_modules" not in path.parts)
    places = {path.relative_to(PACKAGE).as_posix(): path for path in paths}
    found = {
        place: sorted(words(path.read_text(encoding="utf-8")) & (names - SHOWN))
        for place, path in places.items()
        if not place.startswith(("models/", GENERATED, *WHOLE_SCENARIOS))
    }
    assert {place: those for place, those in found.items() if those} == {}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('x = "naive_cd4"', {"naive_cd4"}),
        ('x = f"of {y} thyroid"', {"thyroid"}),
        ("scenario.prednisolone", {"prednisolone"}),
        ("class MethylprednisoloneTable: ...", {"methylprednisolone", "prednisolone"}),
        ("def f(triamcinolone_start): ...", {"triamcinolone"}),
        ('x = "nadir of cd4"', set()),
        ('x = "cd4"', {"cd4"}),
        ('def f():\n    """Say thyroid."""', set()),
    ],
)
def test_a_name_is_found_in_texts_and_identifiers(
    source: str, expected: set[str], names: set[str], drugs: set[str]
) -> None:
    assert held(source, names, drugs) == expected
