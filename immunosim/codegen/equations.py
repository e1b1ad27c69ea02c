"""The declared network as plain records that people read: names, labels, units and formulas as text.

The formulas are the network's own, in reading order: numbers, parameters, signals, pools. They are Python arithmetic,
so a reader can evaluate them and a test does. Who prints or draws the records needs no sympy.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import sympy as sp
from sympy.printing.str import StrPrinter

from immunosim.errors import ModelError, did_you_mean
from immunosim.model.diagram_layout import DiagramLayout
from immunosim.model.network import Assignment, Mechanism, Network, Process

Printer = Callable[[sp.Expr], str]


@dataclass(frozen=True)
class ModelQuantity:
    """A constant, a signal, a read-out or an input: what it is, and its formula (empty for an input)."""

    name: str
    label: str
    unit: str
    mechanism: str
    formula: str


@dataclass(frozen=True)
class PoolText(ModelQuantity):
    """A pool: ``formula`` is its change per day as a sum of processes, ``untreated`` its untreated value."""

    untreated: str


@dataclass(frozen=True)
class ProcessText(ModelQuantity):
    """A process: ``formula`` is its rate while every mechanism of ``switches`` is on; one that is off stops it.

    ``reactant`` and ``product`` are pools, or empty where the flow crosses the border of the model. ``conditions`` are
    the switches beyond its own mechanism and those that own its pools. ``influences`` are the pools and inputs on
    which the rate depends, directly or through signals and other rates.
    """

    reactant: str
    product: str
    switches: tuple[str, ...]
    conditions: tuple[str, ...]
    influences: tuple[str, ...]


@dataclass(frozen=True)
class Description:
    """A model in words and formulas, in the order of its declaration."""

    name: str
    mechanisms: tuple[Mechanism, ...]
    inputs: tuple[ModelQuantity, ...]
    constants: tuple[ModelQuantity, ...]
    pools: tuple[PoolText, ...]
    signals: tuple[ModelQuantity, ...]
    processes: tuple[ProcessText, ...]
    readouts: tuple[ModelQuantity, ...]
    layout: DiagramLayout = field(default_factory=DiagramLayout)

    def of(self, mechanism: str) -> "Description":
        """Return what belongs to one mechanism; an empty name stands for what belongs to none.

        Raises
        ------
        ModelError
            If there is no such mechanism, with close matches.
        """
        names = [known.name for known in self.mechanisms]
        if mechanism and mechanism not in names:
            raise ModelError(f'unknown mechanism "{mechanism}"', cure=did_you_mean(mechanism, names))
        return replace(
            self,
            mechanisms=tuple(known for known in self.mechanisms if known.name == mechanism),
            inputs=_owned(self.inputs, mechanism),
            constants=_owned(self.constants, mechanism),
            pools=tuple(pool for pool in self.pools if pool.mechanism == mechanism),
            signals=_owned(self.signals, mechanism),
            processes=tuple(process for process in self.processes if process.mechanism == mechanism),
            readouts=_owned(self.readouts, mechanism),
        )


class ReadingOrder:
    """The order in which a reader expects factors and terms.

    Parameters
    ----------
    net : Network
        The declared model.
    """

    def __init__(self, net: Network) -> None:
        kinds = (net.switches, net.parameter_units, net.derived, net.inputs, net.signals, net.processes, net.pools)
        self.places = {name: index for index, name in enumerate(name for kind in kinds for name in kind)}

    def factors(self, product: sp.Expr) -> tuple[list[sp.Expr], list[sp.Expr]]:
        """Return the factors above and below the fraction bar; brackets and laws stand after constants."""
        above: list[sp.Expr] = []
        below: list[sp.Expr] = []
        for factor in sp.Mul.make_args(product):
            base, exponent = factor.as_base_exp()
            (below if exponent.is_negative else above).append(base ** abs(exponent))
        return sorted(above, key=self._place_of_factor), sorted(below, key=self._place_of_factor)

    def terms(self, total: sp.Expr) -> list[sp.Expr]:
        """Return the terms of a sum: numbers first, what is taken away last."""
        return sorted(total.args, key=self._place_of_term)

    def _place_of_factor(self, factor: sp.Expr) -> tuple[bool, int]:
        return not factor.is_number, self._last_place(factor)

    def _place_of_term(self, term: sp.Expr) -> tuple[bool, bool, int]:
        return is_taken_away(term), not term.is_number, self._last_place(term)

    def _last_place(self, expression: sp.Expr) -> int:
        return max((self.places[symbol.name] for symbol in expression.free_symbols), default=-1)


class TextPrinter(StrPrinter):  # type: ignore[misc]  # sympy is untyped
    """Printer of formulas as Python arithmetic in reading order.

    Parameters
    ----------
    reading : ReadingOrder
    """

    def __init__(self, reading: ReadingOrder) -> None:
        super().__init__()
        self.reading = reading

    def _print_Add(self, expr: sp.Add, order: None = None) -> str:
        return signed_sum(self.reading.terms(expr), self._print)

    def _print_Mul(self, expr: sp.Mul) -> str:
        if is_taken_away(expr):
            return f"-{self._factor(-expr)}"
        above, below = self.reading.factors(expr)
        top = " * ".join(map(self._factor, above)) or "1"
        bottom = " * ".join(map(self._factor, below))
        return f"{top} / ({bottom})" if len(below) > 1 else f"{top} / {bottom}" if below else top

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        base, exponent = expr.as_base_exp()
        return f"1 / {self._factor(base**-exponent)}" if exponent.is_negative else f"{self._factor(base)}**{exponent}"

    def _print_Float(self, expr: sp.Float) -> str:
        return shortest(float(expr))

    def _factor(self, expression: sp.Expr) -> str:
        text = self._print(expression)
        return f"({text})" if expression.is_Add or (expression.is_Mul and len(expression.args) > 1) else text


def shortest(number: float) -> str:
    """Return a number without a needless point, and with as many digits as give it back."""
    text = f"{number:g}"
    return text if float(text) == number else repr(number)


def is_taken_away(term: sp.Expr) -> bool:
    """Return whether a term begins with a minus."""
    return bool(term.as_coeff_Mul()[0].is_negative)


def signed_sum(terms: Iterable[sp.Expr], to_text: Printer) -> str:
    """Return the terms joined by their signs."""
    text = ""
    for term in terms:
        if is_taken_away(term):
            text += f" - {to_text(-term)}" if text else f"-{to_text(-term)}"
        else:
            text += f" + {to_text(term)}" if text else to_text(term)
    return text


def describe(net: Network, to_text: Printer | None = None) -> Description:
    """Return a network as records.

    Parameters
    ----------
    net : Network
        The declared model.
    to_text : callable, optional
        What turns an expression into text; Python arithmetic if not given.
    """
    printed = to_text or TextPrinter(ReadingOrder(net)).doprint
    gates = {name for name in net.derived if name.startswith("on_")}
    constants = (item for item in net.derived.values() if item.name not in gates)
    return Description(
        net.name,
        tuple(net.mechanisms.values()),
        tuple(
            ModelQuantity(item.name, item.label, item.unit, _user_of(net, item.symbol), "")
            for item in net.inputs.values()
        ),
        tuple(_quantity(item, printed) for item in constants),
        tuple(
            PoolText(
                pool.name, pool.label, pool.unit, pool.owner, printed(net.balance(name)), printed(net.baseline[name])
            )
            for name, pool in net.pools.items()
        ),
        tuple(_quantity(item, printed) for item in net.signals.values()),
        _processes(net, printed),
        tuple(_quantity(item, printed) for item in net.readouts.values()),
        net.diagram,
    )


def _quantity(item: Assignment, printed: Printer) -> ModelQuantity:
    return ModelQuantity(item.name, item.label, item.unit, item.mechanism, printed(item.expression))


def _processes(net: Network, printed: Printer) -> tuple[ProcessText, ...]:
    influences = _influences(net)
    return tuple(_process(net, process, influences[process.symbol], printed) for process in net.processes.values())


def _process(net: Network, process: Process, influences: frozenset[sp.Symbol], printed: Printer) -> ProcessText:
    gates = [factor for factor in sp.Mul.make_args(process.rate) if factor.is_Symbol and factor.name.startswith("on_")]
    needed = set().union(*(_switches_in(net, gate) for gate in gates))
    switches = tuple(name for name in net.mechanisms if net.on(name) in needed)
    ends = [net.pools[end.name] for end in (process.reactant, process.product) if end is not None]
    expected = {process.mechanism, *(pool.owner for pool in ends)}
    return ProcessText(
        process.name,
        process.label,
        "1/day" if ends[0].unit == "1" else f"{ends[0].unit}/day",
        process.mechanism,
        printed(process.rate / sp.Mul(*gates)),
        str(process.reactant or ""),
        str(process.product or ""),
        switches,
        tuple(name for name in switches if name not in expected),
        tuple(name for name in (*net.inputs, *net.pools) if net[name] in influences),
    )


def _switches_in(net: Network, gate: sp.Symbol) -> set[sp.Symbol]:
    return net.derived[gate.name].expression.free_symbols if gate.name in net.derived else {gate}


def _influences(net: Network) -> Mapping[sp.Symbol, frozenset[sp.Symbol]]:
    """Return, for each signal and rate, the pools and inputs behind it."""
    symbols = {net[name]: frozenset([net[name]]) for name in (*net.pools, *net.inputs)}
    for name, expression in net.assignments().items():
        behind = [symbols[symbol] for symbol in expression.free_symbols if symbol in symbols]
        symbols[net[name]] = frozenset().union(*behind)
    return symbols


def _user_of(net: Network, symbol: sp.Symbol) -> str:
    users = (item.mechanism for item in net.processes.values() if symbol in item.rate.free_symbols)
    return next(users, "")


def _owned(items: tuple[ModelQuantity, ...], mechanism: str) -> tuple[ModelQuantity, ...]:
    return tuple(item for item in items if item.mechanism == mechanism)
