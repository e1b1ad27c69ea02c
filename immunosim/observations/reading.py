"""Reading of observations from a file whose format is told from its headers, or by a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim.errors import DataError, InputProblem
from immunosim.observations.clinic import records_of_clinic
from immunosim.observations.long_table import columns_of_long, is_long
from immunosim.observations.nonmem import is_nonmem, records_of_nonmem
from immunosim.observations.petab_reader import is_petab, measurement_file, records_of_petab
from immunosim.observations.problems import Problems
from immunosim.observations.recipe import NO_RECIPE, ImportRecipe, read_recipe
from immunosim.observations.records import Observations, TableFinding
from immunosim.observations.table import ObservationTable, read_table
from immunosim.scenario.examples import located_data

if TYPE_CHECKING:
    from immunosim.scenario import Scenario


@dataclass(frozen=True)
class TableReading:
    """What was read of a table, what was inferred or is not used, and what cannot be read and is left out."""

    observations: Observations
    findings: tuple[TableFinding, ...]
    problems: tuple[tuple[int, InputProblem], ...]

    def refuse(self) -> None:
        """Raise a `DataError` with everything that cannot be read, if there is anything."""
        if self.problems:
            raise DataError(problems=[problem for _, problem in self.problems])


def examine_observations(
    path: Path,
    scenario: Scenario | None = None,
    *,
    from_first_dose: bool = False,
    time_unit: str | None = None,
    recipe: ImportRecipe | Path | str | None = None,
) -> TableReading:
    """Read a table as far as it can be read; arguments as of ``read_observations``.

    Raises
    ------
    DataError
        Where nothing can be read of the file, or the recipe cannot be used.
    """
    path = measurement_file(located_data(path))
    known = recipe if isinstance(recipe, ImportRecipe) else NO_RECIPE if recipe is None else read_recipe(Path(recipe))
    problems = Problems(str(path))
    table = read_table(path, problems, known)
    known.check_names(_names(table))
    is_of_events = is_nonmem(table)
    if is_of_events and from_first_dose:
        cure = "let TIME be 0 at the first dose"
        raise DataError("is a NONMEM table, whose times are not counted anew", file=str(path), cure=cure)
    if not is_of_events and time_unit is not None:
        cure = "write it into the header, such as time [h]"
        raise DataError("is a table of a clinic, which takes no unit of time", file=str(path), cure=cure)
    if is_petab(table):
        observations, findings = records_of_petab(table, problems, scenario)
    elif is_of_events:
        observations, findings = records_of_nonmem(table, problems, scenario, time_unit)
    else:
        observations, findings = records_of_clinic(table, problems, scenario, from_first_dose)
    return TableReading(observations, tuple(findings), tuple(problems.each_kind()))


def _names(table: ObservationTable) -> dict[str, None]:
    """Return what a recipe may name: the columns of a table, and the tests of a long one."""
    names = dict.fromkeys(table.headers)
    test = columns_of_long(table)["test"] if is_long(table) else ""
    return names | dict.fromkeys(row.cells[test] for row in table.rows if test)


def read_observations(
    path: Path,
    scenario: Scenario | None = None,
    *,
    from_first_dose: bool = False,
    time_unit: str | None = None,
    recipe: ImportRecipe | Path | str | None = None,
) -> tuple[Observations, list[TableFinding]]:
    """Read a table of a clinic, of the NONMEM family (ID, TIME and one of DV, EVID, MDV and Y), or of PEtab.

    Parameters
    ----------
    path : Path
        Or the name of a shipped table, such as ``clinic.csv``.
    scenario : Scenario, optional
        Gives day 0 its date and times relative to a course their meaning.
    from_first_dose : bool, optional
        Whether day 0 is each patient's first dose; only for tables of a clinic.
    time_unit : str, optional
        The unit of TIME, by default day; only for tables of the NONMEM family.
    recipe : ImportRecipe, Path or str, optional
        Says what the table does not say itself.

    Returns
    -------
    observations : Observations
    findings : list of TableFinding

    Raises
    ------
    DataError
        With line and column of everything that cannot be used.
    """
    reading = examine_observations(path, scenario, from_first_dose=from_first_dose, time_unit=time_unit, recipe=recipe)
    reading.refuse()
    return reading.observations, list(reading.findings)
