"""Tables of counts and doses of patients, as one result: what was understood, and what is probably wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from immunosim.door.scenarios import AnyScenario, as_scenario
from immunosim.errors import DataError
from immunosim.observations import Observations, TableFinding, lint, read_observations
from immunosim.observations.laboratory import laboratory_named
from immunosim.result import Result

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


ExportFormat = Literal["nonmem", "petab"]
"""What data can be converted to."""


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
        data = self.observations
        counts = f"{data.n_measurements} measurements ({data.n_below} below quantification), {len(data.doses)} doses"
        return f"{len(data)} patients, {counts}"

    def facts(self) -> dict[str, object]:
        """Return what was measured, and how much is probably wrong."""
        severities = Counter(finding.severity for finding in self.findings)
        counts = ", ".join(f"{n} of severity {name}" for name, n in severities.items())
        return {"analytes": ", ".join(self.observations.analytes), "findings": counts or "none"}

    def summary(self) -> dict[str, Any]:
        """Return patients and findings as plain values."""
        patients = {patient.name: asdict(patient) for patient in self.observations}
        return {"patients": patients, "findings": [str(finding) for finding in self.findings]}

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a measurement."""
        import pandas as pd

        return pd.DataFrame([asdict(one) for one in self.observations.measurements])

    def convert(self, path: Path | str, to: ExportFormat) -> Path:
        """Write patients and doses in another format, in place of what is there, and return the path.

        The tables of a PEtab problem have log-normal noise with one standard deviation for each read-out; the model,
        and the parameters that are to be fitted, are added later.

        Parameters
        ----------
        path : Path or str
            A file for ``nonmem``, a folder for ``petab``.
        to : str
            ``nonmem`` or ``petab``.

        Raises
        ------
        DataError
            If there is nothing to write, it cannot be said in the format, or the format is unknown.
        OutputError
            If the path cannot be written.
        """
        from immunosim.observations import PetabParameter, write_nonmem, write_petab

        target = Path(path)
        if to == "nonmem":
            write_nonmem(self.observations, target)
        elif to == "petab":
            noise = {name: f"sd_{name}" for name in self.observations.analytes}
            parameters = [PetabParameter(name, "log10", 0.01, 3.0, 0.2) for name in noise.values()]
            write_petab(self.observations, target, parameters, noise, transformation="log")
        else:
            raise DataError(f'unknown format "{to}"', key="to", cure="choose from nonmem, petab")
        return target

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
        Gives the model with its read-outs and drugs, the date of day 0, the horizon and the planned doses.
    from_first_dose : bool
        Count days from each patient's first dose in the table.
    time_unit : str, optional
        Unit of TIME in a NONMEM table, by default day.

    Raises
    ------
    DataError
        With line and column of everything that cannot be used.
    """
    planned = None if scenario is None else as_scenario(scenario)[0]
    observations, notes = read_observations(Path(table), planned, from_first_dose=from_first_dose, time_unit=time_unit)
    return PatientData(observations, (*lint(observations, planned), *notes))


def units_of(observations: Observations) -> Mapping[str, str]:
    """Return the unit of all that can be measured of the model of observations, by name."""
    return laboratory_named(observations.model).measurable
