"""Counterfactuals in sentences: the answer first, then what else there is to know, then what limits the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from immunosim.attribution.effects import LEAST, MOST
from immunosim.formatting import is_or_are, number, quantity
from immunosim.scenario.regimen import courses_of
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from immunosim.attribution.effects import Counterfactual, Counterfactuals, Through
    from immunosim.scenario import Scenario

MOST_NAMED = 3
"""Mechanisms and treatments that a sentence names; a table has all of them."""


def answer(result: Counterfactuals) -> str:
    """Return what the read-out is and what it would be without the most effective treatment or mechanism."""
    effect = result.main or next(iter(result.notable), None)
    head = (
        f"{result.label[:1].upper()}{result.label[1:]} at {when(result.scenario, result.at)} {is_or_are(result.label)}"
    )
    if effect is None:
        return f"{head} {_amount(result, result.value)}: no treatment or mechanism changes it."
    item, without = effect.left_out, _amount(result, effect.without_it)
    values = f"{value_text(result, effect.with_it)} with {item.label}, {without} without {item.pronoun}"
    if result.main is None and _has_treatments(result):
        values = f"{_amount(result, effect.with_it)}, with or without treatment: {values}"
    return f"{head} {values}{_through(effect)}."


def sentences(result: Counterfactuals) -> list[str]:
    """Return the answer and what else there is to know, a sentence each; nothing of a change that is nothing."""
    return [answer(result), *_conditions(result), *_interaction(result), *_elsewhere(result), *_limits(result)]


def when(scenario: Scenario, day: float) -> str:
    """Return a day as a reader counts it: months, and since the last course where there are several."""
    text = f"month {day / DAYS_PER_MONTH:.3g}" if abs(day) > DAYS_PER_MONTH else f"day {day:.3g}"
    earlier = [(number, course) for number, course in enumerate(courses_of(scenario), 1) if course.dosing.start < day]
    if not earlier or earlier[-1][0] == 1:
        return text
    order = earlier[-1][1]
    since = day - order.dosing.start
    span = f"{since / DAYS_PER_MONTH:.3g} months" if since > DAYS_PER_MONTH else f"{since:.3g} days"
    return f"{text} ({span} after {order.label})"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them: "a", "a and b", "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def value_text(result: Counterfactuals, value: float) -> str:
    """Return a value with three digits; 0 where it is nothing."""
    return number(value) if abs(value) > result.floor else "0"


def difference_text(value: float) -> str:
    """Return a difference with its sign."""
    return ("+" if value > 0.0 else "") + number(value)


def _amount(result: Counterfactuals, value: float) -> str:
    return quantity(value, result.unit).replace(number(value), value_text(result, value), 1).strip()


def _has_treatments(result: Counterfactuals) -> bool:
    return any(effect.left_out.kind != "mechanism" for effect in result.effects)


def _paths(effect: Counterfactual, least: float = MOST) -> tuple[Through, ...]:
    """Return the mechanisms through which an effect goes; those that carry the drug only where there are no others."""
    return effect.by_role("path", least) or effect.by_role("carrier", least)


def _through(effect: Counterfactual) -> str:
    paths = _paths(effect)[:MOST_NAMED]
    if not paths:
        return ""
    whose = "its" if effect.left_out.pronoun == "it" else "their"
    shares = [f"{100.0 * item.share:.0f} %{'' if i else f' of {whose} effect'}" for i, item in enumerate(paths)]
    named = [f"{item.label} ({share})" for item, share in zip(paths, shares, strict=True)]
    return f"; {_verb(effect)} through {listed(named)}"


def _verb(effect: Counterfactual) -> str:
    return "it works" if effect.left_out.pronoun == "it" else "they work"


def _conditions(result: Counterfactuals) -> Iterator[str]:
    """Yield the mechanisms without which the treatment would have nothing to change."""
    effect = result.main
    conditions = effect.by_role("condition", MOST) if effect else ()
    if effect and conditions:
        names = [item.label for item in conditions]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        which = ", ".join(names[:MOST_NAMED]) + more if more else listed(names)
        each = " (each of them)" if len(names) > 1 else ""
        yield f"Without {which}{each}, {effect.left_out.label} would have little left to change."


def _interaction(result: Counterfactuals) -> Iterator[str]:
    """Yield that the shares do not add up, where they do not."""
    effect = result.main
    if effect is None or not _paths(effect):
        return
    total = sum(item.share for item in _paths(effect, LEAST))
    if len(_paths(effect)) > 1 and total > 1.0 + LEAST:
        yield f"The shares add up to {100.0 * total:.0f} %: they overlap, since each of these mechanisms is needed."
    elif total < 1.0 - LEAST:
        yield f"The shares add up to {100.0 * total:.0f} %: mechanisms stand in for one another where one stops."


def _elsewhere(result: Counterfactuals) -> Iterator[str]:
    """Yield the treatments that change the read-out at other times only."""
    others = [
        effect
        for effect in result.effects
        if effect.is_ever_notable and not effect.is_notable and effect.left_out.kind == "treatment"
    ]
    others.sort(key=lambda effect: -abs(effect.largest))
    if others:
        named = [
            f"{effect.left_out.label} ({difference_text(effect.largest)} at {when(result.scenario, effect.largest_at)})"
            for effect in others[:MOST_NAMED]
        ]
        more = f", and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        yield f"At other times only: {'; '.join(named)}{more}."


def _limits(result: Counterfactuals) -> Iterator[str]:
    least = quantity(result.threshold, result.unit).strip()
    yield f"Each value is a simulation without the treatment or mechanism; differences up to {least} are not mentioned."
    if result.failures:
        n, reasons = len(result.failures), "; ".join(f"{name}: {why}" for name, why in result.failures.items())
        yield f"{n} of {result.n_runs} simulations failed and are left out ({reasons})."
