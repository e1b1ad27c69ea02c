"""Depletion by alemtuzumab, repopulation, autoreactive escape and corticosteroids."""

from pathlib import Path

from immunosim.model.package import ModelPackage
from immunosim.models.alemtuzumab.clinic import COUNTS, DRAWS, DRUGS, ONSETS

MODEL = ModelPackage(
    name="alemtuzumab",
    title="alemtuzumab, lymphocyte repopulation, secondary autoimmunity and corticosteroids",
    network="immunosim.models.alemtuzumab.network:build_network",
    folder=Path(__file__).parent,
    drugs=DRUGS,
    counts=COUNTS,
    draws=DRAWS,
    onsets=ONSETS,
    version=2,
    earlier={1: "alemtuzumab_1"},
)
