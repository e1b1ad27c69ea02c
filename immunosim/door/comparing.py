"""Several scenarios side by side: what comes out, and which processes make the difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from immunosim import attribution
from immunosim.attribution import Attribution, Comparison, DifferenceCauses
from immunosim.attribution.choice import compared_readouts, visits, worth_explaining
from immunosim.attribution.comparison import check_number, check_readouts
from immunosim.attribution.comparison_tables import comparison_dict
from immunosim.codegen.loader import say_nothing
from immunosim.door.simulating import Course, simulated
from immunosim.door.times import Time, day_of
from immunosim.errors import SolverError
from immunosim.scenario.overrides import Overrides
from immunosim.trajectory import Trajectory


def compare(
    *scenarios: Course | Mapping[str, Course],
    at: Sequence[Time] = (),
    overrides: Overrides = (),
    announce: Callable[[str], None] = say_nothing,
) -> Comparison:
    """Put the courses of two to six scenarios side by side; the first is the reference.

    Parameters
    ----------
    scenarios : Scenario, Path, str or Trajectory
        Or one mapping of these by name.
    at : sequence of float, day, or str
        Further times, which a date or a course of the reference may give.
    overrides : mapping of str to object, or iterable of str
        Changes of all scenarios.
    announce : callable
        Told in a sentence when something slow starts, and which simulation failed.

    Returns
    -------
    Comparison
        Scenarios whose simulation failed are left out, and named in its ``failures``.

    Raises
    ------
    ComparisonError
        If there are too few or too many, or if they share no time.
    SolverError
        If fewer than two could be simulated.
    """
    given = _named(scenarios)
    check_number(len(given))
    courses = {name: simulated(course, overrides, announce) for name, course in given.items()}
    failures = {name: course.failure() for name, course in courses.items() if not course.is_complete}
    for name, failure in failures.items():
        announce(f"{given[name] if isinstance(given[name], (str, Path)) else name}: {failure}")
    complete = {name: course for name, course in courses.items() if name not in failures}
    if len(complete) < 2:
        reason = f"{len(complete)} of {len(courses)} scenarios could be simulated, which leaves nothing to compare"
        raise SolverError(reason, cure=f"correct the others: {'; '.join(failures.values())}")
    reference = next(iter(complete.values())).scenario  # dates and courses are those of the reference
    times = [day_of(reference, time, "at") for time in at]
    return replace(attribution.compare(complete, times), failures=failures, asked=tuple(times))


def attribute(comparison: Comparison, *readouts: str) -> tuple[Attribution, ...]:
    """Attribute differences from the reference to the processes, over the common time.

    Parameters
    ----------
    comparison : Comparison
    readouts : str
        By default those whose difference is notable, and what drives them.

    Raises
    ------
    ComparisonError
        If there is no such read-out.
    """
    check_readouts(comparison, readouts)
    wanted = {i: tuple(dict.fromkeys(readouts)) or worth_explaining(comparison, i) for i in comparison.others}
    names = dict.fromkeys(name for chosen in wanted.values() for name in chosen)
    by_readout = (attribution.attribute(comparison, name, [i for i in wanted if name in wanted[i]]) for name in names)
    return tuple(one for attributions in by_readout for one in attributions)


def explain_difference(comparison: Comparison, *readouts: str) -> tuple[DifferenceCauses, ...]:
    """Set back the keys in which scenarios differ from the reference, one at a time, and see what read-outs become.

    Parameters
    ----------
    comparison : Comparison
    readouts : str
        By default those whose difference is notable, and what drives them.

    Returns
    -------
    tuple of DifferenceCauses
        For each scenario and read-out, at the times that were asked for or that of the largest difference.

    Raises
    ------
    ComparisonError
        If there is no such read-out.
    """
    check_readouts(comparison, readouts)
    causes: list[DifferenceCauses] = []
    for i in comparison.others:
        wanted = tuple(dict.fromkeys(readouts)) or worth_explaining(comparison, i)
        causes += attribution.set_back(comparison, i, wanted, comparison.asked)
    return tuple(causes)


def comparison_record(
    comparison: Comparison,
    attributions: Sequence[Attribution] = (),
    readouts: Sequence[str] = (),
    causes: Sequence[DifferenceCauses] | None = None,
) -> dict[str, Any]:
    """Return a comparison as plain data, each attribution at the times asked for or at the largest difference.

    With causes, as ``explain_difference`` returns them, these are part of it.
    """
    from immunosim.report import INTENDED_USE

    times = list(comparison.asked)
    cut = [
        difference.until(time)
        for difference in attributions
        for time in (times or [_of_largest(comparison, difference)])
    ]
    usual = compared_readouts(comparison.trajectories[0].problem.model)
    shown = tuple(dict.fromkeys((*readouts, *usual)))
    record = comparison_dict(comparison, shown, times or visits(comparison), cut)
    why = {} if causes is None else {"counterfactuals": [cause.summary() for cause in causes]}
    return {"intended_use": INTENDED_USE} | why | record | {"failures": dict(comparison.failures)}


def comparison_files(
    comparison: Comparison,
    attributions: Sequence[Attribution],
    record: dict[str, Any],
    causes: Sequence[DifferenceCauses] | None = None,
) -> dict[str, bytes]:
    """Return the figures, the tables and the record of a comparison by file name, with causes or attributions."""
    from immunosim.attribution.comparison_tables import attribution_csv, rows_csv
    from immunosim.plots import encoded
    from immunosim.plots.comparison import difference_figure, overlay_figure
    from immunosim.report import INTENDED_USE, limits_of, to_json

    limits = limits_of(comparison.trajectories[0].problem.model)
    files = {"overlay.png": encoded(overlay_figure(comparison, limits, INTENDED_USE), "png")}
    if len(comparison.names) == 2:
        for difference in attributions:
            name = f"why_difference_{difference.explanation.readout}.png"
            files[name] = encoded(difference_figure(comparison, difference, INTENDED_USE), "png")
    files["differences.csv"] = rows_csv(record["differences"]).encode()
    if causes is None:
        files["attribution.csv"] = attribution_csv(record["attributions"]).encode()
    else:
        files |= _files_of_causes(comparison, causes)
    files["comparison.json"] = to_json(record).encode()
    return files


def _files_of_causes(comparison: Comparison, causes: Sequence[DifferenceCauses]) -> dict[str, bytes]:
    from immunosim.attribution import causes_csv
    from immunosim.plots import encoded

    files = {}
    if len(comparison.names) == 2:
        for cause in {cause.readout: cause for cause in reversed(causes)}.values():  # at the first time
            files[f"counterfactuals_{cause.readout}.png"] = encoded(cause.plot(), "png")
    return files | {"counterfactuals.csv": causes_csv(causes).encode()}


def _of_largest(comparison: Comparison, difference: Attribution) -> float:
    return comparison.largest(comparison.names.index(difference.name), difference.explanation.readout).time


def _named(scenarios: Sequence[Course | Mapping[str, Course]]) -> Mapping[str, Course]:
    """Return scenarios by name: those of a mapping, or distinct ones."""
    if len(scenarios) == 1 and isinstance(scenarios[0], Mapping):
        return scenarios[0]
    courses: list[Course] = []
    for scenario in scenarios:
        if isinstance(scenario, Mapping):
            raise TypeError("give one mapping of scenarios by name, or scenarios alone")
        courses.append(scenario)
    return dict(zip(distinct_names(courses), courses, strict=True))


def distinct_names(courses: Sequence[Course]) -> list[str]:
    """Return a name for each course: its title, or the stem of its file.

    The stem stands after its folder where another file has the same; what is repeated is numbered.
    """
    paths = dict.fromkeys(Path(course) for course in courses if isinstance(course, (str, Path)))
    stems = [path.stem for path in paths]
    names = [_name_of(course, stems) for course in courses]
    before = [names[:i].count(name) for i, name in enumerate(names)]
    return [f"{name} ({count + 1})" if count else name for name, count in zip(names, before, strict=True)]


def _name_of(course: Course, stems: Sequence[str]) -> str:
    if isinstance(course, (str, Path)):
        path = Path(course)
        return path.stem if stems.count(path.stem) == 1 else f"{path.parent.name}/{path.stem}"
    scenario = course.scenario if isinstance(course, Trajectory) else course
    return scenario.title or "scenario"
