"""Signatures that every generated kernel must have, so that one compiled integrator serves them all.

The integrator receives kernels as numba first-class functions.  Their types are fixed here, once: a kernel compiled
with another signature is refused at the call, and none of them makes the integrator compile again.
"""

from numba import float64, types, void

VECTOR = float64[::1]

RHS_SIGNATURE = void(VECTOR, VECTOR, VECTOR, VECTOR)
"""``rhs(y_, p_, u_, out_)``: fills dy/dt."""

JACOBIAN_SIGNATURE = void(VECTOR, VECTOR, VECTOR, VECTOR)
"""``jacobian(y_, p_, u_, out_)``: fills the structural nonzeros of d rhs/dy."""

FACTORISE_SIGNATURE = float64(VECTOR, float64, VECTOR)
"""``factorise(jac_, shift, lu_)``: LU of ``shift * I - J``; returns its growth, infinite or NaN if it broke down."""

SOLVE_SIGNATURE = void(VECTOR, VECTOR)
"""``solve(lu_, b_)``: replaces ``b_`` by the solution."""

KERNEL_SIGNATURES = {
    "rhs": RHS_SIGNATURE,
    "jacobian": JACOBIAN_SIGNATURE,
    "factorise": FACTORISE_SIGNATURE,
    "solve": SOLVE_SIGNATURE,
}

RHS_TYPE = types.FunctionType(RHS_SIGNATURE)
JACOBIAN_TYPE = types.FunctionType(JACOBIAN_SIGNATURE)
FACTORISE_TYPE = types.FunctionType(FACTORISE_SIGNATURE)
SOLVE_TYPE = types.FunctionType(SOLVE_SIGNATURE)
