"""The drawing of the network shows every pool once and every process, and falls behind the model only loudly."""

import struct
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from immunosim.codegen.equations import Description, describe
from immunosim.codegen.loader import Model
from immunosim.model.diagram_layout import DiagramLayout
from immunosim.models.alemtuzumab.diagram import BUSES, LINKS
from immunosim.models.alemtuzumab.diagram_places import BOXES, PANELS
from immunosim.models.alemtuzumab.network import build_network
from immunosim.parameters import ParameterSet
from immunosim.plots import encoded
from immunosim.plots.diagram_placement import BOX_HEIGHT, completed
from immunosim.plots.network_diagram import FORMATS, network_diagram


@pytest.fixture(scope="module")
def described(parameters: ParameterSet) -> Description:
    return describe(build_network(parameters.units()))


@pytest.fixture(scope="module")
def figure(described: Description) -> Figure:
    return network_diagram(described)


def test_every_pool_is_drawn_exactly_once(figure: Figure, described: Description) -> None:
    (ax,) = figure.axes
    at = [text.get_position() for text in ax.texts]
    assert set(BOXES) == {pool.name for pool in described.pools}
    for box in BOXES.values():
        assert sum(np.allclose(place, (box.x, box.y), atol=0.2) for place in at) == 1


def test_every_process_has_its_arrow(figure: Figure, described: Description) -> None:
    (ax,) = figure.axes
    solid = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch) and patch.get_linestyle() == "solid"]
    jumps = 2  # doses that enter at once, which are no process
    clonal_expansions = [item for item in described.processes if item.name.startswith("clonal_expansion")]
    assert len(solid) == len(described.processes) - len(clonal_expansions) + jumps


def test_boxes_do_not_overlap_and_stay_inside_a_panel() -> None:
    for one, other in combinations(BOXES.values(), 2):
        apart = (abs(one.x - other.x) >= (one.width + other.width) / 2) or abs(one.y - other.y) >= BOX_HEIGHT
        assert apart, (one, other)
    for box in BOXES.values():
        low, high = box.y - BOX_HEIGHT / 2, box.y + BOX_HEIGHT / 2
        inside = [
            panel
            for panel in PANELS
            if panel.left <= box.left and box.right <= panel.right and panel.bottom <= low and high <= panel.top
        ]
        assert len(inside) == 1, box


def test_words_fit_their_boxes(figure: Figure) -> None:
    figure.canvas.draw()
    (ax,) = figure.axes
    words = {text.get_text(): text.get_window_extent() for text in ax.texts}
    for box in BOXES.values():
        (left, _), (right, _) = ax.transData.transform([(box.left, box.y), (box.right, box.y)])
        assert words[box.text].width < right - left, box.text


def test_the_model_itself_places_every_pool_and_draws_every_influence_by_hand(
    figure: Figure, described: Description
) -> None:
    assert completed(described) == described.layout
    colours = {name for family in described.layout.families.values() for name in family.mechanisms}
    assert {item.mechanism for item in (*described.pools, *described.processes)} <= colours
    (ax,) = figure.axes
    bare = replace(described, processes=tuple(replace(item, influences=()) for item in described.processes))
    centres = {(box.x, box.y) for box in BOXES.values()}
    straight = [line for line in ax.lines if len(line.get_xydata()) == 2 and tuple(line.get_xydata()[0]) in centres]
    assert not straight
    assert len(network_diagram(bare).axes[0].lines) < len(ax.lines)


def test_a_pool_without_a_place_gets_one_below_the_others(described: Description) -> None:
    extra = replace(described.pools[0], name="dendritic_cells", label="dendritic cells")
    richer = replace(described, pools=(*described.pools, extra))
    layout = completed(richer)
    box = layout.boxes["dendritic_cells"]
    assert box.y + BOX_HEIGHT / 2 < min(panel.bottom for panel in PANELS)
    assert layout.bottom < box.y - BOX_HEIGHT / 2
    assert {name: layout.boxes[name] for name in BOXES} == BOXES
    (ax,) = network_diagram(richer).axes
    assert "dendritic cells" in [text.get_text() for text in ax.texts]


def test_a_pool_that_the_network_does_not_have_is_left_out(described: Description) -> None:
    gone = described.pools[0].name
    layout = completed(replace(described, pools=described.pools[1:]))
    assert gone in BOXES
    assert gone not in layout.boxes
    assert all(gone not in (*link.sources, *link.targets) for link in layout.links)


def test_an_influence_without_a_line_gets_a_straight_one(figure: Figure, described: Description) -> None:
    item = next(one for one in described.processes if one.name == "secretion_of_cortisol")
    meddling = replace(item, influences=(*item.influences, "platelets"))
    changed = replace(described, processes=tuple(meddling if one is item else one for one in described.processes))
    (ax,) = network_diagram(changed).axes
    box = BOXES["platelets"]
    starts = [line for line in ax.lines if np.allclose(line.get_xydata()[0], (box.x, box.y), atol=1e-9)]
    assert len(starts) == 1
    assert len(ax.lines) == len(figure.axes[0].lines) + 2  # the line and its dot


def test_a_mechanism_without_a_colour_gets_one(described: Description) -> None:
    first, *others = described.processes
    layout = completed(replace(described, processes=(replace(first, mechanism="complement"), *others)))
    assert layout.families["complement"].mechanisms == ("complement",)


def test_a_model_that_places_nothing_is_drawn_whole(described: Description) -> None:
    bare = replace(described, layout=DiagramLayout())
    layout = completed(bare)
    assert set(layout.boxes) == set(BOXES)
    for one, other in combinations(layout.boxes.values(), 2):
        assert abs(one.x - other.x) >= one.width or abs(one.y - other.y) >= BOX_HEIGHT
    (ax,) = network_diagram(bare).axes
    assert all(box.left > 0.0 and box.right < layout.width and layout.bottom < box.y for box in layout.boxes.values())
    assert len(ax.texts) >= len(BOXES)


def test_no_line_is_drawn_for_an_influence_that_does_not_exist(described: Description) -> None:
    for link in LINKS:
        for source in link.sources:
            for target in link.targets:
                changed = [item for item in described.processes if target in (item.reactant, item.product)]
                assert any(source in item.influences for item in changed), (source, target)
    for bus in BUSES:
        for source in bus.sources:
            assert any(
                source in item.influences and item.mechanism in bus.mechanisms for item in described.processes
            ), bus


def test_arrows_and_bars_say_what_the_jacobian_says(model: Model, defaults: dict[str, float]) -> None:
    # A state in which everything acts: drugs on board, some privilege lost, a clone above its untreated size. The dose
    # of steroid is small, for under a high one even antigen adds to the loss of effectors.
    vector = model.close(defaults | {"anti_drug_antibody": 1.0})
    state = model.baseline(vector)
    for pool, value in {
        "antibody_central": 10.0,
        "antibody_peripheral": 5.0,
        "ada_priming": 0.5,
        "ada_memory": 0.5,
        "ada_titre": 0.5,
        "methylprednisolone": 1.0,
        "prednisolone": 1.0,
        "triamcinolone_depot": 0.01,
        "glucocorticoid_effect": 0.02,
        "privilege_loss": 0.4,
        "autoreactive_cd4": 2.0,
        "autoreactive_cd8_effector": 0.5,
        "autoreactive_resident_memory": 0.5,
        "resting_follicles": 0.1,
        "dystrophic_follicles": 0.1,
        "il7": 1.5,  # below its threshold the switch has no slope
        "thyroid_antibody": 0.6,
        "platelet_antibody": 0.6,
        "gbm_antibody": 0.6,
        "relapse_deficit": 1.0,
    }.items():
        state[model.pools.index(pool)] = value
    jacobian = np.empty(len(model.module.JACOBIAN_ROWS))
    model.module.jacobian(state, vector, np.zeros(len(model.inputs)), jacobian)
    places = zip(model.module.JACOBIAN_ROWS, model.module.JACOBIAN_COLUMNS, jacobian, strict=True)
    slopes = {(model.pools[column], model.pools[row]): value for row, column, value in places}
    for link in LINKS:
        for source in link.sources:
            for target in link.targets:
                slope = slopes[source, target]
                assert (slope < 0) if link.inhibits else (slope > 0), (source, target, slope)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_drawing_is_the_same_file_every_time(described: Description, kind: str) -> None:
    first, second = (encoded(network_diagram(described), kind, dpi=60) for _ in range(2))
    assert first == second


def test_a_drawing_is_small_enough_for_a_page(figure: Figure) -> None:
    content = encoded(figure, "png", dpi=200)
    width, height = struct.unpack(">II", content[16:24])
    assert width / 200 < 7.5  # inch: the text width of a journal page
    assert height / 200 < 10.4  # inch: A4 with margins of 16 mm
    assert len(content) < 500_000
