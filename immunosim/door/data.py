"""Tables of counts and doses of patients, as one result: what was understood, and what is probably wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from immunosim.door.scenarios import AnyScenario, as_scenario
from immunosim.errors import DataError
from immunosim.files import write_file
from immunosim.observations import Observations, TableFinding, examine_observations, lint_kinds
from immunosim.observations.laboratory import laboratory_named
from immunosim.observations.recipe_writer import recipe_text
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
    n_unread : int
        Number of findings of what cannot be read and is left out, which come first.
    """

    observations: Observations
    findings: tuple[TableFinding, ...]
    n_unread: int = 0

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
    recipe: Path | str | None = None,
    strict: bool = True,
) -> PatientData:
    """Read a table of counts and doses, and say what is probably wrong with it.

    Parameters
    ----------
    table : Path or str
        A table of a clinic, of the NONMEM family, of Monolix or of PEtab (CSV or a workbook of Excel), or the name of
        a shipped one.
    scenario : Scenario, Path or str, optional
        Gives the model with its read-outs and drugs, the date of day 0, the horizon and the planned doses.
    from_first_dose : bool
        Count days from each patient's first dose in the table.
    time_unit : str, optional
        Unit of TIME in a NONMEM table, by default day.
    recipe : Path or str, optional
        Import recipe (TOML), which says what the table does not say itself; ``write_recipe`` writes one.
    strict : bool
        Whether what cannot be read is an error; otherwise it is left out and listed among the findings.

    Raises
    ------
    DataError
        With line and column of everything that cannot be used, and of what the linter calls an error.
    """
    planned = None if scenario is None else as_scenario(scenario)[0]
    reading = examine_observations(
        Path(table), planned, from_first_dose=from_first_dose, time_unit=time_unit, recipe=recipe
    )
    observations, checked = reading.observations, lint_kinds(reading.observations, planned)
    if strict and reading.problems:
        wrong = [problem for _, problem in reading.problems]
        errors = [finding for finding in checked if finding.severity == "error"]
        raise DataError(problems=[*wrong, *(finding.as_problem(observations.file) for finding in errors)])
    unread = [
        TableFinding(line, problem.key or "", "error", problem.reason, problem.cure or "")
        for line, problem in reading.problems
    ]
    return PatientData(observations, (*unread, *checked, *reading.findings), len(unread))


def write_recipe(table: Path | str, out: Path | str, scenario: AnyScenario | None = None) -> Path:
    """Write an import recipe for a table as it was understood, with a question wherever it was not.

    Parameters
    ----------
    table : Path or str
    out : Path or str
        A TOML file, which is replaced.
    scenario : Scenario, Path or str, optional
        Whose model has the read-outs.

    Returns
    -------
    Path
        Of the recipe.

    Raises
    ------
    DataError
        Where nothing can be read of the table.
    OutputError
        Where the recipe cannot be written.
    """
    planned = None if scenario is None else as_scenario(scenario)[0]
    target = Path(out)
    write_file(target, recipe_text(Path(table), planned).encode())
    return target


def units_of(observations: Observations) -> Mapping[str, str]:
    """Return the unit of all that can be measured of the model of observations, by name."""
    return laboratory_named(observations.model).measurable
