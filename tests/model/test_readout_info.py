"""What read-outs declare beyond their formula: it is checked, and it arrives where the kernels are loaded."""

import pytest

from immunosim.codegen.kernel_module import tables_of
from immunosim.codegen.metadata import metadata_of
from immunosim.errors import ModelError
from immunosim.model.network import Network
from immunosim.model.readout_info import (
    Analyte,
    DefaultQuestions,
    DisplayGroup,
    ReadoutInfo,
    as_literals,
    readouts_from,
)
from immunosim.model.validate import check_display


@pytest.fixture
def small():
    net = Network("small", {"size": "cells/uL"})
    net.declare_mechanism("growth", "growth", "nothing grows")
    net.declare_group("blood", DisplayGroup("Blood", "count"))
    return net


def test_a_readout_without_a_unit_is_refused(small):
    with pytest.raises(ModelError, match='read-out count has no unit, write "1"'):
        small.readout("count", small["size"], "", "count")


def test_a_group_that_is_not_declared_is_refused_with_the_one_that_is_meant(small):
    with pytest.raises(ModelError, match=r'"blod" is not a declared display group.*blood'):
        small.readout("count", small["size"], "cells/uL", "count", ReadoutInfo(group="blod"))


def test_what_is_declared_arrives_in_the_tables_of_the_kernels(small):
    import ast

    info = ReadoutInfo(group="blood", short_name="N", lower_limit=1.0, top=(1.0, 2.0), headers=("n", "cells"), dvid=7)
    small.readout("count", small["size"], "cells/uL", "count", info)
    tables = tables_of(ast.parse(metadata_of(small)))
    (found,) = readouts_from(tables["READOUT_INFO"]).values()
    assert as_literals(found) == {**as_literals(info), "label": "count", "unit": "cells/uL"}
    assert tables["ANALYTES"] == {"count": {"unit": "cells/uL", "headers": ("n", "cells"), "dvid": 7}}


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (ReadoutInfo(group="blood", part_of="totl"), 'read-out count: part_of: there is no "totl"'),
        (ReadoutInfo(group="blood", explained_with="clone"), 'read-out count: explained_with: there is no "clone"'),
        (ReadoutInfo(group="blood", colour="red"), 'read-out count: colour: there is no "red"'),
        (ReadoutInfo(group="blood", extreme="highes"), 'read-out count: extreme: there is no "highes".*"highest"'),
        (ReadoutInfo(), "display group blood shows nothing"),
    ],
)
def test_a_declaration_of_what_does_not_exist_is_refused(small, info, message):
    small.readout("count", small["size"], "cells/uL", "count", info)
    with pytest.raises(ModelError, match=message):
        check_display(small)


def test_a_group_with_two_units_is_refused(small):
    small.readout("count", small["size"], "cells/uL", "count", ReadoutInfo(group="blood"))
    small.readout("share", small["size"] / small["size"], "1", "share", ReadoutInfo(group="blood"))
    with pytest.raises(ModelError, match="display group blood shows 1, cells/uL on one axis"):
        check_display(small)


def test_a_group_of_a_kind_that_is_not_drawn_is_refused(small):
    small.declare_group("other", DisplayGroup("Other", "cuont"))
    small.readout("count", small["size"], "cells/uL", "count", ReadoutInfo(group="other"))
    small.groups.pop("blood")
    with pytest.raises(ModelError, match='display group other: kind: there is no "cuont", did you mean "count"'):
        check_display(small)


@pytest.mark.parametrize(
    ("headers", "dvid", "message"),
    [
        (("n", "cells"), 8, 'header "cells" means count and size_share'),
        (("s",), 7, "DVID 7 means count and size_share"),
    ],
)
def test_a_column_means_one_analyte(small, headers, dvid, message):
    info = ReadoutInfo(group="blood", headers=("count", "cells"), dvid=7)
    small.readout("count", small["size"], "cells/uL", "count", info)
    small.readout("size_share", small["size"], "cells/uL", "share", ReadoutInfo(headers=headers, dvid=dvid))
    with pytest.raises(ModelError, match=f"{message}, give each its own"):
        check_display(small)


@pytest.mark.parametrize(
    ("questions", "message"),
    [
        (DefaultQuestions(samples=("cuont",)), 'default questions: samples: there is no "cuont"'),
        (DefaultQuestions(elasticities=("cuont",)), 'default questions: there is no "cuont"'),
        (DefaultQuestions(explained="cuont"), 'default questions: there is no "cuont"'),
    ],
)
def test_every_default_question_is_about_a_readout(small, questions, message):
    small.readout("count", small["size"], "cells/uL", "count", ReadoutInfo(group="blood"))
    small.questions = questions
    with pytest.raises(ModelError, match=message):
        check_display(small)


def test_a_sum_is_of_readouts_and_a_sample_may_be_of_a_sum(small):
    small.readout("count", small["size"], "cells/uL", "count", ReadoutInfo(group="blood"))
    small.add_measured_sum("all", Analyte("cells/uL", ("count",)))
    small.questions = DefaultQuestions(samples=("all", "count"))
    check_display(small)
    small.add_measured_sum("more", Analyte("cells/uL", ("count", "cuont")))
    with pytest.raises(ModelError, match='analyte more: there is no "cuont"'):
        check_display(small)


def test_a_pool_is_shown_with_its_own_unit_and_label(small):
    small.add_pool("cells", "cells in blood", "cells/uL", small["size"], 1.0, owner="growth")
    small.show_pool("cells", ReadoutInfo(group="blood", label="ignored", unit="mg"))
    assert (small.display["cells"].label, small.display["cells"].unit) == ("cells in blood", "cells/uL")
    with pytest.raises(ModelError, match='"cels" is not a declared pool'):
        small.show_pool("cels", ReadoutInfo(group="blood"))


@pytest.mark.parametrize(
    ("info", "limit"),
    [
        (ReadoutInfo(), None),
        (ReadoutInfo(detection_limit=0.05), 0.05),
        (ReadoutInfo(lower_limit=700.0, detection_limit=0.05), 700.0),
        (ReadoutInfo(lower_limit=0.0, detection_limit=0.05), 0.0),
    ],
)
def test_a_figure_draws_the_limit_of_normal_before_that_of_detection(info, limit):
    assert info.limit == limit


def test_a_default_question_about_nothing_is_refused(small):
    small.readout("count", small["size"], "cells/uL", "count", ReadoutInfo(group="blood"))
    small.questions = DefaultQuestions(recovery=(("cuont", "1"),))
    with pytest.raises(ModelError, match=r'there is no "cuont".*count'):
        check_display(small)


def test_names_that_are_not_given_follow_from_the_label():
    info = ReadoutInfo(label="naive T cells")
    assert (info.name_in_tables, info.name_of_curve, info.heading) == (
        "naive T cells",
        "naive T cells",
        "Naive T cells",
    )


def test_every_readout_of_the_model_has_a_unit_and_a_label(model):
    assert set(model.readouts) <= set(model.readout_info)
    assert all(info.unit and info.label for info in model.readout_info.values())


def test_every_group_of_the_model_shows_something_and_no_two_curves_of_it_look_alike(model):
    for group in model.groups:
        colours = [info.colour for info in model.readouts_in(group).values()]
        assert colours
        assert len(set(colours)) == len(colours)


def test_numbers_and_headers_mean_one_analyte_each(model):
    numbers = [one.dvid for one in model.analytes.values()]
    headers = [header for one in model.analytes.values() for header in one.headers]
    assert len(set(numbers)) == len(numbers)
    assert len(set(headers)) == len(headers)
    assert all(part in model.readouts for one in model.analytes.values() for part in one.parts)
