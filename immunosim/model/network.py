"""The process network: pools, inputs, constants, signals, processes and read-outs, declared in plain Python.

A mechanism receives a ``Network`` and adds to it. Every name is checked when it is used, with close matches, and every
expression is a sympy expression over declared symbols, so that all that runs or is read can be derived from here.
The network knows no numbers: values live in parameter sets, arrays in the kernels.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import sympy as sp

from immunosim.errors import ModelError, did_you_mean
from immunosim.model.diagram_layout import DiagramLayout
from immunosim.model.readout_info import Analyte, DefaultQuestions, DisplayGroup, ReadoutInfo
from immunosim.model.scope import ModelScope


@dataclass(frozen=True)
class Mechanism:
    """A named part of the biology that a scenario can switch off."""

    name: str
    label: str
    off_means: str


@dataclass(frozen=True)
class Pool:
    """A state variable.

    ``scale`` is a magnitude that matters, in the pool's own unit: absolute tolerances are set from it.
    """

    name: str
    label: str
    unit: str
    owner: str
    symbol: sp.Symbol
    scale: float


@dataclass(frozen=True)
class Input:
    """A quantity that the regimen holds constant between dose boundaries."""

    name: str
    label: str
    unit: str
    symbol: sp.Symbol


@dataclass(frozen=True)
class Assignment:
    """A named expression: a derived constant, a signal or a read-out."""

    name: str
    label: str
    unit: str
    mechanism: str
    symbol: sp.Symbol
    expression: sp.Expr


@dataclass(frozen=True)
class Process:
    """A flow from one pool to another (either end may be open) at a rate per day."""

    name: str
    label: str
    mechanism: str
    symbol: sp.Symbol
    rate: sp.Expr
    reactant: sp.Symbol | None
    product: sp.Symbol | None


@dataclass(frozen=True)
class Admissible:
    """A derived constant with the least value that makes biological sense."""

    symbol: sp.Symbol
    least: float
    reason: str
    is_health: bool = False
    """Whether those below are ill before treatment: a cohort does not include them."""


@dataclass
class Network:
    """A model under construction, and the finished declaration.

    Parameters
    ----------
    name : str
        Name of the model.
    parameter_units : Mapping[str, str]
        Unit of every primary parameter by name, in the order of the parameter vector.
    """

    name: str
    parameter_units: Mapping[str, str]
    mechanisms: dict[str, Mechanism] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    inputs: dict[str, Input] = field(default_factory=dict)
    derived: dict[str, Assignment] = field(default_factory=dict)
    signals: dict[str, Assignment] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    readouts: dict[str, Assignment] = field(default_factory=dict)
    baseline: dict[str, sp.Expr] = field(default_factory=dict)
    admissible: list[Admissible] = field(default_factory=list)
    groups: dict[str, DisplayGroup] = field(default_factory=dict)
    display: dict[str, ReadoutInfo] = field(default_factory=dict)
    analytes: dict[str, Analyte] = field(default_factory=dict)
    questions: DefaultQuestions = field(default_factory=DefaultQuestions)
    latex_symbols: dict[str, str] = field(default_factory=dict)
    diagram: DiagramLayout = field(default_factory=DiagramLayout)
    scope: ModelScope = field(default_factory=ModelScope)
    _symbols: dict[str, sp.Symbol] = field(default_factory=dict)
    _current: str = ""

    def __post_init__(self) -> None:
        for name in self.parameter_units:
            self._declare(name)

    # --- declaring -------------------------------------------------------------------------------------------------

    def declare_mechanism(self, name: str, label: str, off_means: str) -> None:
        """Declare a mechanism and its switch ``on_<name>``."""
        self.mechanisms[name] = Mechanism(name, label, off_means)
        self._declare(f"on_{name}")

    @contextmanager
    def mechanism(self, name: str) -> Iterator[None]:
        """Attribute everything that is added inside the block to a mechanism."""
        self._check(name, self.mechanisms, "mechanism")
        before, self._current = self._current, name
        try:
            yield
        finally:
            self._current = before

    def add_pool(
        self, name: str, label: str, unit: str, baseline: sp.Expr | float, scale: float, owner: str | None = None
    ) -> sp.Symbol:
        """Add a state variable with its untreated value, and return its symbol."""
        symbol = self._declare(name)
        self.pools[name] = Pool(name, label, unit, owner or self._current, symbol, scale)
        self._check(self.pools[name].owner, self.mechanisms, "mechanism")
        self.baseline[name] = sp.sympify(baseline)
        return symbol

    def add_input(self, name: str, label: str, unit: str) -> sp.Symbol:
        """Add a quantity set by the regimen, and return its symbol."""
        symbol = self._declare(name)
        self.inputs[name] = Input(name, label, unit, symbol)
        return symbol

    def derive(self, name: str, expression: sp.Expr | float, unit: str, label: str = "") -> sp.Symbol:
        """Add a constant that follows from parameters and earlier constants, and return its symbol."""
        return self._assign(self.derived, name, expression, unit, label)

    def signal(self, name: str, expression: sp.Expr, unit: str = "1", label: str = "") -> sp.Symbol:
        """Add a named quantity that follows from the state, and return its symbol."""
        return self._assign(self.signals, name, expression, unit, label)

    def declare_group(self, name: str, group: DisplayGroup) -> None:
        """Declare a group of read-outs that stand together, in the order of the page."""
        self.groups[name] = group

    def readout(self, name: str, expression: sp.Expr, unit: str, label: str, info: ReadoutInfo | None = None) -> None:
        """Add a quantity that a laboratory or a clinic reports.

        Parameters
        ----------
        name : str
        expression : sympy expression
        unit : str
            "1" for a number without dimension.
        label : str
            For tables and figures.
        info : ReadoutInfo, optional
            How to read, draw, measure and compare it; without it only those who name the read-out see it.

        Raises
        ------
        ModelError
            If the name is taken, the unit is missing, or what is declared does not fit.
        """
        if name in self.readouts or name in self.pools:
            raise ModelError(f"read-out {name}: the name is taken")
        expression = sp.sympify(expression)
        self._check_symbols(name, expression)
        self.readouts[name] = Assignment(name, label, unit, self._current, sp.Symbol(name), expression)
        self._describe(name, unit, label, info or ReadoutInfo())

    def show_pool(self, name: str, info: ReadoutInfo) -> None:
        """Show a pool among the read-outs of a display group."""
        self._check(name, self.pools, "pool")
        self._describe(name, self.pools[name].unit, self.pools[name].label, info)

    def add_measured_sum(self, name: str, analyte: Analyte) -> None:
        """Add what a laboratory measures as one and the model has as several read-outs."""
        self.analytes[name] = analyte

    def gain(self, label: str, pool: sp.Symbol, rate: sp.Expr) -> sp.Symbol:
        """Add a process that fills a pool from outside the model, and return the symbol of its rate."""
        return self._add_process(label, rate, None, pool)

    def loss(self, label: str, pool: sp.Symbol, rate: sp.Expr) -> sp.Symbol:
        """Add a process that empties a pool, and return the symbol of its rate."""
        return self._add_process(label, rate, pool, None)

    def transfer(self, label: str, source: sp.Symbol, target: sp.Symbol, rate: sp.Expr) -> sp.Symbol:
        """Add a process that moves content from one pool to another, and return the symbol of its rate."""
        return self._add_process(label, rate, source, target)

    def require(self, symbol: sp.Symbol, least: float, reason: str, *, is_health: bool = False) -> None:
        """Refuse parameter sets in which a derived constant falls below a least value.

        With ``is_health`` these are people who are ill before treatment, and cohorts draw others in their place.
        """
        self.admissible.append(Admissible(symbol, least, reason, is_health))

    # --- looking up ------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> sp.Symbol:
        """Return the symbol of a parameter, constant, pool, input or signal; a misspelt name gets close matches."""
        self._check(name, self._symbols, "name")
        return self._symbols[name]

    def get(self, *names: str) -> tuple[sp.Symbol, ...]:
        """Return several symbols at once."""
        return tuple(self[name] for name in names)

    def on(self, mechanism: str) -> sp.Symbol:
        """Return the switch of a mechanism: 1, or 0 when a scenario switches it off."""
        return self[f"on_{mechanism}"]

    def relative(self, pool: sp.Symbol) -> sp.Expr:
        """Return a pool relative to its untreated value."""
        return pool / self.baseline[pool.name]

    @property
    def switches(self) -> tuple[str, ...]:
        """Names of the switches, in the order in which they follow the primary parameters."""
        return tuple(f"on_{name}" for name in self.mechanisms)

    def assignments(self) -> dict[str, sp.Expr]:
        """Return signals and process rates by name, each after what it depends on."""
        expressions: dict[str, sp.Expr] = {}
        for name in self._symbols:
            if name in self.signals:
                expressions[name] = self.signals[name].expression
            elif name in self.processes:
                expressions[name] = self.processes[name].rate
        return expressions

    def balance(self, pool: str) -> sp.Expr:
        """Return the right-hand side of a pool as a sum of rate symbols."""
        symbol = self.pools[pool].symbol
        gains = [p.symbol for p in self.processes.values() if p.product == symbol]
        losses = [p.symbol for p in self.processes.values() if p.reactant == symbol]
        return sp.Add(*gains) - sp.Add(*losses)

    # --- inside ----------------------------------------------------------------------------------------------------

    def _describe(self, name: str, unit: str, label: str, info: ReadoutInfo) -> None:
        if not unit:
            raise ModelError(f"read-out {name} has no unit", cure='write "1" for a number without dimension')
        if info.group:
            self._check(info.group, self.groups, "display group")
        self.display[name] = replace(info, label=label, unit=unit)
        if info.headers:
            self.analytes[name] = Analyte(unit, (), info.part_of, info.headers, info.dvid)

    def _assign(
        self, table: dict[str, Assignment], name: str, expression: sp.Expr | float, unit: str, label: str
    ) -> sp.Symbol:
        expression = sp.sympify(expression)
        self._check_symbols(name, expression)
        symbol = self._declare(name)
        label = label or name.replace("_", " ")
        table[name] = Assignment(name, label, unit, self._current, symbol, expression)
        return symbol

    def _add_process(
        self, label: str, rate: sp.Expr, reactant: sp.Symbol | None, product: sp.Symbol | None
    ) -> sp.Symbol:
        name = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
        ends = [self.pools[end.name] for end in (reactant, product) if end is not None]
        needed = {self._current, *(pool.owner for pool in ends)}
        rate = sp.sympify(rate) * self._gate(m for m in self.mechanisms if m in needed)
        self._check_symbols(name, rate)
        symbol = self._declare(name)
        self.processes[name] = Process(name, label, self._current, symbol, rate, reactant, product)
        return symbol

    def _gate(self, mechanisms: Iterable[str]) -> sp.Symbol:
        """Return one constant that is 1 only while all the mechanisms are on."""
        names = list(mechanisms)
        if len(names) == 1:
            return self.on(names[0])
        name = "on_" + "_and_".join(names)
        if name in self._symbols:
            return self._symbols[name]
        return self.derive(name, sp.Mul(*(self.on(m) for m in names)), "1")

    def _declare(self, name: str) -> sp.Symbol:
        if name in self._symbols:
            raise ModelError(f"{name}: the name is taken")
        if name.endswith("_"):
            raise ModelError(f"{name}: a trailing underscore is kept for the arguments of kernels")
        self._symbols[name] = sp.Symbol(name)
        return self._symbols[name]

    def _check_symbols(self, name: str, expression: sp.Expr) -> None:
        for symbol in expression.free_symbols:
            if self._symbols.get(symbol.name) != symbol:
                cure = did_you_mean(symbol.name, self._symbols)
                raise ModelError(f"{symbol} is not declared", key=name, cure=cure)

    @staticmethod
    def _check(name: str, known: Iterable[str], kind: str) -> None:
        names = list(known)
        if name not in names:
            raise ModelError(f'"{name}" is not a declared {kind}', cure=did_you_mean(name, names))
