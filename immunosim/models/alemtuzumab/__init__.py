"""Depletion by alemtuzumab, repopulation, autoreactive escape and corticosteroids."""

from pathlib import Path

from immunosim.model.package import ModelPackage
from immunosim.models.alemtuzumab.clinic import CHALLENGE_INPUTS, COUNTS, DRAWS, DRUGS, ONSETS, RELAPSE_POOL

MODEL = ModelPackage(
    name="alemtuzumab",
    title="alemtuzumab, lymphocyte repopulation, secondary autoimmunity and corticosteroids",
    network="immunosim.models.alemtuzumab.network:build_network",
    folder=Path(__file__).parent,
    drugs=DRUGS,
    counts=COUNTS,
    draws=DRAWS,
    onsets=ONSETS,
    relapse_pool=RELAPSE_POOL,
    challenge_inputs=CHALLENGE_INPUTS,
    version=2,
    earlier={1: "alemtuzumab_1"},
)
