"""How patients of a model's population differ, for a band of virtual patients on a page."""

from __future__ import annotations

import tomllib
from typing import Any

from immunosim.model.package import ModelPackage

POPULATION = "trials"
"""The population whose traits a page draws."""


def population_tables(package: ModelPackage) -> dict[str, Any] | None:
    """Return the traits of the population of the trials; None where a model has none.

    A trait multiplies parameters by one log-normal factor. Correlations, covariates, mixtures and strata of the
    population are left out: a page shows how far apart patients are, and says that this is what it shows.
    """
    path = package.files("populations").get(POPULATION)
    if path is None:
        return None
    traits = tomllib.loads(path.read_text()).get("trait", [])
    return {
        "name": POPULATION,
        "traits": [
            {"name": trait["name"], "multiplies": list(trait["multiplies"]), "sd": float(trait["sd"])}
            for trait in traits
            if trait.get("multiplies") and trait.get("sd")
        ],
    }
