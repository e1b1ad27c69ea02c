"""What numba must know of records and functions that are passed by their address.

Imported by who compiles a driver, and by nobody else: it imports numba.
"""

import functools
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import float64, int64, types
from numba.core import cgutils
from numba.core.imputils import lower_getattr_generic
from numba.core.registry import cpu_target
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, models, register_model

from immunosim.numerics import calling, records

VECTOR, MATRIX, CUBE = float64[::1], float64[:, ::1], float64[:, :, ::1]
INTEGERS, INTEGER_MATRIX = int64[::1], int64[:, ::1]
CONSTANTS = types.Array(float64, 2, "C", readonly=True)


def record_type(record: Any) -> types.Type:
    """Return the type of a record of arrays, numbers and such records; numba has another one for fields all alike."""
    fields = tuple(_field_type(value) for value in record)
    if len(set(fields)) == 1:
        return types.NamedUniTuple(fields[0], len(fields), type(record))
    return types.NamedTuple(fields, type(record))


def _field_type(value: Any) -> types.Type:
    if isinstance(value, tuple):
        return record_type(value)
    if hasattr(value, "dtype"):
        kind = int64 if value.dtype.kind == "i" else float64
        return types.Array(kind, value.ndim, "C", readonly=not value.flags.writeable)
    return float64 if isinstance(value, float) else int64


class ByReference(types.Type):
    """The address of a record: one argument, whose fields are loaded where they are used."""

    def __init__(self, record: types.Type) -> None:
        self.dtype = record
        super().__init__(f"reference({record})")


register_model(ByReference)(models.PointerModel)


@infer_getattr
class _Fields(AttributeTemplate):
    key = ByReference

    def generic_resolve(self, reference: Any, name: str) -> Any:  # type: ignore[override]
        fields = reference.dtype.fields
        if name not in fields:
            return None
        field = reference.dtype[fields.index(name)]
        return ByReference(field) if is_bundle(reference.dtype) else field


@lower_getattr_generic(ByReference)
def _load_field(context: Any, builder: Any, kind: Any, pointer: Any, name: str) -> Any:
    address = cgutils.gep_inbounds(builder, pointer, 0, kind.dtype.fields.index(name))
    return address if is_bundle(kind.dtype) else builder.load(address)


def is_bundle(record: Any) -> bool:
    """Return whether a record holds nothing but records, which are then handed on by reference like those alone."""
    # Not every record inside a record: a kernel builds ``Work`` with the ``Pivoting`` of another, which a reference in
    # its place would make another type, for which numba would compile each kernel once more.
    return all(isinstance(field, types.BaseNamedTuple) for field in record)


@intrinsic
def _put_in_memory(typing_context: Any, record: types.Type) -> Any:
    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return cgutils.alloca_once_value(builder, values[0])

    return ByReference(record)(record), write


def record_at(record: types.Type) -> Any:
    """Return what reads an address, inside compiled code, as that of a record of a type."""
    kind = ByReference(record)

    @intrinsic
    def at(typing_context: Any, address: types.Type) -> Any:
        def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return builder.inttoptr(values[0], context.get_value_type(kind))

        return kind(int64), write

    return at


def _call(result: types.Type) -> Callable[..., Any]:
    """Return what types and writes a call of machine code by its address."""

    def define(typing_context: Any, function: types.Type, *given: types.Type) -> Any:
        def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            arguments = [
                context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value
                for kind, value in zip(signature.args[1:], values[1:], strict=True)
            ]
            returned = ir.VoidType() if result == types.void else context.get_value_type(result)
            called = ir.FunctionType(returned, [value.type for value in arguments])
            value = builder.call(builder.inttoptr(values[0], called.as_pointer()), arguments)
            return context.get_dummy_value() if result == types.void else value

        return result(int64, *given), write

    return define


@intrinsic
def _run(typing_context: Any, function: Any, frame: Any) -> Any:
    return _call(types.void)(typing_context, function, frame)


@intrinsic
def _take_number(typing_context: Any, function: Any, counter: Any) -> Any:
    return _call(int64)(typing_context, function, counter)


@intrinsic
def _evaluate(typing_context: Any, function: Any, y: Any, p: Any, u: Any, out: Any) -> Any:
    return _call(types.void)(typing_context, function, y, p, u, out)


@intrinsic
def _factorise(typing_context: Any, function: Any, jacobian: Any, shift: Any, lu: Any) -> Any:
    return _call(float64)(typing_context, function, jacobian, shift, lu)


@intrinsic
def _substitute(typing_context: Any, function: Any, lu: Any, b: Any) -> Any:
    return _call(types.void)(typing_context, function, lu, b)


@functools.cache
def tell_numba() -> None:
    """Let numba read calls of the Python functions as calls of what is defined here."""
    meant = {
        records.reference: _put_in_memory,
        calling.run: _run,
        calling.take_number: _take_number,
        calling.evaluate: _evaluate,
        calling.factorise: _factorise,
        calling.substitute: _substitute,
    }
    cpu_target.typing_context.refresh()  # what was just defined
    for function, ours in meant.items():
        function._numba_type_ = cpu_target.typing_context.resolve_value_type(ours)  # type: ignore[attr-defined]
