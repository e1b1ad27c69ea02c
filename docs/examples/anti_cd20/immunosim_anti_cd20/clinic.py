"""The drug that this package adds, as a clinician would say it."""

from immunosim.model.drug import Drug

ANTI_CD20 = Drug(
    name="anti_cd20",
    label="anti-CD20 antibody",
    route="intravenous",
    given="infusion",
    enters="anti_cd20_infusion",
    holds=("anti_cd20_central", "anti_cd20_peripheral"),
    usual="300 mg twice, 14 days apart, then 600 mg every 6 months",
    plausible=(10.0, 1000.0),
    source=("ocrevus_label",),
    usual_infusion="3.5 h",
    depletes=True,
    premedication="methylprednisolone",
    synonyms=("ocrelizumab", "ocrevus"),
    # Okabe and Ito, Color universal design (2008): one that the drugs of the base do not have.
    colour="#56B4E9",
    shape="circle",
)
