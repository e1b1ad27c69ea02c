"""Text of what the derivative of a step needs beyond the step itself: slopes by constants, and second derivatives.

Along a vector v of the pools, with J the Jacobian of the right-hand side f,

    curvature = d[J(y) v]/dy,   twists = d[J(y) v]/dp,   shifts = df/dp,                                (V1)

where p are the parameters, derived constants as if these were independent, and then the inputs. J v is the balance of
the tangents of the rates: the tangent of an assignment X(y, S, p) that reads pools y and earlier assignments S is

    tangent_X = sum dX/dy_j v_j + sum dX/dS_j tangent_S_j                                               (V2)

so that (V1) is differentiation of named assignments once more. All is linear in v: what does not depend on v is
computed at the start of a step (``points``), and what depends on parameters alone once for a patient
(``extra_constants``). The functions are translated into lanes, or run as plain Python; numba never compiles them. Those
that run once for a solve, derivatives of the closure, of the untreated state and of the read-outs, stand here as well.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp

from immunosim.codegen.derivatives import Derivatives, Line, differentiate
from immunosim.codegen.emit import KernelWriter, headed
from immunosim.codegen.hoisting import Hoister
from immunosim.codegen.printer import to_text
from immunosim.model.network import Network

Entries = dict[tuple[int, int], sp.Expr]


def variations_text(net: Network) -> str:
    """Return the module text that the derivative of a step needs, which only sensitivities and fits need."""
    return headed("Second derivatives", net, _VariationWriter(net).text())


@dataclass
class _Part:
    """One function of the text: nonzeros of a matrix, and the lines that they need."""

    name: str
    arguments: str
    purpose: str
    entries: Entries
    lines: list[Line] = field(default_factory=list)

    @property
    def places(self) -> list[tuple[int, int]]:
        return sorted(self.entries)

    def tables(self) -> str:
        """Return the rows and columns of the nonzeros as literals."""
        rows, columns = [i for i, _ in self.places], [j for _, j in self.places]
        return f"\n{self.name.upper()}_ROWS = {rows}\n{self.name.upper()}_COLUMNS = {columns}\n"


class _VariationWriter:
    """Writes the functions of one network."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.core = KernelWriter(net)
        # The constants that the kernels hoist keep the places that their closure fills; the order is theirs.
        self.core.rhs(), self.core.jacobian(), self.core.rates(), self.core.readouts()
        self.n_core = len(self.core.hoist.found)
        self.along = {pool: sp.Symbol(f"along_{pool}") for pool in self.core.pools}
        # Inputs count as constants, after the parameters.
        self.constants = {
            **self.core.parameters,
            **{symbol: len(self.core.parameters) + i for symbol, i in self.core.inputs.items()},
        }
        self.tangents: dict[str, sp.Symbol] = {}
        self.assignments = self._with_tangents(self.core.assignments)
        self.points = Hoister((), "point")

    def text(self) -> str:
        """Return the whole module."""
        by_pools = differentiate(self.assignments, set(self.core.pools))
        by_constants = differentiate(self.assignments, set(self.constants))
        balances = [self.net.balance(pool.name) for pool in self.core.pools]
        changes = [self._tangent_of(balance) for balance in balances]
        parts = [
            self._part("shifts", "y_, p_, u_, extra_", "Slopes by constants.", balances, by_constants, self.constants),
            self._part("curvature", "p_, extra_, point_, along_", "d(J v)/dy.", changes, by_pools, self.core.pools),
            self._part("twists", "p_, extra_, point_, along_", "d(J v)/dp.", changes, by_constants, self.constants),
        ]
        points = self._take_out_points(parts[1:], [*by_pools.lines, *by_constants.lines])
        constants = self._extra_constants()
        text = f"\nN_PARAMETERS = {len(self.core.parameters)}"
        text += f"\nN_EXTRA = {len(self.core.hoist.found) - self.n_core}\nN_POINTS = {len(self.points.found)}\n"
        text += constants + points + "".join(part.tables() + self._function(part) for part in parts)
        return text + self._once_a_solve(by_pools, by_constants)

    # --- equations -------------------------------------------------------------------------------------------------

    def _with_tangents(self, assignments: Mapping[str, sp.Expr]) -> dict[str, sp.Expr]:
        """Return the assignments, each followed by its tangent, equation (V2)."""
        expressions: dict[str, sp.Expr] = {}
        for name, expression in assignments.items():
            expressions[name] = expression
            tangent = self._tangent_of(expression)
            if tangent != 0:
                self.tangents[name] = sp.Symbol(f"tangent_{name}")
                expressions[f"tangent_{name}"] = tangent
        return expressions

    def _tangent_of(self, expression: sp.Expr) -> sp.Expr:
        terms = []
        for symbol in sorted(expression.free_symbols, key=str):
            if symbol in self.along:
                terms.append(expression.diff(symbol) * self.along[symbol])
            elif symbol.name in self.tangents:
                terms.append(expression.diff(symbol) * self.tangents[symbol.name])
        return sp.Add(*terms)

    def _once_a_solve(self, by_pools: Derivatives, by_constants: Derivatives) -> str:
        """Return the functions that run once for a solve, as they are, nothing hoisted: for all output times at once.

        States and inputs may be arrays of a row for each pool and input.
        """
        derived = [item.expression for item in self.net.derived.values()]
        untreated = [self.net.baseline[pool.name] for pool in self.core.pools]
        readouts = [item.expression for item in self.net.readouts.values()]
        given: dict[str, tuple[str, Sequence[sp.Expr], Derivatives, Mapping[sp.Symbol, int]]] = {
            "close_slopes": ("p_", derived, by_constants, self.constants),
            "baseline_slopes": ("p_", untreated, by_constants, self.constants),
            "readout_slopes": ("y_, p_, u_", readouts, by_constants, self.constants),
            "readout_state_slopes": ("y_, p_, u_", readouts, by_pools, self.core.pools),
        }
        text = ""
        for name, (arguments, expressions, derivatives, variables) in given.items():
            entries = _entries(expressions, derivatives, variables)
            lines = self._needed(entries.values(), derivatives.lines, lambda expression: expression)
            part = _Part(name, arguments, "Nonzeros of a derivative.", entries, lines if "y_" in arguments else [])
            text += part.tables() + self._function(part, for_arrays=True)
        return text

    def _part(
        self,
        name: str,
        arguments: str,
        purpose: str,
        expressions: Sequence[sp.Expr],
        derivatives: Derivatives,
        variables: Mapping[sp.Symbol, int],
    ) -> _Part:
        entries = {
            target: self.core.hoist(slope) for target, slope in _entries(expressions, derivatives, variables).items()
        }
        lines = self._needed(entries.values(), derivatives.lines, self.core.hoist)
        return _Part(name, arguments, purpose, entries, lines)

    def _needed(
        self, targets: Iterable[sp.Expr], slopes: Sequence[Line], change: Callable[[sp.Expr], sp.Expr]
    ) -> list[Line]:
        """Return the lines that expressions read, in order, each changed."""
        lines = [(sp.Symbol(name), expression) for name, expression in self.assignments.items()] + list(slopes)
        wanted = set().union(*(target.free_symbols for target in targets))
        kept = []
        for symbol, expression in reversed(lines):
            if symbol in wanted:
                kept.append((symbol, change(expression)))
                wanted |= expression.free_symbols
        return kept[::-1]

    # --- what is computed less often -------------------------------------------------------------------------------

    def _take_out_points(self, parts: Sequence[_Part], slopes: Sequence[Line]) -> str:
        """Take what does not depend on v out of the parts; return the text of the function that computes it."""
        moving = set(self.along.values())
        for symbol, expression in (line for part in parts for line in part.lines):
            if expression.free_symbols & moving:
                moving.add(symbol)
        everywhere = {*self.core.parameters, *self.core.hoist.found.values()}
        fixed = set()
        for part in parts:
            for expression in [*part.entries.values(), *(expression for _, expression in part.lines)]:
                fixed |= expression.free_symbols
        self.points.constants = frozenset(fixed - moving)

        def taken(expression: sp.Expr) -> sp.Expr:
            expression = self.points(expression)
            alone = expression.free_symbols & self.points.constants - everywhere
            return expression.xreplace({symbol: self.points._symbol(symbol) for symbol in sorted(alone, key=str)})

        for part in parts:
            part.lines = [(symbol, taken(expression)) for symbol, expression in part.lines if symbol in moving]
            part.entries = {target: taken(expression) for target, expression in part.entries.items()}
        stores = [(f"point_[{i}]", expression) for i, expression in enumerate(self.points.found)]
        lines = self._needed(self.points.found, slopes, self.core.hoist)
        purpose = "What the second derivatives need of the start of a step."
        return self._write("points", "y_, p_, u_, extra_, point_", purpose, lines, stores)

    def _extra_constants(self) -> str:
        hoisted = list(self.core.hoist.found)[self.n_core :]
        stores = [(f"extra_[{i}]", expression) for i, expression in enumerate(hoisted)]
        return self._write("extra_constants", "p_, extra_", "Constants that only these functions need.", [], stores)

    # --- text ------------------------------------------------------------------------------------------------------

    def _function(self, part: _Part, for_arrays: bool = False) -> str:
        stores = [(f"out_[{k}]", part.entries[index]) for k, index in enumerate(part.places)]
        return self._write(part.name, f"{part.arguments}, out_", part.purpose, part.lines, stores, for_arrays)

    def _write(
        self,
        name: str,
        arguments: str,
        purpose: str,
        lines: Sequence[Line],
        stores: Sequence[tuple[str, sp.Expr]],
        for_arrays: bool = False,
    ) -> str:
        read: set[sp.Symbol] = set()
        for _, expression in [*lines, *stores]:
            read |= expression.free_symbols
        read -= {symbol for symbol, _ in lines}
        body = [f'"""{purpose}"""']
        body += [f"{symbol} = {target}" for symbol, target in self._places().items() if symbol in read]
        body += [f"{symbol} = {to_text(expression, for_arrays)}" for symbol, expression in lines]
        body += [f"{target} = {to_text(value, for_arrays)}" for target, value in stores]
        indented = "\n    ".join(body)
        return f"\n\ndef {name}({arguments}):\n    {indented}\n"

    def _places(self) -> dict[sp.Symbol, str]:
        """Return where each symbol that is not computed is read."""
        core = self.core
        places = {symbol: f"y_[{i}]" for symbol, i in core.pools.items()}
        places |= {symbol: f"p_[{i}]" for symbol, i in core.parameters.items()}
        places |= {symbol: f"u_[{i}]" for symbol, i in core.inputs.items()}
        for i, symbol in enumerate(core.hoist.found.values()):
            is_core = i < self.n_core
            places[symbol] = f"p_[{core.place_of_hoisted(i)}]" if is_core else f"extra_[{i - self.n_core}]"
        places |= {symbol: f"point_[{i}]" for i, symbol in enumerate(self.points.found.values())}
        places |= {symbol: f"along_[{core.pools[pool]}]" for pool, symbol in self.along.items()}
        return places


def _entries(expressions: Sequence[sp.Expr], derivatives: Derivatives, variables: Mapping[sp.Symbol, int]) -> Entries:
    """Return {(row, column): derivative} of expressions by variables."""
    return {
        (row, variables[symbol]): slope
        for row, expression in enumerate(expressions)
        for symbol, slope in derivatives.of(expression, set(variables)).items()
    }
