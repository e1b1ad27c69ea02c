"""The lane core of a model as WebAssembly, made by llvmlite alone.

LLVM writes an object file for wasm32; such a file is a module that only lacks the names by which others call its
functions, and that holds notes for a linker, which nothing here needs. Both are mended below, so no linker takes part.
The step of the default method is all that a page asks for: other methods would double the size, and threads have no
offset in it.
"""

from collections.abc import Iterator
from typing import Any

from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.vector.build import kept, optimised
from immunosim.errors import ModelError

TRIPLE = "wasm32-unknown-unknown"
METHOD = "rodas5p"
EXPORTS = {"attempt": f"attempt_{METHOD}", "sample": f"sample_{METHOD}", "defect": "defect", "advance": "advance"}
"""Names in a page, and functions of the lane core."""

FEATURES = {1: "", 2: "+simd128"}
FILE = "core.wasm"

HEADER = b"\0asm\1\0\0\0"
CUSTOM, TYPES, IMPORTS, FUNCTIONS, EXPORT, CODE, DATA = 0, 1, 2, 3, 7, 10, 11
IS_FUNCTION = 0


def webassembly_bytes(module: KernelModule, width: int = 1) -> bytes:
    """Return the step of a model over lanes as a WebAssembly module, from the cache where it is there.

    It imports its memory, ``env.__linear_memory``, and exports ``attempt``, ``sample``, ``defect`` and ``advance``:
    functions of the address of a frame, 32-bit addresses in the order of ``FRAME``.

    Parameters
    ----------
    module : KernelModule
        Of a text as ``emit.core_text`` writes it.
    width : int
        Lanes: 1, or 2 in the vectors of simd128.

    Raises
    ------
    ModelError
        If the kernels hold something that cannot be said over lanes.
    """
    return kept(module, "wasm", lambda: {FILE: _made(module, width)}, width)[FILE]


def _made(module: KernelModule, width: int) -> bytes:
    from llvmlite import binding

    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    machine = binding.Target.from_triple(TRIPLE).create_target_machine(
        cpu="generic", features=FEATURES[width], opt=3, reloc="static", codemodel="default"
    )
    core = _core(module, width)
    core.triple = TRIPLE
    core.data_layout = str(machine.target_data)
    assembled = optimised(core, machine)
    names = [function.name for function in assembled.functions if not function.is_declaration]
    return exported(machine.emit_object(assembled), names)


def _core(module: KernelModule, width: int) -> Any:
    """Return the part of the lane core that a page calls, as LLVM IR."""
    from llvmlite import ir

    from immunosim.codegen.vector.translate import add_factorise, add_rhs, add_solve
    from immunosim.numerics.lanes.output_ir import add_defect, add_sample
    from immunosim.numerics.lanes.step_ir import add_advance, add_step
    from immunosim.numerics.tableaus import METHODS

    functions, constants, tableau = module.functions, module.tables, METHODS[METHOD]
    n_pools = len(constants["POOLS"])
    made = ir.Module("web")
    add_rhs(made, functions["rhs"], width)
    add_factorise(made, functions["jacobian"], functions["factorise"], constants, width)
    add_solve(made, functions["solve"], width)
    add_step(made, tableau, n_pools, width)
    add_sample(made, tableau, n_pools, width)
    add_defect(made, n_pools, width)
    add_advance(made, n_pools, width)
    return made


def exported(code: bytes, names: list[str]) -> bytes:
    """Return an object file of LLVM as a module that exports what a page calls.

    Parameters
    ----------
    code : bytes
    names : list of str
        Of its functions, in their order.

    Raises
    ------
    ModelError
        If it needs a linker after all: data, or functions from elsewhere.
    """
    sections = dict(_sections(code))
    imported = sections.get(IMPORTS, b"")
    if DATA in sections or b"__linear_memory" not in imported or imported[:1] != b"\1":
        raise ModelError("the machine code for the browser asks for more than its memory")
    entries = b"".join(
        _name(name) + bytes([IS_FUNCTION]) + _leb(names.index(function)) for name, function in EXPORTS.items()
    )
    sections[EXPORT] = _leb(len(EXPORTS)) + entries
    order = (TYPES, IMPORTS, FUNCTIONS, EXPORT, CODE)
    return HEADER + b"".join(bytes([kind]) + _leb(len(sections[kind])) + sections[kind] for kind in order)


def _sections(code: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of each section but the custom ones, which are for linkers."""
    offset = len(HEADER)
    while offset < len(code):
        kind = code[offset]
        size, start = _read_leb(code, offset + 1)
        offset = start + size
        if kind != CUSTOM:
            yield kind, code[start:offset]


def _read_leb(code: bytes, offset: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = code[offset]
        value |= (byte & 0x7F) << shift
        offset, shift = offset + 1, shift + 7
        if byte < 0x80:
            return value, offset


def _leb(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _name(text: str) -> bytes:
    data = text.encode()
    return _leb(len(data)) + data
