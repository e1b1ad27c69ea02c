"""A teaching network: T cells in blood and tissue, a thymus, a cytokine, a depleting antibody and a steroid.

The smallest complete model: read ``network.py``, then its parameter set.
"""

from pathlib import Path

from immunosim.model.package import ModelPackage
from immunosim.models.teaching.clinic import DRUGS

MODEL = ModelPackage(
    name="teaching",
    title="one T-cell pool in blood and tissue, a thymus, a cytokine, a depleting antibody and a steroid",
    network="immunosim.models.teaching.network:build_network",
    folder=Path(__file__).parent,
    drugs=DRUGS,
)
