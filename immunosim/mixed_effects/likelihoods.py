"""What a population fit asks of a model of patients: log likelihoods at rows, with gradient and information at one.

Closed-form models answer these questions in the tests; ``of_subjects`` answers them by the integrator.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from immunosim.codegen.loader import Array


class PatientRows(Protocol):
    """Predictions of one patient at rows, kept so that what all patients share can move without a new simulation."""

    def log_likelihoods(self, shared: Array) -> Array:
        """Return the log likelihood of each row, shape (n_rows,); -inf where it failed or is impossible.

        Parameters
        ----------
        shared : ndarray, shape (n_shared,)
            On its scales.
        """

    @property
    def n_failed(self) -> int:
        """Number of rows that could not be simulated."""

    @property
    def n_rows(self) -> int:
        """Number of rows."""

    def some(self, places: Array) -> PatientRows:
        """Return some of the rows, by index in rising order."""


class PatientModel(Protocol):
    """The likelihoods of all patients.

    Attributes
    ----------
    names : sequence of str
        Of the patients.
    n_own : int
        Unknowns of a patient: the random effects first, then nuisance parameters under their priors, then what is
        added to the effects with occasions in each course.
    nuisance : ndarray, shape (n_nuisance, 2)
        Mean and standard deviation of the nuisance parameters on their scales.
    n_occasions : int
        Courses of the patient with most of them; 0 without variability between courses.
    n_values : sequence of int
        Number of measured values of each patient.
    """

    @property
    def names(self) -> Sequence[str]:
        """Names of the patients."""

    @property
    def n_own(self) -> int:
        """Number of unknowns of a patient."""

    @property
    def nuisance(self) -> Array:
        """Means and standard deviations of the nuisance parameters."""

    @property
    def n_occasions(self) -> int:
        """Number of courses."""

    @property
    def n_values(self) -> Sequence[int]:
        """Number of values of each patient."""

    def differentiate(self, phi: Array, shared: Array, chosen: Sequence[int]) -> tuple[Array, Array, Array]:
        """Return log likelihood, gradient and expected information of chosen patients, each at one point.

        Parameters
        ----------
        phi : ndarray, shape (n_chosen, n_own)
        shared : ndarray, shape (n_shared,)
        chosen : sequence of int

        Returns
        -------
        value : ndarray, shape (n_chosen,)
            -inf where the patient cannot be simulated.
        gradient : ndarray, shape (n_chosen, n_own + n_shared)
        information : ndarray, shape (n_chosen, n_own + n_shared, n_own + n_shared)
        """

    def rows(self, phi: Sequence[Array], shared: Array, chosen: Sequence[int]) -> list[PatientRows]:
        """Return the predictions of chosen patients at rows of their own, each of shape (n_rows, n_own)."""
