"""How regulation runs between the pools of the diagram of the model. Millimetres, y upwards."""

from immunosim.model.diagram_layout import OUT, Bus, DiagramLayout, Link, Position
from immunosim.models.alemtuzumab.diagram_places import BOXES, FAMILIES, PANELS, ROW_OF_CLONES, TURNOVER
from immunosim.models.alemtuzumab.diagram_shared import (
    ANTIGEN,
    BLOOD_X,
    SKIN_LINKS,
    SUBSETS,
    T_CELLS,
    TISSUE_X,
    out_of,
    row_of,
)

BUSES = (
    Bus(("antibody_central",), ((8, 171.5), (8, 0)), ("depletion",)),
    Bus(
        ("methylprednisolone", "prednisolone", "cortisol", "steroid_receptor"),
        ((48, 168.2), (38, 168.2), (38, 150.5), (43.5, 150.5), (43.5, 0)),
        ("trafficking",),
    ),
    Bus(("antibody_peripheral",), ((18, 157.5), (18, 143), (88, 143), (88, 0)), ("depletion",)),
    Bus(("glucocorticoid_signal",), ((66, 157.5), (66, 146), (92, 146), (92, 0)), ("corticosteroids",)),
    Bus(
        ("fumarate_effect", "fumarate_slow_effect"),
        ((104.5, 164.5), (104.5, 150), (96, 150), (96, 0)),
        TURNOVER,
    ),
    Bus(("il7",), ((130, 164.5), (130, 148), (100, 148), (100, 0)), TURNOVER, T_CELLS),
    Bus(
        ("il15",),
        ((142.5, 164.5), (142.5, 145.5), (104, 145.5), (104, 0)),
        TURNOVER,
        ("memory_cd8_lymphoid", "nk_cells"),
    ),
    Bus(
        ("baff",),
        ((155, 164.5), (155, 143), (108, 143), (108, 0)),
        TURNOVER,
        ("naive_b_lymphoid", "memory_b_lymphoid"),
    ),
    Bus(
        (*T_CELLS, "recent_cd4", "recent_cd8"),
        ((118, out_of("naive_cd4")[1]), (118, 0)),
        ("autoreactive_escape", "humoral_autoimmunity"),
        T_CELLS,
    ),
    Bus(
        ("memory_cd4_lymphoid",),
        ((112, out_of("memory_cd4")[1]), (112, 0)),
        ("regulatory_t_cells", "b_cell_repopulation"),
        ("memory_cd4_lymphoid",),
    ),
)
"""Regulators of the lymphocytes, from left to right."""

B_CLONES = ("thyroid_b_clone", "platelet_b_clone", "gbm_b_clone")
NEUTRALISED = (
    *(f"{subset}_{side}" for subset in SUBSETS for side in ("blood", "lymphoid") if f"{subset}_{side}" in BOXES),
    *("nk_cells", "transitional_b", "recent_cd4", "recent_cd8", "antibody_central", "antibody_peripheral"),
    *("autoreactive_cd4", "relapse_repertoire", *B_CLONES),
)
"""Pools whose loss to alemtuzumab antibody against it reduces."""
_STEROID_BUS: tuple[Position, ...] = ((86, 157.5), (86, 152.2), (181, 152.2))
_STEROID_BRANCHES: tuple[tuple[Position, ...], ...] = (
    ((181, 152.2), (181, 108.8), (139, 108.8)),
    ((181, 108.8), (181, 100), (171, 100)),
    ((181, 100), (181, 79.5), (155, 79.5), (155, 73.6)),
    ((181, 79.5), (181, 61), (157, 61)),
)

LINKS = (
    Link(
        ("methylprednisolone", "prednisolone"),
        ("glucocorticoid_signal", "glucocorticoid_effect"),
        (
            ((86, 171.5), (86, 164.5)),
            ((48, 171.5), (48, 168.2), (66, 168.2), (66, 164.5)),
            ((86, 168.2), (66, 168.2), (66, 164.5)),
        ),
        ((48, 168.2), (86, 168.2)),
    ),
    Link(
        ("methylprednisolone", "prednisolone", "cortisol"),
        ("steroid_receptor",),
        (((76, 168.2), (76, 190), (79.5, 190)),),
        ((76, 168.2),),
        inhibits=True,
    ),
    Link(("fumarate_effect",), ("fumarate_slow_effect",), (((109.25, 168), (111.75, 168)),)),
    Link(("antibody_central",), ("ada_priming",), (((24.5, 178.5), (24.5, 203), (112, 203), (112, 193.5)),)),
    Link(("ada_priming",), ("ada_memory",), (((121, 190), (128, 190)),)),
    Link(("ada_priming",), ("ada_titre",), (((112, 186.5), (112, 184.8), (157, 184.8), (157, 186.5)),)),
    Link(("ada_memory",), ("ada_titre",), (((144, 190), (152, 190)),)),
    # It spares whatever the drug would lyse, and the drug: less is cleared and less is used up.
    Link(
        ("ada_titre",),
        NEUTRALISED,
        (((160, 193.5), (160, 205), (21.5, 205), (21.5, 178.5)), ((21.5, 182), (4.2, 182), (4.2, 161), (10, 161))),
        ((21.5, 182),),
    ),
    Link(("methylprednisolone", "prednisolone"), ("cortisol",), (((48, 168.2), (48, 164.5)),), inhibits=True),
    Link(
        ("antibody_central",),
        ("autoreactive_cd4",),
        (((8, 139.5), (146, 139.5), (146, 113.2), (139, 113.2)),),
        ((8, 139.5),),
        inhibits=True,
    ),
    Link(
        ("glucocorticoid_effect",),
        ("autoreactive_cd4", "autoreactive_cd8_effector", "dystrophic_follicles", "privilege_loss"),
        ((*_STEROID_BUS, (181, 108.8), (139, 108.8)), *_STEROID_BRANCHES),
        inhibits=True,
    ),
    Link(
        ("triamcinolone_depot",),
        ("autoreactive_cd8_effector", "dystrophic_follicles", "privilege_loss"),
        (((172, 164.5), (172, 152.2), (181, 152.2), (181, 100), (171, 100)),),
        ((172, 152.2),),
        inhibits=True,
    ),
    Link(
        ("naive_cd4_lymphoid", "recent_cd4"),
        ("autoreactive_cd4", "autoreactive_helpers"),
        (((118, 113.4), (123, 113.4)),),
        ((118, 113.4),),
    ),
    Link(
        ("il7",),
        ("autoreactive_cd4", "autoreactive_helpers"),
        (((100, 111.8), (123, 111.8)), ((119.2, 111.8), (119.2, -4), (128, -4), (128, -5.5))),
        ((100, 111.8), (119.2, 111.8)),
    ),
    Link(("il15",), ("autoreactive_cd8_effector",), (((104, 100.9), (153, 100.9)),), ((104, 100.9),)),
    Link(
        ("treg_lymphoid",),
        ("autoreactive_cd4", "autoreactive_cd8_effector", *B_CLONES, "autoreactive_helpers"),
        (
            (out_of("treg"), (115.5, out_of("treg")[1]), (115.5, 110.2), (123, 110.2)),
            ((115.5, 99.2), (153, 99.2)),
            *(((115.5, out_of("treg")[1]), (115.5, -16.4), (x, -16.4), (x, -12.5)) for x in (23, 73, 155)),
            ((128, -16.4), (128, -12.5)),
        ),
        ((115.5, 99.2), (115.5, out_of("treg")[1]), (128, -16.4)),
        inhibits=True,
    ),
    Link(
        ("naive_b_lymphoid",),
        B_CLONES,
        tuple(
            (out_of("naive_b"), (113.7, out_of("naive_b")[1]), (113.7, -14.6), (x, -14.6), (x, -12.5))
            for x in (20.5, 70.5, 152.5)
        ),
    ),
    Link(
        ("autoreactive_helpers",),
        B_CLONES,
        (((131, -12.5), (131, -14.6), (20.5, -14.6), (20.5, -12.5)),),
        ((131, -14.6),),
    ),
    Link(
        ("antibody_central",),
        B_CLONES,
        tuple(((8, row_of("nk_cells")), (8, -18.2), (x, -18.2), (x, -12.5)) for x in (25.5, 75.5, 157.5)),
        inhibits=True,
    ),
    *(
        Link((f"{organ}_b_clone",), (f"{organ}_antibody",), (((start, ROW_OF_CLONES), (end, ROW_OF_CLONES)),))
        for organ, start, end in (("thyroid", 28.5, 31.75), ("platelet", 77.5, 80.75), ("gbm", 159.5, 164.5))
    ),
    *(
        Link(
            (f"{organ}_antibody",),
            (f"{organ}_regulation", f"{organ}_illness"),
            (((x, -12.5), (x, -22.5)), ((x, -20.2), (to, -20.2), (to, -22.5))),
            ((x, -20.2),),
        )
        for organ, x, to in (("thyroid", 40, 23), ("platelet", 89, 73), ("gbm", 171.5, 155))
    ),
    *(
        Link((f"{organ}_regulation",), (f"{organ}_b_clone",), (((x, -22.5), (x, -12.5)),), inhibits=True)
        for organ, x in (("thyroid", 15), ("platelet", 66), ("gbm", 148))
    ),
    Link(
        ("autoreactive_cd4",),
        ("autoreactive_cd8_effector",),
        (((139, 111), (150, 111), (150, 102.6), (153, 102.6)),),
    ),
    Link(
        ("autoreactive_cd8_effector",),
        ("acquired_regulation",),
        (((171, 102), (173.5, 102), (173.5, 115), (171, 115)),),
    ),
    Link(
        ("acquired_regulation",),
        ("autoreactive_cd8_effector",),
        (((171, 113), (175.5, 113), (175.5, 98), (171, 98)),),
        inhibits=True,
    ),
    *SKIN_LINKS,
    Link(
        ("anagen_follicles",),
        ("autoreactive_cd8_effector", "hair_cover", "pigmented_hair"),
        (
            ((133, 75.5), (133, 79.5), (144, 79.5), *ANTIGEN),
            ((122.5, 72), (121.2, 72), (121.2, 34.8), (147, 34.8), (147, 36.5)),
            ((147, 34.8), (170, 34.8), (170, 36.5)),
        ),
        ((144, 79.5), (147, 34.8)),
    ),
    Link(
        ("anagen_follicles",),
        ("autoreactive_cd4",),
        (((144, 97.4), (144, 105.5), (135, 105.5), (135, 107.5)),),
        inhibits=True,
    ),
    Link(("privilege_loss",), ("dormant_follicles",), (((141, 57.5), (141, 45.5), (134, 45.5), (134, 43.5)),)),
    Link(
        ("privilege_loss",),
        ("melanocyte_function",),
        (((152, 57.5), (152, 45.5), (158.6, 45.5), (158.6, 33)),),
        inhibits=True,
    ),
    Link(("melanocyte_function",), ("pigmented_hair",), (((165, 33), (165, 36.5)),)),
    Link(
        ("antibody_central", "antibody_peripheral"),
        ("relapse_repertoire",),
        (((88, 20), (88, 8.8), (126, 8.8)),),
        inhibits=True,
    ),
    Link(
        ("memory_cd4_blood",),
        ("relapse_repertoire",),
        (((34, row_of("memory_cd4") + OUT), (47, row_of("memory_cd4") + OUT), (47, 3.4), (130, 3.4), (130, 7.5)),),
        inhibits=True,
    ),
    Link(
        ("memory_cd4_lymphoid",),
        ("relapse_repertoire",),
        (((112, out_of("memory_b")[1]), (112, 13), (126, 13)),),
    ),
    Link(
        ("glucocorticoid_effect",),
        ("relapse_deficit",),
        (((181, 61), (181, 20.2), (157, 20.2), (157, 18.5)),),
        ((181, 61),),
        inhibits=True,
    ),
    Link(("glucocorticoid_effect",), ("lasting_deficit",), (((181, 20.2), (181, 4.6), (163, 4.6)),), ((181, 20.2),)),
    Link(("relapse_deficit",), ("lasting_deficit",), (((154.5, 11.5), (154.5, 10.1)),)),
    Link(("lasting_deficit",), ("relapse_deficit",), (((159.5, 10.1), (159.5, 11.5)),)),
    Link(("thyroid_antibody",), ("thyroid_hormone",), (((48.25, ROW_OF_CLONES), (50.7, ROW_OF_CLONES)),)),
    Link(("platelet_antibody",), ("platelets",), (((97.25, ROW_OF_CLONES), (99.5, ROW_OF_CLONES)),), inhibits=True),
)
"""Regulation outside the table of lymphocytes."""

LAYOUT = DiagramLayout(
    boxes=BOXES,
    families=FAMILIES,
    panels=PANELS,
    buses=BUSES,
    links=LINKS,
    taps=(
        ("cortisol", ((40.5, 161), (38, 161))),
        ("steroid_receptor", ((84, 186.5), (84, 184.3), (36.6, 184.3), (36.6, 168.2), (38, 168.2))),
        ("fumarate_slow_effect", ((116.5, 164.5), (116.5, 150), (104.5, 150))),
    ),
    dosed=("prednisolone_gut", "triamcinolone_depot"),
    heads=(((BLOOD_X, 136.2), "blood"), ((TISSUE_X, 136.2), "lymphoid tissue")),
    notes=("(lysis also uses up alemtuzumab)",),
    lines_leave_until=TISSUE_X,
    top=207.0,
    bottom=-53.0,
)
"""The diagram of the whole model; a test holds it against the network."""
