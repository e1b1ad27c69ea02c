"""The equations of the model as plain text: each in a few lines of at most so many characters."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from immunosim.codegen.equations import Description, ModelQuantity, PoolText, ProcessText

WIDTH = 110
"""Characters a line."""

INDENT = "  "
OPERATORS = ("+", "-", "*", "/")

CONVENTIONS = """\
Formulas are Python arithmetic over parameters (immunosim params), constants, signals and pools. Time is in days.
A process takes its rate from the pool before the arrow and gives it to the pool behind it. It runs only while its
mechanism and the mechanisms of its pools are on; a further condition is named. on_NAME is 1, or 0 where the mechanism
NAME is switched off. Rate laws:
  saturating(x, K) = x / (K + x)              boost(s, K) = (1 + K) * s / (K + s)       excess(x, a) = max(x - a, 0)
  inhibited_by(x, K) = K / (K + x)            restraint(r, K) = (1 + K) / (1 + K * r)   growth(a, b) = exp(a * b)
  hill(x, K, n) = x**n / (K**n + x**n)        power(x, a) = x**a                      square_root(x) = x**0.5"""


def equations_text(everything: Description, mechanism: str = "") -> str:
    """Return the equations, mechanism by mechanism.

    Parameters
    ----------
    everything : Description
        The whole model.
    mechanism : str, optional
        The one mechanism to print; all of them if not given.
    """
    named = [mechanism] if mechanism else ["", *(known.name for known in everything.mechanisms)]
    sections = ["\n".join(_section(everything.of(name))) for name in named]
    return "\n\n".join([f"Equations of the model {everything.name}\n\n{CONVENTIONS}", *sections])


def _section(part: Description) -> Iterator[str]:
    if part.mechanisms:
        (about,) = part.mechanisms
        yield f"== {about.name}: {about.label} =="
        yield f"switched off: {about.off_means}"
    else:
        yield "== blood counts and untreated counts =="
    for title, items in (("constants", part.constants), ("signals", part.signals)):
        yield from _titled(title, [_equation(item.name, item.formula, _about(item)) for item in items])
    yield from _titled(
        "processes, per day", [_equation(item.name, item.formula, _flow(item)) for item in part.processes]
    )
    yield from _titled("pools", [_equation(f"d {item.name}/dt", item.formula, _pool(item)) for item in part.pools])
    yield from _titled("read-outs", [_readout(item) for item in part.readouts])


def _titled(title: str, equations: list[str]) -> list[str]:
    return ["", f"-- {title} --", *equations] if equations else []


def _equation(name: str, formula: str, about: str) -> str:
    """Return what an equation means, then the equation, broken before an operator where it is long."""
    lines = [f"{INDENT}{name} ="]
    for piece in _pieces(formula):
        if len(lines[-1]) + 1 + len(piece) <= WIDTH:
            lines[-1] += f" {piece}"
        else:
            lines += _wrapped(piece)
    return "\n".join([f"{INDENT}# {about}", *lines])


def _pieces(formula: str) -> list[str]:
    """Return a formula in pieces that begin with an operator outside all brackets."""
    pieces = [""]
    for word in formula.split(" "):
        within = pieces[-1].count("(") > pieces[-1].count(")")
        if word in OPERATORS and not within:
            pieces.append(word)
        else:
            pieces[-1] += f" {word}" if pieces[-1] else word
    return pieces


def _wrapped(piece: str) -> list[str]:
    """Return a piece in lines; one that is longer than a line is broken inside its brackets, before an operator."""
    start = INDENT * 3
    lines = textwrap.wrap(piece, WIDTH, initial_indent=start, subsequent_indent=start + INDENT, break_long_words=False)
    return re.sub(r" ([-+*/])\n( +)", r"\n\2\1 ", "\n".join(lines)).split("\n")


def _readout(item: ModelQuantity) -> str:
    if item.formula == item.name:
        return f"{INDENT}# {_about(item)}: the signal {item.name}"
    return _equation(item.name, item.formula, _about(item))


def _about(item: ModelQuantity) -> str:
    return item.label if item.unit == "1" else f"{item.label} [{item.unit}]"


def _flow(item: ProcessText) -> str:
    conditions = f"; only while {' and '.join(item.conditions)} is on" if item.conditions else ""
    return f"{item.label}: {arrow(item)}{conditions}"


def _pool(item: PoolText) -> str:
    return f"{_about(item)}; untreated: {item.untreated}"


def arrow(item: ProcessText) -> str:
    """Return the pools that a process joins, nothing where it crosses the border of the model."""
    return f"{item.reactant or '(outside)'} -> {item.product or '(outside)'}"
