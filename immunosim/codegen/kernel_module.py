"""A generated text as the rest of the package uses it: the tables that it holds, and its functions.

The tables are what the text says about itself (names, units, places of nonzeros), read without running it. The
functions are machine code where LLVM is there, and else, or where numba is switched off, the text itself as Python.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from immunosim.codegen.store import MachineStore


class KernelModule:
    """A text and what it defines; its tables and functions are attributes.

    Parameters
    ----------
    text : str
        As the emitter writes it: assignments of literals, and functions of arrays.
    tables : mapping of str to object, optional
        What its assignments say, where that is known without reading the text.
    store : MachineStore, optional
        Where machine code is kept; without one it is made anew for this process.
    """

    def __init__(self, text: str, tables: Mapping[str, Any] | None = None, store: MachineStore | None = None) -> None:
        self.text = text
        self.store = store
        self._given = tables

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text: what its machine code is known by."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def tables(self) -> Mapping[str, Any]:
        """The values of the text's assignments, by name."""
        return tables_of(self._tree) if self._given is None else self._given

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef]:
        """The definitions of the text, by name."""
        return {node.name: node for node in self._tree.body if isinstance(node, ast.FunctionDef)}

    @cached_property
    def python(self) -> dict[str, Callable[..., Any]]:
        """The functions as Python runs them."""
        names: dict[str, Any] = {"__name__": f"kernels_{self.digest[:16]}"}
        exec(compile(self._tree, "<kernels>", "exec"), names)
        return {name: names[name] for name in self.functions}

    def __getattr__(self, name: str) -> Any:
        """Return a table, or a function ready to be called."""
        if name.startswith("_"):
            raise AttributeError(name)
        value = self.tables[name] if name in self.tables else self._callable(name)
        self.__dict__[name] = value
        return value

    @cached_property
    def _tree(self) -> ast.Module:
        return ast.parse(self.text)

    def _callable(self, name: str) -> Callable[..., Any]:
        from immunosim.codegen.vector.core import machine_functions

        functions = machine_functions(self) or self.python
        if name not in functions:
            raise AttributeError(f"the kernels have no {name!r}")
        return functions[name]


def tables_of(tree: ast.Module) -> dict[str, Any]:
    """Return the literals that a text assigns, lists as tuples."""
    namespace: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            values = [as_tuples(ast.literal_eval(node.value))] * len(node.targets)
            for target, value in zip(node.targets, values, strict=True):
                match target:
                    case ast.Name(id=name):
                        namespace[name] = value
                    case ast.Tuple(elts=names):
                        namespace.update({ast.unparse(target): part for target, part in zip(names, value, strict=True)})
    return namespace


def as_tuples(value: Any) -> Any:
    """Return a literal with tuples for its lists, which JSON knows no others of."""
    if isinstance(value, dict):
        return {name: as_tuples(part) for name, part in value.items()}
    return tuple(map(as_tuples, value)) if isinstance(value, list | tuple) else value
