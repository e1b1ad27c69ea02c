"""A model as one classic script: tables, kernels as JavaScript, and the step as WebAssembly.

A classic script works from disk, where modules and requests do not, and needs no evaluation of text.
"""

from __future__ import annotations

import base64
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
        "tables": script_json(tables),
        "kernels": f"{{ {', '.join(names)} }}",
        "wasm": f'"{_base64(webassembly_bytes(module, 1))}"',
        "wasm2": f'"{_base64(webassembly_bytes(module, 2))}"',
    }
    bundle = ",\n".join(f"  {name}: {text}" for name, text in parts.items())
    return (
        '"use strict";\n(function () {\n'
        f"{javascript_text(module)}\n"
        "const all = globalThis.IMMUNOSIM ?? (globalThis.IMMUNOSIM = {});\n"
        "const models = all.models ?? (all.models = {});\n"
        f"models[{json.dumps(package.name)}] = {{\n{bundle}\n}};\n}})();\n"
    )


def script_json(value: object) -> str:
    """Return plain data as a literal of a script that may stand inside HTML: no tag can end it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "<\\!--").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
