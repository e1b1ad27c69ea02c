"""Reading of observations from a file whose format is told from its headers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from immunosim.errors import DataError
from immunosim.observations.clinic import read_clinic_table
from immunosim.observations.layout import read_layout
from immunosim.observations.nonmem import is_nonmem, read_nonmem
from immunosim.observations.problems import Problems
from immunosim.observations.records import Observations, TableFinding
from immunosim.observations.table import read_table
from immunosim.scenario.examples import located_data

if TYPE_CHECKING:
    from immunosim.scenario import Scenario


def read_observations(
    path: Path, scenario: Scenario | None = None, *, from_first_dose: bool = False, time_unit: str | None = None
) -> tuple[Observations, list[TableFinding]]:
    """Read a table of a clinic, or one of the NONMEM family, which has ID, TIME and one of DV, EVID and MDV.

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

    Returns
    -------
    observations : Observations
    findings : list of TableFinding

    Raises
    ------
    DataError
        With line and column of everything that cannot be used.
    """
    path = located_data(path)
    if not is_nonmem(read_table(path)):
        if time_unit is not None:
            cure = "write it into the header, such as time [h]"
            raise DataError("is a table of a clinic, which takes no unit of time", file=str(path), cure=cure)
        return read_clinic_table(path, scenario, from_first_dose=from_first_dose)
    if from_first_dose:
        cure = "let TIME be 0 at the first dose"
        raise DataError("is a NONMEM table, whose times are not counted anew", file=str(path), cure=cure)
    return read_nonmem(path, scenario, time_unit=time_unit or "day")


def counts_from_dates(path: Path) -> bool:
    """Return whether a table gives dates, not days after a day 0; only tables of a clinic are told.

    Raises
    ------
    DataError
        Where the file is not a table.
    """
    table = read_table(located_data(path))
    return not is_nonmem(table) and read_layout(table, Problems(table.file)).time.kind == "date"
