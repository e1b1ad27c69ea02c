"""Options that verbs share, as records: a verb takes the record, the command line sees its fields as options.

Knows how typer reads the parameters of a verb, and nothing of any verb.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints


def with_option_groups(verb: Callable[..., None]) -> Callable[..., None]:
    """Return a verb whose parameters that are records have become one option for each field.

    Parameters
    ----------
    verb : callable
        A parameter that is annotated with a dataclass stands for its fields, in their order.

    Raises
    ------
    TypeError
        If two parameters of the expanded verb have one name.
    """
    hints = get_type_hints(verb, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    @wraps(verb)
    def expanded(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{one.name: values.pop(one.name) for one in fields(group)})  # type: ignore[operator]
        verb(**values)

    parameters = [
        one
        for parameter in inspect.signature(verb).parameters.values()
        for one in _expanded(parameter, hints[parameter.name])
    ]
    names = [one.name for one in parameters]
    if len(set(names)) < len(names):
        raise TypeError(f"{verb.__name__} has two options of one name: {sorted(names)}")
    # typer reads both; what functools.wraps copied has the records.
    expanded.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    expanded.__annotations__ = {one.name: one.annotation for one in parameters}
    del expanded.__wrapped__
    return expanded


def _expanded(parameter: inspect.Parameter, hint: Any) -> Iterator[inspect.Parameter]:
    if not is_dataclass(hint):
        yield parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY)
        return
    annotations = get_type_hints(hint, include_extras=True)
    for one in fields(hint):
        default = inspect.Parameter.empty if one.default is MISSING else one.default
        kind = inspect.Parameter.KEYWORD_ONLY
        yield inspect.Parameter(one.name, kind, default=default, annotation=annotations[one.name])
