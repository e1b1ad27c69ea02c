"""Loading of matplotlib by a command, whose process nobody asks for matplotlib's documentation.

Knows no figure.
"""

import sys


def load_matplotlib() -> None:
    """Import what figures are drawn with, without the tables of properties that matplotlib adds to its docstrings.

    It makes them of every kind of artist when it is imported, which takes a third of that time. Where it is loaded
    already, or makes them in another way, nothing is changed.
    """
    if "matplotlib.artist" in sys.modules:
        return
    from matplotlib import artist

    tables = getattr(artist, "kwdoc", _no_table)
    artist.kwdoc = _no_table  # type: ignore[assignment]
    try:
        import matplotlib.backends.backend_agg
        import matplotlib.figure  # noqa: F401
    finally:
        artist.kwdoc = tables  # type: ignore[assignment]


def _no_table(kind: object) -> str:
    return ""
