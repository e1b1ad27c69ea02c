"""Modules import each other in one direction: the graph of all imports, also of those in functions, has no circle.

Imports for type checkers alone count: two modules that need each other's types are one module. An import in a function
counts as well, but for the doors below, which a user opens by a call and which point up on purpose.
"""

from tests.source_tree import circles, imports

DOORS = {
    # Trajectory.summary() and Trajectory.plot(): what a user asks of a result, where reports and figures are above it.
    ("immunosim.trajectory", "immunosim.report"),
    # A kernel module gets its machine code when a function of it is first called.
    ("immunosim.codegen.kernel_module", "immunosim.codegen.vector.core"),
    # A stored result is rebuilt by what made it: factors, or a population, which uses the blocks of sweeps.
    ("immunosim.sweeps.plan", "immunosim.cohorts.rows"),
    # predicted(): a result simulates its cohorts again.
    ("immunosim.calibration.result", "immunosim.calibration.predicting"),
    # to_dataframe() and summary() of these results: their tables and sentences are made by modules beside them.
    ("immunosim.attribution.effects", "immunosim.attribution.effect_tables"),
    ("immunosim.attribution.effects", "immunosim.attribution.wording"),
    ("immunosim.attribution.records", "immunosim.attribution.export"),
    ("immunosim.attribution.comparison", "immunosim.attribution.choice"),
    ("immunosim.attribution.comparison", "immunosim.attribution.comparison_tables"),
}
FRONT_DOOR = "immunosim"
"""Names what it opens for type checkers, and is imported by all for its version."""


def arrows():
    return {(one.importer, one.imported) for one in imports() if one.importer != FRONT_DOOR} - DOORS


def test_no_modules_import_each_other():
    assert circles(arrows()) == []


def test_doors_are_opened_by_calls_only():
    assert {(one.importer, one.imported) for one in imports() if one.is_lazy} >= DOORS
    assert not {(one.importer, one.imported) for one in imports() if not one.is_lazy} & DOORS


def test_a_circle_is_found():
    assert circles({("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")}) == [["b", "c"]]
    assert circles({("a", "b"), ("b", "c"), ("a", "c")}) == []
