"""The first version of the model, as it was: for results that name it, and for what the second is compared with."""

from pathlib import Path

from immunosim.model.package import ModelPackage
from immunosim.models.alemtuzumab import MODEL as PRESENT
from immunosim.models.alemtuzumab.clinic import COUNTS, DRAWS, ONSETS
from immunosim.models.alemtuzumab.version_1.clinic import DRUGS

MODEL = ModelPackage(
    name="alemtuzumab_1",
    title="version 1 of alemtuzumab",
    network="immunosim.models.alemtuzumab.version_1.network:build_network",
    folder=Path(__file__).parent,
    drugs=DRUGS,
    counts=COUNTS,
    draws=DRAWS,
    onsets=ONSETS,
    version_of=PRESENT,
    shared={
        "protocols": ("retreatment_on_relapse",),
        "targets": (
            "assumed_counts",
            "baker2017",
            "cmsc2018",
            "dubuisson2018",
            "hillcawthorne2012",
            "lemtrada_label",
            "li2018",
            "pactrims2018",
            "thompson2010",
        ),
    },
)
