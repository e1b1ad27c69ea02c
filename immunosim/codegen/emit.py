"""Text of the kernels of a network: right-hand side, Jacobian, factors, closure, rates and read-outs.

The text is a product: one named line a rate, numbers that round-trip, a header with its hash. Array arguments end in
an underscore, names of the model never do. Each kernel unpacks only what it reads.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import sympy as sp

from immunosim.codegen.derivatives import Line, differentiate
from immunosim.codegen.hoisting import Hoister
from immunosim.codegen.metadata import metadata_of
from immunosim.codegen.printer import to_text
from immunosim.codegen.sparse_lu import assemble_statements, factorise_statements, plan_elimination, solve_statements
from immunosim.model.network import Network

HEADER = '"""{what} of the model {name!r}, generated: do not edit. SHA-256 of what follows: {digest}."""\n'
IMPORTS = "\nfrom numpy import exp, log, sqrt\n"

# Independent accumulators of a sum over the factors: one would wait for itself.
GROUP = 8


class KernelWriter:
    """Writes the kernels of one network.

    Parameters
    ----------
    net : Network
        The declared model.
    """

    def __init__(self, net: Network) -> None:
        self.net = net
        self.pools = {pool.symbol: i for i, pool in enumerate(net.pools.values())}
        primary = [*net.parameter_units, *net.switches]
        self.parameters = {net[name]: i for i, name in enumerate([*primary, *net.derived])}
        self.inputs = {item.symbol: i for i, item in enumerate(net.inputs.values())}
        self.assignments = net.assignments()
        self.hoist = Hoister(self.parameters)

    # --- kernels ---------------------------------------------------------------------------------------------------

    def close(self) -> str:
        """Text of the closure: the derived constants and, after the other kernels are written, the hoisted ones."""
        lines = [(item.symbol, item.expression) for item in self.net.derived.values()]
        stores = [(f"p_[{self.parameters[symbol]}]", symbol) for symbol, _ in lines]
        stores += [(f"p_[{self.place_of_hoisted(i)}]", value) for i, value in enumerate(self.hoist.found)]
        text = "Fill the derived constants."
        return self.function("close", "p_", lines, stores, text, hoisted=False)

    def baseline(self) -> str:
        """Text of the untreated state."""
        stores = [(f"out_[{i}]", self.net.baseline[pool.name]) for pool, i in self.pools.items()]
        return self.function("baseline", "p_, out_", [], stores, "Untreated state.", hoisted=False)

    def rhs(self) -> str:
        """Text of the right-hand side."""
        stores = [(f"out_[{i}]", self.net.balance(pool.name)) for pool, i in self.pools.items()]
        lines = self.needed(sp.Tuple(*(value for _, value in stores)))
        return self.function("rhs", "y_, p_, u_, out_", lines, stores, "Change of each pool per day.")

    def rates(self) -> str:
        """Text of the process rates."""
        names = [process.symbol for process in self.net.processes.values()]
        stores = [(f"out_[{i}]", symbol) for i, symbol in enumerate(names)]
        lines = self.needed(sp.Tuple(*names))
        return self.function("rates", "y_, p_, u_, out_", lines, stores, "Rate of each process.")

    def readouts(self) -> str:
        """Text of the read-outs."""
        values = [item.expression for item in self.net.readouts.values()]
        stores = [(f"out_[{i}]", value) for i, value in enumerate(values)]
        lines = self.needed(sp.Tuple(*values))
        return self.function("readouts", "y_, p_, u_, out_", lines, stores, "Value of each read-out.")

    def jacobian(self) -> tuple[str, list[tuple[int, int]]]:
        """Text of the Jacobian's nonzeros, and their (row, column)."""
        entries, lines = self.state_derivatives({pool.name: self.net.balance(pool.name) for pool in self.pools})
        places = sorted(entries)
        stores = [(f"out_[{k}]", entries[index]) for k, index in enumerate(places)]
        text = "Nonzeros of the derivative of the right-hand side by the pools."
        return self.function("jacobian", "y_, p_, u_, out_", lines, stores, text), places

    def factors(self, places: Sequence[tuple[int, int]]) -> str:
        """Text of the factorisation and of the solution."""
        plan = plan_elimination(len(self.pools), places)
        # Padded with zeros to whole groups, so that the sums below run in independent accumulators.
        size = -(-plan.size // GROUP) * GROUP
        body = "\n    ".join(factorise_statements(plan, size))
        assembly = "\n    ".join(assemble_statements(plan, places, size))
        accumulate = "\n        ".join(f"a{i} += lu_[k + {i}]*lu_[k + {i}]" for i in range(GROUP))
        clear = " = ".join(f"a{i}" for i in range(GROUP)) + " = 0.0"
        total = " + ".join(f"a{i}" for i in range(GROUP))
        return f"""
N_FACTORS = {size}
N_LU = {size + len(self.pools)}


def factorise(jac_, shift, lu_):
    \"\"\"Factorise shift I - J without pivoting; return the growth of its Frobenius norm.\"\"\"
    {assembly}
    {clear}
    for k in range(0, N_FACTORS, {GROUP}):
        {accumulate}
    before = {total}
    {body}
    {clear}
    for k in range(0, N_FACTORS, {GROUP}):
        {accumulate}
    return sqrt(({total}) / before)


def solve(lu_, b_):
    \"\"\"Solve with the factors, in place.\"\"\"
    {chr(10).join("    " + line for line in solve_statements(plan, size)).strip()}
"""

    def place_of_hoisted(self, index: int) -> int:
        """Return the position of a hoisted constant in the parameter vector: after the derived ones."""
        return len(self.parameters) + index

    # --- building blocks -------------------------------------------------------------------------------------------

    def state_derivatives(
        self, expressions: Mapping[str, sp.Expr]
    ) -> tuple[dict[tuple[int, int], sp.Expr], list[Line]]:
        """Return {(row, pool): derivative} of the expressions, and the lines that these need."""
        derivatives = differentiate(self.assignments, set(self.pools))
        entries = {}
        for row, expression in enumerate(expressions.values()):
            for pool, slope in derivatives.of(expression, set(self.pools)).items():
                entries[row, self.pools[pool]] = slope
        return entries, self.needed(sp.Tuple(*entries.values()), derivatives.lines)

    def needed(self, target: sp.Expr, extra: Iterable[Line] = ()) -> list[Line]:
        """Return the signals, rates and extra lines that an expression reads, in order."""
        lines = [(self.net[name], expression) for name, expression in self.assignments.items()] + list(extra)
        wanted = set(target.free_symbols)
        kept = []
        for symbol, expression in reversed(lines):
            if symbol in wanted:
                kept.append((symbol, expression))
                wanted |= expression.free_symbols
        return kept[::-1]

    def function(
        self,
        name: str,
        arguments: str,
        lines: Sequence[Line],
        stores: Sequence[tuple[str, sp.Expr]],
        text: str,
        hoisted: bool = True,
    ) -> str:
        """Return the text of one kernel: unpack what is read, compute the lines, store the results."""
        if hoisted:
            lines = [(symbol, self.hoist(expression)) for symbol, expression in lines]
            stores = [(target, self.hoist(expression)) for target, expression in stores]
        read: set[sp.Symbol] = set()
        for _, expression in [*lines, *stores]:
            read |= expression.free_symbols
        made = {symbol for symbol, _ in lines}
        body = [f'"""{text}"""']
        for table, array in ((self.pools, "y_"), (self.parameters, "p_"), (self.inputs, "u_")):
            body += [f"{symbol} = {array}[{i}]" for symbol, i in table.items() if symbol in read - made]
        body += [
            f"{symbol} = p_[{self.place_of_hoisted(i)}]  # {expression}"
            for i, (expression, symbol) in enumerate(self.hoist.found.items())
            if symbol in read
        ]
        body += [f"{symbol} = {to_text(expression)}" for symbol, expression in lines]
        body += [f"{target} = {to_text(value)}" for target, value in stores]
        indented = "\n    ".join(body)
        return f"\n\ndef {name}({arguments}):\n    {indented}\n"


def core_text(net: Network) -> str:
    """Return the text that every simulation needs, with its tables."""
    writer = KernelWriter(net)
    rhs, (jacobian, places) = writer.rhs(), writer.jacobian()
    kernels = [writer.baseline(), rhs, jacobian, writer.factors(places), writer.rates(), writer.readouts()]
    tables = f"\nJACOBIAN_ROWS = {[i for i, _ in places]}\nJACOBIAN_COLUMNS = {[j for _, j in places]}\n"
    tables += f"N_HOISTED = {len(writer.hoist.found)}\n"
    return headed("Kernels", net, metadata_of(net) + tables + writer.close() + "".join(kernels))


def headed(what: str, net: Network, text: str) -> str:
    """Return a text below its header."""
    text = IMPORTS + text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return HEADER.format(what=what, name=net.name, digest=digest) + text


def derivatives_text(net: Network) -> str:
    """Return the text of the parameter derivatives, by which the others are tested.

    Derivatives by the whole parameter vector, derived constants included, as if these were independent;
    ``close_slopes`` holds how the derived constants depend on the vector, so that the chain rule gives total
    derivatives.
    """
    writer = KernelWriter(net)
    constants = set(writer.parameters)
    derivatives = differentiate(writer.assignments, constants)
    text = ""
    groups: dict[str, tuple[str, list[sp.Expr]]] = {
        "close_slopes": ("p_, out_", [item.expression for item in net.derived.values()]),
        "baseline_slopes": ("p_, out_", [net.baseline[pool] for pool in net.pools]),
        "rhs_slopes": ("y_, p_, u_, out_", [net.balance(pool) for pool in net.pools]),
        "readout_slopes": ("y_, p_, u_, out_", [item.expression for item in net.readouts.values()]),
    }
    for name, (arguments, expressions) in groups.items():
        entries = {
            (row, writer.parameters[symbol]): slope
            for row, expression in enumerate(expressions)
            for symbol, slope in derivatives.of(expression, constants).items()
        }
        text += _slopes(writer, name, arguments, entries, derivatives.lines)
    return headed("Parameter derivatives", net, text)


def gradients_text(net: Network) -> str:
    """Return the text of the derivatives of read-outs by pools, which only explanations need."""
    writer = KernelWriter(net)
    entries, lines = writer.state_derivatives({item.name: item.expression for item in net.readouts.values()})
    return headed("Gradients", net, _slopes(writer, "readout_state_slopes", "y_, p_, u_, out_", entries, lines))


def _slopes(
    writer: KernelWriter, name: str, arguments: str, entries: Mapping[tuple[int, int], sp.Expr], lines: Sequence[Line]
) -> str:
    places = sorted(entries)
    stores = [(f"out_[{k}]", entries[index]) for k, index in enumerate(places)]
    needed = writer.needed(sp.Tuple(*entries.values()), lines) if "y_" in arguments else []
    tables = f"\n{name.upper()}_ROWS = {[i for i, _ in places]}\n{name.upper()}_COLUMNS = {[j for _, j in places]}\n"
    return tables + writer.function(name, arguments, needed, stores, "Nonzeros of a derivative.", hoisted=False)
