"""The qualification of an installation: every requirement checked on the user's machine, in a report to be filed."""

from immunosim.qualification.records import CheckOutcome, RequirementCheck, RequirementResult, Verdict
from immunosim.qualification.requirements import FAMILIES, all_checks
from immunosim.qualification.running import Qualification, qualify

__all__ = [
    "FAMILIES",
    "CheckOutcome",
    "Qualification",
    "RequirementCheck",
    "RequirementResult",
    "Verdict",
    "all_checks",
    "qualify",
]
