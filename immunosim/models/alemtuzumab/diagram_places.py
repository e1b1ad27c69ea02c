"""Where the diagram of the model puts each pool. Millimetres, y upwards."""

from immunosim.model.diagram_layout import Box, Family, Panel
from immunosim.models.alemtuzumab.diagram_shared import SKIN, lymphocytes

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

ROW_OF_CLONES, ROW_BELOW = -9.0, -26.0
"""Heights of the two rows of antibody-mediated autoimmunity."""

BOXES = (
    lymphocytes()
    | SKIN
    | {
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
)

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
