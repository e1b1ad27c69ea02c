"""The printed equations are those that run: read back as arithmetic they give the kernels' numbers."""

import math
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
from matplotlib.mathtext import MathTextParser

from immunosim.codegen.equations import Description, ReadingOrder, TextPrinter, describe, signed_sum
from immunosim.codegen.latex import LatexText, latex_description, latex_document, symbols_of
from immunosim.codegen.loader import Model
from immunosim.errors import ModelError
from immunosim.model.network import Network
from immunosim.models.alemtuzumab.network import build_network
from immunosim.parameters import ParameterSet

# Written from the conventions at the head of the printed equations, not from the code.
LAWS: Mapping[str, Callable[..., float]] = {
    "saturating": lambda x, half: x / (half + x),
    "inhibited_by": lambda x, half: half / (half + x),
    "hill": lambda x, half, n: x**n / (half**n + x**n),
    "boost": lambda s, extra: (1 + extra) * s / (extra + s),
    "restraint": lambda r, extra: (1 + extra) / (1 + extra * r),
    "excess": lambda x, a: max(x - a, 0.0),
    "growth": lambda a, b: math.exp(a * b),
    "power": lambda x, a: x**a,
    "square_root": math.sqrt,
    "sqrt": math.sqrt,
    "log": math.log,
    "exp": math.exp,  # in LaTeX, where laws are written out
    "max": max,
}

NESTED = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
"""Text with parentheses at most two deep."""

# Both sides evaluate the same formula in another order: a few hundred roundings of 1e-16.
ROUNDING = 1e-11


@pytest.fixture(scope="module")
def net(parameters: ParameterSet) -> Network:
    return build_network(parameters.units())


@pytest.fixture(scope="module")
def described(net: Network) -> Description:
    return describe(net)


def evaluated(description: Description, model: Model, draw: Any, read: Callable[[str], str] = str) -> dict[str, float]:
    """Return every quantity of a description, computed by Python from its printed formulas."""
    values: dict[str, Any] = {**LAWS, "__builtins__": {}, **draw.values}
    values |= {f"on_{name}": float(name not in draw.off) for name in model.mechanisms}
    values |= dict(zip(model.pools, draw.state.tolist(), strict=True))
    values |= dict(zip(model.inputs, draw.inputs.tolist(), strict=True))
    for item in description.constants:
        values[item.name] = eval(read(item.formula), values)
    pending = [*description.signals, *description.processes]
    for _ in pending:  # in an order that allows it: a rate may be read by a later mechanism's signal
        for item in list(pending):
            if set(re.findall(r"[a-z_]\w*", read(item.formula))) <= set(values):
                switched = math.prod(values[f"on_{name}"] for name in getattr(item, "switches", ()))
                values[item.name] = switched * eval(read(item.formula), values)
                pending.remove(item)
    assert not pending
    return values


@pytest.mark.parametrize("seed", range(3))
def test_the_printed_rates_are_those_that_run(
    described: Description, model: Model, drawn: Callable[..., Any], seed: int
) -> None:
    draw = drawn(seed)
    values = evaluated(described, model, draw)
    found = [values[name] for name in model.processes]
    expected = model.rates_at(draw.state[None], draw.vector, draw.inputs[None])[0]
    np.testing.assert_allclose(found, expected, rtol=ROUNDING)


def test_the_printed_balances_and_read_outs_are_those_that_run(
    described: Description, model: Model, drawn: Callable[..., Any]
) -> None:
    draw = drawn(5)
    values = evaluated(described, model, draw)
    slope = np.empty(len(model.pools))
    model.module.rhs(draw.state, draw.vector, draw.inputs, slope)
    found = np.array([eval(pool.formula, values) for pool in described.pools])
    # A balance cancels large flows: the error is relative to the fastest of them.
    np.testing.assert_allclose(found, slope, rtol=ROUNDING, atol=ROUNDING * max(abs(slope)))
    readouts = [eval(item.formula, values) for item in described.readouts]
    np.testing.assert_allclose(
        readouts, model.readouts_at(draw.state[None], draw.vector, draw.inputs[None])[0], rtol=ROUNDING
    )


def test_the_printed_untreated_values_are_those_that_run(
    described: Description, model: Model, drawn: Callable[..., Any]
) -> None:
    draw = drawn(6)
    values = evaluated(described, model, draw)
    found = [eval(pool.untreated, values) for pool in described.pools]
    np.testing.assert_allclose(found, model.baseline(draw.vector), rtol=ROUNDING)


def symbols_in_formulas(net: Network, parameters: ParameterSet) -> dict[str, str]:
    """Return the symbols that formulas are made of: those of all but the read-outs that are no signals."""
    only_read = net.readouts.keys() - net.signals.keys()
    return {name: symbol for name, symbol in symbols_of(net, parameters).items() if name not in only_read}


def read_latex(symbols: Mapping[str, str]) -> Callable[[str], str]:
    """Return what turns the LaTeX that we print back into arithmetic: a small reader, independent of the printer."""
    names = {symbol: name for name, symbol in symbols.items()}
    pattern = "|".join(re.escape(symbol) for symbol in sorted(names, key=len, reverse=True))

    def group(text: str, start: int) -> tuple[str, int]:
        depth = 0
        for end in range(start, len(text)):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            if depth == 0:
                return text[start + 1 : end], end + 1
        raise AssertionError(text)

    def fractions(text: str) -> str:
        while (place := text.find(r"\frac")) >= 0:
            above, middle = group(text, place + 5)
            below, end = group(text, middle)
            text = f"{text[:place]}(({above})/({below})){text[end:]}"
        return text

    def read(text: str) -> str:
        # A symbol is whole: what follows it is not a letter or subscript of a longer one.
        text = re.sub(f"({pattern})(?![A-Za-z_])", lambda match: f"<{names[match[1]]}>", text)
        text = fractions(text.replace(r"\left", "").replace(r"\right", "")).replace(r"\sqrt", "sqrt")
        text = re.sub(r"e\^\{([^{}]*)\}", r"exp(\1)", text)
        text = re.sub(rf"\(({NESTED})\)_\{{\+\}}", r"max(\1, 0)", text)
        text = text.replace(r"\,", "*").replace("^", "**").replace("{", "(").replace("}", ")")
        return text.replace("<", "").replace(">", "").replace(")(", ")*(")

    return read


def test_the_latex_read_back_gives_the_same_numbers(
    net: Network, parameters: ParameterSet, model: Model, drawn: Callable[..., Any]
) -> None:
    symbols = symbols_in_formulas(net, parameters)
    draw = drawn(7)
    values = evaluated(latex_description(net, parameters), model, draw, read_latex(symbols))
    expected = model.rates_at(draw.state[None], draw.vector, draw.inputs[None])[0]
    np.testing.assert_allclose([values[name] for name in model.processes], expected, rtol=ROUNDING)


def test_every_formula_is_mathematics_that_can_be_typeset(net: Network, parameters: ParameterSet) -> None:
    parse = MathTextParser("path").parse
    symbols, description = symbols_of(net, parameters), latex_description(net, parameters)
    for kind in ("constants", "signals", "processes", "pools", "readouts"):
        for item in getattr(description, kind):
            parse(f"${symbols[item.name]} = {item.formula}$")
    for pool in description.pools:
        parse(f"${pool.untreated}$")


def test_no_two_names_share_a_symbol(net: Network, parameters: ParameterSet) -> None:
    symbols = symbols_in_formulas(net, parameters)
    assert len(set(symbols.values())) == len(symbols)


def test_the_document_is_whole_and_names_every_process(net: Network, parameters: ParameterSet) -> None:
    text = latex_document(net, parameters)
    assert text.startswith(r"\documentclass")
    assert text.rstrip().endswith(r"\end{document}")
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert all(process.label in text for process in net.processes.values())
    assert text.count("{") == text.count("}")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
def test_latex_compiles_the_document_without_a_line_that_is_too_long(
    net: Network, parameters: ParameterSet, tmp_path: Path
) -> None:
    (tmp_path / "model.tex").write_text(latex_document(net, parameters), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "model.tex"]
    for _ in range(2):  # longtable needs a second run for its widths
        finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, errors="replace")
        assert finished.returncode == 0, finished.stdout[-2000:]
    assert "Overfull" not in finished.stdout


def test_the_document_of_one_mechanism_holds_only_its_processes(net: Network, parameters: ParameterSet) -> None:
    text = latex_document(net, parameters, "thymopoiesis")
    assert "thymic export of naive CD4 T cells" in text
    assert "lysis" not in text
    with pytest.raises(ModelError, match="unknown mechanism") as caught:
        latex_document(net, parameters, "thymopoesis")
    assert caught.value.cure == 'did you mean "thymopoiesis"?'


def test_a_sum_under_a_rate_law_or_beside_a_fraction_keeps_its_brackets() -> None:
    net = Network("small", {"a": "1", "b": "1", "c": "1"})
    a, b, c = net.get("a", "b", "c")
    reading = ReadingOrder(net)
    latex = LatexText(reading, {"a": "a", "b": "b", "c": "c"}).formula
    assert latex((1 - a) * b / c) == r"\left(1 - a\right)\,\frac{b}{c}"
    text = TextPrinter(reading).doprint
    assert text((1 - a) * b / c) == "(1 - a) * b / c"
    assert text(a / (b * c)) == "a / (b * c)"
    assert text(-a * b) == "-(a * b)"
    assert text(1 / (1 + a)) == "1 / (1 + a)"
    assert text((a + b) ** 2) == "(a + b)**2"
    assert signed_sum([-a, b], text) == "-a + b"
    assert text(sp.Float(1.0)) == "1"


def test_numbers_come_first_and_what_is_taken_away_last(described: Description) -> None:
    formulas = {item.name: item.formula for item in (*described.signals, *described.processes)}
    assert formulas["immune_privilege"] == "1 - privilege_loss"
    assert formulas["homing_of_naive_cd4_t_cells"] == "blood_exit_rate * naive_cd4_blood"
    assert (
        formulas["cd8_count"] == "naive_cd8_blood + memory_cd8_blood + recent_blood_fraction * cd8_egress * recent_cd8"
    )


def test_a_further_condition_of_a_process_is_named(described: Description) -> None:
    conditions = {item.name: item.conditions for item in described.processes if item.conditions}
    clones = ("autoreactive_cd4_cells", "the_thyroid_b_clone", "the_platelet_b_clone", "the_anti_gbm_b_clone")
    assert conditions == {f"lysis_of_{clone}": ("depletion",) for clone in clones} | {
        "loss_of_effectors_to_local_steroid": ("corticosteroids",),
        "thymic_export_of_recent_cd4_emigrants": ("thymopoiesis",),
        "thymic_export_of_recent_cd8_emigrants": ("thymopoiesis",),
    }


def test_influences_are_where_the_rate_changes(described: Description, model: Model, drawn: Callable[..., Any]) -> None:
    # By finite changes of the compiled kernel; a few influences are flat in any one state, so several are tried.
    found: set[tuple[str, str]] = set()
    for seed in range(4):
        # What thymopoiesis exports to naive cells itself, it exports while there are no recent emigrants.
        draw = drawn(seed, off=() if seed else ("recent_emigrants",), empty=0.0)
        before = model.rates_at(draw.state[None], draw.vector, draw.inputs[None])[0]
        for i, pool in enumerate(model.pools):
            state = draw.state.copy()
            state[i] *= 1.5
            after = model.rates_at(state[None], draw.vector, draw.inputs[None])[0]
            found |= {(pool, name) for name, change in zip(model.processes, after - before, strict=True) if change}
    declared = {(pool, item.name) for item in described.processes for pool in item.influences if pool in model.pools}
    assert found == declared


def test_the_parts_of_all_mechanisms_make_the_whole(described: Description) -> None:
    parts = [described.of(name) for name in ("", *(about.name for about in described.mechanisms))]
    for kind in ("inputs", "constants", "pools", "signals", "processes", "readouts"):
        names = [item.name for part in parts for item in getattr(part, kind)]
        assert sorted(names) == sorted(item.name for item in getattr(described, kind))
