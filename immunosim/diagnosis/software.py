"""The packages that immunosim needs: versions, and whether they can be imported."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import import_module, metadata

from immunosim import __version__
from immunosim.diagnosis.records import Finding, Severity

NEEDED = (
    *("numpy", "scipy", "numba", "llvmlite", "sympy", "xarray", "pandas", "pydantic", "matplotlib"),
    *("h5netcdf", "h5py", "platformdirs", "jinja2", "typer", "rich"),
)
"""Packages without which some verb fails."""

BROKEN = (ImportError, OSError, AttributeError, RuntimeError, TypeError, ValueError, SyntaxError)
"""What the import of a package that is missing, half installed or too old raises."""

_EXTRA = re.compile(r"""^([\w.-]+).*;.*extra == ['"]([\w-]+)['"]""")


def software_findings() -> list[Finding]:
    """Return immunosim, Python, every package that is needed, and the extras that are not there."""
    findings = [Finding("immunosim", _own_version()), Finding("python", platform.python_version())]
    return [*findings, *map(package_finding, NEEDED), *_extras()]


def package_finding(name: str) -> Finding:
    """Return the version of a package, or why it cannot be used."""
    try:
        import_module(name)
        return Finding(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, "not installed", Severity.PROBLEM, f"run: python -m pip install {name}")
    except ModuleNotFoundError as error:
        missing = error.name or name
        found = "not installed" if missing == name else f"cannot be imported: {missing} is missing"
        return Finding(name, found, Severity.PROBLEM, f"run: python -m pip install {missing.partition('.')[0]}")
    except BROKEN as error:
        found = f"cannot be imported: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        return Finding(name, found, Severity.PROBLEM, f"run: python -m pip install --force-reinstall {name}")


def _own_version() -> str:
    try:
        metadata.version("immunosim")
    except metadata.PackageNotFoundError:
        return f"{__version__} (run from its source tree, not installed)"
    return __version__


def _extras() -> Iterator[Finding]:
    try:
        required = metadata.requires("immunosim") or []
    except metadata.PackageNotFoundError:
        return
    missing: dict[str, list[str]] = {}
    for package, extra in (match.groups() for line in required if (match := _EXTRA.match(line))):
        if package != "immunosim" and not _is_installed(package):
            missing.setdefault(extra, []).append(package)
    for extra, packages in missing.items():
        cure = f"if you need it, run: python -m pip install 'immunosim[{extra}]'"
        yield Finding(f"extra {extra}", f"optional, without {', '.join(packages)}", cure=cure)


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True
