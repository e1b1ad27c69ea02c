"""The numbers of the model: value, unit, bounds, source and grade of evidence of every primary parameter."""

from immunosim.parameters.loader import parse_parameters, read_set, sets_in
from immunosim.parameters.references import read_references
from immunosim.parameters.schema import EVIDENCE, Parameter, ParameterSet, Prior

__all__ = [
    "EVIDENCE",
    "Parameter",
    "ParameterSet",
    "Prior",
    "parse_parameters",
    "read_references",
    "read_set",
    "sets_in",
]
