"""How numba compiles the kernels of a driver: typed and lowered one by one, optimised and turned into code all at once.

By itself numba makes every function that another one calls ready to be called alone: it links what that one calls into
it, optimises the whole and emits machine code, again at each level. For the eighty kernels of a driver that was seven
tenths of the time. Here a kernel stays text for LLVM until the driver links all of them, once.

Uses what numba calls its passes and code libraries, which have been as they are for years; where they are not, kernels
are compiled as numba does by itself, see ``pipeline_options``.
"""

import functools
from collections.abc import Iterator
from typing import Any


@functools.cache
def pipeline_options(is_driver: bool) -> dict[str, Any]:
    """Return options for ``njit``: those of a kernel or of a driver; none where numba is not as expected."""
    try:
        return {"pipeline_class": _pipeline_of(is_driver)}
    except (ImportError, AttributeError):
        return {}


def _pipeline_of(is_driver: bool) -> Any:
    """Return numba's compiler with another last pass."""
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import CompilerBase, DefaultPassBuilder, _LowerResult
    from numba.core.compiler_machinery import register_pass
    from numba.core.typed_passes import BaseNativeLowering, NativeLowering

    class KernelLibrary(JITCodeLibrary):
        """The code of a kernel as LLVM's text, with nothing linked into it."""

        def finalize(self) -> None:
            self._raise_if_finalized()
            self._finalized = True

    class DriverLibrary(JITCodeLibrary):
        """The code of a driver, into which all its kernels are linked."""

        def finalize(self) -> None:
            # Callers before what they call: LLVM's linker leaves out what nobody has asked for yet.
            self._linking_libraries = list(dict.fromkeys(_everything(self._linking_libraries)))[::-1]
            super().finalize()

        def _optimize_final_module(self) -> None:
            # Without the cheaper round before, in which numba looks for reference counts to remove: there are none. Nor
            # at the highest level, which unrolls and vectorises loops: what is worth it is in vectors already, and it
            # took two fifths of the time of the whole compilation for rows that were no faster.
            manager, builder = self._codegen._module_pass_manager(opt=2, loop_vectorize=False)
            manager.run(self._final_module, builder)

    class Lowering(BaseNativeLowering):
        """Numba's own lowering, into a library of ours."""

        _name: Any = "kernel_lowering"

        @property
        def lowering_class(self) -> Any:
            return NativeLowering().lowering_class

        def run_pass(self, state: Any) -> bool:
            codegen, name = state.targetctx.codegen(), state.func_id.func_qualname
            state.library = (DriverLibrary if is_driver else KernelLibrary)(codegen, name)
            state.library.enable_object_caching()
            state.flags.no_compile = not is_driver
            super().run_pass(state)
            if not is_driver:
                lowered = state["cr"]
                # In the place of an entry point, for which numba takes nothing but a function of C: what calls to the
                # kernel are known by, so one of its own.
                nothing: list[Any] = []
                handle = nothing.append
                state["cr"] = _LowerResult(lowered.fndesc, lowered.call_helper, cfunc=handle, env=lowered.env)
                state.targetctx.insert_user_function(handle, lowered.fndesc, [state.library])
                state.reload_init.extend(state.library._reload_init)
            return True

    class Pipeline(CompilerBase):
        """Numba's pipeline with our lowering."""

        def define_pipelines(self) -> list[Any]:
            passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
            passes.passes = [(Lowering if one is NativeLowering else one, about) for one, about in passes.passes]
            passes.finalize()
            return [passes]

    register_pass(mutates_CFG=True, analysis_only=False)(Lowering)
    return Pipeline


def _everything(libraries: Any) -> Iterator[Any]:
    """Yield libraries and all that these link to, what is linked to first."""
    for library in libraries:
        yield from _everything(library._linking_libraries)
        yield library
