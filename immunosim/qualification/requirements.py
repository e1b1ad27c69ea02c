"""The table of requirements: what must hold, how it is checked, what passes, and the function that looks.

Identifiers are stable: IQ the installation, OQ how it computes and keeps results, PQ how the model does on findings it
was not fitted to. docs/qualification.md lists the same with the tests of the repository.
"""

from __future__ import annotations

from functools import cache

from immunosim.diagnosis.reference import LIMIT as REFERENCE_LIMIT
from immunosim.diagnosis.self_test import LIMIT as SELF_TEST_LIMIT
from immunosim.errors import ImmunosimError
from immunosim.qualification import durability, numerics, shipped
from immunosim.qualification.holdouts import holdout_checks
from immunosim.qualification.installation import check_machine, check_software
from immunosim.qualification.records import CheckOutcome, RequirementCheck, Verdict

FAMILIES = {
    "IQ": "Installation: the right parts are there, unchanged",
    "OQ": "Operation: what is computed is right, what is kept is safe",
    "PQ": "Performance: published findings that were not used to choose parameters",
}
"""What the two letters of an identifier stand for."""

INSTALLATION = (
    RequirementCheck(
        "IQ-01",
        "Every required package is installed in a version that works",
        "Import each and read its version.",
        "none missing or broken",
        check_software,
    ),
    RequirementCheck(
        "IQ-02",
        "Parameters, scenarios, expected curves and other shipped data are unchanged",
        "Compare the SHA-256 of every data file with the manifest of the release.",
        "every file",
        shipped.check_data,
    ),
    RequirementCheck(
        "IQ-03",
        "The installed program files are those of the release",
        "Compare the SHA-256 of every program file with the record that the installer left.",
        "every file",
        shipped.check_programs,
    ),
    RequirementCheck(
        "IQ-04",
        "Machine, kernel cache and compiled core are sound",
        "Examine them as immunosim doctor does.",
        "no problem",
        check_machine,
    ),
)

OPERATION = (
    RequirementCheck(
        "OQ-01",
        "A person who is not treated stays in the untreated state",
        "Simulate ten years without treatment; evaluate the equations at the untreated state.",
        f"drift {numerics.DRIFT_LIMIT:.0e}, slope {numerics.TURNOVER_LIMIT:.0e} per day, relative",
        numerics.check_untreated,
    ),
    RequirementCheck(
        "OQ-02",
        "A problem with a known answer is solved",
        "Compare two drugs that leave by the exponential law with the law.",
        f"{SELF_TEST_LIMIT:.0e} of the dose",
        numerics.check_known_answer,
    ),
    RequirementCheck(
        "OQ-03",
        "Doses act as written: conformance set, single patients",
        "Simulate each regimen alone and compare every expected curve (algebra; independent solver on equations that "
        "were written by hand).",
        "1e-9 (algebra), 1e-8 (solver) of each curve's largest value",
        numerics.check_conformance,
    ),
    RequirementCheck(
        "OQ-04",
        "Doses act as written: conformance set, ensembles",
        "The same by the core that solves sweeps and ensembles.",
        "1e-9 (algebra), 1e-8 (solver) of each curve's largest value",
        numerics.check_conformance_in_ensembles,
    ),
    RequirementCheck(
        "OQ-05",
        "Simulations agree with an independent integrator",
        f"Solve {len(numerics.RESOLVED)} regimens again by SciPy's Radau at 1e-9 and compare all pools.",
        "1e-4 of the value and 1e-4 of the pool's largest",
        numerics.check_solver,
    ),
    RequirementCheck(
        "OQ-06",
        "What was given of each drug is eliminated or still there",
        "Integrate what leaves the pools of each drug over the same regimens.",
        "1e-6 of what was given",
        numerics.check_balances,
    ),
    RequirementCheck(
        "OQ-07",
        "Doses begin, end and jump where and by what was ordered; no pool is negative",
        "Compare segments and states with the orders over the same regimens.",
        "1e-9 day, 1e-9 of the amounts, 1e-9 of the pools",
        numerics.check_doses,
    ),
    RequirementCheck(
        "OQ-08",
        "This machine computes what others of its class have computed",
        "Solve a reference ensemble; compare its bits where the class is known, its values everywhere.",
        f"same SHA-256 in a known class; values within {REFERENCE_LIMIT:.0e}",
        numerics.check_reference,
    ),
    RequirementCheck(
        "OQ-09",
        "Results depend on neither order nor threads",
        "Solve the reference ensemble in reverse order on two threads.",
        "same bits",
        numerics.check_order_and_threads,
    ),
    RequirementCheck(
        "OQ-10",
        "A sweep that is killed loses no patient and changes no number",
        f"Kill a sweep of {durability.KILLED_PATIENTS:,} patients without notice and resume it, for each format.",
        "digest of the uninterrupted sweep",
        durability.check_kills,
    ),
    RequirementCheck(
        "OQ-11",
        "A damaged kernel cache never gives wrong numbers",
        f"Flip bits of, cut and empty files in a copy of the cache, {durability.CACHE_DAMAGES} times; run after each.",
        "right numbers, or a refusal in a sentence",
        durability.check_cache_damage,
    ),
    RequirementCheck(
        "OQ-12",
        "Damage to a stored result is noticed and mended",
        f"Flip bits of, cut and empty files of a finished sweep, {durability.STORE_DAMAGES} times; digest and resume.",
        "every damage noticed; digest of the sound sweep after resuming",
        durability.check_store_damage,
    ),
)


@cache
def all_checks() -> tuple[RequirementCheck, ...]:
    """Return every check, in the order in which they are made."""
    return (*INSTALLATION, *OPERATION, *_performance())


def _performance() -> tuple[RequirementCheck, ...]:
    try:
        return holdout_checks()
    except ImmunosimError as error:
        reason = str(error)
        failed = CheckOutcome("could not be checked", Verdict.FAILED, (reason,))
        return (
            RequirementCheck(
                "PQ-01", "Published findings are there to compare with", "Read them.", "", lambda tell: failed
            ),
        )
