"""The records of a lesson: what ``lesson.toml`` may hold, without any text and without any answer.

An answer is never typed. A task says which run of the model answers it and what is measured in that run; wrong answers
are runs too. Knows neither the model nor the numerics: names of read-outs and units are checked where the answers are
computed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from immunosim.errors import InputProblem
from immunosim.scenario.base import Text
from immunosim.teach.fields import AnswerTolerance, KeyPath, LessonRecord, Name, Phrase, SettingsTable, counted, sized

MOST_TASKS = 4
MOST_WRONG = 6

Kind = Literal["number", "choice", "order", "state"]
ComparisonKind = Literal["difference", "ratio", "percent"]


class TaskVariant(LessonRecord):
    """Another run, or another measure, than the task's: an option, an item to order, or a wrong answer.

    What is left out is the task's; ``set`` replaces the changes of the task, it does not add to them.
    """

    id: Name
    set: SettingsTable | None = None
    measure: Phrase | None = None
    against: SettingsTable | None = None
    against_measure: Phrase | None = None


class Option(TaskVariant):
    """An option of a choice: a run, of which the best is right, or a range in which the answer of the task may lie."""

    at_least: Phrase | None = None
    at_most: Phrase | None = None

    @property
    def is_range(self) -> bool:
        """Whether it is a range."""
        return self.at_least is not None or self.at_most is not None

    def problems(self) -> Iterator[InputProblem]:
        """Yield a range that has a run of its own as well."""
        if self.is_range and any((self.set is not None, self.measure, self.against is not None, self.against_measure)):
            reason, cure = "is given together with a run", "give either a range, or set and measure"
            yield InputProblem(reason, key="at_least" if self.at_least else "at_most", cure=cure)


class Fact(LessonRecord):
    """A computed number that texts may hold as a placeholder, and that nobody is asked for.

    Attributes
    ----------
    measure : str
        An endpoint such as ``nadir of cd4 from 12 months to 14 months``, or ``value of cd4 at 6 months``.
    set : dict
        Changes of the lesson's scenario, for the run that answers.
    against, against_measure : dict, str
        Another run (changes of the lesson's scenario, not of ``set``), or another measure, with which it is compared.
        Without ``against`` the other measure is that of the same run.
    comparison : str
        Written ``as``: difference, ratio, or percent (of the change).
    unit : str
        Unit of the answer; by default that of the measure.
    """

    id: Name
    measure: Phrase | None = None
    set: SettingsTable = Field(default_factory=dict)
    against: SettingsTable | None = None
    against_measure: Phrase | None = None
    comparison: ComparisonKind | None = Field(default=None, alias="as")
    unit: Text = ""

    def problems(self) -> Iterator[InputProblem]:
        """Yield a measure that is missing, and a comparison that is half given."""
        yield from self._measured()
        yield from self._compared()

    def _measured(self) -> Iterator[InputProblem]:
        if self.measure is None:
            yield InputProblem(
                "is missing", key="measure", cure='write for example measure = "value of cd4 at 30 days"'
            )

    def _compared(self) -> Iterator[InputProblem]:
        if self._is_comparison and self.comparison is None:
            yield InputProblem("is missing", key="as", cure='write as = "difference", "ratio" or "percent"')

    @property
    def _is_comparison(self) -> bool:
        return self.against is not None or self.against_measure is not None


class LessonTask(Fact):
    """A task: something to predict or to find out, with the run that answers.

    Attributes
    ----------
    kind : str
        number; choice (of the option with the best value, or of the range that holds the answer); order (of items by
        their values); state (to be reached with the knobs).
    predict : bool
        Whether it is asked before the run can be seen.
    tolerance : float or str
        Of a number: the relative error that is right, or an absolute one as a quantity; at least a unit in the second
        digit. Of choices and orders: by how much (relative) values differ at least, so that there is one right answer.
    best, by : str
        Which option of a choice is right, and how an order goes.
    at_least, at_most : str
        Of a state: the quantity that is to be reached.
    allowed : tuple of str
        Of a state: the keys that may be changed.
    solution : dict
        Of a state: changes that reach it; the check proves it. They are added to ``set``.
    """

    kind: Kind
    predict: StrictBool = False
    tolerance: AnswerTolerance = None
    best: Literal["largest", "smallest"] | None = None
    by: Literal["rising", "falling"] | None = None
    at_least: Phrase | None = None
    at_most: Phrase | None = None
    allowed: tuple[KeyPath, ...] = ()
    solution: SettingsTable | None = None
    option: tuple[Option, ...] = ()
    item: tuple[TaskVariant, ...] = ()
    wrong: tuple[TaskVariant, ...] = ()

    @property
    def _is_comparison(self) -> bool:
        return super()._is_comparison or any(
            variant.against is not None or variant.against_measure is not None for variant in self.variants
        )

    @property
    def variants(self) -> tuple[TaskVariant, ...]:
        """Return options, items or wrong answers: a task has one of them."""
        return (*self.option, *self.item, *self.wrong)

    @property
    def is_of_ranges(self) -> bool:
        """Whether it is a choice of the range that holds the answer."""
        return self.kind == "choice" and any(option.is_range for option in self.option)

    def problems(self) -> Iterator[InputProblem]:
        """Yield what does not belong to its kind, and what is missing from it."""
        yield from self._compared()
        if self.measure is None and (
            (not self.option and not self.item) or any(v.measure is None for v in self.variants)
        ):
            yield from self._measured()
        yield from self._foreign()
        yield from twice(self.variants, "option" if self.option else "item" if self.item else "wrong")
        yield from {"choice": self._choice, "order": self._order, "state": self._state}.get(self.kind, self._any)()

    def _foreign(self) -> Iterator[InputProblem]:
        for key, kinds in _BELONGS.items():
            if self.kind not in kinds and getattr(self, key) not in (None, ()):
                yield InputProblem(
                    f"does not belong to kind {self.kind}", key=key, cure=f"only to {' and '.join(kinds)}"
                )

    def _any(self) -> Iterator[InputProblem]:
        if len(self.wrong) > MOST_WRONG:
            yield InputProblem(f"has {len(self.wrong)} entries", key="wrong", cure=f"give at most {MOST_WRONG}")

    def _choice(self) -> Iterator[InputProblem]:
        if not 2 <= len(self.option) <= 6:
            yield InputProblem(f"has {len(self.option)} entries", key="option", cure="write 2 to 6 [[task.option]]")
        if any(option.is_range for option in self.option) and not all(option.is_range for option in self.option):
            yield InputProblem("mixes runs and ranges", key="option", cure="give every option a range, or none")
        if self.is_of_ranges and self.best is not None:
            yield InputProblem("is given together with ranges", key="best", cure="leave it out: one range is right")
        if not self.is_of_ranges and self.best is None:
            yield InputProblem("is missing", key="best", cure='write best = "largest" or "smallest", or ranges')
        if isinstance(self.tolerance, str):
            yield InputProblem("is a quantity", key="tolerance", cure="give a relative one, such as 0.02")

    def _order(self) -> Iterator[InputProblem]:
        if not 3 <= len(self.item) <= 8:
            yield InputProblem(f"has {len(self.item)} entries", key="item", cure="write 3 to 8 [[task.item]]")
        if self.by is None:
            yield InputProblem("is missing", key="by", cure='write by = "rising" or "falling"')
        if isinstance(self.tolerance, str):
            yield InputProblem("is a quantity", key="tolerance", cure="give a relative one, such as 0.02")

    def _state(self) -> Iterator[InputProblem]:
        if self.at_least is None and self.at_most is None:
            yield InputProblem("is missing", key="at_least", cure='write for example at_least = "400 cells/uL"')
        if not self.solution:
            yield InputProblem("is missing", key="solution", cure='write for example { "course.2.dose" = "6 mg" }')
        if not self.allowed:
            yield InputProblem("is missing", key="allowed", cure='write for example ["course.2.dose"]')
        for key in self.solution or ():
            if key not in self.allowed:
                yield InputProblem(f'changes "{key}", which is not allowed', key="solution", cure="add it to allowed")


_BELONGS = {
    "option": ("choice",),
    "best": ("choice",),
    "item": ("order",),
    "by": ("order",),
    "wrong": ("number",),
    "at_least": ("state",),
    "at_most": ("state",),
    "allowed": ("state",),
    "solution": ("state",),
    "tolerance": ("number", "choice", "order"),
}
"""Keys of a task that only some kinds have."""


class Lesson(LessonRecord):
    """A lesson without its texts.

    Attributes
    ----------
    id : str
        The name of its folder.
    number : str
        What it is called in lists, such as 7 or A1.
    minutes : int
    scenario : str
        Name of a shipped scenario.
    changes : dict
        Changes of it.
    knobs : tuple of str
        Keys of the scenario that the page shows beside the charts.
    charts : tuple of str
        Read-outs and pools that the page draws.
    view : str
        all, or first_30_days.
    task : tuple of LessonTask
    fact : tuple of Fact
    """

    id: Name
    number: Annotated[Text, sized(4)]
    minutes: Annotated[StrictInt, Field(ge=5, le=240)]
    level: Literal["basic", "advanced"]
    scenario: Annotated[Text, sized(60)]
    changes: SettingsTable = Field(default_factory=dict)
    knobs: Annotated[tuple[KeyPath, ...], counted(1, 8)]
    charts: Annotated[tuple[Name, ...], counted(1, 8)]
    view: Literal["all", "first_30_days"] = "all"
    task: Annotated[tuple[LessonTask, ...], counted(1, MOST_TASKS)]
    fact: Annotated[tuple[Fact, ...], counted(0, 20)] = ()

    def problems(self) -> Iterator[InputProblem]:
        """Yield names that occur twice."""
        yield from twice((*self.task, *self.fact), "task")
        for key, names in (("knobs", self.knobs), ("charts", self.charts)):
            for name in (name for name, n in Counter(names).items() if n > 1):
                yield InputProblem(f'names "{name}" twice', key=key, cure="leave one out")
        for number, task in enumerate(self.task, 1):
            for name in (name for name in task.allowed if name not in self.knobs):
                key, cure = f"task[{number}].allowed", "add it to knobs"
                yield InputProblem(f'"{name}" is none of the knobs of the lesson', key=key, cure=cure)


def twice(entries: Iterable[Fact | TaskVariant], key: str) -> Iterator[InputProblem]:
    """Yield names that several entries have."""
    for name in (name for name, n in Counter(entry.id for entry in entries).items() if n > 1):
        yield InputProblem(f'two entries are called "{name}"', key=key, cure="give each its own id")
