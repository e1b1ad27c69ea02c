"""What can be given to the teaching network: an antibody and a steroid that stand for their kinds."""

from immunosim.model.drug import Drug

# Okabe and Ito, Color universal design (2008), as the curves of figures.
_BLUE, _VERMILION = "#0072B2", "#D55E00"

ANTIBODY = Drug(
    name="antibody",
    label="antibody",
    route="intravenous",
    given="infusion",
    enters="antibody_infusion",
    holds=("antibody",),
    usual="30 mg",
    plausible=(0.5, 300.0),
    source=("assumed",),
    usual_infusion="4 h",
    depletes=True,
    premedication="steroid",
    colour=_BLUE,
    shape="triangle",
)

STEROID = Drug(
    name="steroid",
    label="steroid",
    route="intravenous",
    given="infusion",
    enters="steroid_infusion",
    holds=("steroid",),
    usual="1 g a day",
    plausible=(4.0, 2000.0),
    source=("assumed",),
    usual_infusion="1 h",
    colour=_VERMILION,
    shape="diamond",
)

DRUGS = (ANTIBODY, STEROID)
