"""Whether the shipped files are those that were shipped: the manifest of data files, and the installer's own record.

The manifest is text that ``sha256sum --check`` understands, with paths relative to the folder that holds the package.
Scenarios are listed as those of the repository's ``configs``, which a wheel holds inside the package. The generated
texts are written when the package is built and carry seals of their own, which are looked at here as well.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from immunosim.codegen.store import SHIPPED
from immunosim.errors import DataError
from immunosim.qualification.records import CheckOutcome, Tell, Verdict, outcome
from immunosim.scenario.examples import FOLDER as SCENARIOS

PACKAGE = Path(__file__).parents[1]
MANIFEST = Path(__file__).parent / "manifest.sha256"

UNSHIPPED = f"{PACKAGE.name}/teach/web/"
"""Sources of the site, which no wheel holds: it has what was built of them, under a checksum of its sources."""

CURE = "restore it (git checkout, or python -m pip install --force-reinstall immunosim)"
MOST_NOTES = 20


@dataclass(frozen=True)
class ShippedFile:
    """A file of the manifest: its path, its SHA-256 here, and what is wrong with it (empty where nothing is)."""

    path: str
    sha256: str
    fault: str = ""


def shipped_files(root: Path = PACKAGE.parent, manifest: Path = MANIFEST) -> tuple[ShippedFile, ...]:
    """Compare every file of the manifest with what is there; files of the package that it does not list follow.

    Parameters
    ----------
    root : Path
        The folder that holds the package.
    manifest : Path

    Raises
    ------
    DataError
        If the manifest cannot be read.
    """
    listed = read_manifest(manifest)
    packaged = f"{PACKAGE.name}/{SCENARIOS}/"
    inside = PACKAGE.name if (root / packaged).is_dir() else ""
    places = {path: root / (inside if path.startswith(f"{SCENARIOS}/") else "") / path for path in listed}
    found = [_compared(places[path], path, sha) for path, sha in listed.items()]
    # A scenario that a user put beside the shipped ones is the user's.
    own = [path for path in data_files(root, (PACKAGE.name,)) if not path.startswith(packaged)]
    added = [path for path in own if path not in listed]
    return (*found, *(ShippedFile(path, sha256_of(root / path), "is not part of the release") for path in added))


def read_manifest(manifest: Path = MANIFEST) -> dict[str, str]:
    """Return the SHA-256 of every shipped file by its path.

    Raises
    ------
    DataError
        If the manifest cannot be read.
    """
    try:
        rows = [line.split("  ", 1) for line in manifest.read_text(encoding="utf-8").splitlines()]
        return {path: sha for sha, path in rows}
    except (OSError, ValueError) as error:
        raise DataError(f"cannot be read ({error})", file=str(manifest), cure=CURE) from error


def manifest_text(root: Path = PACKAGE.parent) -> str:
    """Return the manifest of the files that are there now."""
    paths = data_files(root, (PACKAGE.name, SCENARIOS))
    return "".join(f"{sha256_of(root / path)}  {path}\n" for path in paths)


def data_files(root: Path, folders: tuple[str, ...]) -> list[str]:
    """Return the shipped files below some folders, neither programs nor sealed, relative to the root, in order."""
    paths = [path for folder in folders for path in (root / folder).rglob("*") if path.is_file()]
    named = {path.relative_to(root).as_posix(): path for path in paths if not _is_program(path)}
    manifest, sealed = (f"{PACKAGE.name}/{place.relative_to(PACKAGE).as_posix()}" for place in (MANIFEST, SHIPPED.path))
    return sorted(name for name in named if name != manifest and not name.startswith((f"{sealed}/", UNSHIPPED)))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, its line breaks as Unix writes them: some checkouts change them."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def program_digest() -> str:
    """Return one SHA-256 over all program files of the package."""
    whole = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        whole.update(f"{path.relative_to(PACKAGE).as_posix()} {sha256_of(path)}\n".encode())
    return whole.hexdigest()


def check_data(tell: Tell) -> CheckOutcome:
    """Check that every shipped data file is what was shipped."""
    files = shipped_files()
    faults = [f"{file.path} {file.fault}: {CURE}" for file in files if file.fault]
    value = f"{len(files) - len(faults)} of {len(files)} files unchanged"
    faults += [f"{SHIPPED.path.relative_to(PACKAGE.parent) / name} {fault}: {CURE}" for name, fault in SHIPPED.damage()]
    return outcome(value, not faults, _cut(faults))


def check_programs(tell: Tell) -> CheckOutcome:
    """Check the program files against the record that the installer left."""
    listed = list(_recorded())
    if not listed:
        said = f"runs from a source tree, digest of the programs {program_digest()[:16]}"
        return CheckOutcome(
            said, Verdict.NOT_APPLICABLE, ("an installed wheel has a record of its files, a source tree not",)
        )
    faults = [f"{path} {fault}: {CURE}" for path, fault in listed if fault]
    return outcome(f"{len(listed) - len(faults)} of {len(listed)} files unchanged", not faults, _cut(faults))


def _recorded() -> Iterator[tuple[str, str]]:
    """Yield each program file of the installer's record, and what is wrong with it; none for a source tree."""
    try:
        files = metadata.distribution("immunosim").files or []
    except metadata.PackageNotFoundError:
        return
    for file in files:
        place = Path(str(file.locate()))
        if file.suffix != ".py" or file.hash is None or PACKAGE not in place.parents:
            continue
        if not place.is_file():
            yield str(file), "is missing"
            continue
        content = hashlib.new(file.hash.mode, place.read_bytes()).digest()
        is_same = base64.urlsafe_b64encode(content).rstrip(b"=").decode() == file.hash.value
        yield str(file), "" if is_same else "is not what was installed"


def _compared(file: Path, path: str, expected: str) -> ShippedFile:
    if not file.is_file():
        return ShippedFile(path, "", "is missing")
    digest = sha256_of(file)
    return ShippedFile(path, digest, "" if digest == expected else "is not what was shipped (its SHA-256 differs)")


def _is_program(path: Path) -> bool:
    return path.suffix in (".py", ".pyc", ".nbi", ".nbc") or "__pycache__" in path.parts or path.name.startswith(".")


def _cut(notes: list[str]) -> list[str]:
    more = len(notes) - MOST_NOTES
    return [*notes[:MOST_NOTES], f"and {more} more"] if more > 0 else notes
