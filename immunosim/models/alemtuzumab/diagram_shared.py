"""What the diagrams of both versions of the model share: the table of lymphocytes and the clone of the skin."""

from immunosim.model.diagram_layout import OUT, Box, Link, Position

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


def lymphocytes() -> dict[str, Box]:
    """Return the boxes of the table."""
    boxes = {
        "nk_cells": Box(BLOOD_X, row_of("nk_cells"), 22, "NK", "right"),
        "transitional_b": Box(TISSUE_X, row_of("transitional_b"), 24, "transitional B", "right"),
    }
    for subset, text in SUBSETS.items():
        if subset not in boxes:
            boxes[f"{subset}_blood"] = Box(BLOOD_X, row_of(subset), 22, text, "left")
            boxes[f"{subset}_lymphoid"] = Box(TISSUE_X, row_of(subset), 24, text, "right")
    return boxes


def out_of(subset: str) -> Position:
    """Return where the line leaves by which a subset regulates something to its right."""
    return TISSUE_X + 12, row_of(subset) + OUT


T_CELLS = ("naive_cd4_lymphoid", "memory_cd4_lymphoid", "naive_cd8_lymphoid", "memory_cd8_lymphoid")

SKIN = {
    "autoreactive_cd4": Box(131, 111, 16, "CD4 helpers", "top"),
    "autoreactive_cd8_effector": Box(162, 100, 18, "CD8 effectors", "top"),
    "autoreactive_resident_memory": Box(131, 92, 16, "resident\nmemory", "bottom"),
    "privilege_loss": Box(147, 61, 20, "loss of immune\nprivilege", "bottom"),
    "anagen_follicles": Box(130, 72, 15, "anagen", "top"),
    "dystrophic_follicles": Box(166, 72, 15, "dystrophic", "top"),
    "catagen_follicles": Box(166, 51, 15, "catagen", "top"),
    "resting_follicles": Box(130, 51, 15, "resting", "bottom"),
}
"""The clone of the skin and the cycle of follicles."""

ANTIGEN: tuple[Position, ...] = ((144, 97.4), (153, 97.4))
"""The way by which antigen reaches effectors."""

SKIN_LINKS = (
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
        (((144, 64.5), *ANTIGEN),),
        ((144, 70.9), (144, 73.1), (144, 97.4)),
    ),
    Link(
        ("privilege_loss",),
        ("autoreactive_cd4", "anagen_follicles"),
        (((144, 97.4), (144, 105.5), (135, 105.5), (135, 107.5)), ((137, 61), (130.7, 61))),
        inhibits=True,
    ),
)
"""Regulation between them."""
