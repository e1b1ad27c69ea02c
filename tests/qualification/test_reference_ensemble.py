"""The reference ensemble: same bits in a known class of machine, same values everywhere, anything else is a problem."""

import numpy as np
import pytest

from immunosim.diagnosis import reference
from immunosim.errors import DataError


def test_this_machine_computes_the_reference():
    test = reference.reference_test()
    assert test.passed, test.sentence
    assert test.difference <= reference.LIMIT


def test_order_and_threads_change_no_bit():
    order = (3, 1, 7, 5, 0, 2, 6, 4)
    turned = reference.solved_reference(order, n_threads=2)
    assert turned[np.argsort(order)].tobytes() == reference.solved_reference().tobytes()


def shipped(**changed):
    return reference.shipped_reference() | changed


def test_one_changed_number_of_the_reference_is_noticed(monkeypatch):
    states = np.array(reference.shipped_reference()["states"])
    states[2, 1, 5] *= 1 + 1e-11
    monkeypatch.setattr(reference, "shipped_reference", lambda: altered)
    altered = {"digests": {}, "states": states.tolist()}
    assert not reference.reference_test().passed


def test_other_bits_in_a_known_class_are_a_problem_whatever_the_values(monkeypatch):
    altered = shipped(digests={reference.machine_class(): "0" * 64})
    monkeypatch.setattr(reference, "shipped_reference", lambda: altered)
    test = reference.reference_test()
    assert test.difference <= reference.LIMIT
    assert not test.passed
    assert "NOT the bits" in test.sentence


def test_an_unknown_class_is_judged_by_its_values(monkeypatch):
    monkeypatch.setattr(reference, "machine_class", lambda: "another processor, LLVM 99.0")
    test = reference.reference_test()
    assert test.passed
    assert not test.has_same_bits
    assert "no digest is known for this class" in test.sentence


def test_a_patient_that_failed_is_a_problem(monkeypatch):
    states = reference.solved_reference()
    states[1] = np.nan
    monkeypatch.setattr(reference, "solved_reference", lambda: states)
    monkeypatch.setattr(reference, "machine_class", lambda: "another processor, LLVM 99.0")
    assert not reference.reference_test().passed


@pytest.mark.parametrize("text", ["", "{}", '{"digests": {}, "states": [[1]]}', '{"digests": {}, "states": "no"}'])
def test_a_reference_that_cannot_be_read_is_an_error(monkeypatch, tmp_path, text):
    (tmp_path / "reference.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(reference.resources, "files", lambda name: tmp_path)
    with pytest.raises(DataError, match=r"cannot be read|is not a reference"):
        reference.shipped_reference()
