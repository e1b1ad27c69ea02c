"""Exact derivatives of a simulation with respect to parameters and numbers of treatments."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from immunosim import derivatives
from immunosim.door.scenarios import AnyScenario, as_scenario
from immunosim.problem import Problem, prepare
from immunosim.scenario.overrides import Overrides


def differentiate(
    scenario: AnyScenario | Problem,
    names: Sequence[str],
    relative: bool = False,
    *,
    overrides: Overrides = (),
    n_threads: int = 1,
) -> xr.Dataset:
    """Solve a scenario together with the exact derivatives of its read-outs and pools.

    Parameters
    ----------
    scenario : Scenario, Path, str or Problem
    names : sequence of str
        Parameters, such as ``thymic_export_rate``, and numbers of treatments by their key path, such as
        ``course[1].dose`` or ``course[2].start``.
    relative : bool
        Return elasticities instead, the relative change of a result for a relative change of the parameter,
        (p / x) dx/dp: 0.5 means that one percent more of p gives half a percent more of x. NaN where x is 0.
    overrides : mapping of str to object, or iterable of str
        Of a scenario.
    n_threads : int

    Returns
    -------
    xarray.Dataset
        One variable a read-out or pool, dimensions ``parameter`` and ``time`` [day], in its unit per unit of the
        parameter. NaN throughout and a status other than OK where the integration failed.

    Raises
    ------
    ParameterError, ScenarioError
        If a name is unknown or given twice, or it or the solver's method cannot be differentiated.
    SolverError
        If this machine cannot compute in lanes.
    """
    problem = scenario if isinstance(scenario, Problem) else prepare(*as_scenario(scenario, overrides))
    return derivatives.differentiate(problem, names, relative, n_threads)
