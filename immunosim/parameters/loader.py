"""Reads parameter sets: one TOML file each in a folder of its model, one table ``[group.name]`` per parameter.

Checks that every table is complete and that its words are known; what the numbers mean is none of its business.
"""

from __future__ import annotations

import functools
import itertools
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from immunosim.errors import InputProblem, ParameterError, any_of, did_you_mean
from immunosim.parameters.inheritance import EXTENDS, completed, merged, replaced
from immunosim.parameters.references import read_references
from immunosim.parameters.schema import EVIDENCE, Parameter, ParameterSet, Prior

ASSUMED = "assumed"
"""What a parameter without a source says instead of a list of bibliography keys."""

_REQUIRED = {
    "value": (int, float),
    "unit": (str,),
    "bounds": (list,),
    "source": (str, list),
    "evidence": (str,),
    "label": (str,),
    "symbol": (str,),
    "note": (str,),
}
_PRIOR = {"prior": (str,), "prior_median": (int, float), "prior_sd": (int, float)}
_OPTIONAL = {"set_by": (str,), "scales": (list,), "patients_sd": (int, float)}
_KNOWN = _REQUIRED | _PRIOR | _OPTIONAL
_NUMBERS = frozenset(name for name, kinds in _KNOWN.items() if float in kinds)
_KEY = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_PRIORS = ("lognormal",)
_TABLES = "write one table [group.name] per parameter"


Bases = tuple[tuple[str, Path], ...]
"""Models by name with the folders of their parameter sets."""


def sets_in(folder: Path) -> tuple[str, ...]:
    """Return the names of the parameter sets in a folder, in alphabetical order; none where there is no folder."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


@functools.cache
def read_set(folder: Path, name: str, bases: Bases = ()) -> ParameterSet:
    """Return a parameter set by name.

    Parameters
    ----------
    folder : Path
        Of the sets; the bibliography lies beside it.
    name : str
        A name that ``sets_in`` lists.
    bases : tuple of (str, Path)
        Models whose sets may be extended, with the folders of these, the nearest first.

    Raises
    ------
    ParameterError
        If there is no such set, its file is damaged, or it extends a set that is not there or that extends it.
    """
    return _read((("", folder), *bases), name, ())


def _read(models: Bases, name: str, extending: tuple[Path, ...]) -> ParameterSet:
    """Return a set of the first of some models; ``extending`` are the files that led to it."""
    folder, known = models[0][1], sets_in(models[0][1])
    if name not in known:
        raise ParameterError(f'unknown parameter set "{name}"', cure=did_you_mean(name, known))
    path = folder / f"{name}.toml"
    if path in extending:
        raise ParameterError("extends itself", file=path.name, key=EXTENDS, cure="name a set that does not extend it")

    def extended(wanted: str) -> ParameterSet:
        model, _, base = wanted.rpartition("/")
        names = [known_model for known_model, _ in models]
        if model and model not in names:
            reason, cure = f'extends a set of the unknown model "{model}"', did_you_mean(model, names[1:])
            raise ParameterError(reason, file=path.name, key=EXTENDS, cure=cure)
        return _read(models[names.index(model) if model else 0 :], base, (*extending, path))

    bibliography = {key: entry for _, sets in reversed(models) for key, entry in _references_of(sets).items()}
    return parse_parameters(_text_of(path), name, bibliography, extended)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ParameterError(f"cannot be read ({reason})", file=path.name, cure="save it as UTF-8") from error


def _references_of(folder: Path) -> Mapping[str, str]:
    return read_references(folder.parent / "references.bib")


def parse_parameters(
    text: str,
    name: str,
    bibliography: Mapping[str, str] | None = None,
    find_base: Callable[[str], ParameterSet] | None = None,
) -> ParameterSet:
    """Return the parameter set that a TOML text describes.

    Parameters
    ----------
    text : str
        Tables ``[group.name]`` with the keys value, unit, bounds, source, evidence, label, symbol and note; where a
        prior is known prior, prior_median and prior_sd; and where the patient sets it set_by or scales. With
        ``extends = "SET"`` on top, or ``"MODEL/SET"``, what is not written is that of another set; a table for one
        of its parameters needs value, source and evidence only.
    name : str
        Name of the set; messages call its file ``name.toml``.
    bibliography : mapping of str to str, optional
        Entries that its sources may cite, by key.
    find_base : callable, optional
        Returns the set that ``extends`` names; without it no set can be extended.

    Raises
    ------
    ParameterError
        Naming every table that is incomplete or contradicts itself, every name that occurs twice and every value
        outside its bounds.
    """
    file = f"{name}.toml"
    groups = _toml(text, file)
    base = _base_of(groups.pop(EXTENDS, None), file, find_base)
    problems = [
        InputProblem("is not a table", file, key, _TABLES) for key in groups if not isinstance(groups[key], dict)
    ]
    if problems:
        raise ParameterError(problems=problems)
    tables = [
        (group, key, completed(table, replaced(base, group, key)))
        for group, tables in groups.items()
        for key, table in tables.items()
    ]
    problems = [problem for group, key, table in tables for problem in _problems(table, file, f"{group}.{key}")]
    if problems:
        raise ParameterError(problems=problems)
    try:
        return ParameterSet(name, merged(base, itertools.starmap(_parameter, tables)), bibliography)
    except ParameterError as error:
        raise ParameterError(problems=[replace(problem, file=file) for problem in error.problems]) from error


def _toml(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ParameterError("is nested too deeply", file=file, cure=_TABLES) from None
    except ValueError as error:  # Python's own, too, about integers of thousands of digits
        raise ParameterError(f"is not valid TOML: {error}", file=file, cure="correct it there") from error


def _base_of(wanted: object, file: str, find_base: Callable[[str], ParameterSet] | None) -> ParameterSet:
    """Return the set that is extended, an empty one where none is."""
    if wanted is None:
        return ParameterSet("", ())
    if not isinstance(wanted, str) or find_base is None:
        cure = 'write extends = "SET" or "MODEL/SET" in a set of a model'
        raise ParameterError(f"{wanted!r} is not a set that can be extended", file=file, key=EXTENDS, cure=cure)
    return find_base(wanted)


def _parameter(group: str, name: str, table: Mapping[str, Any]) -> Parameter:
    lower, upper = table["bounds"]
    return Parameter(
        name=name,
        group=group,
        value=float(table["value"]),
        unit=table["unit"],
        lower=float(lower),
        upper=float(upper),
        source=() if table["source"] == ASSUMED else tuple(table["source"]),
        evidence=table["evidence"],
        label=table["label"],
        symbol=table["symbol"],
        note=table["note"],
        prior=_prior(table) if "prior" in table else None,
        patients_sd=float(table["patients_sd"]) if "patients_sd" in table else None,
        set_by=table.get("set_by", ""),
        scales=tuple(table.get("scales", ())),
    )


def _prior(table: Mapping[str, Any]) -> Prior:
    return Prior(table["prior"], float(table["prior_median"]), float(table["prior_sd"]))


def _problems(table: object, file: str, key: str) -> Iterator[InputProblem]:
    if not isinstance(table, dict):
        yield InputProblem("is not a table", file, key, _TABLES)
        return
    wrong = [*_wrong_keys(table), *_wrong_types(table)]
    for reason, cure in wrong or _wrong_words(table):
        yield InputProblem(reason, file, key, cure)


def _wrong_keys(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in table.keys() - _KNOWN.keys():
        yield f'unknown key "{name}"', did_you_mean(name, _KNOWN)
    for name in _REQUIRED.keys() - table.keys():
        yield f'key "{name}" is missing', "add it"
    if 0 < len(table.keys() & _PRIOR.keys()) < len(_PRIOR):
        yield "the prior is incomplete", f"give all of {', '.join(_PRIOR)}"
    if "patients_sd" in table and "prior" not in table:
        yield "patients_sd is given without a prior", "give the prior as well"


def _wrong_types(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in table.keys() & _KNOWN.keys():
        if not isinstance(table[name], _KNOWN[name]) or isinstance(table[name], bool):
            expected = " or ".join(kind.__name__ for kind in _KNOWN[name])
            yield f"{name} = {table[name]!r} has a wrong type", f"give {expected}"


def _wrong_words(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    bounds, source, evidence = table["bounds"], table["source"], table["evidence"]
    if len(bounds) != 2 or not all(map(_is_finite, bounds)) or not bounds[0] < bounds[1]:
        yield f"bounds = {bounds!r} are not two rising numbers", "give [lower, upper]"
    for name in table.keys() & _NUMBERS:
        if not _is_finite(table[name]):
            yield f"{name} is not a finite number", "give a finite number"
    if not table.get("patients_sd", 1.0) > 0.0:
        yield f"patients_sd = {table['patients_sd']!r} is not positive", "give a positive number"
    if evidence not in EVIDENCE:
        yield f'evidence = "{evidence}" is not a grade', f"choose {any_of(tuple(EVIDENCE))}"
    if source != ASSUMED and (isinstance(source, str) or not source or not all(isinstance(key, str) for key in source)):
        yield f"source = {source!r} is not a list of bibliography keys", f'give keys of references.bib or "{ASSUMED}"'
    if not all(isinstance(count, str) for count in table.get("scales", ())):
        yield f"scales = {table['scales']!r} are no names of counts", "give keys of patient.baseline"
    if table.get("set_by") and not _KEY.fullmatch(table["set_by"]):
        yield f'set_by = "{table["set_by"]}" is not a key of a scenario', 'write a key such as "patient.weight"'
    if source == ASSUMED and evidence in ("measured", "derived"):
        yield f"is {evidence} but has no source", "name the source"
    if table.get("prior", _PRIORS[0]) not in _PRIORS:
        yield f'prior = "{table["prior"]}" is not a known distribution', f"choose {any_of(_PRIORS)}"
    for name in ("prior_median", "prior_sd"):
        if name in table and not table[name] > 0.0:
            yield f"{name} = {table[name]!r} is not positive", "a lognormal prior needs a positive median and sd"


def _is_finite(number: object) -> bool:
    return isinstance(number, (int, float)) and not isinstance(number, bool) and abs(number) <= sys.float_info.max
