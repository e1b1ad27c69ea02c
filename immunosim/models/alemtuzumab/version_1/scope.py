"""What counts of the model were fitted to, and what is known to be wrong or missing in it: a report says both."""

from immunosim.model.scope import ModelScope

LIMITATIONS = (
    "Lytic EC50 and turnover of memory CD8 cells come out higher than published values.",
    "The rapid early rise of B cells follows Thompson 2010; an older cohort recovered in 7 months instead of 2.",
    "Naive T cells refill slowly; their share of CD4 at a year is 12 %, below the 25 % that was assumed as a target.",
    "The autoimmune part is informed by few numbers. An untreated person never falls ill; relapse of alopecia "
    "after a pulse needs lymphopenia; one clone serves all organs. Relapse hazards beyond year two come out "
    "too high.",
    "After 1 g of methylprednisolone counts are lowest at 7.9 h (6 h reported) and back within 7 % from 24 h "
    "on; the concentration that halves egress is several times what low doses suggest. A late pulse works as "
    "well as an early one, unlike in patients.",
    "Four months after dimethyl fumarate half of the loss is back; 2-4 months are reported for all of it.",
    "Trial means are not patients. Virtual populations have spreads, of which that of CD8 counts after a course is too "
    "small; no event rate is calibrated to a population, so that no risk of one patient is told.",
)

SCOPE = ModelScope(
    months=30,  # of a fit to trial means
    courses=2,
    ages=(18, 50),  # CARE-MS I (fernandez2014, table 1)
    limitations=LIMITATIONS,
)
