"""What one core can do at most: vector loops that only compute, measured in this process.

Independent chains hide the latency of the operations, and their values stay in registers. The kinds are those that the
core's own arithmetic is made of: FMA, sums and products apart, quotients.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from immunosim.codegen.vector.processor import host, target_machine

# Two units with a latency of four cycles need eight chains, four units sixteen. Twelve and two constants fit in sixteen
# registers, twenty-four in the thirty-two of AVX-512.
CHAINS = 12
CHAINS_OF_EIGHT = 24
TURNS = 200_000

KINDS = ("fma", "add and multiply", "divide")


@dataclass(frozen=True)
class Peak:
    """Measures the peak of one core for vectors of a width."""

    width: int

    @property
    def chains(self) -> int:
        """Independent chains of operations."""
        return CHAINS if self.width < 8 else CHAINS_OF_EIGHT

    @cached_property
    def _engine(self) -> Any:
        from llvmlite import binding

        machine = target_machine(host())
        module = binding.parse_assembly(_module_text(self.width, self.chains))
        module.verify()
        engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
        engine.add_object_file(binding.ObjectFileRef.from_data(machine.emit_object(module)))
        engine.finalize_object()
        return engine

    def _function(self, kind: str) -> Callable[[int], float]:
        import ctypes

        address = self._engine.get_function_address(kind.replace(" ", "_"))
        return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64)(address)

    def measure(self, kind: str, repeats: int = 3) -> float:
        """Return the vector instructions of a kind in a second of processor time, the best of some repeats."""
        function, best = self._function(kind), 0.0
        turns = TURNS // 10 if kind == "divide" else TURNS
        for _ in range(repeats):
            started = time.process_time()
            function(turns)
            best = max(best, turns * self.chains / (time.process_time() - started))
        return best

    def flops(self, kind: str, repeats: int = 3) -> float:
        """Return floating point operations in a second, an FMA being two."""
        return self.measure(kind, repeats) * self.width * (2 if kind == "fma" else 1)


def _module_text(width: int, n_chains: int) -> str:
    """Return LLVM IR of one function a kind: ``double kind(i64 turns)``, which returns what it computed."""
    from llvmlite import ir

    from immunosim.numerics.lanes.vector_ir import DOUBLE, INT64

    module = ir.Module("peak")
    vector = ir.VectorType(DOUBLE, width) if width > 1 else DOUBLE
    for kind in KINDS:
        function = ir.Function(module, ir.FunctionType(DOUBLE, [INT64]), kind.replace(" ", "_"))
        _write_loop(function, kind, vector, width, n_chains)
    return str(module)


def _write_loop(function: Any, kind: str, vector: Any, width: int, n_chains: int) -> None:
    from llvmlite import ir

    from immunosim.numerics.lanes.vector_ir import FLAGS, INT64

    def constant(value: float) -> Any:
        return ir.Constant(vector, [value] * width if width > 1 else value)

    entry, body, after = (function.append_basic_block(name) for name in ("entry", "body", "after"))
    build = ir.IRBuilder(entry)
    build.branch(body)
    build.position_at_end(body)
    index = build.phi(INT64)
    index.add_incoming(ir.Constant(INT64, 0), entry)
    chains = [build.phi(vector) for _ in range(n_chains)]
    shrink, shift = constant(0.999), constant(1e-3)  # values go to one and stay there
    for k, chain in enumerate(chains):
        chain.add_incoming(constant(1.0 + 0.01 * k), entry)
        if kind == "fma":
            following = build.fadd(build.fmul(chain, shrink, flags=FLAGS), shift, flags=FLAGS)
        elif kind == "divide":
            following = build.fdiv(shrink, chain)
        else:
            following = build.fadd(chain, shift) if k % 2 else build.fmul(chain, shrink)
        chain.add_incoming(following, body)
    values = [chain.incomings[1][0] for chain in chains]
    turn = build.add(index, ir.Constant(INT64, 1))
    index.add_incoming(turn, body)
    build.cbranch(build.icmp_signed("<", turn, function.args[0]), body, after)
    build.position_at_end(after)
    total = values[0]
    for value in values[1:]:
        total = build.fadd(total, value)
    build.ret(build.extract_element(total, ir.Constant(ir.IntType(32), 0)) if width > 1 else total)
