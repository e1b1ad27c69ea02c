"""Kernel modules on disk, found by a hash of everything that shapes them.

The key covers the sources of the model, of the emitter and of the numerics, the names and units of the parameters,
and the versions of Python and numba: a stale kernel cannot be found. A warm start reads these sources but imports
neither sympy nor the model.
"""

import atexit
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from platformdirs import user_cache_path

from immunosim.errors import ModelError

PACKAGE = Path(__file__).resolve().parent.parent
SHAPING = ("model", "codegen", "numerics")
PLACE = "IMMUNOSIM_CACHE_DIR"

NUMBA_FOLDER = "numba"
"""Where numba keeps compiled code inside our cache if the package itself cannot be written."""

LAST_KERNEL = {
    "kernels": "readouts",
    "derivatives": "readout_slopes",
    "gradients": "readout_state_slopes",
    "variations": "readout_state_slopes",
}
"""The modules, each with the kernel that its text defines last; one is compiled when it is first loaded."""

LATE = "variations"
"""The module whose text is only written when it is first asked for."""


def cache_root() -> Path:
    """Return the folder of the kernel cache: ``IMMUNOSIM_CACHE_DIR`` or the user's cache folder."""
    named = os.environ.get(PLACE)
    return Path(named) if named else user_cache_path("immunosim")


def is_writable(folder: Path) -> bool:
    """Return whether a folder takes new files, or could be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


@lru_cache(maxsize=1)
def source_key(parameter_units: tuple[tuple[str, str], ...]) -> str:
    """Return the hash of all that shapes the kernels.

    Parameters
    ----------
    parameter_units : tuple of (name, unit)
        The primary parameters in their order.
    """
    import numba

    digest = hashlib.sha256(repr((parameter_units, numba.__version__, sys.version_info[:2])).encode())
    for folder in SHAPING:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            digest.update(path.relative_to(PACKAGE).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def load_module(parameter_units: Mapping[str, str], name: str, announce: Callable[[str], None]) -> ModuleType:
    """Load a kernel module, generating the text first if it is not on disk.

    Parameters
    ----------
    parameter_units : Mapping[str, str]
        Unit of every primary parameter, in order.
    name : str
        One of ``LAST_KERNEL``.
    announce : callable
        Told in a sentence when something slow starts.

    Raises
    ------
    ModelError
        If ``IMMUNOSIM_CACHE_DIR`` names a folder that cannot be written. The user's cache folder is then replaced by
        a private one, which is removed when the process ends.
    """
    units = tuple(parameter_units.items())
    folder = cache_root() / source_key(units)
    is_cold = not (folder / f"{name}.py").is_file()
    if is_cold and not os.environ.get(PLACE) and not is_writable(folder):
        announce(f"{folder.parent} cannot be written: compiling for this run only, set {PLACE} to keep the result")
        folder = _private_root() / folder.name
    if not (folder / f"{name}.py").is_file():
        if name == LATE:
            announce("Generating the model's second derivatives, once per installation (a few seconds)")
            _write_late(folder, dict(units))
        else:
            announce("Generating and compiling the model's kernels, once per installation (about a minute)")
            _write(folder, dict(units))
    _give_numba_a_place(folder.parent)
    module_name = f"immunosim_{name}_{folder.name}"
    if module_name not in sys.modules:
        _import(module_name, folder / f"{name}.py")
    return sys.modules[module_name]


@lru_cache(maxsize=1)
def _private_root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="immunosim-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


def _give_numba_a_place(root: Path) -> None:
    """Let numba keep the compiled integrator in our cache where the package is read-only.

    By itself numba falls back to the home directory, and fails where that is missing or read-only as well.
    """
    import numba

    config: Any = numba.config
    if not config.CACHE_DIR and not is_writable(PACKAGE / "numerics"):
        config.CACHE_DIR = str((root if is_writable(root) else _private_root()) / NUMBA_FOLDER)


def _import(module_name: str, path: Path) -> None:
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ModelError(f"the kernel module {path} cannot be loaded", cure="remove the folder and run again")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        # A module that was interrupted while it compiled must not be found again.
        if not hasattr(module, LAST_KERNEL[path.stem]):
            del sys.modules[module_name]


def _write(folder: Path, parameter_units: Mapping[str, str]) -> None:
    """Write the texts into a temporary folder and move it into place, so that nobody sees half of it.

    Raises
    ------
    ModelError
        If the folder cannot be written; nothing is left behind.
    """
    from immunosim.codegen.emit import core_text, derivatives_text, gradients_text
    from immunosim.model.alemtuzumab import build_network
    from immunosim.model.validate import validate

    net = build_network(parameter_units)
    validate(net)
    writers = {"kernels": core_text, "derivatives": derivatives_text, "gradients": gradients_text}
    texts = {name: write(net, folder.name) for name, write in writers.items()}
    temporary = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix="writing-"))
        for name, text in texts.items():
            (temporary / f"{name}.py").write_text(text, encoding="utf-8")
        os.replace(temporary, folder)
    except OSError as error:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        if not folder.is_dir():  # else another process was first, with the same content
            cure = f"set {PLACE} to a folder that can be written"
            reason = f"the kernel cache {folder.parent} cannot be written ({error.strerror})"
            raise ModelError(reason, cure=cure) from error


def _write_late(folder: Path, parameter_units: Mapping[str, str]) -> None:
    """Write the text of the second derivatives, the whole file or nothing.

    Raises
    ------
    ModelError
        If the folder cannot be written.
    """
    from immunosim.codegen.variations import variations_text
    from immunosim.model.alemtuzumab import build_network

    text = variations_text(build_network(parameter_units), folder.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix="writing-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            os.replace(temporary, folder / f"{LATE}.py")
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        reason = f"the kernel cache {folder} cannot be written ({error.strerror})"
        raise ModelError(reason, cure=f"set {PLACE} to a folder that can be written") from error
