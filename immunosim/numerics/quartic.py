"""The quartic through five equidistant values: its extrema, crossings and parts.

Places are counted from 0 to 4, one a node. Rodas5P's dense output is a quartic too, so nothing is lost for read-outs
that are linear in the pools.
"""

import numpy as np

from immunosim.numerics.compilation import kernel

Values = tuple[float, float, float, float, float]

# Halvings of a bracket of two nodes: down to the rounding of a place.
HALVINGS = 50
# A quartic may turn more than once between the neighbours of its lowest node.
PIECES = 8


@kernel
def coefficients(v: Values) -> Values:
    """Return the coefficients of 1, s, ... s^4 for the place s, from Newton's forward differences."""
    first = v[1] - v[0]
    second = v[2] - 2.0 * v[1] + v[0]
    third = v[3] - 3.0 * v[2] + 3.0 * v[1] - v[0]
    fourth = v[4] - 4.0 * v[3] + 6.0 * v[2] - 4.0 * v[1] + v[0]
    return (
        v[0],
        first - second / 2.0 + third / 3.0 - fourth / 4.0,
        second / 2.0 - third / 2.0 + 11.0 * fourth / 24.0,
        third / 6.0 - fourth / 4.0,
        fourth / 24.0,
    )


@kernel
def value_at(c: Values, s: float) -> float:
    """Return the quartic with these coefficients at a place."""
    value: float = c[0] + s * (c[1] + s * (c[2] + s * (c[3] + s * c[4])))
    return value


@kernel
def root_between(c: Values, low: float, high: float) -> float:
    """Return a place between two where the quartic changes its sign."""
    # Bisection and not Newton's iteration: a read-out may be nearly flat where it crosses, and halving never leaves its
    # bracket.
    sign = value_at(c, low) > 0.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if (value_at(c, middle) > 0.0) == sign:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@kernel
def lowest(v: Values) -> tuple[float, float]:
    """Return place and value of the minimum: at a node, or where the slope vanishes beside the lowest node."""
    best = 0
    for k in range(1, 5):
        if v[k] < v[best]:
            best = k
    c = coefficients(v)
    slope = (c[1], 2.0 * c[2], 3.0 * c[3], 4.0 * c[4], 0.0)
    start, end = max(best - 1.0, 0.0), min(best + 1.0, 4.0)
    place, least = float(best), v[best]
    piece = (end - start) / PIECES
    for k in range(PIECES):
        low, high = start + k * piece, start + (k + 1) * piece
        if value_at(slope, low) <= 0.0 <= value_at(slope, high):
            root = root_between(slope, low, high)
            value = value_at(c, root)
            if value < least:
                place, least = root, value
    return place, least


@kernel
def may_reach(v: Values, level: float) -> bool:
    """Whether the quartic may lie below a level between nodes that do not.

    A parabola dips at most an eighth of the difference of neighbours below its lowest node; twice that is searched.
    """
    low = min(v[0], v[1], v[2], v[3], v[4])
    high = max(v[0], v[1], v[2], v[3], v[4])
    close: bool = low - 0.25 * (high - low) < level
    return close


@kernel
def part(v: Values, low: float, high: float) -> Values:
    """Return five equidistant values between two places."""
    c = coefficients(v)
    quarter = 0.25 * (high - low)
    return (
        value_at(c, low),
        value_at(c, low + quarter),
        value_at(c, low + 2.0 * quarter),
        value_at(c, low + 3.0 * quarter),
        value_at(c, high),
    )


@kernel
def mean_of(v: Values) -> float:
    """Return the mean over the five nodes' span, by Boole's rule: exact for the quartic."""
    mean: float = (7.0 * (v[0] + v[4]) + 32.0 * (v[1] + v[3]) + 12.0 * v[2]) / 90.0
    return mean


@kernel
def below(v: Values, level: float) -> tuple[float, float, float]:
    """Return where the quartic first lies below a level, where it last does, and how many places it does in all.

    The first two are NaN where it never does. A dip between two nodes is found where it is the lowest of the step.
    """
    c = coefficients(v)
    shifted = (c[0] - level, c[1], c[2], c[3], c[4])
    dip, depth = lowest(v)
    first, last, total = np.nan, np.nan, 0.0
    for k in range(4):
        left = float(k)
        has_dip = depth < level and left < dip < left + 1.0
        # Two crossings within one quarter leave the signs at both nodes alike: only the dip between them tells.
        for half in range(2 if has_dip else 1):
            if half == 1:
                left = dip
            right = dip if has_dip and half == 0 else k + 1.0
            starts = value_at(shifted, left) < 0.0
            ends = value_at(shifted, right) < 0.0
            if not (starts or ends):
                continue
            crossing = root_between(shifted, left, right) if starts != ends else 0.0
            # A course that stands at the level is not below it yet: the search for a sign would end a node too late.
            at_level = value_at(shifted, left) == 0.0
            enters = left if starts or at_level else crossing
            leaves = right if ends else crossing
            if not first <= enters:
                first = enters
            last = leaves
            total += leaves - enters
    return first, last, total
