r"""The equations of a network as a LaTeX document, one process a line.

Parameters bear the symbols of their set, pools and signals those that the network declares; what has none is written
out. Rate laws print themselves. The formulas are simple enough for matplotlib's mathtext to draw.
"""

from collections.abc import Iterable, Mapping, Sequence

import sympy as sp
from sympy.printing.latex import LatexPrinter

from immunosim.codegen.equations import (
    Description,
    ModelQuantity,
    PoolText,
    ProcessText,
    ReadingOrder,
    describe,
    is_taken_away,
    shortest,
    signed_sum,
)
from immunosim.model.network import Mechanism, Network
from immunosim.parameters import ParameterSet

PREAMBLE = r"""\documentclass[a4paper,10pt]{article}
\usepackage[margin=15mm]{geometry}
\usepackage{amsmath,amssymb,array,longtable}
\setlength{\LTleft}{0pt}
\setlength{\LTright}{0pt}
\setlength{\LTpre}{4pt}
\setlength{\LTpost}{8pt}
\newcommand{\fractionroom}{\rule[-12pt]{0pt}{28pt}}
\newcolumntype{M}{>{$\displaystyle}l<{$}}
\newcolumntype{T}{>{\raggedright\arraybackslash\footnotesize}p{46mm}}
\renewcommand{\arraystretch}{1.3}
\begin{document}
"""

CONVENTIONS = r"""
\noindent Subscripts $b$ and $l$ are blood and lymphoid tissue (blood-equivalents), $0$ is the untreated value.
$R_n$ is the rate of process $n$, per day; each process takes its rate from the pool before the arrow and gives it to
the pool behind it. A process runs only while its mechanism and the mechanisms of its pools are on; a further
condition is named. $\chi_m$ is 1, or 0 where mechanism $m$ is switched off. $(x)_+$ is $x$ where $x > 0$, else 0.
"""

WORDS = str.maketrans(
    {"_": " ", "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}"}
    | {letter: f"\\{letter}" for letter in "&%#${}"}
)
"""What stands in words for letters that are commands of LaTeX, or other letters in its oldest font."""

SymbolRow = tuple[str, str, str]


class LatexText(LatexPrinter):  # type: ignore[misc]  # sympy is untyped
    """Printer of formulas as LaTeX in reading order.

    Parameters
    ----------
    reading : ReadingOrder
    symbols : Mapping[str, str]
        LaTeX of every name.
    """

    def __init__(self, reading: ReadingOrder, symbols: Mapping[str, str]) -> None:
        super().__init__()
        self.reading, self.symbols = reading, symbols

    def doprint(self, expr: sp.Expr) -> str:
        """Return the LaTeX of an argument of a rate law, a sum in brackets."""
        return self._factor(expr)

    def formula(self, expression: sp.Expr) -> str:
        """Return the LaTeX of a formula."""
        return str(self._print(expression))

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:
        return self.symbols[expr.name]

    def _print_Add(self, expr: sp.Add, order: None = None) -> str:
        return signed_sum(self.reading.terms(expr), self._print)

    def _print_Mul(self, expr: sp.Mul) -> str:
        if is_taken_away(expr):
            return f"-{self._factor(-expr)}"
        above, below = self.reading.factors(expr)
        if not below:
            return self._product(above)
        if len(above) > 1:  # constants before the fraction keep it small
            front = r"\,".join(map(self._factor, above[:-1]))
            return rf"{front}\,\frac{{{self._print(above[-1])}}}{{{self._product(below)}}}"
        return rf"\frac{{{self._product(above) or '1'}}}{{{self._product(below)}}}"

    def _print_Pow(self, expr: sp.Pow) -> str:
        base, exponent = expr.as_base_exp()
        if exponent.is_negative:
            return rf"\frac{{1}}{{{self._print(base**-exponent)}}}"
        return f"{{{self._factor(base)}}}^{{{exponent}}}"

    def _print_Float(self, expr: sp.Float) -> str:
        return shortest(float(expr))

    def _product(self, factors: Sequence[sp.Expr]) -> str:
        if len(factors) == 1:
            return str(self._print(factors[0]))
        return r"\,".join(map(self._factor, factors))

    def _factor(self, expression: sp.Expr) -> str:
        text = str(self._print(expression))
        return rf"\left({text}\right)" if expression.is_Add else text


def symbols_of(net: Network, parameters: ParameterSet) -> dict[str, str]:
    """Return the LaTeX symbol of every name of a network: given, or the words of the name."""
    given = net.latex_symbols | {name: parameters[name].symbol for name in parameters}
    given |= {name: rf"\chi_{{{_upright(name.removeprefix('on_'))}}}" for name in net.switches}
    given |= {name: f"R_{{{number}}}" for number, name in enumerate(net.processes, start=1)}
    names = (*net.parameter_units, *net.switches, *net.derived, *net.inputs, *net.signals, *net.processes, *net.pools)
    return {name: given.get(name, _upright(name)) for name in (*names, *net.readouts)}


def latex_description(net: Network, parameters: ParameterSet) -> Description:
    """Return a network as records whose formulas are LaTeX."""
    return describe(net, LatexText(ReadingOrder(net), symbols_of(net, parameters)).formula)


def latex_document(net: Network, parameters: ParameterSet, mechanism: str = "") -> str:
    """Return the equations as a document that LaTeX compiles.

    Parameters
    ----------
    net : Network
        The declared model.
    parameters : ParameterSet
        Gives the symbols, names and default values of the parameters.
    mechanism : str, optional
        The one mechanism to print; all of them if not given.

    Raises
    ------
    ModelError
        If there is no such mechanism.
    """
    symbols, everything = symbols_of(net, parameters), latex_description(net, parameters)
    named = [mechanism] if mechanism else ["", *net.mechanisms]
    sections = [_section(everything.of(name), symbols) for name in named]
    table = [] if mechanism else [_parameter_table(net, parameters, symbols)]
    title = rf"\section*{{Equations of the model \textit{{{_words(net.name)}}}}}"
    return "\n".join([PREAMBLE + title + CONVENTIONS, *sections, *table, r"\end{document}", ""])


def _section(part: Description, symbols: Mapping[str, str]) -> str:
    parts = [
        _table("Constants", [_row(symbols, item) for item in part.constants]),
        _table("Signals", [_row(symbols, item) for item in part.signals]),
        _table("Processes", [_process_row(symbols, item) for item in part.processes]),
        _table("Pools", [_pool_row(symbols, item) for item in part.pools]),
        _table("Read-outs", [_readout_row(symbols, item) for item in part.readouts]),
    ]
    return "\n".join([_heading(part.mechanisms), *filter(None, parts)])


def _heading(mechanisms: Sequence[Mechanism]) -> str:
    if not mechanisms:
        return "\\subsection*{Whole blood and untreated counts}\n"
    (mechanism,) = mechanisms
    title = _words(mechanism.label[0].upper() + mechanism.label[1:])
    return f"\\subsection*{{{title}}}\n\\noindent Switched off: {_words(mechanism.off_means)}.\n"


def _table(title: str, rows: Iterable[SymbolRow]) -> str:
    lines = [rf"${left}$ & = {formula}{_room(formula)} & {text} \\" for left, formula, text in rows]
    if not lines:
        return ""
    return "\n".join(
        [
            rf"\noindent\textit{{{title}}}",
            r"\begin{longtable}{@{}lM@{\extracolsep{\fill}}T@{}}",
            *lines,
            r"\end{longtable}",
        ]
    )


def _room(formula: str) -> str:
    """Return what keeps a fraction off the next line: a table leaves room for plain text only."""
    return r"\fractionroom" if r"\frac" in formula else ""


def _row(symbols: Mapping[str, str], item: ModelQuantity) -> SymbolRow:
    unit = "" if item.unit == "1" else f" [{_words(item.unit)}]"
    return symbols[item.name], item.formula, _words(item.label) + unit


def _readout_row(symbols: Mapping[str, str], item: ModelQuantity) -> SymbolRow:
    left, formula, text = _row(symbols, item)
    return rf"\mathrm{{{left}}}" if left == formula else left, formula, text


def _process_row(symbols: Mapping[str, str], item: ProcessText) -> SymbolRow:
    ends = [f"${symbols[end]}$" if end else r"$\varnothing$" for end in (item.reactant, item.product)]
    text = rf"{_words(item.label)}: \mbox{{{ends[0]} $\to$ {ends[1]}}}"
    conditions = f"; only while {_words(', '.join(item.conditions))} is on" if item.conditions else ""
    return symbols[item.name], item.formula, text + conditions


def _pool_row(symbols: Mapping[str, str], item: PoolText) -> SymbolRow:
    left, formula, text = _row(symbols, item)
    return rf"\frac{{d{left}}}{{dt}}", formula, rf"{text}; untreated ${item.untreated}$"


def _parameter_table(net: Network, parameters: ParameterSet, symbols: Mapping[str, str]) -> str:
    rows = [
        rf"${symbols[name]}$ & {_words(parameters[name].label)} & {parameters[name].value:g} & "
        rf"{_words(parameters[name].unit)} \\"
        for name in net.parameter_units
    ]
    head = rf"\subsection*{{Parameters (set \textit{{{_words(parameters.name)}}})}}"
    return "\n".join([head, r"\begin{longtable}{@{}lp{110mm}r@{\extracolsep{\fill}}l@{}}", *rows, r"\end{longtable}"])


def _words(text: str) -> str:
    """Return plain words as LaTeX, names with underscores as words."""
    return text.translate(WORDS)


def _upright(name: str) -> str:
    return rf"\mathrm{{{name.replace('_', chr(92) + ' ')}}}"
