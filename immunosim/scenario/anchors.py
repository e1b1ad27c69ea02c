"""The anchors of times in a scenario: its courses, and the orders of each drug.

Reads records, or raw data that may be invalid. Resolves no time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from immunosim.scenario.drug_names import known_drugs


@dataclass(frozen=True)
class Anchor:
    """An order of a drug, to which a time may refer.

    Attributes
    ----------
    name, key : str
        What messages call it and its key path: ``course 2``, ``course[2]``.
    start : object
    label : object
    drug : str
        The name of its drug, empty where it is not known.
    n_doses : int or None
        The number of planned doses, the steps of a taper included; None where it is not known.
    every, stop : object
        The interval between doses, and the end of what is taken continuously.
    is_continuous : bool
        Whether the drug is taken continuously.
    """

    name: str
    key: str
    start: object
    label: object = None
    drug: str = ""
    n_doses: int | None = 1
    every: object = None
    stop: object = None
    is_continuous: bool = False


def anchors_of(data: object) -> Iterator[Anchor]:
    """Yield the orders of all drugs in the order in which they are counted: courses, the tables of drugs, doses."""
    drugs = {drug.name: drug for drug in known_drugs(data)}
    depleting = next((drug.name for drug in drugs.values() if drug.depletes), "")
    for table in ("course", *drugs, "dose"):
        for number, entry in enumerate(listed(data, table), 1):
            named = entry_of(entry, "drug")
            unnamed = depleting if table == "course" else table if table in drugs else ""
            name = named if isinstance(named, str) else unnamed
            yield Anchor(
                name=f"{table.replace('_', ' ')} {number}",
                key=f"{table}[{number}]",
                start=entry_of(entry, "start"),
                label=entry_of(entry, "label"),
                drug=name,
                n_doses=_n_doses(entry),
                every=entry_of(entry, "every"),
                stop=entry_of(entry, "stop"),
                is_continuous=name in drugs and drugs[name].is_continuous,
            )


def listed(data: object, table: str) -> tuple[object, ...]:
    """Return the entries of a table; none where it is not a list."""
    entries = entry_of(data, table)
    return tuple(entries) if isinstance(entries, (list, tuple)) else ()


def entry_of(record: object, name: str) -> object:
    """Return a value of a record or of raw data; None where it is missing."""
    return record.get(name) if isinstance(record, Mapping) else getattr(record, name, None)


def _n_doses(entry: object) -> int | None:
    """Return the number of planned doses; None where it is invalid."""
    steps = [entry_of(step, "doses") for step in listed(entry, "taper")]
    given = entry_of(entry, "doses")
    counts = [1 if given is None else given, *steps]
    numbers = [count for count in counts if isinstance(count, int) and count > 0]
    return sum(numbers) if len(numbers) == len(counts) else None
