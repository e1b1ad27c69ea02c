"""``immunosim check``: say what a scenario means without simulating it."""

from immunosim.cli.options import Changes, ScenarioFile, command_line
from immunosim.cli.printing import say, show, show_table
from immunosim.safe_text import shortened

WIDEST = 60
"""Characters of a column that lists parameters."""


def check(scenario: ScenarioFile, changes: Changes = None) -> None:
    """Validate a scenario and print how it was understood.

    Names and parameters of the model are checked as well. Nothing is simulated or written.
    """
    from immunosim.door.checking import check as checked

    understood = checked(scenario, changes or (), announce=say)
    show(understood.scenario.title or "Untitled scenario")
    for sentence in understood.sentences():
        show(sentence)
    show_table("Doses", *understood.doses(), align="<<")
    show_table("Observed", *understood.observed(), align="<>>><")
    if understood.varied:
        show_table("Sweep", ("varied", "values"), list(understood.varied), align="<<")
    if understood.population:
        rows = [(name, shortened(acts_on, WIDEST), how) for name, acts_on, how in understood.population]
        show_table("Population", ("name", "acts on", "distribution"), rows, align="<<<")
    show()
    show(f"{understood.headline()}.")
    following = "cohort" if understood.population else "run"
    show(f"Next:  {command_line(following, scenario, changes or [])}")
