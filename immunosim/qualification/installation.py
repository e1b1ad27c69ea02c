"""Checks of the installation, and what a report says of it: packages, machine, hashes."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Callable, Iterable
from importlib import metadata
from typing import Any

from immunosim.diagnosis import Finding, Severity, examine
from immunosim.diagnosis.machine import machine_findings
from immunosim.diagnosis.reference import machine_class
from immunosim.diagnosis.software import BROKEN, NEEDED, software_findings
from immunosim.errors import ImmunosimError
from immunosim.problem import prepare
from immunosim.qualification.records import CheckOutcome, Tell, outcome
from immunosim.qualification.shipped import MANIFEST, program_digest, sha256_of, shipped_files
from immunosim.report.provenance import INTENDED_USE, model_description, version
from immunosim.scenario import Scenario

OPTIONAL = ("zarr", "psutil", "pyarrow", "SALib", "emcee", "arviz", "dask", "distributed", "petab", "sklearn")
"""Packages that some verbs need, by the names under which they are installed or imported."""


def check_software(tell: Tell) -> CheckOutcome:
    """Check that the needed packages can be imported."""
    return _judged(software_findings(), "packages")


def check_machine(tell: Tell) -> CheckOutcome:
    """Check what the doctor examines beside packages."""
    named = {finding.name for finding in software_findings()}
    return _judged([finding for finding in examine() if finding.name not in named], "findings")


def environment() -> dict[str, Any]:
    """Return versions, machine, model, hashes and shipped files as plain data; why, where one cannot be told."""
    parts: dict[str, Callable[[], Any]] = {
        "software": lambda: {"immunosim": version(), "python": platform.python_version(), **_versions()},
        "machine": _machine,
        "model": lambda: model_description(prepare(Scenario(), "report")),
        "hashes": lambda: {"program files": program_digest(), "manifest of data files": sha256_of(MANIFEST)},
        "files": lambda: [{"path": f.path, "sha256": f.sha256, "fault": f.fault} for f in shipped_files()],
    }
    return {"intended_use": INTENDED_USE, **{name: _told(tell) for name, tell in parts.items()}}


def _told(tell: Callable[[], Any]) -> Any:
    try:
        return tell()
    except ImmunosimError as error:
        return {"not known": str(error)}
    except BROKEN as error:
        return {"not known": f"{type(error).__name__}: {error}"}


def _machine() -> dict[str, str]:
    found = {finding.name: finding.found for finding in machine_findings() if finding.name != "memory"}
    return {"name": platform.node(), **found, "processor class": machine_class()}


def now() -> datetime.datetime:
    """Return the time of the clock, to the second, with its offset from UTC."""
    return datetime.datetime.now(datetime.UTC).astimezone().replace(microsecond=0)


def _judged(findings: Iterable[Finding], what: str) -> CheckOutcome:
    found = list(findings)
    wrong = [
        f"{one.name}: {one.found}{f', {one.cure}' if one.cure else ''}" for one in found if one.state != Severity.OK
    ]
    problems = [one for one in found if one.state is Severity.PROBLEM]
    value = f"{len(found)} {what}, {len(problems)} problems, {len(wrong) - len(problems)} warnings"
    return outcome(value, not problems, wrong)


def _versions() -> dict[str, str]:
    found = {}
    for name in (*NEEDED, *OPTIONAL):
        try:
            found[name] = metadata.version(name if name != "sklearn" else "scikit-learn")
        except metadata.PackageNotFoundError:
            continue
    return found
