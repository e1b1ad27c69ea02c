"""``immunosim params``: the parameters of the model as --set takes them, with their units, bounds and sources."""

from typing import TYPE_CHECKING, Annotated

import typer

from immunosim.cli.options import AsJson, OfModel
from immunosim.cli.printing import show, show_table, show_text
from immunosim.models.registry import DEFAULT_MODEL, DEFAULT_SET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from immunosim.parameters import Parameter


def params(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="A parameter, or part of a name or label.", show_default=False)
    ] = "",
    group: Annotated[str, typer.Option("--group", metavar="GROUP", help="Only the parameters of one group.")] = "",
    as_json: AsJson = False,
    of_model: OfModel = DEFAULT_MODEL,
    parameter_set: Annotated[
        str, typer.Option("--parameter-set", metavar="NAME", help="The parameter set.")
    ] = DEFAULT_SET,
) -> None:
    """List the parameters of the model.

    Shows the key that --set takes, value, unit, bounds, grade of evidence and source. A full NAME shows everything
    that is known of that parameter.
    """
    from immunosim.door.parameters import describe_parameters

    table = describe_parameters(name, group=group, model=of_model, parameter_set=parameter_set)
    if as_json:
        from immunosim.report import to_json

        show_text(to_json(table.summary()).rstrip())
    elif len(table) == 1:
        parameter = table.parameters[0]
        _show_card(parameter, table.references, table.calibration.get(parameter.name))
    else:
        _show_list(table.parameters)


def _show_list(chosen: "Sequence[Parameter]") -> None:
    headers = ("key", "value", "unit", "bounds", "evidence", "source")
    rows = [
        (
            parameter.key,
            f"{parameter.value:g}",
            parameter.unit,
            f"{parameter.lower:g} to {parameter.upper:g}",
            parameter.evidence,
            parameter.citation,
        )
        for parameter in chosen
    ]
    show_table(f"{len(rows)} parameters", headers, rows, align="<><<<<")
    show()
    show(f"Next:  immunosim params {chosen[0].name}")


def _show_card(
    parameter: "Parameter", references: "Mapping[str, str]", calibration: "Mapping[str, Any] | None"
) -> None:
    from immunosim.parameters import EVIDENCE

    show(f"{parameter.label} ({parameter.group})")
    show(f"  key       {parameter.key}")
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    show(f"  value     {parameter.value!r}{unit}, from {parameter.lower:g} to {parameter.upper:g}")
    if parameter.prior is not None:
        prior = parameter.prior
        show(f"  prior     {prior.kind}, median {prior.median:g}, s.d. of the logarithm {prior.sd:g}")
        patients = parameter.prior_of_patients
        if patients is not None and patients != prior:
            where = "between the prior and the value" if parameter.patients_sd is None else "of the population"
            show(f"  in fits   median {patients.median:.4g}, s.d. {patients.sd:.3g}: {where}")
    if calibration is not None:
        _show_calibration(calibration, unit)
    show(f"  evidence  {parameter.evidence}: {EVIDENCE[parameter.evidence]}")
    show(f"  source    {parameter.citation}")
    show(f"  note      {parameter.note}")
    for key, entry in references.items():
        if key in parameter.source:
            show()
            show(entry)
    show()
    show(f"Next:  immunosim run SCENARIO --set {parameter.key}={parameter.value:g}")


def _show_calibration(calibration: "Mapping[str, Any]", unit: str) -> None:
    """Print how a calibration moved a parameter, and which targets inform it."""
    show(f"  before    {calibration['before']:.4g}{unit}, before the calibration of this set")
    show(f"  plausible {calibration['low']:.4g} to {calibration['high']:.4g}{unit}, 90 % of the plausible sets")
    if calibration["shift"] is not None:
        ratio = calibration["contraction"]
        show(f"  shift     {calibration['shift']:+.1f} s.d. of the prior; s.d. {ratio:.2f} times that of the prior")
    informing = "; ".join(f"{name} {100.0 * share:.0f} %" for name, share in calibration["informed_by"].items())
    show(f"  informed  mostly by {informing}" if informing else "  informed  by no target")
