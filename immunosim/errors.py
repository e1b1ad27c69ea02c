"""Errors of the package: what went wrong, where, and what to do about it.

Every error that a user can cause is one of ours and carries the file, the key path, the reason and the cure. Messages
quote what people wrote, so each is one line of bounded length that a terminal can show. This module knows nothing of
scenarios, models or solvers.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from immunosim.safe_text import one_line, shortened

MOST_SHOWN = 20
"""Problems, or known names, that a message lists; of more it says how many there are."""

LONGEST_QUOTED = 200
"""Characters of a name in a list of names."""

MOST_SEARCHED = 100
"""Misspelt names of one file for which close matches are searched."""

LONGEST_COMPARED, MOST_COMPARED = 60, 2000
"""Characters of a name, and number of known names, that a search for close matches looks at."""

_CLOSE = 0.6
_CLOSE_WORD = 0.8
"""How alike (0 to 1) names, and words within them, must be; a word must be closer, since a name has several."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class InputProblem:
    """One thing that is wrong: the reason, the place and the cure."""

    reason: str
    file: str | None = None
    key: str | None = None
    cure: str | None = None

    def __str__(self) -> str:
        """Return ``file: key: reason, cure`` in one line, without the parts that are unknown, long parts shortened."""
        reason, cure = _quoted(self.reason), _quoted(self.cure)
        parts = (_quoted(self.file), _quoted(self.key), f"{reason}, {cure}" if cure else reason)
        return ": ".join(part for part in parts if part)


class ImmunosimError(Exception):
    """Base of all errors that immunosim raises on purpose.

    Parameters
    ----------
    reason : str
        What is wrong, as a sentence without a full stop.
    file, key, cure : str, optional
        Where it is wrong (file and key path) and what to do about it.
    problems : sequence of InputProblem, optional
        Several problems found at once; they take the place of the other arguments.
    n_more : int
        Problems that were found besides and are only counted.
    """

    def __init__(
        self,
        reason: str = "",
        *,
        file: str | None = None,
        key: str | None = None,
        cure: str | None = None,
        problems: Sequence[InputProblem] = (),
        n_more: int = 0,
    ) -> None:
        self.problems: tuple[InputProblem, ...] = tuple(problems) or (InputProblem(reason, file, key, cure),)
        self.n_more = n_more
        super().__init__(self.problems[0].reason)

    @property
    def reason(self) -> str:
        """Return the reason of the first problem."""
        return self.problems[0].reason

    @property
    def file(self) -> str | None:
        """Return the file of the first problem."""
        return self.problems[0].file

    @property
    def key(self) -> str | None:
        """Return the key path of the first problem."""
        return self.problems[0].key

    @property
    def cure(self) -> str | None:
        """Return the cure of the first problem."""
        return self.problems[0].cure

    def __str__(self) -> str:
        """Return the problems, one per line; of more than ``MOST_SHOWN`` the first, and how many more there are."""
        shown = [str(problem) for problem in self.problems[:MOST_SHOWN]]
        return "\n".join([*shown, *and_more(len(self.problems) + self.n_more)])


class ScenarioError(ImmunosimError):
    """A scenario file, or a scenario built in code, cannot be used."""


class ParameterError(ImmunosimError):
    """A parameter set is incomplete, inconsistent or out of bounds."""


class ModelError(ImmunosimError):
    """The declared biology contradicts itself, for example in its units."""


class SolverError(ImmunosimError):
    """A simulation could not be finished."""


class MisfitError(ImmunosimError):
    """What is asked of a fit is withheld, since the model does not fit the data."""


class DataError(ImmunosimError):
    """Data that were given, or what is asked of a result, cannot be used."""


class QuantityError(ImmunosimError, ValueError):
    """A value is not the quantity that was expected; who knows its file and key path reports it as an own error."""


def close_matches(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the known names that a misspelt name may have meant, best first, without regard to case.

    A name is close as a whole, or where each word of the misspelt one is close to one of its words: `clearence` finds
    ``antibody_clearance``. Of long names the beginning is compared, and of many known names the first.
    """
    misspelt, among = name[:LONGEST_COMPARED].casefold(), itertools.islice(known, MOST_COMPARED)
    scores = {candidate: _likeness(misspelt, candidate[:LONGEST_COMPARED].casefold()) for candidate in among}
    close = [candidate for candidate, score in scores.items() if score > (0.0, 0.0)]
    return sorted(close, key=lambda candidate: scores[candidate], reverse=True)[:limit]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a cure for a misspelt name: ``did you mean "age"?``, or the list of known names where none is close."""
    names = sorted(known)
    matches = close_matches(name, names)
    if matches:
        return f"did you mean {any_of(matches)}?"
    if not names:
        return "none is known here"
    return f"known are {listed(names)}"


class Suggestions:
    """Cures for many misspelt names among which few are searched, so that a file of nothing else ends soon.

    The first ``MOST_SEARCHED`` names get what ``did_you_mean`` says, the others the list of known names.
    """

    def __init__(self) -> None:
        self._n_searched = 0
        self._lists: dict[int, str] = {}

    def cure(self, name: str, known: Collection[str]) -> str:
        """Return the cure for a misspelt name."""
        self._n_searched += 1
        if self._n_searched <= MOST_SEARCHED:
            return did_you_mean(name, known)
        if id(known) not in self._lists:
            self._lists[id(known)] = f"known are {listed(sorted(known))}"
        return self._lists[id(known)]


def any_of(choices: Sequence[str]) -> str:
    """Return the choices quoted and joined: ``"a", "b" or "c"``."""
    quoted = [f'"{shortened(choice, LONGEST_QUOTED)}"' for choice in choices]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]


def listed(names: Sequence[str], most: int = MOST_SHOWN) -> str:
    """Return names joined by commas, long ones shortened; of many the first, and how many more there are."""
    shown = ", ".join(shortened(name, LONGEST_QUOTED) for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")


def and_more(n: int, most: int = MOST_SHOWN) -> list[str]:
    """Return the line that ends a list of which ``most`` of ``n`` entries are shown; none where that is all."""
    return [f"... and {n - most:,} more"] if n > most else []


def _quoted(text: str | None) -> str:
    return one_line(shortened(text)) if text else ""


def _likeness(name: str, candidate: str) -> tuple[float, float]:
    """Return how alike two names are: in the better of both ways and as a whole; nothing where neither is close."""
    whole = _ratio(name, candidate)
    words = [max(_ratio(word, other) for other in _WORD.findall(candidate) or [""]) for word in _WORD.findall(name)]
    by_words = min(words, default=0.0)
    best = max(whole if whole >= _CLOSE else 0.0, by_words if by_words >= _CLOSE_WORD else 0.0)
    return (best, whole) if best else (0.0, 0.0)


def _ratio(name: str, candidate: str) -> float:
    return difflib.SequenceMatcher(None, candidate, name).ratio()
