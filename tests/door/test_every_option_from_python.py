"""Everything that the command line does is possible from ``import immunosim``: each verb and option has a name there.

An option is a keyword of the public function of its verb, or of another name that the tables below give. A new option
without a door in Python fails here; what needs none stands in ``NOT_IN_PYTHON``, with the reason.
"""

import inspect
import re
import typing
from pathlib import Path

import pytest

import immunosim
from immunosim.cli.spelling import keyword_of
from immunosim.cli.verbs import Verbs

DOORS = {
    "init": "starting_scenario",
    "run": "simulate",
    "check": "check",
    "verify": "verify",
    "explain": "explain",
    "compare": "compare",
    "report": "simulate",
    "sweep": "sweep",
    "cohort": "cohort",
    "sensitivity": "sensitivity",
    "plot": "EnsembleResult.plot",
    "failures": "failure_atlas",
    "replay": "replay",
    "digest": "digest_of",
    "merge": "merge_stores",
    "fit": "fit",
    "profile": "profile",
    "sample": "sample",
    "forecast": "forecast",
    "risk": "risk",
    "calibrate": "calibrate",
    "data check": "read_data",
    "data convert": "read_data",
    "data recipe": "write_recipe",
    "model": "describe_model",
    "params": "describe_parameters",
    "schema": "scenario_schema",
    "examples": "examples",
    "doctor": "examine",
    "qualify": "qualify",
    "cache": "compiled_kernels",
    "teach check": "check_lessons",
    "teach new": "write_lesson",
    "teach grade": "grade_lessons",
}
"""The public name that does what a verb does."""

ELSEWHERE = {
    ("run", "--report"): "Trajectory.report",
    ("report", "--out"): "Trajectory.report",
    ("report", "--targets"): "write_report(targets)",
    ("fit", "--report"): "Fitted.report",
    ("forecast", "--report"): "Forecast.report",
    ("explain", "--top"): "Explanation.shortened",
    ("compare", "--readout"): "explain_difference",
    ("compare", "--accounting"): "attribute",
    ("sweep", "--dry-run"): "estimate_sweep",
    ("calibrate", "--workers"): "calibrate(n_threads)",
    ("cohort", "--dry-run"): "estimate_cohort",
    ("cohort", "--resume"): "RunOptions(is_resumed)",
    ("cohort", "--force"): "RunOptions(is_forced)",
    ("cohort", "--workers"): "RunOptions(n_threads)",
    ("cohort", "--chunk"): "RunOptions(rows_per_block)",
    ("cohort", "--shard"): "RunOptions(shard)",
    ("cohort", "--scheduler"): "RunOptions(scheduler)",
    ("cohort", "--report"): "write_report",
    ("cohort", "--parquet"): "SweepResult.to_parquet",
    ("sweep", "--resume"): "RunOptions(is_resumed)",
    ("sweep", "--force"): "RunOptions(is_forced)",
    ("sweep", "--workers"): "RunOptions(n_threads)",
    ("sweep", "--chunk"): "RunOptions(rows_per_block)",
    ("sweep", "--shard"): "RunOptions(shard)",
    ("sweep", "--scheduler"): "RunOptions(scheduler)",
    ("sweep", "--parquet"): "SweepResult.to_parquet",
    ("fit", "--next-draw"): "Fitted.next_draws",
    ("fit", "--resume"): "fit(keep)",
    ("sample", "--resume"): "sample(keep)",
    ("data convert", "--to"): "PatientData.convert(to)",
    ("data convert", "--out"): "PatientData.convert(path)",
    ("model", "--kernel"): "ModelDescription.kernel",
    ("model", "--diagram"): "ModelDescription.plot",
    ("examples", "--copy"): "copy_examples",
    ("cache", "--all"): "KernelCache.clear",
    ("teach check", "--update"): "LessonCheck.update",
    ("teach grade", "--out"): "Grades.save",
}
"""Options that are another name than the function of their verb: a keyword of it, or a method of a result."""

NOT_IN_PYTHON = {
    "--json": "how a result is printed; .summary() returns the same",
    "--out": "where a verb writes; Python gives the result, with .report() and its tables",
    "--force": "whether a verb replaces its files; Python writes only where it is told to",
    "--yes": "a question on the terminal",
}
"""Options without a name in Python, of one verb or of all, with the reason."""


def verbs():
    for name, command in Verbs().items():
        for inner in getattr(command, "commands", {"": command}).values():
            yield (f"{name} {inner.name}" if inner is not command else name), inner


def options():
    for verb, command in verbs():
        for one in command.params:
            if one.param_type_name == "option":
                yield verb, one.opts[-1]


def named(path):
    """Return a public name, or an attribute of one."""
    found = immunosim
    for part in path.split("."):
        found = getattr(found, part)
    return found


def keywords(function):
    """Yield the keywords of a function, those of a shared TypedDict too."""
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD and "Unpack" in str(parameter.annotation):
            (shared,) = typing.get_args(eval(parameter.annotation, function.__globals__))
            yield from shared.__annotations__
        else:
            yield name


def is_there(path):
    """Whether a name of the tables above exists: a public name, or a keyword of one."""
    name, _, keyword = path.partition("(")
    try:
        return callable(named(name)) and (not keyword or keyword.rstrip(")") in keywords(named(name)))
    except AttributeError:
        return False


def test_every_verb_has_a_public_name():
    missing = {verb for verb, _ in verbs()} - set(DOORS)
    assert missing == {"help"}  # help() of Python
    assert all(path.split(".")[0] in immunosim.__all__ and callable(named(path)) for path in DOORS.values())


@pytest.mark.parametrize(("verb", "option"), [one for one in options() if one[0] != "plot"])
def test_every_option_has_a_keyword_in_python(verb, option):
    if (verb, option) in ELSEWHERE:
        assert is_there(ELSEWHERE[verb, option])
    elif keyword_of(verb, option) not in set(keywords(named(DOORS[verb]))):
        assert NOT_IN_PYTHON.get((verb, option), NOT_IN_PYTHON.get(option)), f"{verb} {option} has no name in Python"


def test_what_a_figure_of_many_patients_takes_is_what_its_plot_takes():
    from immunosim.cohorts import CohortResult
    from immunosim.ensembles import EnsembleResult
    from immunosim.report.results import figure_of

    taken = {*keywords(figure_of.dispatch(EnsembleResult)), *keywords(figure_of.dispatch(CohortResult))}
    assert {keyword_of(verb, option) for verb, option in options() if verb == "plot"} - taken == {"path", "force"}


def test_the_documentation_has_the_same_names():
    text = (Path(__file__).parents[2] / "docs/command_line.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w ]+)` \| `([\w.]+)` \| (.*?) ?\|$", text, re.MULTILINE)
    assert {verb: name for verb, name, _ in rows} == DOORS
    told = {(verb, option) for verb, _, options in rows for option in re.findall(r"`(--[\w-]+)`", options)}
    assert told >= set(ELSEWHERE)


def test_the_tables_name_options_that_exist():
    known = set(options())
    assert set(ELSEWHERE) <= known
    assert {one for one in NOT_IN_PYTHON if isinstance(one, tuple)} <= known
    assert {one for one in NOT_IN_PYTHON if isinstance(one, str)} <= {option for _, option in known}


def test_a_keyword_of_nothing_is_noticed():
    assert not is_there("RunOptions(colour)")
    assert not is_there("Fitted.next_drawing")
    assert "warm_up" in set(keywords(immunosim.sample))
    assert "limits" in set(keywords(immunosim.sample))  # of the settings that fits share
