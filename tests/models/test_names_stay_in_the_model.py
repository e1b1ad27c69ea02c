"""No file above the models names their read-outs, pools, cell subsets or organs: what they need, the model declares."""

import ast
from pathlib import Path

import pytest

from immunosim.models.alemtuzumab.mechanisms.humoral_autoimmunity import ORGANS
from immunosim.models.alemtuzumab.mechanisms.lymphocytes import SUBSETS
from immunosim.models.alemtuzumab.network import build_network
from immunosim.parameters import ParameterSet

PACKAGE = Path(__file__).parents[2] / "immunosim"

DRUGS = {"methylprednisolone", "prednisolone"}
"""Pools that bear the name of a drug, with which scenarios and doses deal."""

ALLOWED = {
    "diagnosis/self_test.py": "checks this model's own doses and counts",
    "patient_parameters.py": "untreated counts that a scenario may give",
    "qualification/durability.py": "an endpoint of a test sweep",
    "qualification/holdouts.py": "published findings about this model",
    "report/page/parameters.py": "a group of parameters",
    "scenario/plausible.py": "untreated counts that a scenario may give",
}
"""Files that still name some, and why."""


@pytest.fixture(scope="module")
def names(parameters: ParameterSet) -> set[str]:
    """Return the names of read-outs, pools, subsets and organs of the model."""
    net = build_network(parameters.units())
    subsets = {subset.name for subset in SUBSETS} - {"other"}
    return {*net.readouts, *net.pools, *subsets, *ORGANS} - DRUGS


def literals(path: Path) -> set[str]:
    """Return the texts that a file holds as literals, docstrings aside since these are longer than a name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_only_the_allowed_files_above_the_models_hold_names_of_their_readouts_and_pools(names: set[str]) -> None:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        held = literals(path) & names
        if held and not place.startswith("models/"):
            found[place] = held
    added = {place: sorted(held) for place, held in found.items() if place not in ALLOWED}
    assert not added, "declare it in the model (ReadoutInfo, DisplayGroup, DefaultQuestions) and read it from there"
    assert set(ALLOWED) <= set(found), "a file that no longer names any leaves the list, which can only shrink"
