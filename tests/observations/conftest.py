"""Tables as files in an empty working folder, and the scenario of a short course that they belong to."""

from collections.abc import Callable
from pathlib import Path

import pytest

from immunosim.errors import ImmunosimError
from immunosim.observations import Observations, TableFinding, read_clinic_table, read_nonmem
from immunosim.scenario import Scenario


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """Return two infusions a day apart from 15 June 2017, followed for a year."""
    course = {"start": "0 days", "dose": "12 mg", "doses": 2, "every": "24 h"}
    return Scenario(start_date="2017-06-15", horizon="12 months", course=[course])


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], Path]:
    """Return what writes a table as t.csv into the working folder."""
    monkeypatch.chdir(tmp_path)

    def write(content: str | bytes) -> Path:
        Path("t.csv").write_bytes(content.encode() if isinstance(content, str) else content)
        return Path("t.csv")

    return write


@pytest.fixture
def read(table, scenario) -> Callable[..., tuple[Observations, list[TableFinding]]]:
    """Return what reads the text of a clinic's table."""
    return lambda content, of=scenario, **options: read_clinic_table(table(content), of, **options)


@pytest.fixture
def nonmem(table, scenario) -> Callable[..., tuple[Observations, list[TableFinding]]]:
    """Return what reads the text of a NONMEM table."""
    return lambda content, of=scenario, **options: read_nonmem(table(content), of, **options)


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """Return what calls a function that must raise one of our errors, and gives its message."""

    def call(function: Callable[..., object], *arguments: object, **named: object) -> str:
        with pytest.raises(ImmunosimError) as caught:
            function(*arguments, **named)
        return str(caught.value)

    return call
