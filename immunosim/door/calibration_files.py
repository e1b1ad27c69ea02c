"""Files of a calibration: parameter set, population, scenarios that use both, targets, and plausible sets.

Every file is written whole or not at all. Computes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from immunosim.calibration.plausible_tables import BOOKKEEPING
from immunosim.calibration.result import LEAST_SHARE, CalibrationResult
from immunosim.cohorts.target_report import TargetReport
from immunosim.files import write_file
from immunosim.models import load_parameters
from immunosim.report import to_json
from immunosim.scenario import load_scenario, to_toml
from immunosim.scenario.population import Population
from immunosim.scenario.writer import document_of, document_text
from immunosim.sweeps.base import Base

if TYPE_CHECKING:
    import pandas as pd

POPULATION, PARAMETERS = "population.toml", "parameters.toml"
TARGETS, PLAUSIBLE, SUMMARY = "targets.csv", "plausible_sets.csv", "calibration.json"

ASSUMED = "assumed"


def write_calibration(result: CalibrationResult, folder: Path) -> list[Path]:
    """Write the files of a calibration, and return their paths.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    sets = plausible_tables(result)
    population = result.population.model_copy(update={"plausible_sets": tuple(sets)})
    texts = {
        PARAMETERS: parameter_set_text(result),
        POPULATION: document_text(document_of(population)),
        **{f"{name}.toml": scenario_text(result, name) for name in _bases(result)},
        TARGETS: _targets(result),
        PLAUSIBLE: result.plausible_sets().to_csv(index=False),  # a header where there is no set
        **sets,
        SUMMARY: to_json(result.summary()),
    }
    for name, text in texts.items():
        write_file(folder / name, text.encode())
    return [folder / name for name in texts]


def plausible_tables(result: CalibrationResult) -> dict[str, str]:
    """Return the tables that the calibrated population names, by file name: of earlier calibrations, then its own.

    What is calibrated again is left out of earlier tables.
    """
    import pandas as pd

    own, tables = [quantity.label for quantity in result.quantities], dict[str, str]()
    for number, path in enumerate(result.setup.earlier_sets, 1):
        table = pd.read_csv(path, float_precision="round_trip").rename(columns=str.strip)
        kept = table.drop(columns=own, errors="ignore")
        if set(kept.columns) - set(BOOKKEEPING):
            is_taken = path.name in {*tables, PLAUSIBLE}
            tables[f"{path.stem}_{number}.csv" if is_taken else path.name] = kept.to_csv(index=False)
    if result.ensemble.n_kept:
        tables[PLAUSIBLE] = result.plausible_sets().to_csv(index=False)
    return tables


def parameter_set_text(result: CalibrationResult) -> str:
    """Return a parameter set that extends the one of the scenarios, with the calibrated typical values."""
    scenario = result.setup.base.scenario
    parameters = load_parameters(scenario.parameter_set, scenario.model)
    groups: dict[str, dict[str, Any]] = {}
    for index, quantity in enumerate(result.quantities):
        if quantity.kind == "parameters":
            table: dict[str, Any] = {"value": float(result.values[index])}
            if np.isfinite(quantity.sd):
                table |= {"prior": "lognormal", "prior_median": quantity.median, "prior_sd": quantity.sd}
            table |= {"source": _sources(result, index), "evidence": "fitted"}
            groups.setdefault(parameters[quantity.name].group, {})[quantity.name] = table
    flat = {f"{group}.{name}": table for group, tables in groups.items() for name, table in tables.items()}
    lines = [f"# {result.setup.record.title or 'Calibrated'}: {result.headline()}.", ""]
    lines += [f'extends = "{scenario.parameter_set}"']
    for name, table in flat.items():
        lines += ["", f"[{name}]", document_text(table).rstrip()]
    return "\n".join(lines) + "\n"


def _bases(result: CalibrationResult) -> dict[str, Base]:
    """Return the scenario of each cohort that was simulated."""
    return {cohort.name: cohort.bound.base for cohort in (*result.setup.cohorts, *result.setup.held_out)}


def scenario_text(result: CalibrationResult, name: str) -> str:
    """Return the scenario of a cohort with the calibrated values and population."""
    entry = next(cohort for cohort in result.setup.record.cohort if cohort.name == name)
    scenario = load_scenario(_bases(result)[name].file)
    update = {"file": POPULATION, "cohort": entry.cohort, "plausible_sets": ()}
    section = (scenario.population or Population()).model_copy(update=update)
    parameters = {**scenario.parameters, **result.parameters}
    return to_toml(scenario.model_copy(update={"parameters": parameters, "population": section}))


def _sources(result: CalibrationResult, index: int) -> list[str] | str:
    shares = result.posterior.information_shares[:, index]
    by_share = sorted(zip(shares, result.after.results, strict=True), key=lambda pair: -pair[0])
    cited = [entry.target.reference for share, entry in by_share if share >= LEAST_SHARE and entry.target.reference]
    return list(dict.fromkeys(cited)) or ASSUMED


def _targets(result: CalibrationResult) -> str:
    """Return a row for each target: published, before and after with intervals, and that of the plausible sets.

    Held-out targets, which have neither loss nor plausible sets, come last.
    """
    import pandas as pd

    low, high = result.ensemble.quantiles(result.ensemble.numbers)
    first, last = result.residuals
    fitted = _before_and_after(result.before, result.after).assign(
        plausible_low=low, plausible_high=high, loss_before=0.5 * first**2, loss_after=0.5 * last**2
    )
    held_out = _before_and_after(*result.held_out)
    table = pd.concat([fitted, held_out]) if len(held_out) else fitted
    return table.to_csv(index=False)


def _before_and_after(before: TargetReport, after: TargetReport) -> pd.DataFrame:
    """Return a row for each target on other patients."""
    table, earlier = after.to_dataframe().drop(columns="file"), before.to_dataframe()
    names = {"simulated": "simulated_before", "z": "z_before", "is_within": "is_within_before"}
    return table.assign(**{new: earlier[old] for old, new in names.items()})
