"""Machine code of a model: the lane core and the kernels of one patient, found in the cache or compiled by LLVM."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from immunosim.codegen.kernel_module import KernelModule
from immunosim.codegen.store import entry_name, maker_of_code
from immunosim.codegen.vector.processor import host, target_machine
from immunosim.numerics.lanes.records import LaneFunctions
from immunosim.numerics.machine_code import MachineFunction, call_on_frame
from immunosim.numerics.workspace import Functions

OVER_LANES = ("rhs", "factorise", "solve")
OF_A_STEP = ("rhs", "jacobian", "factorise", "solve")
OBJECT, SIGNATURES = "code.o", "functions.json"

WAITING = "Compiling the model for this processor, once per installation (a few seconds)"


def lane_functions(module: KernelModule, width: int | None = None) -> LaneFunctions:
    """Return the lane core of a kernel module, compiled at the first call of an installation.

    Parameters
    ----------
    module : KernelModule
        Of a text as ``emit.core_text`` writes it.
    width : int, optional
        Lanes; by default what the processor has.

    Raises
    ------
    ModelError
        If the kernels hold something that cannot be said over lanes.
    """
    width = width or host().width
    made: dict[int, LaneFunctions] = module.__dict__.setdefault("lane_cores", {})
    if width not in made:
        made[width] = _lane_functions(module, width)
    return made[width]


def _lane_functions(module: KernelModule, width: int) -> LaneFunctions:
    from immunosim.numerics.tableaus import METHODS

    engine = loaded(module, "lanes", lambda: {OBJECT: machine_code(lane_module(module, width))}, width)
    address = engine.get_function_address
    functions = scalar_functions(module)
    # Without read-outs the record still wants a function of this signature; nothing calls it.
    readouts = functions.get("readouts", functions["rhs"])
    rhs, jacobian, factorise, solve = (functions[name] for name in OF_A_STEP)
    return LaneFunctions(
        width=width,
        attempt={name: call_on_frame(address(f"attempt_{name}"), engine) for name in METHODS},
        sample={name: call_on_frame(address(f"sample_{name}"), engine) for name in METHODS},
        trace={name: call_on_frame(address(f"trace_{name}"), engine) for name in METHODS if has_readouts(module)},
        defect=call_on_frame(address("defect"), engine),
        advance=call_on_frame(address("advance"), engine),
        next_row=MachineFunction(address("next_row"), ("address",), "address", engine),
        kernels={name: address(name) for name in OVER_LANES},
        scalar=Functions(rhs, jacobian, factorise, solve, readouts),
        store=module.store,
    )


def is_built(module: KernelModule) -> bool:
    """Return whether the lane core of a kernel module is in the cache, for this processor."""
    made_by = maker_of_code(module.digest)
    return module.store is not None and module.store.find(entry_name("lanes", made_by, host().width)) is not None


def has_readouts(module: KernelModule) -> bool:
    """Return whether a kernel module has read-outs."""
    return "READOUTS" in module.tables


def lane_module(module: KernelModule, width: int) -> Any:
    """Return the lane core of a kernel module, as LLVM IR before any pass."""
    from llvmlite import ir

    from immunosim.codegen.vector.translate import add_factorise, add_readouts, add_rhs, add_solve
    from immunosim.numerics.lanes.output_ir import add_defect, add_sample, add_trace
    from immunosim.numerics.lanes.step_ir import add_advance, add_next_row, add_step
    from immunosim.numerics.tableaus import METHODS

    functions, constants = module.functions, module.tables
    made = ir.Module("lanes")
    add_rhs(made, functions["rhs"], width)
    add_factorise(made, functions["jacobian"], functions["factorise"], constants, width)
    add_solve(made, functions["solve"], width)
    if has_readouts(module):
        add_readouts(made, functions["readouts"], width)
    n_pools = len(constants["POOLS"])
    for tableau in METHODS.values():
        add_step(made, tableau, n_pools, width)
        add_sample(made, tableau, n_pools, width)
        if has_readouts(module):
            add_trace(made, tableau, n_pools, len(constants["READOUTS"]), width)
    add_defect(made, n_pools, width)
    add_advance(made, n_pools, width)
    add_next_row(made)
    return made


def scalar_functions(module: KernelModule) -> dict[str, MachineFunction]:
    """Return every function of a text as machine code for one patient, compiled at the first call of an installation.

    Raises
    ------
    ModelError
        If the text holds something that cannot be compiled.
    """
    found = module.__dict__.get("machine_code")
    if found is None:
        files = kept(module, "scalar", lambda: _scalar_files(module), waiting=WAITING)
        engine = engine_of(files[OBJECT])
        signatures = json.loads(files[SIGNATURES])
        found = {
            name: MachineFunction(engine.get_function_address(symbol), tuple(kinds), result, engine)
            for name, (symbol, kinds, result) in signatures.items()
        }
        module.__dict__["machine_code"] = found
    return dict(found)


def _scalar_files(module: KernelModule) -> dict[str, bytes]:
    from llvmlite import ir

    from immunosim.codegen.vector.scalar import PREFIX, add_scalar, kinds_of

    made = ir.Module("scalar")
    signatures = {}
    for name, function in module.functions.items():
        add_scalar(made, function, module.tables)
        signatures[name] = (PREFIX + name, *kinds_of(function))
    return {OBJECT: machine_code(made), SIGNATURES: json.dumps(signatures).encode()}


def machine_code(module: Any) -> bytes:
    """Return the object file of a module of LLVM IR."""
    machine = target_machine(host())
    code: bytes = machine.emit_object(optimised(module, machine))
    return code


def optimised(module: Any, machine: Any) -> Any:
    """Return a module of LLVM IR after all passes, as it becomes machine code."""
    from llvmlite import binding

    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    # Lanes are explicit: LLVM's own vectorisers could only get in the way.
    tuning = binding.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_vectorization = tuning.slp_vectorization = False
    passes = binding.create_pass_builder(machine, tuning)
    passes.getModulePassManager().run(parsed, passes)
    return parsed


def kept(
    module: KernelModule, kind: str, make: Callable[[], Mapping[str, bytes]], *shaped_by: object, waiting: str = ""
) -> Mapping[str, bytes]:
    """Return files made from a text, from the cache where they are there; announce it first where that takes long."""
    if module.store is None:
        return make()
    made_by = maker_of_code(module.digest)
    return module.store.get(entry_name(kind, made_by, *shaped_by), make, made_by, waiting)


def loaded(module: KernelModule, kind: str, make: Callable[[], Mapping[str, bytes]], *shaped_by: object) -> Any:
    """Return the engine that holds the machine code of an entry."""
    return engine_of(kept(module, kind, make, *shaped_by)[OBJECT])


def engine_of(code: bytes) -> Any:
    """Return the engine that holds the machine code of an object file."""
    from llvmlite import binding

    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target_machine(host()))  # which it owns
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine
