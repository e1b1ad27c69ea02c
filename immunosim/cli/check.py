"""``immunosim check``: say what a scenario means without simulating it."""

from immunosim.cli.options import Changes, ScenarioFile, command_line
from immunosim.cli.printing import say, show, show_table


def check(scenario: ScenarioFile, changes: Changes = None) -> None:
    """Validate a scenario and print how it was understood.

    Names and parameters of the model are checked as well. Nothing is simulated or written.
    """
    from immunosim.door.checking import check as checked

    found = checked(scenario, changes or (), announce=say)
    show(found.scenario.title or "Untitled scenario")
    for sentence in found.sentences():
        show(sentence)
    show_table("Doses", *found.doses(), align="<<")
    show_table("Observed", *found.observed(), align="<>>><")
    if found.varied:
        show_table("Sweep", ("varied", "values"), list(found.varied), align="<<")
    show()
    show(f"{found.headline()}.")
    show(f"Next:  {command_line('run', scenario, changes or [])}")
