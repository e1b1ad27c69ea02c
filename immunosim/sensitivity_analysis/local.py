"""Local sensitivity: exact elasticities, the relative change of a result for a relative change of one quantity.

Along the integrator's own steps (``immunosim.derivatives``). The elasticity of an extremum is that of the read-out at
the time of the extremum: by the envelope theorem its own shift does not count.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from immunosim.codegen.loader import Array
from immunosim.derivatives import differentiate
from immunosim.ensembles import Endpoint, simulate_ensemble
from immunosim.errors import DataError
from immunosim.sensitivity_analysis.result import AnalysedOutput, Analysis
from immunosim.sweeps import Base, Outputs
from immunosim.sweeps.factor_syntax import key_factor

TIMES = {
    "minimum": "time_of_minimum",
    "nadir": "time_of_minimum",
    "maximum": "time_of_maximum",
    "peak": "time_of_maximum",
}
"""Endpoints that have an exact elasticity, and the endpoint that is their time."""


def elasticities(base: Base, keys: Sequence[str], outputs: Outputs, n_threads: int = 1) -> Analysis:
    """Return exact elasticities of what is kept.

    Parameters
    ----------
    base : Base
    keys : sequence of str
        Parameters and numbers of treatments, as ``immunosim.sweeps.factor_syntax.full_key`` returns them.
    outputs : Outputs
        Read-outs at times, and endpoints that are extrema.
    n_threads : int

    Raises
    ------
    DataError
        If a quantity or an endpoint has no exact derivative.
    ParameterError, ScenarioError, SolverError
        As ``differentiate``.
    """
    wrong = [endpoint for endpoint in outputs.endpoints if endpoint.kind not in TIMES]
    if wrong:
        cure = "ask for a nadir or a peak, or use `method=morris` or sobol"
        raise DataError(f"a {wrong[0].kind} has no exact elasticity here", key=f"endpoint {wrong[0].label}", cure=cure)
    factors = [key_factor(base, key) for key in keys]
    names = [_differentiable(base, key) for key in keys]
    extrema = _extrema(base, outputs.endpoints)
    times = np.unique([*outputs.times, *extrema])
    derivatives = differentiate(replace(base.problem, times=times), names, relative=True, n_threads=n_threads)
    outcomes = [
        _at_extremum(base, derivatives, endpoint, time)
        for endpoint, time in zip(outputs.endpoints, extrema, strict=True)
    ]
    outcomes += [_over_time(base, derivatives, name, np.array(outputs.times)) for name in outputs.readouts]
    return Analysis(
        method="local",
        names=tuple(factor.name for factor in factors),
        labels=tuple(factor.label for factor in factors),
        ranges=("",) * len(factors),
        outcomes=tuple(outcomes),
        n_blocks=1,
        n_patients=1,
        n_patients_failed=int(int(derivatives["status"]) != 0),
        seed=0,
        confidence=1.0,
    )


def _differentiable(base: Base, key: str) -> str:
    """Return a key as ``differentiate`` calls it."""
    table, _, name = key.partition(".")
    if table == "parameters":
        return name
    if table == "mechanisms":
        raise DataError(
            "has no derivative", key=key, cure="a mechanism is on or off: compare both, or use `method=sobol`"
        )
    parameter = base.problem.parameters.set_by(key)
    if parameter == "weight" and "/kg" in json.dumps(base.document):
        raise DataError("doses per body weight follow it", key=key, cure="use `method=morris` or sobol")
    if parameter:
        return parameter
    steps = key.split(".")
    joined = [f"[{step}]" if step.isdecimal() else f".{step}" for step in steps]
    return "".join(joined).removeprefix(".")


def _extrema(base: Base, endpoints: Sequence[Endpoint]) -> list[float]:
    """Return the time of each extremum, day."""
    if not endpoints:
        return []
    asked = [replace(endpoint, kind=TIMES[endpoint.kind], name=f"time_{i}") for i, endpoint in enumerate(endpoints)]
    ensemble = simulate_ensemble(base.scenario, endpoints=asked)
    return [float(ensemble[endpoint.name][0]) for endpoint in asked]


def _at_extremum(base: Base, derivatives: xr.Dataset, endpoint: Endpoint, time: float) -> AnalysedOutput:
    values = derivatives[endpoint.readout].sel(time=time).values
    label = f"{endpoint.kind.replace('_', ' ')} of {_label(base, endpoint.readout)}"
    return _outcome(endpoint.label, label, base, endpoint.readout, None, values)


def _over_time(base: Base, derivatives: xr.Dataset, name: str, times: Array) -> AnalysedOutput:
    return _outcome(name, _label(base, name), base, name, times, derivatives[name].sel(time=times).values)


def _outcome(name: str, label: str, base: Base, readout: str, times: Array | None, values: Array) -> AnalysedOutput:
    unknown = "" if np.isfinite(values).any() else "the result is 0 or was not computed"
    unit = base.problem.model.units[readout]
    half = np.full(values.shape, np.nan)
    return AnalysedOutput(name, label, unit, times, {"elasticity": values}, {"elasticity": half}, 1, remark=unknown)


def _label(base: Base, readout: str) -> str:
    label: str = base.problem.model.module.READOUTS[readout][0]
    return label
