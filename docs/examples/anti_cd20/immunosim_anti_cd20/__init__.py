"""An anti-CD20 antibody that depletes B cells, beside everything that the alemtuzumab model has."""

from pathlib import Path

from immunosim.model.package import ModelPackage
from immunosim.models.alemtuzumab import MODEL as ALEMTUZUMAB
from immunosim_anti_cd20.clinic import ANTI_CD20

MODEL = ModelPackage(
    name="anti_cd20",
    title="an anti-CD20 antibody beside alemtuzumab",
    network="immunosim_anti_cd20.network:build_network",
    folder=Path(__file__).parent,
    drugs=(ANTI_CD20, *ALEMTUZUMAB.drugs),
    base=ALEMTUZUMAB,
)
