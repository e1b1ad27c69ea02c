"""Errors say what, where and cure, and misspelt names find their neighbours."""

import pickle

import pytest

from immunosim import errors
from immunosim.errors import (
    DataError,
    ImmunosimError,
    InputProblem,
    ModelError,
    ParameterError,
    QuantityError,
    ScenarioError,
    SolverError,
    any_of,
    close_matches,
    did_you_mean,
)


def test_an_error_prints_file_key_reason_and_cure() -> None:
    error = ScenarioError("is 13", file="a.toml", key="course[1].dose", cure="write 12")
    assert str(error) == "a.toml: course[1].dose: is 13, write 12"
    assert (error.file, error.key, error.reason, error.cure) == ("a.toml", "course[1].dose", "is 13", "write 12")


def test_unknown_places_are_left_out_of_the_message() -> None:
    assert str(ModelError("does not add up")) == "does not add up"
    assert str(DataError("is missing", key="TIME")) == "TIME: is missing"


def test_several_problems_print_one_per_line() -> None:
    error = ScenarioError(
        problems=[InputProblem("is 1", "a.toml", "x"), InputProblem("is 2", "a.toml", "y", "write 3")]
    )
    assert str(error) == "a.toml: x: is 1\na.toml: y: is 2, write 3"
    assert error.key == "x"


@pytest.mark.parametrize("kind", [ScenarioError, ParameterError, ModelError, SolverError, DataError, QuantityError])
def test_every_error_is_an_immunosim_error(kind: type[ImmunosimError]) -> None:
    with pytest.raises(ImmunosimError, match="why"):
        raise kind("why")


def test_an_error_survives_pickling_with_its_place() -> None:
    error = ScenarioError("is 13", file="a.toml", key="x", cure="write 12")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_close_matches_ignore_case() -> None:
    assert close_matches("Thymopoesis", ["thymopoiesis", "trafficking"]) == ["thymopoiesis"]


NAMES = ["antibody_clearance", "intercompartmental_clearance", "central_volume", "half_life", "thymic_export_rate"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("clearence", ["antibody_clearance", "intercompartmental_clearance"]),
        ("antibdy clearnce", ["antibody_clearance"]),
        ("Volum", ["central_volume"]),
        ("export_thymic", ["thymic_export_rate"]),
        ("thymic_exprt_rate", ["thymic_export_rate"]),
        ("zzz", []),
        ("", []),
        ("_", []),
    ],
)
def test_misspelt_words_within_a_longer_name_find_it(name: str, found: list[str]) -> None:
    assert close_matches(name, NAMES) == found


def test_a_word_too_many_is_no_match() -> None:
    assert close_matches("clearance_of_everything_else", NAMES) == []


def test_the_closest_match_comes_first_and_no_more_than_wanted_are_returned() -> None:
    assert close_matches("dose", ["doses", "dose", "last_dose", "every"], limit=2) == ["dose", "last_dose"]


def test_a_misspelt_name_is_answered_with_close_matches_or_else_with_all_names() -> None:
    assert did_you_mean("doze", ["dose", "start"]) == 'did you mean "dose"?'
    assert did_you_mean("zzz", ["dose", "start"]) == "known are dose, start"
    assert did_you_mean("zzz", []) == "none is known here"
    assert did_you_mean("zzz", [f"a{n:02}" for n in range(25)]).endswith("a19 and 5 more")


def test_choices_are_joined_as_in_a_sentence() -> None:
    assert any_of(["a"]) == '"a"'
    assert any_of(["a", "b", "c"]) == '"a", "b" or "c"'


# --- long lists and long texts ------------------------------------------------------------------------------------


def test_of_many_problems_the_first_are_shown_and_the_rest_counted() -> None:
    error = ImmunosimError(problems=[InputProblem(f"wrong {i}") for i in range(30)], n_more=299_970)
    shown = str(error).splitlines()
    assert shown[0] == "wrong 0"
    assert len(shown) == 21
    assert shown[-1] == "... and 299,980 more"
    assert "more" not in str(ImmunosimError(problems=[InputProblem(f"wrong {i}") for i in range(20)]))


def test_a_problem_is_one_line_of_bounded_length() -> None:
    text = str(InputProblem("a\nb \x1b[31m" + "x" * 38_000, "f\n.toml", "k\u202e", "c" * 10_000))
    assert text.isprintable()
    assert len(text) < 2500
    assert text.startswith(r"f\n.toml: k\u202e: a\nb \x1b[31m")


def test_close_matches_look_at_the_beginning_of_long_names_and_the_first_of_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[tuple[int, int]] = []
    monkeypatch.setattr(errors, "_ratio", lambda a, b: compared.append((len(a), len(b))) or 0.0)
    errors.close_matches("x" * 100_000, (f"known {i} " + "y" * 1000 for i in range(5000)))
    assert len(compared) <= 10 * errors.MOST_COMPARED
    assert max(max(pair) for pair in compared) <= errors.LONGEST_COMPARED


def test_of_many_misspelt_names_the_first_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    cures, known = errors.Suggestions(), ["age", "weight"]
    found = [cures.cure("wieght", known) for _ in range(errors.MOST_SEARCHED + 2)]
    assert found[0] == found[errors.MOST_SEARCHED - 1] == 'did you mean "weight"?'
    assert found[-1] == "known are age, weight"
