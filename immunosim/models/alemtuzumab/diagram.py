"""Where the diagram of the model puts each pool and how regulation runs between them. Millimetres, y upwards."""

from immunosim.model.diagram_layout import OUT, Box, Bus, DiagramLayout, Family, Link, Panel, Position

FAMILIES = {
    "alemtuzumab": Family("blue", ("antibody_kinetics", "depletion")),
    "corticosteroids": Family("orange", ("corticosteroids",)),
    "dimethyl fumarate": Family("purple", ("prior_therapy",)),
    "cytokines": Family("green", ("cytokines",)),
    "turnover of lymphocytes": Family(
        "black",
        (
            "thymopoiesis",
            "t_cell_homeostasis",
            "regulatory_t_cells",
            "b_cell_repopulation",
            "nk_cells",
            "other_lymphocytes",
        ),
    ),
    "exchange of blood and tissue": Family("grey", ("trafficking",)),
    "autoimmunity": Family(
        "vermilion",
        (
            *("autoreactive_escape", "hair_follicle", "humoral_autoimmunity", "acquired_regulation"),
            *("immune_challenges", "follicle_dormancy", "pigmentation", "relapse"),
        ),
    ),
}
"""What the legend calls mechanisms that share a colour. A mechanism without processes needs none."""

SUBSETS = {
    "naive_cd4": "naive CD4",
    "memory_cd4": "memory CD4",
    "treg": "regulatory T",
    "naive_cd8": "naive CD8",
    "memory_cd8": "memory CD8",
    "transitional_b": "transitional B",
    "naive_b": "naive B",
    "memory_b": "memory B",
    "other": "other",
    "nk_cells": "NK",
}
"""The rows of the table of lymphocytes."""

BLOOD_X, TISSUE_X, TOP_ROW, ROW = 23.0, 64.0, 115.0, 11.6


def row_of(subset: str) -> float:
    """Return the height of the middle of a row of the table of lymphocytes."""
    return TOP_ROW - ROW * list(SUBSETS).index(subset)


def _lymphocytes() -> dict[str, Box]:
    boxes = {
        "nk_cells": Box(BLOOD_X, row_of("nk_cells"), 22, "NK", "right"),
        "transitional_b": Box(TISSUE_X, row_of("transitional_b"), 24, "transitional B", "right"),
    }
    for subset, text in SUBSETS.items():
        if subset not in boxes:
            boxes[f"{subset}_blood"] = Box(BLOOD_X, row_of(subset), 22, text, "left")
            boxes[f"{subset}_lymphoid"] = Box(TISSUE_X, row_of(subset), 24, text, "right")
    return boxes


ROW_OF_CLONES, ROW_BELOW = -9.0, -26.0
"""Heights of the two rows of antibody-mediated autoimmunity."""

BOXES = _lymphocytes() | {
    "antibody_central": Box(16, 161, 20, "central", "right"),
    "antibody_peripheral": Box(18, 147, 16, "peripheral", "right"),
    "methylprednisolone": Box(48, 161, 20, "methyl-\nprednisolone", "top"),
    "prednisolone_gut": Box(68, 161, 13, "in the gut", "top"),
    "prednisolone": Box(86, 161, 17, "prednisolone", "top"),
    "cortisol": Box(47, 147, 13, "cortisol", "bottom"),
    "glucocorticoid_signal": Box(66, 147, 16, "genomic\nsignal", "bottom"),
    "glucocorticoid_effect": Box(86, 147, 16, "tissue\neffect", "bottom"),
    "fumarate_effect": Box(110, 154, 12, "effect", "top"),
    "il7": Box(130, 154, 11, "IL-7", "top"),
    "il15": Box(142.5, 154, 11, "IL-15", "top"),
    "baff": Box(155, 154, 11, "BAFF", "top"),
    "triamcinolone_depot": Box(172, 154, 15, "scalp depot", "top"),
    "autoreactive_cd4": Box(131, 111, 16, "CD4 helpers", "top"),
    "autoreactive_cd8_effector": Box(162, 100, 18, "CD8 effectors", "top"),
    "autoreactive_resident_memory": Box(131, 92, 16, "resident\nmemory", "bottom"),
    "privilege_loss": Box(147, 61, 20, "loss of immune\nprivilege", "bottom"),
    "anagen_follicles": Box(130, 72, 15, "anagen", "top"),
    "dystrophic_follicles": Box(166, 72, 15, "dystrophic", "top"),
    "catagen_follicles": Box(166, 51, 15, "catagen", "top"),
    "resting_follicles": Box(130, 51, 15, "resting", "bottom"),
    "acquired_regulation": Box(162, 114, 18, "acquired\nregulation", "top"),
    "dormant_follicles": Box(130, 40, 15, "dormant", "bottom"),
    "hair_cover": Box(147, 40, 14, "visible hair", "right"),
    "pigmented_hair": Box(167.5, 40, 14, "pigmented\nhair", "right"),
    "melanocyte_function": Box(163, 29.5, 18, "melanocytes", "left"),
    "relapse_repertoire": Box(134, 11, 16, "repertoire", "right"),
    "relapse_deficit": Box(157, 15, 12, "deficit", "right"),
    "lasting_deficit": Box(157, 6.6, 12, "lasting", "right"),
    "autoreactive_helpers": Box(131, ROW_OF_CLONES, 16, "helpers", "left"),
    "thyroid_b_clone": Box(20, ROW_OF_CLONES, 17, "thyroid\nB clone", "top"),
    "thyroid_antibody": Box(40, ROW_OF_CLONES, 16.5, "anti-thyroid", "top"),
    "thyroid_hormone": Box(55.7, ROW_OF_CLONES, 10, "free T4", "top"),
    "platelet_b_clone": Box(70, ROW_OF_CLONES, 15, "platelet\nB clone", "top"),
    "platelet_antibody": Box(89, ROW_OF_CLONES, 16.5, "anti-platelet", "top"),
    "platelets": Box(105.5, ROW_OF_CLONES, 12, "platelets", "top"),
    "gbm_b_clone": Box(152, ROW_OF_CLONES, 15, "GBM\nB clone", "top"),
    "gbm_antibody": Box(171.5, ROW_OF_CLONES, 14, "anti-GBM", "top"),
    "thyroid_regulation": Box(20, ROW_BELOW, 17, "regulation", "bottom"),
    "thyroid_illness": Box(40, ROW_BELOW, 16.5, "time ill", "bottom"),
    "platelet_regulation": Box(70, ROW_BELOW, 15, "regulation", "bottom"),
    "platelet_illness": Box(89, ROW_BELOW, 16.5, "time ill", "bottom"),
    "gbm_regulation": Box(152, ROW_BELOW, 15, "regulation", "bottom"),
    "gbm_illness": Box(171.5, ROW_BELOW, 14, "time ill", "bottom"),
}

PANELS = (
    Panel("alemtuzumab", 2, 140.5, 33, 173),
    Panel("corticosteroids", 35.5, 139.8, 97, 173),
    Panel("dimethyl fumarate", 98.5, 148.5, 122.5, 166),
    Panel("cytokines", 124, 148.5, 161, 166),
    Panel("triamcinolone", 162.5, 148.5, 181.5, 166),
    Panel("lymphocytes", 2, 4, 82, 123.2),
    Panel("autoreactive clones", 120, 85, 179, 122.8),
    Panel("hair follicle", 120, 24.5, 179, 83.5),
    Panel("relapses of multiple sclerosis", 120, 2.6, 179, 23.2),
    Panel("antibody-mediated autoimmunity", 2, -34.5, 181, 1.6),
)
"""What the pools are grouped into."""

TURNOVER = FAMILIES["turnover of lymphocytes"].mechanisms


def _out_of(subset: str) -> Position:
    return TISSUE_X + 12, row_of(subset) + OUT


T_CELLS = ("naive_cd4_lymphoid", "memory_cd4_lymphoid", "naive_cd8_lymphoid", "memory_cd8_lymphoid")

BUSES = (
    Bus(("antibody_central",), ((8, 157.5), (8, 0)), ("depletion",)),
    Bus(
        ("methylprednisolone", "prednisolone", "cortisol"),
        ((48, 154.2), (38, 154.2), (38, 136.5), (43.5, 136.5), (43.5, 0)),
        ("trafficking",),
    ),
    Bus(("antibody_peripheral",), ((18, 143.5), (18, 129), (88, 129), (88, 0)), ("depletion",)),
    Bus(("glucocorticoid_signal",), ((66, 143.5), (66, 132), (92, 132), (92, 0)), ("corticosteroids",)),
    Bus(("fumarate_effect",), ((110, 150.5), (110, 136), (96, 136), (96, 0)), ("prior_therapy",)),
    Bus(("il7",), ((130, 150.5), (130, 134), (100, 134), (100, 0)), TURNOVER, T_CELLS),
    Bus(
        ("il15",),
        ((142.5, 150.5), (142.5, 131.5), (104, 131.5), (104, 0)),
        TURNOVER,
        ("memory_cd8_lymphoid", "nk_cells"),
    ),
    Bus(
        ("baff",),
        ((155, 150.5), (155, 129), (108, 129), (108, 0)),
        TURNOVER,
        ("naive_b_lymphoid", "memory_b_lymphoid"),
    ),
    Bus(
        T_CELLS,
        ((118, _out_of("naive_cd4")[1]), (118, 0)),
        ("autoreactive_escape", "humoral_autoimmunity"),
        T_CELLS,
    ),
    Bus(
        ("memory_cd4_lymphoid",),
        ((112, _out_of("memory_cd4")[1]), (112, 0)),
        ("regulatory_t_cells", "b_cell_repopulation"),
        ("memory_cd4_lymphoid",),
    ),
)
"""Regulators of the lymphocytes, from left to right."""

B_CLONES = ("thyroid_b_clone", "platelet_b_clone", "gbm_b_clone")
_ANTIGEN: tuple[Position, ...] = ((144, 97.4), (153, 97.4))
_STEROID_BUS: tuple[Position, ...] = ((86, 143.5), (86, 138.2), (181, 138.2))
_STEROID_BRANCHES: tuple[tuple[Position, ...], ...] = (
    ((181, 138.2), (181, 108.8), (139, 108.8)),
    ((181, 108.8), (181, 100), (171, 100)),
    ((181, 100), (181, 79.5), (155, 79.5), (155, 73.6)),
    ((181, 79.5), (181, 61), (157, 61)),
)

LINKS = (
    Link(
        ("methylprednisolone", "prednisolone"),
        ("glucocorticoid_signal", "glucocorticoid_effect"),
        (
            ((86, 157.5), (86, 150.5)),
            ((48, 157.5), (48, 154.2), (66, 154.2), (66, 150.5)),
            ((86, 154.2), (66, 154.2), (66, 150.5)),
        ),
        ((48, 154.2), (86, 154.2)),
    ),
    Link(("methylprednisolone", "prednisolone"), ("cortisol",), (((48, 154.2), (48, 150.5)),), inhibits=True),
    Link(
        ("antibody_central",),
        ("autoreactive_cd4",),
        (((8, 125.5), (146, 125.5), (146, 113.2), (139, 113.2)),),
        ((8, 125.5),),
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
        (((172, 150.5), (172, 138.2), (181, 138.2), (181, 100), (171, 100)),),
        ((172, 138.2),),
        inhibits=True,
    ),
    Link(
        ("naive_cd4_lymphoid",),
        ("autoreactive_cd4",),
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
            (_out_of("treg"), (115.5, _out_of("treg")[1]), (115.5, 110.2), (123, 110.2)),
            ((115.5, 99.2), (153, 99.2)),
            *(((115.5, _out_of("treg")[1]), (115.5, -16.4), (x, -16.4), (x, -12.5)) for x in (23, 73, 155)),
            ((128, -16.4), (128, -12.5)),
        ),
        ((115.5, 99.2), (115.5, _out_of("treg")[1]), (128, -16.4)),
        inhibits=True,
    ),
    Link(
        ("naive_b_lymphoid",),
        B_CLONES,
        tuple(
            (_out_of("naive_b"), (113.7, _out_of("naive_b")[1]), (113.7, -14.6), (x, -14.6), (x, -12.5))
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
    Link(("autoreactive_resident_memory",), ("autoreactive_cd8_effector",), (((139, 93), (156, 93), (156, 96.5)),)),
    Link(
        ("autoreactive_cd8_effector",),
        ("autoreactive_resident_memory", "privilege_loss", "dystrophic_follicles"),
        (
            ((160, 96.5), (160, 91), (139, 91)),
            ((166, 96.5), (166, 86.8), (151, 86.8), (151, 64.5)),
        ),
        ((151, 73.1),),
    ),
    Link(
        ("privilege_loss",),
        ("autoreactive_cd8_effector", "dystrophic_follicles"),
        (((144, 64.5), *_ANTIGEN),),
        ((144, 70.9), (144, 73.1), (144, 97.4)),
    ),
    Link(
        ("privilege_loss",),
        ("autoreactive_cd4", "anagen_follicles"),
        (((144, 97.4), (144, 105.5), (135, 105.5), (135, 107.5)), ((137, 61), (130.7, 61))),
        inhibits=True,
    ),
    Link(
        ("anagen_follicles",),
        ("autoreactive_cd8_effector", "hair_cover", "pigmented_hair"),
        (
            ((133, 75.5), (133, 79.5), (144, 79.5), *_ANTIGEN),
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
        (((112, _out_of("memory_b")[1]), (112, 13), (126, 13)),),
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
    taps=(("cortisol", ((40.5, 147), (38, 147))),),
    dosed=("prednisolone_gut", "triamcinolone_depot"),
    heads=(((BLOOD_X, 121.2), "blood"), ((TISSUE_X, 121.2), "lymphoid tissue")),
    notes=("(lysis also uses up alemtuzumab)",),
    lines_leave_until=TISSUE_X,
    top=175.0,
    bottom=-53.0,
)
"""The diagram of the whole model; a test holds it against the network."""
