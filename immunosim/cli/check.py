"""``immunosim check``: say what a scenario means without simulating it."""

from immunosim.cli.options import Changes, ScenarioFile, command_line
from immunosim.cli.printing import say, show, show_table


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
    show()
    show(f"{understood.headline()}.")
    show(f"Next:  {command_line('run', scenario, changes or [])}")
