"""A read-out that is declared shows in summary, page, tables, figures and data without being named there."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import pytest

from immunosim.attribution.choice import compared_readouts
from immunosim.cli.tables import show_counts
from immunosim.codegen.cache import text_of
from immunosim.codegen.loader import Model, load_model
from immunosim.model.network import Network
from immunosim.model.readout_info import ReadoutInfo
from immunosim.model.validate import validate
from immunosim.models.alemtuzumab.network import build_network
from immunosim.observations import headers, laboratory
from immunosim.parameters import ParameterSet
from immunosim.plots import STYLE, clinical_page
from immunosim.report import limits_of
from immunosim.report.page import answer, tables
from immunosim.scenario import build_scenario
from immunosim.simulation import simulate
from immunosim.trajectory import Trajectory

pytestmark = pytest.mark.slow  # the kernels of one more model

NEW = ReadoutInfo(
    group="t_cells",
    short_name="naive CD4",
    lower_limit=150.0,
    part_of="lymphocytes",
    headers=("naive helpers",),
    dvid=9,
    is_key=True,
)


def declare(net: Network) -> None:
    """Add the one read-out."""
    net.readout("naive_cd4", net["naive_cd4_blood"], "cells/uL", "naive CD4 T cells", NEW)


@pytest.fixture(scope="module")
def richer(parameters: ParameterSet) -> Model:
    """Return the model with one more read-out."""
    net = build_network(parameters.units())
    declare(net)
    validate(net)
    usual = load_model(parameters.units())
    return dataclasses.replace(usual, module=text_of(net, store=usual.module.store))


@pytest.fixture(scope="module")
def trajectory(richer: Model) -> Iterator[Trajectory]:
    """Return a short course of the richer model."""
    course = [{"start": "1 day", "dose": "12 mg", "doses": 1}]
    scenario = build_scenario({"horizon": "40 days", "course": course, "output": {"visits_only": True}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("immunosim.problem.load_model", lambda *_: richer)
        yield simulate(scenario)


@pytest.fixture
def summary(trajectory: Trajectory) -> dict[str, Any]:
    """Return what the course says."""
    return trajectory.summary()


def test_it_is_in_the_summary(summary: dict[str, Any]) -> None:
    count = summary["counts"]["naive_cd4"]
    assert (count["name"], count["unit"], count["lower_limit_of_normal"]) == ("naive CD4", "cells/uL", 150.0)
    assert count["lowest"] < count["untreated"]


def test_it_is_in_the_tables_of_the_terminal(summary: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    show_counts(summary)
    assert "naive CD4, cells/uL" in capsys.readouterr().out


def test_it_is_in_the_tables_and_key_numbers_of_the_page(summary: dict[str, Any], richer: Model) -> None:
    (table,) = tables.counts(summary)
    assert "naive CD4" in [row[0] for row in table.rows]
    keys = [name for name, info in richer.readouts_of_kind("count").items() if info.is_key]
    assert "Lowest naive CD4" in [name for name, _, _ in answer.key_numbers(summary, keys)]
    assert any("naive CD4 (150 cells/µL)" in sentence for sentence in answer.sentences(summary))


def test_it_is_in_the_panel_of_its_group(trajectory: Trajectory) -> None:
    with mpl.rc_context(STYLE):
        page = clinical_page(trajectory, limits_of(trajectory.problem.model))
    (panel,) = (ax for ax in page.axes if "CD4 and CD8 T cells" in ax.get_title(loc="left"))
    labels = [str(line.get_label()) for line in panel.get_lines()]
    assert {"CD4", "CD8", "naive CD4", "LLN 150"} <= set(labels)


def test_comparisons_ask_for_it(richer: Model) -> None:
    assert "naive_cd4" in compared_readouts(richer)


@pytest.fixture
def tables_know_it(richer: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tables of measurements ask the richer model."""
    monkeypatch.setattr(laboratory, "laboratory_named", lambda _: laboratory.laboratory_of(richer))


@pytest.mark.usefixtures("tables_know_it")
def test_tables_of_measurements_may_hold_it_under_its_headers_and_number() -> None:
    column = headers.column_of("Naive helpers [cells/uL]", laboratory.measurable)
    assert (column.kind, column.unit) == ("naive_cd4", "cells/uL")
    assert laboratory.analytes_by_number()["9"] == "naive_cd4"
