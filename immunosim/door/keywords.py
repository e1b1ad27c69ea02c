"""Keywords that several functions share, declared once as a TypedDict: what is misspelt is refused, not ignored."""

from __future__ import annotations

from collections.abc import Mapping

from immunosim.errors import did_you_mean


def refuse_unknown(given: Mapping[str, object], declared: type) -> None:
    """Raise a TypeError, as Python does, for a keyword that is not declared.

    Parameters
    ----------
    given : mapping of str to object
    declared : type
        A TypedDict.

    Raises
    ------
    TypeError
    """
    known = declared.__annotations__
    for name in given:
        if name not in known:
            raise TypeError(f"unexpected keyword argument {name!r}, {did_you_mean(name, known)}")
