"""What counts of the model were fitted to, and what is known to be wrong or missing in it: a report says both."""

from immunosim.model.scope import ModelScope

LIMITATIONS = (
    "CD8 counts a month after the first course come out too low, after the second too high.",
    "The rapid early rise of B cells follows Thompson 2010; an older cohort recovered in 7 months instead of 2.",
    "Nothing published here measures naive CD4 cells after a course: their share of 27 % at a year rests on an assumed "
    "target, and recent emigrants, their maturation and thymic export cannot be told apart.",
    "The autoimmune part is informed by few numbers. An untreated person never falls ill; relapse of alopecia "
    "after a pulse needs lymphopenia; one clone serves all organs. Relapse hazards beyond year two come out "
    "too high.",
    "A day after 1 g of methylprednisolone 72 % of lymphocytes are back (all reported), and for days afterwards counts "
    "are above the untreated one, by up to 26 %: drug levels, the concentration that halves egress and the recovery "
    "exclude one another. A late pulse works as well as an early one, unlike in patients.",
    "On dimethyl fumarate fewer than 1 % of patients fall below 0.5e9/L (2 to 6 % reported).",
    "Trial means are not patients. Virtual populations have spreads, of which that of CD8 counts after a course is too "
    "small; no event rate is calibrated to a population, so that no risk of one patient is told.",
)

SCOPE = ModelScope(
    months=30,  # experiments/00_calibration
    courses=2,
    ages=(18, 50),  # CARE-MS I (fernandez2014, table 1)
    limitations=LIMITATIONS,
)
