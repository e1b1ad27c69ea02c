"""Validation of a store before anything is decoded: formats, codecs and types must be those that this version writes.

A store may come from an untrusted source. Zarr would run any codec named in its metadata; every codec that immunosim
does not write is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from immunosim.errors import DataError
from immunosim.files import read_plain
from immunosim.seals import MOST_JSON, parsed_json
from immunosim.sweeps.manifest import CURE
from immunosim.sweeps.plan import FORMAT

METADATA = "zarr.json"

TYPES = ("float64", "float32", "int64", "int32", "uint8", "bool")
CODECS = ("bytes", "blosc")
COMPRESSORS = ("lz4",)

_ARRAY = {
    *("zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs"),
    *("attributes", "dimension_names", "storage_transformers"),
}
_GROUP = {"zarr_format", "node_type", "attributes", "consolidated_metadata"}
_OTHER_FORMATS = (".zgroup", ".zarray", ".zmetadata", ".zattrs")
_FOREIGN = "do not use it; a damaged result of your own is repaired with immunosim sweep ... --resume"
_DAMAGED = CURE
_NAME = re.compile(r"[^/\\\x00-\x1f]{1,255}")


def refuse_foreign_formats(path: Path) -> None:
    """Refuse a store that contains anything that this version does not write; no data are decoded.

    Raises
    ------
    DataError
        With the file and the format, codec or type.
    """
    for name in _OTHER_FORMATS:
        if (path / name).exists():
            raise DataError(f"{name} is Zarr of another version", file=str(path), cure=_FOREIGN)
    root = _read(path, METADATA)
    _check_group(root, path)
    for folder in sorted(entry.name for entry in path.iterdir() if entry.is_dir()):
        if (path / folder / METADATA).exists():
            _check_array(_read(path, f"{folder}/{METADATA}"), path, folder)


def _read(path: Path, key: str) -> Mapping[str, Any]:
    try:
        metadata = parsed_json(read_plain(path / key, MOST_JSON), str(path))
    except OSError as error:
        raise DataError(f"{key} cannot be read", file=str(path), cure=_DAMAGED) from error
    except DataError as error:
        raise DataError(f"{key} {error.reason}", file=str(path), cure=_DAMAGED) from error
    if not isinstance(metadata, dict):
        raise DataError(f"{key} is not what was written", file=str(path), cure=_DAMAGED)
    return metadata


def _check_group(root: Mapping[str, Any], path: Path) -> None:
    _refuse_other(path, METADATA, "member", sorted(set(root) - _GROUP))
    attributes = root.get("attributes")
    stored_format = attributes.get("format") if isinstance(attributes, dict) else None
    if root.get("zarr_format") != 3 or root.get("node_type") != "group":
        raise DataError(f"{METADATA} is not what was written", file=str(path), cure=_DAMAGED)
    if stored_format != FORMAT:
        if isinstance(stored_format, str) and re.fullmatch(r"immunosim sweep \d{1,3}", stored_format):
            reason = f"was written by another version of immunosim, as {stored_format}; this one reads {FORMAT}"
            raise DataError(reason, file=str(path), cure="read it with that version, or compute it again")
        raise DataError(f"{METADATA} is not what was written", file=str(path), cure=_DAMAGED)
    consolidated = root.get("consolidated_metadata")
    inner = consolidated.get("metadata") if isinstance(consolidated, dict) else None
    if not isinstance(inner, dict):
        raise DataError(f"{METADATA} is not what was written", file=str(path), cure=_DAMAGED)
    for name, array in inner.items():
        _check_array(array, path, name)


def _check_array(about: Any, path: Path, name: str) -> None:
    """Refuse metadata of an array that this version does not write."""
    where = f"{name}/{METADATA}"
    if not (isinstance(about, dict) and about.get("node_type") == "array" and about.get("zarr_format") == 3):
        raise DataError(f"{where} describes no array of this format", file=str(path), cure=_DAMAGED)
    if not _NAME.fullmatch(name) or name in (".", ".."):
        raise DataError(f"an array is called {name[:40]!r}", file=str(path), cure=_FOREIGN)
    _refuse_other(path, where, "member", sorted(set(about) - _ARRAY))
    _refuse_other(path, where, "type", _others([about.get("data_type")], TYPES))
    _refuse_other(
        path, where, "storage transformer", [_named(item) for item in about.get("storage_transformers") or []]
    )
    codecs = about.get("codecs")
    codecs = codecs if isinstance(codecs, list) else [codecs]
    _refuse_other(path, where, "codec", _others([_named(item) for item in codecs], CODECS))
    for codec in codecs:
        if isinstance(codec, dict) and codec.get("name") == "blosc":
            _refuse_other(path, where, "compressor", _others([_setting(codec, "cname")], COMPRESSORS))
    _refuse_other(path, where, "chunk grid", _others([_named(about.get("chunk_grid"))], ("regular",)))
    encoding = about.get("chunk_key_encoding")
    _refuse_other(path, where, "chunk key encoding", _others([_named(encoding)], ("default",)))
    _refuse_other(path, where, "separator", _others([_setting(encoding, "separator") or "/"], ("/",)))


def _named(item: Any) -> str:
    return str(item.get("name") if isinstance(item, dict) else item)


def _setting(item: Any, key: str) -> Any:
    configuration = item.get("configuration") if isinstance(item, dict) else None
    return configuration.get(key) if isinstance(configuration, dict) else None


def _others(names: list[Any], known: tuple[str, ...]) -> list[Any]:
    return [name for name in names if not (isinstance(name, str) and name in known)]


def _refuse_other(path: Path, where: str, kind: str, names: list[Any]) -> None:
    if names:
        reason = f"{where} asks for the {kind} {str(names[0])[:60]!r}, which immunosim does not write"
        raise DataError(reason, file=str(path), cure=_FOREIGN)
