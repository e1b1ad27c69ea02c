"""Where the diagram of the model puts each pool. Millimetres, y upwards."""

from immunosim.model.diagram_layout import OUT, Box, Family, Panel, Position

FAMILIES = {
    "alemtuzumab": Family("blue", ("antibody_kinetics", "anti_drug_antibody", "depletion")),
    "corticosteroids": Family("orange", ("corticosteroids", "steroid_tolerance")),
    "dimethyl fumarate": Family("purple", ("prior_therapy",)),
    "cytokines": Family("green", ("cytokines",)),
    "turnover of lymphocytes": Family(
        "black",
        (
            "thymopoiesis",
            "recent_emigrants",
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
    "antibody_central": Box(16, 175, 20, "central", "right"),
    "antibody_peripheral": Box(18, 161, 16, "peripheral", "right"),
    "methylprednisolone": Box(48, 175, 20, "methyl-\nprednisolone", "top"),
    "prednisolone_gut": Box(68, 175, 13, "in the gut", "top"),
    "prednisolone": Box(86, 175, 17, "prednisolone", "top"),
    "cortisol": Box(47, 161, 13, "cortisol", "bottom"),
    "glucocorticoid_signal": Box(66, 161, 16, "genomic\nsignal", "bottom"),
    "glucocorticoid_effect": Box(86, 161, 16, "tissue\neffect", "bottom"),
    "fumarate_effect": Box(104.5, 168, 9.5, "fast\neffect", "top"),
    "fumarate_slow_effect": Box(116.5, 168, 9.5, "slow\neffect", "top"),
    "ada_priming": Box(112, 190, 18, "primed cells", "top"),
    "ada_memory": Box(136, 190, 16, "memory", "top"),
    "ada_titre": Box(160, 190, 16, "titre", "top"),
    "methylprednisolone_deep": Box(48, 190, 20, "slow\ncompartment", "top"),
    "steroid_receptor": Box(87, 190, 15, "receptor", "top"),
    "recent_cd4": Box(55, 127, 12, "recent\nCD4", "top"),
    "recent_cd8": Box(73, 127, 12, "recent\nCD8", "top"),
    "il7": Box(130, 168, 11, "IL-7", "top"),
    "il15": Box(142.5, 168, 11, "IL-15", "top"),
    "baff": Box(155, 168, 11, "BAFF", "top"),
    "triamcinolone_depot": Box(172, 168, 15, "scalp depot", "top"),
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
    Panel("alemtuzumab", 2, 154.5, 33, 187),
    Panel("corticosteroids", 35.5, 153.8, 97, 201),
    Panel("dimethyl fumarate", 98.5, 162.5, 122.5, 180),
    Panel("antibody against alemtuzumab", 98.5, 183, 181.5, 201),
    Panel("cytokines", 124, 162.5, 161, 180),
    Panel("triamcinolone", 162.5, 162.5, 181.5, 180),
    Panel("lymphocytes", 2, 4, 82, 138.2),
    Panel("autoreactive clones", 120, 85, 179, 122.8),
    Panel("hair follicle", 120, 24.5, 179, 83.5),
    Panel("relapses of multiple sclerosis", 120, 2.6, 179, 23.2),
    Panel("antibody-mediated autoimmunity", 2, -34.5, 181, 1.6),
)
"""What the pools are grouped into."""

TURNOVER = FAMILIES["turnover of lymphocytes"].mechanisms


def out_of(subset: str) -> Position:
    """Return where the line leaves by which a subset regulates something to its right."""
    return TISSUE_X + 12, row_of(subset) + OUT
