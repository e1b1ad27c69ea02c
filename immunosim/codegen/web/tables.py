"""Tables of a model for a page: what its vectors mean, what its parameters rest on, and the constants of the solver.

Everything that the page says of a model, or computes with, comes from here: a changed model needs no other page.
"""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from typing import Any

from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.web.network_tables import network_tables
from immunosim.codegen.web.population_tables import population_tables
from immunosim.codegen.web.solver_tables import solver_tables
from immunosim.model.package import ModelPackage
from immunosim.model.readout_info import ReadoutInfo
from immunosim.parameters import ParameterSet

INTENDED_USE = "Research and teaching software, not a medical device."

FOR_TABLES_OF_OTHERS = frozenset({"headers", "dvid", "noise"})
"""What of a read-out only readers of tables need."""


def model_tables(package: ModelPackage, module: KernelModule, key: str) -> dict[str, Any]:
    """Return what a page needs to know of a model, as plain data for JSON.

    Parameters
    ----------
    package : ModelPackage
    module : KernelModule
        Its kernels.
    key : str
        Hash of the model and its numerics.

    Returns
    -------
    dict
        Lists stand in the order of the vectors of the kernels; times in days.
    """
    parameters = package.parameters()
    tables = module.tables
    return {
        "name": package.name,
        "key": key,
        "title": package.title,
        "version": package.version,
        "scope": tables.get("SCOPE", {}),
        "intended_use": INTENDED_USE,
        "pools": [
            {"name": name, "label": label, "unit": unit, "mechanism": owner, "scale": scale}
            for name, (label, unit, owner, scale) in tables["POOLS"].items()
        ],
        "inputs": [{"name": name, "label": label, "unit": unit} for name, (label, unit) in tables["INPUTS"].items()],
        "parameters": _parameters(parameters),
        "switches": [
            {"name": name, "label": label, "consequence": consequence}
            for name, (label, consequence) in tables["MECHANISMS"].items()
        ],
        "derived": list(tables["DERIVED"]),
        "readouts": _readouts(tables["READOUT_INFO"], tables["READOUTS"]),
        "groups": tables["GROUPS"],
        "processes": [
            {"label": label, "mechanism": owner, "source": source, "target": target}
            for label, owner, source, target in tables["PROCESSES"].values()
        ],
        "admissible": [list(rule) for rule in tables["ADMISSIBLE"]],
        "drugs": [asdict(drug) for drug in package.drugs],
        "counts": [asdict(count) for count in package.counts],
        "onsets": [asdict(onset) for onset in package.onsets],
        "relapse_pool": package.relapse_pool,
        "parameter_set": parameters.name,
        "population": population_tables(package),
        "network": network_tables(package, parameters),
        **solver_tables(module),
    }


def _parameters(parameters: ParameterSet) -> list[dict[str, Any]]:
    entries = parameters.references()
    return [
        {
            "name": name,
            "key": parameter.key if parameter.belongs_to_patient else "",
            "value": parameter.value,
            "unit": parameter.unit,
            "low": parameter.lower,
            "high": parameter.upper,
            "label": parameter.label,
            "note": parameter.note,
            "evidence": parameter.evidence,
            "source": "; ".join(citation(entries[key]) if key in entries else key for key in parameter.source),
            "belongs_to_patient": parameter.belongs_to_patient,
            "scales": list(parameter.scales),
        }
        for name, parameter in ((name, parameters[name]) for name in parameters)
    ]


def citation(entry: str) -> str:
    """Return a bibliography entry as a reader knows it: first author, year, and journal or publisher."""
    fields_of_entry = {
        name: re.sub(r"[{}]", "", match.group(1)) if match else ""
        for name in ("author", "year", "journal", "publisher", "title")
        for match in [re.search(rf"\b{name}\s*=\s*[{{\"](.*?)[}}\"]\s*,?\s*$", entry, re.MULTILINE)]
    }
    first, _, others = fields_of_entry["author"].partition(" and ")
    who = f"{first.partition(',')[0]}{' et al.' if others else ''}" if first else fields_of_entry["title"]
    parts = [f"{who} {fields_of_entry['year']}".strip(), fields_of_entry["journal"] or fields_of_entry["publisher"]]
    return ", ".join(part for part in parts if part)


def _readouts(declared: Any, readouts: Any) -> list[dict[str, Any]]:
    kept = [field.name for field in fields(ReadoutInfo) if field.name not in FOR_TABLES_OF_OTHERS]
    rows = []
    for name, (label, unit) in readouts.items():
        info = declared.get(name, {})
        row = {key: info[key] for key in kept if key in info}
        rows.append({**row, "name": name, "label": label, "unit": unit, "short": info.get("short_name") or label})
    return rows
