"""The numbers of the model: value, unit, bounds, source and grade of evidence of every primary parameter."""

from immunosim.parameters.loader import available_sets, load_parameters, parse_parameters
from immunosim.parameters.references import load_references
from immunosim.parameters.schema import EVIDENCE, Parameter, ParameterSet, Prior

__all__ = [
    "EVIDENCE",
    "Parameter",
    "ParameterSet",
    "Prior",
    "available_sets",
    "load_parameters",
    "load_references",
    "parse_parameters",
]
