"""What a clinician would say about this model: its drugs, and what is known of a patient before treatment.

Plain data without symbols, so that a scenario is read without the network. Doses, sources and ranges: docs/units.md.
The ranges are assumed, wide enough for every dose of the evidence and narrow enough that a slip of a thousand (g for
mg, mcg for mg) lies outside.
"""

from immunosim.model.drug import Drug
from immunosim.model.patient_keys import DiseaseOnset, HazardDraw, UntreatedCount

# Okabe and Ito, Color universal design (2008), as the curves of figures.
_BLUE, _VERMILION, _ORANGE, _PURPLE, _GREEN = "#0072B2", "#D55E00", "#E69F00", "#CC79A7", "#009E73"

ALEMTUZUMAB = Drug(
    name="alemtuzumab",
    label="alemtuzumab",
    route="intravenous",
    given="infusion",
    enters="alemtuzumab_infusion",
    holds=("antibody_central", "antibody_peripheral"),
    usual="12 mg a day",
    plausible=(0.5, 60.0),
    source=("lemtrada_smpc", "case report"),
    usual_infusion="4 h",
    depletes=True,
    premedication="methylprednisolone",
    synonyms=("lemtrada", "campath", "mabcampath", "campath-1h"),
    colour=_BLUE,
    shape="triangle",
)

METHYLPREDNISOLONE = Drug(
    name="methylprednisolone",
    label="methylprednisolone",
    route="intravenous",
    given="infusion",
    enters="methylprednisolone_infusion",
    holds=("methylprednisolone", "methylprednisolone_deep"),
    available_fraction="methylprednisolone_available_fraction",
    usual="1 g a day",
    plausible=(4.0, 2000.0),
    source=("case report",),
    usual_infusion="1 h",
    synonyms=(
        *("solu-medrol", "solumedrol", "solu medrol", "urbason", "methylprednisolon", "methyl-prednisolone"),
        *("méthylprednisolone", "metilprednisolone", "metilprednisolona", "metylprednisolon", "6-methylprednisolone"),
    ),
    colour=_VERMILION,
    shape="diamond",
)

PREDNISOLONE = Drug(
    name="prednisolone",
    label="prednisolone",
    route="oral",
    given="bolus",
    enters="prednisolone_gut",
    holds=("prednisolone_gut", "prednisolone"),
    usual="5 to 60 mg a day",
    plausible=(1.0, 250.0),
    source=("assumed",),
    synonyms=("prednisolon", "prednisolona", "decortin h"),
    colour=_ORANGE,
    shape="square or bar",
)

TRIAMCINOLONE = Drug(
    name="triamcinolone",
    label="triamcinolone",
    route="intralesional",
    given="bolus",
    enters="triamcinolone_depot",
    holds=("triamcinolone_depot",),
    volume_sets="injected_volume",
    usual="15 mg in a session",
    plausible=(0.5, 80.0),
    source=("case report",),
    synonyms=("triamcinolon", "triamcinolona", "kenalog", "volon a"),
    colour=_PURPLE,
    shape="circle",
    site="scalp",
)

DIMETHYL_FUMARATE = Drug(
    name="dimethyl_fumarate",
    label="dimethyl fumarate",
    route="oral",
    given="continuous",
    enters="dimethyl_fumarate",
    without_balance="the model holds its effect, not its mass",
    usual="240 mg twice a day",
    plausible=(30.0, 960.0),
    source=("case report",),
    usual_dose="240 mg",
    reference_dose=480.0,
    times_per_day=2,
    colour=_GREEN,
    shape="bar",
)

TOPICAL_IMMUNOTHERAPY = Drug(
    name="topical_immunotherapy",
    label="topical immunotherapy",
    route="topical",
    given="continuous",
    enters="topical_immunotherapy",
    without_balance="the model holds its effect, not its mass",
    takes_effect=True,
    usual="an effect that the scenario assumes",
    source=("assumed",),
    colour=_GREEN,
    shape="bar",
    site="scalp",
)

DRUGS = (
    *(ALEMTUZUMAB, METHYLPREDNISOLONE, PREDNISOLONE, TRIAMCINOLONE, DIMETHYL_FUMARATE),
    TOPICAL_IMMUNOTHERAPY,
)
"""The drug that a table means where it names none comes first; NONMEM's CMT counts those with single doses."""

CHALLENGE_INPUTS = ("immune_challenge",)
"""An infection or stress, which wakes resident memory: no drug."""

RELAPSE_POOL = "relapse_deficit"
"""What a relapse with a severity enters, points of the EDSS."""

MOST_TOTAL, MOST_SUBSET = 20.0, 10_000.0
"""Highest plausible counts, 1e9/L and cells/uL: twice what an infection does, less than most leukaemias."""

COUNTS = (
    UntreatedCount(
        name="lymphocytes",
        meaning="All lymphocytes; scales every subset, not together with single subsets",
        most=MOST_TOTAL,
        unit="1e9/L",
        is_total=True,
    ),
    UntreatedCount(name="cd4", meaning="CD4 T cells", most=MOST_SUBSET, unit="cells/uL"),
    UntreatedCount(name="cd8", meaning="CD8 T cells", most=MOST_SUBSET, unit="cells/uL"),
    UntreatedCount(name="cd19", meaning="B cells", most=MOST_SUBSET, unit="cells/uL"),
    UntreatedCount(name="nk", meaning="NK cells", most=MOST_SUBSET, unit="cells/uL"),
)

_LATER = 'while ill; "median" is 0.693, about six weeks of illness, larger is later'
DRAWS = (
    HazardDraw(name="thyroid", meaning=f"Cumulative hazard at which thyroid disease is diagnosed, {_LATER}"),
    HazardDraw(name="platelets", meaning=f"Cumulative hazard at which immune thrombocytopenia is diagnosed, {_LATER}"),
    HazardDraw(
        name="glomerulus",
        meaning=f"Cumulative hazard at which disease of the glomerular basement membrane is diagnosed, {_LATER}",
    ),
)

ONSETS = (
    DiseaseOnset(
        name="alopecia_since",
        label="onset of alopecia",
        meaning="How long before day 0 alopecia began: effectors enter then, enough to begin a first patch (assumed)",
        pool="autoreactive_cd8_effector",
        amount=1.52,
    ),
)
"""What begins a disease before day 0. The amount is assumed: it begins a patch where antigen drives the clone on."""
