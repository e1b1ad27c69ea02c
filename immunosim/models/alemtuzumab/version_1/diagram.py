"""Where the diagram of the model puts each pool and how regulation runs between them. Millimetres, y upwards."""

from immunosim.model.diagram_layout import Box, Bus, DiagramLayout, Family, Link, Panel, Position
from immunosim.models.alemtuzumab.diagram_shared import (
    ANTIGEN,
    BLOOD_X,
    SKIN,
    SKIN_LINKS,
    T_CELLS,
    TISSUE_X,
    lymphocytes,
    out_of,
)

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
    "autoimmunity": Family("vermilion", ("autoreactive_escape", "hair_follicle", "humoral_autoimmunity")),
}
"""What the legend calls mechanisms that share a colour. A mechanism without processes needs none."""

BOXES = (
    lymphocytes()
    | SKIN
    | {
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
        "hair_cover": Box(130, 41, 15, "visible hair", "right"),
        "autoimmune_breach": Box(130.5, 13.5, 19, "breach of B-cell\ntolerance", "top"),
        "thyroid_antibody": Box(151.75, 24, 16.5, "anti-thyroid", "top"),
        "platelet_antibody": Box(151.75, 13.5, 16.5, "anti-platelet", "top"),
        "gbm_antibody": Box(151.75, 3, 16.5, "anti-GBM", "top"),
        "thyroid_hormone": Box(171, 24, 13, "free T4", "top"),
        "platelets": Box(171, 13.5, 13, "platelets", "top"),
    }
)

PANELS = (
    Panel("alemtuzumab", 2, 140.5, 33, 173),
    Panel("corticosteroids", 35.5, 139.8, 97, 173),
    Panel("dimethyl fumarate", 98.5, 148.5, 122.5, 166),
    Panel("cytokines", 124, 148.5, 161, 166),
    Panel("triamcinolone", 162.5, 148.5, 181.5, 166),
    Panel("lymphocytes", 2, 4, 82, 123.2),
    Panel("autoreactive clones", 120, 85, 176, 122.8),
    Panel("hair follicle", 120, 36.8, 176, 83.5),
    Panel("antibody-mediated autoimmunity", 120, -2.5, 179, 35.2),
)
"""What the pools are grouped into."""

TURNOVER = FAMILIES["turnover of lymphocytes"].mechanisms


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
        ("memory_cd4_lymphoid",),
        ((112, out_of("memory_cd4")[1]), (112, 0)),
        ("regulatory_t_cells", "b_cell_repopulation"),
        ("memory_cd4_lymphoid",),
    ),
)
"""Regulators of the lymphocytes, from left to right."""

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
        ((out_of("naive_cd4"), (118.4, out_of("naive_cd4")[1]), (118.4, 113.4), (123, 113.4)),),
    ),
    Link(("il7",), ("autoreactive_cd4",), (((100, 111.8), (123, 111.8)),), ((100, 111.8),)),
    Link(("il15",), ("autoreactive_cd8_effector",), (((104, 100.9), (153, 100.9)),), ((104, 100.9),)),
    Link(
        ("treg_lymphoid",),
        ("autoreactive_cd4", "autoreactive_cd8_effector", "autoimmune_breach"),
        (
            (out_of("treg"), (115.5, out_of("treg")[1]), (115.5, 110.2), (123, 110.2)),
            ((115.5, 99.2), (153, 99.2)),
            ((115.5, out_of("treg")[1]), (115.5, 13.5), (121, 13.5)),
        ),
        ((115.5, 99.2), (115.5, out_of("treg")[1])),
        inhibits=True,
    ),
    Link(
        ("naive_b_lymphoid",),
        ("autoimmune_breach",),
        ((out_of("naive_b"), (113.7, out_of("naive_b")[1]), (113.7, 11.5), (121, 11.5)),),
    ),
    Link(
        ("autoreactive_cd4",),
        ("autoreactive_cd8_effector", "autoimmune_breach"),
        (
            ((139, 111), (150, 111), (150, 102.6), (153, 102.6)),
            ((123, 108.6), (117.6, 108.6), (117.6, 15.5), (121, 15.5)),
        ),
    ),
    *SKIN_LINKS,
    Link(
        ("anagen_follicles",),
        ("autoreactive_cd8_effector", "hair_cover"),
        (
            ((133, 75.5), (133, 79.5), (144, 79.5), *ANTIGEN),
            ((122.5, 72), (121.2, 72), (121.2, 41), (122.5, 41)),
        ),
        ((144, 79.5),),
    ),
    Link(
        ("autoimmune_breach",),
        ("thyroid_antibody", "platelet_antibody", "gbm_antibody"),
        (
            ((140, 13.5), (143.5, 13.5)),
            ((141.4, 13.5), (141.4, 24), (143.5, 24)),
            ((141.4, 13.5), (141.4, 3), (143.5, 3)),
        ),
    ),
    Link(("thyroid_antibody",), ("thyroid_hormone",), (((160, 24), (164.5, 24)),)),
    Link(("platelet_antibody",), ("platelets",), (((160, 13.5), (164.5, 13.5)),), inhibits=True),
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
)
"""The diagram of the whole model; a test holds it against the network."""
