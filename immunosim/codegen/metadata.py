"""What a kernel module says about itself: names, labels, units, sizes. Written as Python literals into its text."""

from dataclasses import asdict
from pprint import pformat

from immunosim.model.network import Assignment, Network
from immunosim.model.readout_info import as_literals


def metadata_of(net: Network) -> str:
    """Return assignments of literal tables that describe pools, parameters, inputs, processes and read-outs."""
    tables = {
        "MODEL": net.name,
        "MECHANISMS": {m.name: (m.label, m.off_means) for m in net.mechanisms.values()},
        "POOLS": {p.name: (p.label, p.unit, p.owner, p.scale) for p in net.pools.values()},
        "INPUTS": {i.name: (i.label, i.unit) for i in net.inputs.values()},
        "PARAMETERS": tuple(net.parameter_units),
        "SWITCHES": net.switches,
        "DERIVED": _described(net.derived),
        "SIGNALS": _described(net.signals),
        "READOUTS": _described(net.readouts),
        "READOUT_INFO": {name: as_literals(info) for name, info in net.display.items()},
        "GROUPS": {name: as_literals(group) for name, group in net.groups.items()},
        "ANALYTES": {name: as_literals(analyte) for name, analyte in net.analytes.items()},
        "QUESTIONS": as_literals(net.questions),
        "SCOPE": asdict(net.scope),
        "PROCESSES": {
            p.name: (p.label, p.mechanism, str(p.reactant or ""), str(p.product or "")) for p in net.processes.values()
        },
        "ADMISSIBLE": tuple((str(rule.symbol), rule.least, rule.reason) for rule in net.admissible),
        "HEALTH": tuple((str(rule.symbol), rule.least) for rule in net.admissible if rule.is_health),
    }
    return "".join(f"\n{name} = {pformat(value, width=118, sort_dicts=False)}\n" for name, value in tables.items())


def _described(table: dict[str, Assignment]) -> dict[str, tuple[str, str]]:
    return {item.name: (item.label, item.unit) for item in table.values()}
