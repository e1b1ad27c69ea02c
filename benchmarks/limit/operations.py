"""Floating point operations of the lane core, counted in the LLVM IR that becomes its machine code.

Counted is the optimised module, just before LLVM turns it into instructions: what was computed twice is merged there,
what nobody reads is gone, and loops still show how often they run. A product that is only read by one sum or difference
in its block, both free to contract, counts with it as one FMA: that is LLVM's own rule on processors that have it. An
FMA is two floating point operations, a sum, difference, product, quotient or root is one. Signs, magnitudes,
comparisons and choices are counted apart and are no floating point operations.

Operations are those of one lane: a vector counts once.
"""

import operator
import re
from collections import Counter
from dataclasses import astuple, dataclass

from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.vector.build import lane_module, optimised
from immunosim.codegen.vector.processor import host, target_machine

VALUE = re.compile(r'%(?:"[^"]+"|[-\w.$]+)')
LABEL = re.compile(r'^("[^"]+"|[-\w.$]+):')
RESULT = re.compile(r'^(%(?:"[^"]+"|[-\w.$]+)) = (?:tail |musttail |notail )?(\w+) (.*)$')
CALLED = re.compile(r'call [^@]*@("[^"]+"|[-\w.$]+)\(')
CONTRACTS = re.compile(r"^(?:\w+ )*?(?:contract|fast) ")
INCOMING = re.compile(r'\[ ([^,\]]+), (%(?:"[^"]+"|[-\w.$]+)) \]')
COMPARISON = re.compile(r"^(?:samesign )?(\w+) \S+ (\S+), (-?\d+)$")
LONGEST_LOOP = 1_000_000

INTEGER = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "or": operator.or_, "shl": operator.lshift}
# Indices are not negative, so that signed and unsigned comparisons agree.
PREDICATES = {
    **{"eq": operator.eq, "ne": operator.ne},
    **{"slt": operator.lt, "ult": operator.lt, "sle": operator.le, "ule": operator.le},
    **{"sgt": operator.gt, "ugt": operator.gt, "sge": operator.ge, "uge": operator.ge},
}

PLAIN = {"fadd": "add", "fsub": "add", "fmul": "multiply", "fdiv": "divide", "fneg": "other", "fcmp": "other"}
INTRINSIC = {"sqrt": "root", "fma": "fma", "fmuladd": "fma", "fabs": "other", "maxnum": "other", "minnum": "other"}


class UncountableError(Exception):
    """The IR holds a loop whose number of turns is not a constant."""


@dataclass(frozen=True)
class Operations:
    """Operations of one lane."""

    fma: float = 0
    add: float = 0
    multiply: float = 0
    divide: float = 0
    root: float = 0
    other: float = 0

    @property
    def flops(self) -> float:
        """Floating point operations, an FMA being two."""
        return 2 * self.fma + self.add + self.multiply + self.divide + self.root

    def __add__(self, more: "Operations") -> "Operations":
        """Return the sum."""
        return Operations(*(a + b for a, b in zip(astuple(self), astuple(more), strict=True)))

    def __mul__(self, times: float) -> "Operations":
        """Return a multiple."""
        return Operations(*(times * a for a in astuple(self)))


@dataclass
class _Block:
    """The lines of a basic block, without the comments that LLVM adds."""

    label: str
    lines: list[str]

    @property
    def targets(self) -> list[str]:
        return [value.strip() for value in re.findall(r"label (%(?:\"[^\"]+\"|[-\w.$]+))", self.lines[-1])]


def optimised_text(module: KernelModule, width: int) -> str:
    """Return the LLVM IR of the lane core of a kernel module, as it is turned into machine code."""
    return str(optimised(lane_module(module, width), target_machine(host())))


def count_operations(text: str) -> dict[str, Operations]:
    """Return the operations of each function of a module, functions that it calls included.

    Parameters
    ----------
    text : str
        LLVM IR.

    Raises
    ------
    UncountableError
        If a loop's number of turns is no constant.
    """
    functions = _functions_in(text)
    found: dict[str, Operations] = {}

    def count(name: str) -> Operations:
        if name not in found:
            blocks = functions[name]
            readers = Counter(value for block in blocks for line in block.lines for value in VALUE.findall(line))
            turns = _turns_of_blocks(name, blocks)
            total = Operations()
            for block in blocks:
                total += _own_operations(block, readers) * turns[block.label]
                for called in CALLED.findall("\n".join(block.lines)):
                    if called in functions:
                        total += count(called) * turns[block.label]
            found[name] = total
        return found[name]

    for name in functions:
        count(name)
    return found


def _functions_in(text: str) -> dict[str, list[_Block]]:
    functions: dict[str, list[_Block]] = {}
    for match in re.finditer(r'^define [^@]*@("[^"]+"|[-\w.$]+)\(.*?\{\n(.*?)^\}', text, re.M | re.S):
        blocks = functions[match.group(1)] = []
        for line in match.group(2).splitlines():
            line = line.split(";", 1)[0].strip()
            label = LABEL.match(line)
            if label or not blocks:
                blocks.append(_Block(f"%{label.group(1) if label else 0}", []))
            if line and not label:
                blocks[-1].lines.append(line)
    return functions


def _own_operations(block: _Block, readers: Counter[str]) -> Operations:
    """Return the operations that stand in a block itself; ``readers`` counts where values are named."""
    counted: Counter[str] = Counter()
    products: set[str] = set()
    for line in block.lines:
        found = RESULT.match(line)
        if not found:
            continue
        result, kind, rest = found.groups()
        contracts = CONTRACTS.match(rest)
        if kind in ("fadd", "fsub") and contracts:
            # Named once where it is made and once where it is read.
            fused = next((value for value in VALUE.findall(rest) if value in products and readers[value] == 2), None)
            if fused:
                products.discard(fused)
                counted.update(fma=1, multiply=-1)
                continue
        if kind == "fmul" and contracts:
            products.add(result)
        counted[_kind_of(kind, rest)] += 1
    counted.pop("", None)
    return Operations(**counted)


def _kind_of(kind: str, rest: str) -> str:
    """Return under which field of ``Operations`` an instruction counts, "" for none."""
    if kind == "select" and "double" in rest:
        return "other"
    if kind == "call":
        intrinsic = re.search(r"@llvm\.(\w+)\.", rest)
        return INTRINSIC.get(intrinsic.group(1), "") if intrinsic else ""
    return PLAIN.get(kind, "")


# --- loops -----------------------------------------------------------------------------------------------------------


def _turns_of_blocks(name: str, blocks: list[_Block]) -> dict[str, int]:
    """Return how often each block of a function runs; both sides of a branch that closes no loop count as run."""
    order = {block.label: k for k, block in enumerate(blocks)}
    turns = dict.fromkeys(order, 1)
    for latch in blocks:
        for header in latch.targets:
            if order[header] <= order[latch.label]:
                n_turns = _turns_of_loop(name, blocks, blocks[order[header]], latch)
                for label in _body(header, latch.label, blocks):
                    turns[label] *= n_turns
    return turns


def _body(header: str, latch: str, blocks: list[_Block]) -> set[str]:
    """Return the blocks of the loop that a branch from the latch to the header closes."""
    body, waiting = {header, latch}, [latch] if latch != header else []
    while waiting:
        inside = waiting.pop()
        for block in blocks:
            if inside in block.targets and block.label not in body:
                body.add(block.label)
                waiting.append(block.label)
    return body


def _turns_of_loop(name: str, blocks: list[_Block], header: _Block, latch: _Block) -> int:
    """Return how often a loop over constants runs, by running its index."""
    made = {m.group(1): (m.group(2), m.group(3)) for b in blocks for line in b.lines if (m := RESULT.match(line))}
    condition = VALUE.search(latch.lines[-1])
    kind, rest = made.get(condition.group(), ("", "")) if condition else ("", "")
    stops = COMPARISON.match(rest) if kind == "icmp" else None
    for line in header.lines:
        index = RESULT.match(line)
        if not stops or not index or index.group(2) != "phi":
            continue
        incoming = {label: value for value, label in INCOMING.findall(index.group(3))}
        following = incoming.pop(latch.label, "")
        starts = [int(value) for value in incoming.values() if re.fullmatch(r"-?\d+", value)]
        if len(starts) != 1:
            continue
        holds, bound, value = PREDICATES[stops.group(1)], int(stops.group(3)), starts[0]
        stays = latch.targets[0] == header.label  # the first target is taken where the comparison holds
        for turns in range(1, LONGEST_LOOP):
            known = {index.group(1): value}
            compared, value_after = _evaluate(stops.group(2), made, known), _evaluate(following, made, known)
            if compared is None or value_after is None:
                break
            if holds(compared, bound) != stays:
                return turns
            value = value_after
    raise UncountableError(f"the loop at {header.label} of {name} has no constant number of turns")


def _evaluate(value: str, made: dict[str, tuple[str, str]], known: dict[str, int]) -> int | None:
    """Return a whole number of the IR, None where it does not follow from known ones."""
    if re.fullmatch(r"-?\d+", value):
        return int(value)
    if value not in known and value in made:
        kind, rest = made[value]
        parts = re.match(r"(?:nuw |nsw |disjoint )*i\d+ (\S+), (\S+)$", rest)
        if kind in INTEGER and parts:
            a, b = (_evaluate(part, made, known) for part in parts.groups())
            if a is not None and b is not None:
                known[value] = INTEGER[kind](a, b)
    return known.get(value)
