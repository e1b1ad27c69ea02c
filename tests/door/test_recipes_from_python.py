"""What is said of a table holds in a fit as in data check: recipe, unit of time; tables with errors are refused."""

from pathlib import Path

import pytest

import immunosim as ims
from immunosim.door.fit_input import fit_problem
from immunosim.errors import DataError

EXPORT = "Datum;Lympho (abs) G/l;CD4 (abs.) /µl\n15.07.2017;0,3;n.d.\n15.09.2017;0,9*;-4\n"
SCENARIO = 'start_date = 2017-06-15\nhorizon = "6 months"\n[[course]]\nstart = "0 days"\ndose = "12 mg"\n'


@pytest.fixture
def export(tmp_path, monkeypatch):
    """Return a table with a question and an error in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("s.toml").write_text(SCENARIO)
    Path("t.csv").write_bytes(EXPORT.encode("latin-1"))
    return "t.csv"


def test_what_cannot_be_read_and_what_cannot_be_true_are_refused_together(export):
    for refused in (lambda: fit_problem("s.toml", export), lambda: ims.read_data(export, "s.toml")):
        with pytest.raises(DataError) as caught:
            refused()
        assert [(one.file, one.key) for one in caught.value.problems] == [
            *(("t.csv: line 2", "CD4 (abs.) /µl"), ("t.csv: line 3", "CD4 (abs.) /µl")),
        ]
    loose = ims.read_data(export, "s.toml", strict=False)
    assert (loose.n_unread, [one.line for one in loose.findings if one.severity == "error"]) == (1, [2, 3])


def test_a_fit_takes_what_the_recipe_says(export):
    recipe = ims.write_recipe(export, "r.toml")
    recipe.write_text(recipe.read_text().replace('"n.d." = "?"', '"n.d." = "<20"\n"-4" = "missing"'))
    case = fit_problem("s.toml", export, recipe=recipe, free=["antibody_clearance"], fix=["others"])
    assert [(one.analyte, one.value, one.is_below) for one in case.patients[0].measurements] == [
        *(("lymphocytes", 0.3, False), ("cd4", 20.0, True), ("lymphocytes", 0.9, False)),
    ]


def test_a_fit_takes_the_unit_of_time_of_a_nonmem_table(export):
    Path("n.csv").write_text("ID,TIME,AMT,DUR,EVID,DVID,DV\n1,0,12,4,1,.,.\n1,720,.,.,0,2,45\n")
    case = fit_problem("n.csv", time_unit="h", free=["antibody_clearance"], fix=["others"])
    assert [one.time for one in case.patients[0].measurements] == [30.0]
    assert [(dose.time, dose.duration) for dose in case.patients[0].doses] == [(0.0, 4 / 24)]


def test_a_unit_of_time_without_a_table_of_events_is_refused(export):
    with pytest.raises(DataError, match="takes no unit of time"):
        fit_problem("s.toml", export, time_unit="h", free=["antibody_clearance"])
    with pytest.raises(DataError, match="time_unit: needs a NONMEM table"):
        fit_problem("case_report", time_unit="h", free=["antibody_clearance"])
