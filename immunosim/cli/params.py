"""``immunosim params``: the parameters of the model as --set takes them, with their units, bounds and sources."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from immunosim.cli.options import AsJson, OfModel
from immunosim.cli.printing import show, show_table, show_text
from immunosim.errors import ParameterError, did_you_mean
from immunosim.models.registry import DEFAULT_MODEL, DEFAULT_SET

if TYPE_CHECKING:
    from immunosim.parameters import Parameter, ParameterSet


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
    from immunosim.models import load_parameters

    parameters = load_parameters(parameter_set, of_model)
    chosen = _chosen(parameters, name.removeprefix("parameters."), group)
    if as_json:
        from immunosim.report import to_json

        show_text(to_json({parameter.name: _record(parameter) for parameter in chosen}).rstrip())
    elif len(chosen) == 1:
        _show_card(chosen[0], parameters)
    else:
        _show_list(chosen)


def _chosen(parameters: "ParameterSet", part: str, group: str) -> "list[Parameter]":
    groups = parameters.groups()
    if group and group not in groups:
        raise ParameterError(f'unknown group "{group}"', cure=did_you_mean(group, groups))
    known = [parameter for parameter in map(parameters.__getitem__, parameters) if group in ("", parameter.group)]
    found = [parameter for parameter in known if parameter.name == part] or [
        parameter for parameter in known if part.casefold() in f"{parameter.name} {parameter.label}".casefold()
    ]
    if not found:
        raise ParameterError(
            f'no parameter is called "{part}"', cure=did_you_mean(part, [entry.name for entry in known])
        )
    return found


def _show_list(chosen: "list[Parameter]") -> None:
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


def _show_card(parameter: "Parameter", parameters: "ParameterSet") -> None:
    from immunosim.parameters import EVIDENCE

    show(f"{parameter.label} ({parameter.group})")
    show(f"  key       {parameter.key}")
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    show(f"  value     {parameter.value!r}{unit}, from {parameter.lower:g} to {parameter.upper:g}")
    if parameter.prior is not None:
        prior = parameter.prior
        show(f"  prior     {prior.kind}, median {prior.median:g}, s.d. of the logarithm {prior.sd:g}")
    show(f"  evidence  {parameter.evidence}: {EVIDENCE[parameter.evidence]}")
    show(f"  source    {parameter.citation}")
    show(f"  note      {parameter.note}")
    for key, entry in parameters.references().items():
        if key in parameter.source:
            show()
            show(entry)
    show()
    show(f"Next:  immunosim run SCENARIO --set {parameter.key}={parameter.value:g}")


def _record(parameter: "Parameter") -> dict[str, Any]:
    from dataclasses import asdict

    record = {"key": parameter.key} | asdict(parameter)
    return record | {"source": list(parameter.source)}
