"""What is wrong with a lesson, a hand-in or an export, as one kind of error with file, key and cure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from immunosim.errors import ImmunosimError, InputProblem


class LessonError(ImmunosimError):
    """A lesson, or what was handed in for one, cannot be used."""


@contextmanager
def placed(file: str, key: str = "") -> Iterator[None]:
    """Report errors of the package that the block raises as those of a lesson, at a file and below a key path."""
    try:
        yield
    except LessonError:
        raise
    except ImmunosimError as error:
        problems = [at(problem, file, key) for problem in error.problems]
        raise LessonError(problems=problems, n_more=error.n_more) from None


def at(problem: InputProblem, file: str, key: str = "") -> InputProblem:
    """Return a problem at a file and below a key path."""
    path = ".".join(part for part in (key, problem.key) if part)
    return replace(problem, file=file, key=path or None)
