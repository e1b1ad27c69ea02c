"""Whether an installation works: packages, machine, kernel cache, and a simulation with a known answer."""

from immunosim.diagnosis.examination import examine
from immunosim.diagnosis.records import Finding, Severity

__all__ = ["Finding", "Severity", "examine"]
