"""Machine code of a model's lane core: found on disk beside the kernels it stands for, or compiled and left there."""

import ast
import hashlib
import os
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from immunosim.codegen.vector.processor import Processor, host, target_machine
from immunosim.numerics.lanes.records import LaneFunctions

KERNELS = ("rhs", "factorise", "solve")


def lane_functions(module: ModuleType, width: int | None = None) -> LaneFunctions:
    """Return the lane core of a kernel module, compiled at the first call of an installation.

    Parameters
    ----------
    module : ModuleType
        As ``emit.core_text`` writes it.
    width : int, optional
        Lanes; by default what the processor has.

    Raises
    ------
    ModelError
        If the kernels hold something that cannot be said over lanes.
    """
    from immunosim.numerics.tableaus import METHODS

    processor = host()
    width = width or processor.width
    source = Path(str(module.__file__))
    machine = target_machine(processor)
    path = source.with_name(f"lanes_{_key(processor, width)}.o")
    if not path.is_file():
        _write(path, compile_lanes(source.read_text(encoding="utf-8"), vars(module), width, machine))
    engine = loaded(path, machine)
    address = engine.get_function_address
    return LaneFunctions(
        width=width,
        attempt={name: address(f"attempt_{name}") for name in METHODS},
        sample={name: address(f"sample_{name}") for name in METHODS},
        trace={name: address(f"trace_{name}") for name in METHODS if hasattr(module, "READOUTS")},
        defect=address("defect"),
        advance=address("advance"),
        next_row=address("next_row"),
        kernels={name: address(name) for name in KERNELS},
        owner=engine,
    )


def lane_module(text: str, constants: dict[str, Any], width: int) -> Any:
    """Return the lane core for the text of a kernel module, as LLVM IR before any pass."""
    from llvmlite import ir

    from immunosim.codegen.vector.translate import add_factorise, add_readouts, add_rhs, add_solve
    from immunosim.numerics.lanes.output_ir import add_defect, add_sample, add_trace
    from immunosim.numerics.lanes.step_ir import add_advance, add_next_row, add_step
    from immunosim.numerics.tableaus import METHODS

    functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    module = ir.Module("lanes")
    add_rhs(module, functions["rhs"], width)
    add_factorise(module, functions["jacobian"], functions["factorise"], constants, width)
    add_solve(module, functions["solve"], width)
    if "READOUTS" in constants:
        add_readouts(module, functions["readouts"], width)
    n_pools = len(constants["POOLS"])
    for tableau in METHODS.values():
        add_step(module, tableau, n_pools, width)
        add_sample(module, tableau, n_pools, width)
        if "READOUTS" in constants:
            add_trace(module, tableau, n_pools, len(constants["READOUTS"]), width)
    add_defect(module, n_pools, width)
    add_advance(module, n_pools, width)
    add_next_row(module)
    return module


def compile_lanes(text: str, constants: dict[str, Any], width: int, machine: Any) -> bytes:
    """Return the object file of the lane core for the text of a kernel module."""
    return machine_code(lane_module(text, constants, width), machine)


def machine_code(module: Any, machine: Any) -> bytes:
    """Return the object file of a module of LLVM IR."""
    from llvmlite import binding

    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    # Lanes are explicit: LLVM's own vectorisers could only get in the way.
    tuning = binding.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_vectorization = tuning.slp_vectorization = False
    passes = binding.create_pass_builder(machine, tuning)
    passes.getModulePassManager().run(parsed, passes)
    code: bytes = machine.emit_object(parsed)
    return code


def loaded(path: Path, machine: Any) -> Any:
    """Return the engine that holds the machine code of an object file."""
    from llvmlite import binding

    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(path.read_bytes()))
    engine.finalize_object()
    return engine


def _key(processor: Processor, *chosen: object) -> str:
    """Return what, beside the kernels' own key, the machine code depends on."""
    import llvmlite

    named = (llvmlite.__version__, processor.name, processor.features, *chosen)
    return hashlib.sha256(repr(named).encode()).hexdigest()[:16]


def _write(path: Path, code: bytes) -> None:
    """Write the whole file or nothing; a process that was first left the same content."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="writing-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(code)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
