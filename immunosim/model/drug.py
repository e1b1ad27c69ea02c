"""What a model says about one of its drugs: how it is given, what it enters, what holds it, and how it is shown.

A drug is plain data, so that a scenario can be read without the network. This module knows no drug in particular.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from immunosim.errors import ModelError, did_you_mean

Administration = Literal["infusion", "bolus", "continuous"]
Shape = Literal["triangle", "diamond", "circle", "square or bar", "bar"]


@dataclass(frozen=True, kw_only=True)
class Drug:
    """A drug of a model.

    Attributes
    ----------
    name : str
        Its name in scenarios: one word, small letters.
    label : str
        Its name in words.
    route : str
        Where it is given, in words: ``intravenous``, ``oral``.
    given : {"infusion", "bolus", "continuous"}
        An infusion gives mg/day to an input and a bolus gives mg to a pool. A continuous drug sets an input to
        its daily dose, as a share of ``reference_dose``, for as long as it is taken; or, where it ``takes_effect``, to
        the effect that the scenario assumes.
    enters : str
        The input, or for a bolus the pool.
    holds : tuple of str
        The pools that hold the drug, mg, the one that it enters first: between them its mass balance is closed.
    without_balance : str
        Why there is none, where no pool holds the drug.
    available_fraction : str
        The parameter by which what is infused is multiplied before it enters its pool; empty for 1.
    usual : str
        The usual dose in words.
    plausible : (float, float)
        Ends of the plausible range of one dose, mg; ``plausible_evidence`` is the grade of the range. Not for what
        ``takes_effect``.
    source : tuple of str
        Where the usual dose is written: keys of the bibliography, or the case report.
    usual_infusion : str
        How long a dose is infused where the scenario does not say so.
    usual_dose : str
        The dose where the scenario does not say so; empty where the scenario must.
    reference_dose, times_per_day : float, int
        Of a continuous drug: the daily dose that its input counts as one, mg, and its usual number of doses a day.
    takes_effect : bool
        Whether a scenario gives, in place of a dose, an effect from 0 to 1: nothing is known of how a dose acts.
    volume_sets : str
        The parameter that is set to the largest volume of its doses, where a dose says over which volume it was spread.
    depletes : bool
        Whether its courses are courses of depletion, after which counts are followed.
    premedication : str
        The drug that may open the days of its courses.
    synonyms : tuple of str
        Further names in tables of observations, in small letters.
    colour, shape, site : str
        On the time line: a colour, the shape of its marks where colours stand for scenarios, and where it acts locally.
    """

    name: str
    label: str
    route: str
    given: Administration
    enters: str
    usual: str
    source: tuple[str, ...]
    colour: str
    shape: Shape
    plausible: tuple[float, float] = (0.0, 0.0)
    plausible_evidence: str = "assumed"
    holds: tuple[str, ...] = ()
    without_balance: str = ""
    available_fraction: str = ""
    usual_infusion: str = ""
    usual_dose: str = ""
    reference_dose: float = 0.0
    times_per_day: int = 0
    takes_effect: bool = False
    volume_sets: str = ""
    depletes: bool = False
    premedication: str = ""
    synonyms: tuple[str, ...] = ()
    site: str = ""

    def __post_init__(self) -> None:
        """Refuse a declaration that contradicts itself.

        Raises
        ------
        ModelError
            With the first contradiction.
        """
        for reason, cure in self._contradictions():
            raise ModelError(f'drug "{self.name}" {reason}', cure=cure)

    @property
    def is_infused(self) -> bool:
        """Return whether a dose takes time."""
        return self.given == "infusion"

    @property
    def is_continuous(self) -> bool:
        """Return whether it is a treatment of months that is taken without pause, not a dose."""
        return self.given == "continuous"

    @property
    def entered_pool(self) -> str:
        """Return the pool that a dose enters; empty where no pool holds the drug."""
        return self.holds[0] if self.holds else ""

    def _contradictions(self) -> Iterator[tuple[str, str]]:
        if self.given not in get_args(Administration):
            yield f'is given as "{self.given}"', f"choose from {', '.join(get_args(Administration))}"
        if not self.holds and not self.without_balance:
            cure = "name the pools that hold it, or say in without_balance why none does"
            yield "has no mass balance", cure
        if self.given == "bolus" and self.entered_pool != self.enters:
            yield f'enters "{self.enters}", which is not the first pool that holds it', "list that pool first in holds"
        if self.is_infused != bool(self.usual_infusion):
            yield "is infused for a usual time exactly if it is infused", "give usual_infusion to infusions alone"
        if self.takes_effect and not self.is_continuous:
            yield "takes an effect but is given in doses", 'write given = "continuous"'
        if self.volume_sets and self.is_continuous:
            yield "has volumes although it is taken continuously", "leave volume_sets out"
        if self.takes_effect:
            return  # no dose to compare with, and no range of doses
        if self.is_continuous and not (self.reference_dose > 0.0 and self.times_per_day > 0 and self.usual_dose):
            cure = "give usual_dose, reference_dose and times_per_day"
            yield "is taken continuously without a daily dose to compare with", cure
        if not 0.0 < self.plausible[0] < self.plausible[1]:
            yield "has a plausible range that is none", "give the lowest and the highest dose, mg"


def check_drugs(
    drugs: Iterable[Drug],
    inputs: Collection[str],
    pools: Collection[str],
    parameters: Collection[str],
    challenged: Collection[str] = (),
) -> None:
    """Check the drugs of a model against its network, and the inputs that are challenged instead.

    Raises
    ------
    ModelError
        If two drugs share a name or a target, a drug names an input, pool or parameter that the network does not have,
        or an input belongs to no drug and is not challenged, so that nobody could give it.
    """
    drugs, claimed = tuple(drugs), dict[str, str]()
    names = {drug.name for drug in drugs}
    for drug in drugs:
        for name, known in _named(drug, inputs, pools, parameters, names):
            if name not in known:
                raise ModelError(f'drug "{drug.name}" names "{name}"', cure=did_you_mean(name, known))
        for target in {drug.name, drug.enters}:
            if claimed.setdefault(target, drug.label) != drug.label:
                raise ModelError(f'two drugs are called or enter "{target}"', cure="give each its own")
    for name in challenged:
        if name not in inputs or name in claimed:
            reason = f'"{name}" is entered by {claimed[name]}' if name in claimed else f'unknown input "{name}"'
            cure = "leave it to the drug" if name in claimed else did_you_mean(name, inputs)
            raise ModelError(reason, key="challenge_inputs", cure=cure)
    unclaimed = [name for name in inputs if name not in {*claimed, *challenged}]
    if unclaimed:
        raise ModelError(f'no drug enters the input "{unclaimed[0]}"', cure="declare the drug, or leave the input out")


def _named(
    drug: Drug, inputs: Collection[str], pools: Collection[str], parameters: Collection[str], drugs: Collection[str]
) -> Iterator[tuple[str, Collection[str]]]:
    """Yield what a drug names, each with the names among which it must be."""
    yield drug.enters, pools if drug.given == "bolus" else inputs
    yield from ((pool, pools) for pool in drug.holds)
    if drug.available_fraction:
        yield drug.available_fraction, parameters
    if drug.volume_sets:
        yield drug.volume_sets, parameters
    if drug.premedication:
        yield drug.premedication, drugs
