"""What this processor can do, as LLVM names it, and how many lanes its vectors have."""

import functools
from dataclasses import dataclass
from typing import Any

# Four lanes with AVX, also where AVX-512 has eight: on Zen 4 eight are 10 % slower, since the arrays of a step then
# leave the first cache. Two in the vectors of SSE2 and NEON. The choice changes no bit of a result.
WITH_AVX = 4
WITHOUT_AVX = 2


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
    width = WITH_AVX if features.get("avx") else WITHOUT_AVX
    return Processor(binding.get_host_cpu_name(), features.flatten(), width)


def target_machine(processor: Processor) -> Any:
    """Return LLVM's code generator for a processor."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_default_triple()
    return target.create_target_machine(
        cpu=processor.name, features=processor.features, opt=3, reloc="pic", codemodel="small"
    )
