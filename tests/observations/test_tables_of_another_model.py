"""A table knows the read-outs and drugs of the model of its scenario, from reading to a fit."""

import json

import pytest
from typer.testing import CliRunner

import immunosim as ims
from immunosim.cli.main import app
from immunosim.errors import DataError
from immunosim.observations import lint, read_observations, write_nonmem
from immunosim.observations.petab import PetabParameter, petab_files

TABLE = "month,T cells [cells/uL],antibody_serum [ug/mL],dose [mg],drug\n0,1500,,30,antibody\n1,18,2.5,,\n6,120,,,\n"
FREE = "division_rate"


@pytest.fixture(scope="module")
def scenario():
    return ims.load_scenario("teaching_course")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_headers_units_and_drugs_are_those_of_its_model(table, scenario):
    found, notes = read_observations(table, scenario)
    assert [(one.analyte, one.value) for one in found.measurements[:2]] == [("t_cells", 1500.0), ("t_cells", 18.0)]
    assert (found.model, found.analytes, found.doses[0].drug) == (
        "teaching",
        ("t_cells", "antibody_serum"),
        "antibody",
    )
    assert [one for one in (*notes, *lint(found, scenario)) if one.severity == "error"] == []


def test_the_default_model_refuses_them(table):
    with pytest.raises(DataError, match='"antibody" is not a drug that can be given'):
        read_observations(table)


def test_a_count_in_cells_is_not_judged_as_a_total_in_1e9_per_litre(table, scenario):
    table.write_text("day,t_cells [cells/uL]\n0,1500\n10,-4\n", encoding="utf-8")
    (found,) = lint(read_observations(table, scenario)[0], scenario)
    assert "-4 is negative" in str(found)


def test_nonmem_and_petab_tables_number_and_name_them_by_that_model(table, scenario, tmp_path):
    found, _ = read_observations(table, scenario)
    write_nonmem(found, tmp_path / "n.csv")
    again, _ = read_observations(tmp_path / "n.csv", scenario)
    assert [(one.analyte, one.value) for one in again.measurements] == [
        (one.analyte, one.value) for one in sorted(found.measurements, key=lambda one: one.time)
    ]
    assert again.doses[0].drug == "antibody"
    noise = {name: f"sd_{name}" for name in found.analytes}
    parameters = [PetabParameter(name, "log10", 0.01, 3.0, 0.2) for name in noise.values()]
    assert "observable_t_cells\tt_cells" in petab_files(found, parameters, noise)["observables.tsv"]


def test_a_fit_gives_the_same_from_python_and_the_command_line():
    words = [
        "--data",
        "teaching.csv",
        "--patient",
        "T3",
        "--free",
        FREE,
        "--starts",
        "2",
        "--without",
        "none",
        "--json",
    ]
    printed = CliRunner().invoke(app, ["fit", "teaching_course", *words])
    assert printed.exit_code == 0, printed.output
    (known,) = json.loads(printed.stdout)["parameters"]
    found = ims.fit("teaching_course", "teaching.csv", patient="T3", free=[FREE], starts=2, without=[])
    assert found.verdicts[0].value == known["value"]
    # The table was made with 1.5 times the set's division rate.
    assert found.verdicts[0].low < 1.5 * ims.load_parameters(model="teaching")[FREE].value < found.verdicts[0].high
    draws = found.next_draws("t_cells", "20 months")
    assert {one.analyte for one in draws} == {"t_cells"}


def test_figures_of_many_patients_show_the_limits_of_their_own_model(scenario):
    from immunosim.report.results import plot_of

    many = ims.ensemble(scenario, {FREE: [0.0015, 0.002]}, readouts=["t_cells"], times=[0.0, 100.0, 200.0])
    assert many.model_name == "teaching"
    assert [(one.value, one.name) for one in plot_of(many, "t_cells", kind="bands").thresholds] == [(700.0, "LLN")]
