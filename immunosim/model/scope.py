"""How far a model may be trusted: what it was fitted to, and what is known to be wrong or missing in it.

A record of literals, which travels in the tables of the kernels. This module knows no biology.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelScope:
    """What a report says of a model's limits; a field that is not given gives no caution.

    Attributes
    ----------
    months : int, optional
        After the first course, up to which it was fitted.
    courses : int, optional
        Of treatment that it was fitted to.
    ages : tuple of int, optional
        Youngest and oldest patients that it was fitted to, years.
    limitations : tuple of str
        What is known to be wrong or missing, a paragraph each.
    """

    months: int | None = None
    courses: int | None = None
    ages: tuple[int, int] | None = None
    limitations: tuple[str, ...] = ()
