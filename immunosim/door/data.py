"""Tables of counts and doses of patients, as one result: what was understood, and what is probably wrong with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immunosim.door.scenarios import AnyScenario, as_scenario
from immunosim.observations import Observations, TableFinding, lint, read_observations
from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True, eq=False, repr=False)
class PatientData(Result):
    """What a table says of patients.

    Attributes
    ----------
    observations : Observations
        Measurements, doses and covariates by patient.
    findings : tuple of TableFinding
        Errors, warnings and notes of the reading and the linter.
    """

    observations: Observations
    findings: tuple[TableFinding, ...]

    def headline(self) -> str:
        """Return in a line what there is."""
        found = self.observations
        counts = f"{found.n_measurements} measurements ({found.n_below} below quantification), {len(found.doses)} doses"
        return f"{len(found)} patients, {counts}"

    def facts(self) -> dict[str, object]:
        """Return what was measured, and how much is probably wrong."""
        severities = Counter(one.severity for one in self.findings)
        said = ", ".join(f"{n} of severity {name}" for name, n in severities.items())
        return {"analytes": ", ".join(self.observations.analytes), "findings": said or "none"}

    def summary(self) -> dict[str, Any]:
        """Return patients and findings as plain values."""
        found = {one.name: asdict(one) for one in self.observations}
        return {"patients": found, "findings": [str(one) for one in self.findings]}

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a measurement."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self.observations.measurements])

    @property
    def dataset(self) -> xr.Dataset:
        """The measurements over ``measurement``."""
        table = self.to_dataframe()
        table.index.name = "measurement"
        return table.to_xarray()


def read_data(
    table: Path | str,
    scenario: AnyScenario | None = None,
    *,
    from_first_dose: bool = False,
    time_unit: str | None = None,
) -> PatientData:
    """Read a table of counts and doses, and say what is probably wrong with it.

    Parameters
    ----------
    table : Path or str
        A table of a clinic or of the NONMEM family (CSV), or the name of a shipped one.
    scenario : Scenario, Path or str, optional
        Gives the date of day 0, the horizon and the planned doses.
    from_first_dose : bool
        Count days from each patient's first dose in the table.
    time_unit : str, optional
        Unit of TIME in a NONMEM table, by default day.

    Raises
    ------
    DataError
        With line and column of everything that cannot be used.
    """
    found = None if scenario is None else as_scenario(scenario)[0]
    observations, notes = read_observations(Path(table), found, from_first_dose=from_first_dose, time_unit=time_unit)
    return PatientData(observations, (*lint(observations, found), *notes))
