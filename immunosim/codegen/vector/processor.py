"""What this processor can do, as LLVM names it, and how many lanes its vectors have."""

import functools
from dataclasses import dataclass
from typing import Any

# Eight lanes with AVX-512 (on Zen 5 1.35 times as fast as four), but not on Zen 4, which computes such vectors in
# halves: eight are 10 % slower there, since the arrays of a step leave the first cache. Four with AVX, two in the
# vectors of SSE2 and NEON. The choice changes no bit of a result.
WITH_AVX512 = 8
WITH_AVX = 4
WITHOUT_AVX = 2
IN_HALVES = ("znver4",)


@dataclass(frozen=True)
class Processor:
    """Name and features of a processor, in LLVM's words."""

    name: str
    features: str
    width: int


@functools.cache
def host() -> Processor:
    """Return the processor of this machine."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    name = binding.get_host_cpu_name()
    width = WITH_AVX if features.get("avx") else WITHOUT_AVX
    if features.get("avx512f") and name not in IN_HALVES:
        width = WITH_AVX512
    return Processor(name, features.flatten(), width)


def target_machine(processor: Processor) -> Any:
    """Return LLVM's code generator for a processor.

    On x86 with the large code model: code and its constants are placed in memory apart, and in a process that has much
    of it in use they came to lie farther apart than the 32 bits of the small model reach, on which LLVM aborts the
    interpreter. Elsewhere llvmlite places all sections together.
    """
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_default_triple()
    reloc, codemodel = ("static", "large") if target.name.startswith("x86") else ("pic", "small")
    return target.create_target_machine(
        cpu=processor.name, features=processor.features, opt=3, reloc=reloc, codemodel=codemodel
    )
