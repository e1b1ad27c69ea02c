"""The clinical limits of counts and levels, as the model declares them."""

from immunosim.codegen.loader import Model


def limits_of(model: Model) -> dict[str, float]:
    """Return the line that a figure draws for each read-out that has one, in its unit."""
    return {name: info.limit for name, info in model.readout_info.items() if info.limit is not None}
