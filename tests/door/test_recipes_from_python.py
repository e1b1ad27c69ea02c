"""A recipe given to a fit is used there as data check uses it, and a table with errors is refused whole."""

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
