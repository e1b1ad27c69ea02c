"""What an argument of ``import immunosim`` is called on the command line, in errors that both doors share.

A message names an argument in backquotes, with a value where one is meant: "choose one with `patient`, or
`together=pooled`". A reader of Python sees it so; here it becomes the option of the verb that was typed. A key that
is the name of an argument, or that and a value, is respelled as well, where no file says that it is a key of a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from immunosim.errors import ImmunosimError, InputProblem
from immunosim.safe_text import shell_command

KEYWORDS = {
    "--set": "overrides",
    "--number": "n",
    "--workers": "n_threads",
    "--likelihood": "priors",
    "--patients": "together",
    "--covariate": "covariates",
    "--goal": "goals",
    "--endpoint": "endpoints",
    "--readout": "readouts",
    "--out": "path",
    "--chunk": "rows_per_block",
}
"""By option the keyword that it is in Python, where that is not the option itself with underscores."""

KEYWORDS_OF_VERBS = {
    "explain": {"--readout": "readout", "--from": "since"},
    "compare": {"--readout": "readout"},
    "plot": {"--readout": "of"},
    "profile": {"--parameter": "parameters"},
    "sweep": {"--resume": "is_resumed", "--force": "is_forced"},
    "cohort": {"--resume": "is_resumed", "--force": "is_forced"},
    "teach new": {"--in": "into"},
}
"""Those of single verbs, which win."""

ALIASES = {"readout": "--readout", "goal": "--goal", "covariate": "--covariate", "parameter": "--parameter"}
"""Arguments in the singular, as messages about one of them say."""

_ANYWHERE = {name: option for known in (*KEYWORDS_OF_VERBS.values(), KEYWORDS) for option, name in known.items()}

_ARGUMENT = re.compile(r"`(\w+)(?:=([^`]*))?`")
_BEGIN = re.compile(r"\w+(?= |$)")

SOURCES = {"overrides": "--set", "vary": "--vary"}
"""Arguments that stand for the file in an error about the scenario that they make."""


def keyword_of(verb: str, option: str) -> str:
    """Return what an option of a verb is called in Python."""
    special = KEYWORDS | KEYWORDS_OF_VERBS.get(verb, {})
    return special.get(option, option.lstrip("-").replace("-", "_"))


def options_by_keyword(verb: str, options: Iterable[str]) -> dict[str, str]:
    """Return the options of a verb by what they are called in Python."""
    known = list(options)
    singular = {name: option for name, option in ALIASES.items() if option in known}
    return singular | {keyword_of(verb, option): option for option in known}


def respelled(error: ImmunosimError, context: Any) -> ImmunosimError:
    """Return an error whose problems name the options of the verb of a context."""
    command = context.command
    options = (one.opts[-1] for one in command.params if one.param_type_name == "option")
    known = options_by_keyword(command.name or "", options)
    error.problems = tuple(_problem(problem, known) for problem in error.problems)
    return error


def _problem(problem: InputProblem, options: Mapping[str, str]) -> InputProblem:
    reason, cure, key = in_options(problem.reason, options), problem.cure, problem.key
    if key and problem.file is None and (begin := _BEGIN.match(key)):
        key = options.get(begin[0], begin[0]) + key[begin.end() :]
    file = problem.file
    if file and (begin := _BEGIN.match(file)):
        file = SOURCES.get(begin[0], begin[0]) + file[begin.end() :]
    return replace(problem, reason=reason, cure=cure and in_options(cure, options), key=key, file=file)


def in_options(text: str, options: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return a text with options in place of the arguments that it names in backquotes; others stay as they are.

    An argument that the verb at hand lacks is spelled as other verbs spell it.
    """

    def option(found: re.Match[str]) -> str:
        name, value = found.groups()
        spelled = options.get(name) or _ANYWHERE.get(name)
        if spelled is None:
            return found[0]
        return spelled if value is None else f"{spelled} {shell_command([value])}"

    return _ARGUMENT.sub(option, text)
