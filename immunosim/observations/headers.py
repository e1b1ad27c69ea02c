"""What a column of a clinic's table means: its kind, by a forgiving reading of the header, and its unit.

A unit stands in brackets, after a comma, after a blank or after an underscore: ``CD4 [cells/uL]``, ``ALC (10^9/L)``,
``NK, /mm3``, ``CD19 %``, ``Lympho (abs) G/l``, ``cd4_pct``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from immunosim.errors import QuantityError, close_matches, did_you_mean
from immunosim.observations.header_words import LEUKOCYTES, NAMES, SINCE, TIMES, USUAL_DIMENSIONS
from immunosim.observations.laboratory import TOTAL_UNIT, analytes, headers_of_analytes
from immunosim.observations.recipe import IGNORED, ColumnMeaning
from immunosim.units import factor_to, is_count_unit

PERCENT = "%"
FRACTION = "fraction"
"""Units of shares."""

_NOISE = re.compile(
    r"\b(counts?|abs|absolute|absolut|absolutzahl|anzahl|absolus?|absolues?|rel|relative?|relativ|percent|percentage|"
    r"prozent|number of|no of|pos|positive?|positiv|zellzahl|im blut|in blood|blood|blut|recuento(?: de)?|conta|conteo|"
    r"nombre de|numération|assolut[aio]|absolut[ao]s?|percentuale|porcentaje|pourcentage|antal|andel)\b"
)
_CELLS = re.compile(r"\b(cells?|zellen?|cellules?|células?|celler)\b")
_NOISE_IN_BRACKETS = re.compile(
    r"[\[(]\s*(?:abs\.?|absolute?|rel\.?|relativ|relative|count|counts|anzahl|auto\.?|calc\.?|ber\.?|FACS)\s*[\])]",
    re.IGNORECASE,
)
_NOISE_BEFORE_UNIT = re.compile(r"(?:abs\.?|absolute?|rel\.?|relativ|in)\s*[,;:]?\s+(?=\S)", re.IGNORECASE)
_NOT_T = re.compile(r"\bcd3[-−–](?=[\s/(]*cd(16|19|56))")
_NEGATIVE = re.compile(r"cd\d+[-−–](?!\w*pos)(?=\s|cd|$)")
"""Cells without a marker differ from those with it; a cell without CD3 but with CD16, CD56 or CD19 is not a T cell."""

_SHARE = re.compile(r"(?:%|percent|pct|perc|prozent|proz)\.?\s*(?:of|der|von|d\.|aller)?\s*(?P<parent>.*)", re.I)
_SHARE_AT_END = re.compile(r"(?P<name>.*?\S)[\s_.-]+(?P<share>(?:pct|perc|percent|percentage|prozent|proz)\.?)", re.I)
_UNIT_AT_END = (
    (re.compile(r"(?P<name>.*?\S)[\s_]+(?:cells?_?)?(?:per_?)?(?:ul|mm3|mcl)", re.IGNORECASE), "cells/uL"),
    (re.compile(r"(?P<name>.*?\S)[\s_]+(?:g|gpt|giga|10e9|10_9|1e9|x10e9)_?(?:per_?)?l", re.IGNORECASE), "1e9/L"),
    (re.compile(r"(?P<name>.*?\S)[\s_]+(?:in[\s_]+)?mg", re.IGNORECASE), "mg"),
    (re.compile(r"(?P<name>.*?\S)[\s_]+(?:in[\s_]+)?kg", re.IGNORECASE), "kg"),
    (re.compile(r"(?P<name>.*?\S)[\s_]+(?:in[\s_]+)?(?:h|hr|hrs|hours|std|stunden)", re.IGNORECASE), "h"),
    (re.compile(r"(?P<name>.*?\S)[\s_]+(?:in[\s_]+)?(?:min|mins|minutes|minuten)", re.IGNORECASE), "min"),
    (re.compile(r"(?P<name>.*?\S)_(?:years|yrs|y)", re.IGNORECASE), "years"),
)
"""Units that stand in a header as words."""

_BRACKETED = re.compile(r"(?P<name>.+?)\s*(?:\[(?P<square>[^\[\]]*)\]|\((?P<round>[^()]*)\))\s*", re.DOTALL)
_DOSE = re.compile(r"(?<![^\W_])(?:dose|dosis|dosage|dosierung|given|gegeben)(?![^\W_])", re.IGNORECASE)
_ANY_BRACKETS = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")


@dataclass(frozen=True)
class TableColumn:
    """What a header means.

    Parameters
    ----------
    header : str
    kind : str
        ``"patient"``, ``"date"``, ``"time"``, ``"age"``, ``"dose"``, ..., an analyte, ``"remark"`` for what is known
        and not used, or ``""`` for what is not known.
    unit : str
        The unit as the header gives it, or empty.
    parent : str
        What a share is a part of; empty for counts.
    drug : str
        The drug of a column of doses, where the header names it.
    """

    header: str
    kind: str
    unit: str
    parent: str = ""
    drug: str = ""

    @property
    def is_time(self) -> bool:
        """Return whether the column says when something was."""
        return self.kind in TIMES

    @property
    def is_percent(self) -> bool:
        """Return whether the column is a share of a parent."""
        return bool(self.parent)

    @property
    def share(self) -> float:
        """Return what a share in this column is multiplied by to be a fraction of its parent."""
        return 1.0 if self.unit == FRACTION else 0.01


def column_of(
    header: str,
    readouts: Callable[[], Mapping[str, str]],
    meaning: ColumnMeaning | None = None,
    unit_below: str = "",
    drug_named: Callable[[str], str] = lambda name: "",
) -> TableColumn:
    """Return what a header means.

    Parameters
    ----------
    header : str
    readouts : callable
        Gives the read-outs of the model and their units; called only for a header that is nothing else.
    meaning : ColumnMeaning, optional
        What the user says of the column.
    unit_below : str, optional
        The unit in the row below the headers.
    drug_named : callable, optional
        Gives the drug that a name means, or nothing.

    Raises
    ------
    QuantityError
        Where the unit does not fit, or what the user says is not known.
    """
    said = meaning or ColumnMeaning()
    name, unit = _split(header)
    unit = said.unit or unit or unit_below
    kind = _kind_said(said.means, readouts) if said.means else _kind(name, readouts)
    drug = ""
    may_be_drug = said.means == "dose" or not (kind or said.means)
    if may_be_drug and (drug := drug_named(_DOSE.sub(" ", _ANY_BRACKETS.sub("", name)).strip(" -_"))):
        kind = "dose"
    unit, parent = _unit_of(kind, unit, readouts)
    return TableColumn(header, kind, unit, _parent(said.parent, kind) if said.parent and parent else parent, drug)


def suggestion(header: str) -> str:
    """Return what an unknown header may have meant, as a cure."""
    close = close_matches(_plain(_split(header)[0]), [name for name in _kinds() if len(name) > 2], limit=1)
    return f'did you mean "{close[0]}"?' if close else "rename it if it should be used"


def _kind(name: str, readouts: Callable[[], Mapping[str, str]]) -> str:
    """Return the kind of column that a name without its unit means, or nothing."""
    for text in (name, _ANY_BRACKETS.sub(" ", name)):
        if kind := _kinds().get(_plain(text), ""):
            return kind
    for kind, words in SINCE.items():
        if re.match(rf"(?:{words})\s+(?:since|after|post|from|nach|seit)\b", _plain(name)):
            return kind
    identifier = name.casefold().replace(" ", "_")
    return identifier if re.fullmatch(r"\w+", identifier) and identifier in readouts() else ""


def _kind_said(means: str, readouts: Callable[[], Mapping[str, str]]) -> str:
    """Return the kind of column that the user names."""
    if means == IGNORED:
        return "remark"
    known = {*NAMES, *readouts()}
    if means not in known:
        raise QuantityError(f'unknown meaning "{means}" in the recipe', cure=did_you_mean(means, [*known, IGNORED]))
    return means


def _kinds() -> dict[str, str]:
    """Return the kind of column that each plain header means."""
    return {name: kind for kind, names in NAMES.items() for name in names.split("|")} | dict(headers_of_analytes())


def _split(header: str) -> tuple[str, str]:
    """Return the name and the unit of a header."""
    header = _NOISE_IN_BRACKETS.sub(" ", header).strip()
    if bracketed := _BRACKETED.fullmatch(header):
        unit = bracketed["square"] if bracketed["round"] is None else bracketed["round"]
        return bracketed["name"].strip(), _NOISE_BEFORE_UNIT.sub("", unit.strip(), count=1)
    name, comma, unit = header.partition(",")
    if comma:
        return name.strip(), _NOISE_BEFORE_UNIT.sub("", unit.strip(), count=1)
    if PERCENT in header:
        name, _, rest = header.partition(PERCENT)
        return (name.strip(" _-"), f"{PERCENT}{rest}".strip()) if name.strip() else (rest.strip(" _-"), PERCENT)
    if share := _SHARE_AT_END.fullmatch(header):
        return share["name"], PERCENT
    for form, unit in _UNIT_AT_END:
        if match := form.fullmatch(header):
            return match["name"].strip(), unit
    return _split_at_blank(header)


def _split_at_blank(header: str) -> tuple[str, str]:
    """Return name and unit of a header whose last words are a unit of counts, such as ``ALC x 10^9 / L``."""
    words = header.split(" ")
    for n_words in (3, 2, 1):
        name, unit = " ".join(words[:-n_words]), "".join(words[-n_words:])
        if name and is_count_unit(unit) and not is_count_unit(words[-n_words - 1] + unit):
            return name.strip(" x×*"), unit
    return header, ""


def _plain(name: str) -> str:
    """Return a name without case, signs and words that say nothing; nothing where it is of cells without a marker."""
    name = _NOT_T.sub("", name.casefold())
    if _NEGATIVE.search(name):
        return ""
    words = re.sub(r"[\W_]+", " ", name).strip()
    counted = " ".join(_NOISE.sub(" ", words).split())
    plain = " ".join(_CELLS.sub(" ", counted).split())
    return next((text for text in (plain, counted) if len(text) > 1), words)  # "T cells" is not "T"


def _unit_of(kind: str, unit: str, readouts: Callable[[], Mapping[str, str]]) -> tuple[str, str]:
    """Return the unit of a column, and what it is a share of."""
    if not unit:
        return "", ""
    if kind in analytes():
        if unit.casefold() == FRACTION:
            return FRACTION, _parent("", kind)
        if (share := _SHARE.fullmatch(unit)) and (unit.startswith(PERCENT) or not unit[0].isdigit()):
            return PERCENT, _parent(share["parent"], kind)
        return _checked(unit, analytes()[kind].unit), ""
    expected = USUAL_DIMENSIONS.get(kind)
    if kind == LEUKOCYTES:
        expected = TOTAL_UNIT
    if kind and expected is None and kind not in NAMES:
        expected = readouts()[kind]
    return (_checked(unit, expected) if expected else unit), ""


def _parent(name: str, kind: str) -> str:
    """Return what a share of an analyte is a part of: what is named, else the total of which it is a part."""
    plain = _plain(name)
    if not plain or plain == "total":
        return analytes()[kind].part_of or LEUKOCYTES
    parent = _kinds().get(plain, "")
    if parent != LEUKOCYTES and parent not in analytes():
        cure = "name lymphocytes, leukocytes or an analyte, or give counts"
        raise QuantityError(f'is a share of "{name}", which is not known', cure=cure)
    return parent


def _checked(unit: str, expected: str) -> str:
    factor_to(unit, expected)
    return unit
