"""Coefficients of the methods to choose from, one a file; the tests check every order condition on them."""

from immunosim.numerics.tableaus.rodas5 import RODAS5
from immunosim.numerics.tableaus.rodas5p import RODAS5P
from immunosim.numerics.tableaus.rodas6p import RODAS6P
from immunosim.numerics.tableaus.tableau import Tableau

__all__ = ["METHODS", "RODAS5", "RODAS5P", "RODAS6P", "Tableau"]

METHODS = {tableau.name: tableau for tableau in (RODAS5P, RODAS5, RODAS6P)}
