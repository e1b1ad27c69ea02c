"""A model as one classic script: tables, kernels as JavaScript, and the step as WebAssembly.

A classic script works from disk, where modules and requests do not, and needs no evaluation of text.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable

from immunosim.codegen.cache import numerics_key
from immunosim.codegen.loader import load_model, say_nothing
from immunosim.codegen.web.javascript import KERNELS, javascript_text
from immunosim.codegen.web.tables import model_tables
from immunosim.codegen.web.webassembly import webassembly_bytes
from immunosim.model.package import ModelPackage


def model_script(package: ModelPackage, announce: Callable[[str], None] = say_nothing, **further: object) -> str:
    """Return the script that registers a model as ``IMMUNOSIM.models[name]``.

    Parameters
    ----------
    package : ModelPackage
    announce : callable
        Receives a sentence before a slow step.
    **further : object
        More tables, plain data: the standard scenario, for instance.

    Raises
    ------
    ModelError
        If the kernels cannot be written for a browser.
    """
    module = load_model(package.parameters().units(), announce, package).module
    tables = model_tables(package, module, numerics_key(module)) | further
    names = [name for name in KERNELS if name in module.functions]
    parts = {
        "tables": literal(tables),
        "kernels": f"{{ {', '.join(names)} }}",
        "wasm": f'"{_packed(webassembly_bytes(module, 1))}"',
        "wasm2": f'"{_packed(webassembly_bytes(module, 2))}"',
    }
    bundle = ",\n".join(f"  {name}: {text}" for name, text in parts.items())
    return (
        '"use strict";\n(function () {\n'
        f"{javascript_text(module)}\n{TABLE}\n"
        "const all = globalThis.IMMUNOSIM ?? (globalThis.IMMUNOSIM = {});\n"
        "const models = all.models ?? (all.models = {});\n"
        f"models[{json.dumps(package.name)}] = {{\n{bundle}\n}};\n}})();\n"
    )


TABLE = (
    "const table = (names, ...rows) => rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));"
)
"""What makes objects of rows in the script of a model."""


def literal(value: object) -> str:
    """Return plain data as an expression of the script; a list of objects with the same keys names these once."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{script_json(key)}:{literal(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list) and len(value) > 1 and all(isinstance(entry, dict) for entry in value):
        names = list(value[0])
        if all(list(entry) == names for entry in value):
            rows = ("[" + ",".join(literal(entry[name]) for name in names) + "]" for entry in value)
            return f"table({script_json(names)},{','.join(rows)})"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(literal, value)) + "]"
    return script_json(value)


def script_json(value: object) -> str:
    """Return plain data as a literal of a script that may stand inside HTML: no tag can end it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return (
        text.replace("</", "<\\/").replace("<!--", "<\\!--").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )


def _packed(data: bytes) -> str:
    """Return machine code as text; browsers unpack gzip, which makes up for base64 twice."""
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()
