"""The package as text: its modules, what each imports and where, its functions and classes. Nothing of it is run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "immunosim"


@dataclass(frozen=True)
class Import:
    """One module of the package that imports another; ``is_lazy`` where a function does it when it is called."""

    importer: str
    imported: str
    is_lazy: bool


@cache
def modules() -> dict[str, ast.Module]:
    """Return the syntax tree of every module by its dotted name."""
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in paths().items()}


@cache
def paths() -> dict[str, Path]:
    """Return the file of every module by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports() -> frozenset[Import]:
    """Return the imports within the package; those for type checkers alone count as ones at the top of the module."""
    return frozenset(one for name, tree in modules().items() for one in _imports_of(name, tree, False))


def _imports_of(name: str, node: ast.AST, is_lazy: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        for target in _targets(child):
            if target in paths() and target != name:
                yield Import(name, target, is_lazy)
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from _imports_of(name, child, is_lazy or is_function)


def _targets(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        whole = [f"{node.module}.{alias.name}" for alias in node.names]
        return [one if one in paths() else str(node.module) for one in whole]
    return []


@dataclass(frozen=True)
class Definition:
    """A function or class: where it is, its dotted name within the module, and whether users may call it."""

    module: str
    name: str
    node: ast.FunctionDef | ast.ClassDef
    is_public: bool

    @property
    def where(self) -> str:
        """Module and name."""
        return f"{self.module}:{self.name}"

    @property
    def n_lines(self) -> int:
        """Lines without the docstring."""
        first = self.node.body[0]
        has_docstring = ast.get_docstring(self.node) is not None
        documented = first.end_lineno - first.lineno + 1 if has_docstring and first.end_lineno else 0
        return (self.node.end_lineno or 0) - self.node.lineno + 1 - documented


@cache
def definitions() -> tuple[Definition, ...]:
    """Return all functions and classes, also those within others; what is within a function is not public."""
    return tuple(one for name, tree in modules().items() for one in _within(name, tree, "", True))


def _within(module: str, node: ast.AST, prefix: str, is_public: bool) -> Iterator[Definition]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            own = is_public and not child.name.startswith("_")
            yield Definition(module, prefix + child.name, child, own)
            yield from _within(module, child, f"{prefix}{child.name}.", own and isinstance(child, ast.ClassDef))
        else:
            yield from _within(module, child, prefix, is_public)


def circles(arrows: set[tuple[str, str]]) -> list[list[str]]:
    """Return the strongly connected components with more than one node (Tarjan 1972), each sorted."""
    targets: dict[str, list[str]] = {}
    for source, target in sorted(arrows):
        targets.setdefault(source, []).append(target)
        targets.setdefault(target, [])
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in targets[node]:
            if other not in order:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], order[other])
        if low[node] == order[node]:
            place = stack.index(node)
            found.append(sorted(stack[place:]))
            del stack[place:]

    for node in targets:
        if node not in order:
            visit(node)
    return [one for one in found if len(one) > 1]
