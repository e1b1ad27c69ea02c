"""Malformed calibration files: each is refused with file, key, reason and cure."""

from collections.abc import Callable
from pathlib import Path

import pytest

from immunosim.calibration.setup import located_calibration, read_calibration, set_up
from immunosim.errors import DataError, ImmunosimError

MALFORMED = {
    "unknown key": (("iterations = 6", "iteration = 6"), "iterations"),
    "unknown parameter": (("t_cell_count = 0.5", "t_cel_count = 0.5"), "free.parameters.t_cel_count"),
    "unknown trait": (("\ncount = 0.5", "\ncounts = 0.5"), "free.traits.counts"),
    "unknown stratum": (("resistant = 0.5", "resistent = 0.5"), "free.shares.resistent"),
    "unknown cohort of factors": (("[free.factors.slow]", "[free.factors.fast]"), "free.factors.fast"),
    "unknown parameter of a factor": (('division_rate = "none"', 'x = "none"'), "free.factors.slow.x"),
    "no prior in the set": (("t_cell_count = 0.5", 't_cell_count = "prior"'), "no prior in the parameter set"),
    "a prior that is no number": (("t_cell_count = 0.5", 't_cell_count = "wide"'), "free.parameters.t_cell_count"),
    "no spread": (("sd = 0.3", "sd = 0.0"), "no single spread above 0"),
    "a share that draws patients": (("sampled = 0.75\n", ""), "sampled"),
    "a cohort without targets": (('name = "first"', 'name = "third"'), 'no fitted target is of "third"'),
    "two cohorts of one name": (('name = "second"', 'name = "first"'), 'two cohorts are called "first"'),
    "a scenario that does not exist": (('"short.toml"', '"long.toml"'), "long.toml"),
    "targets that do not exist": (('"targets.toml"', '"target.toml"'), "target.toml"),
    "more sets than draws": (("most = 40", "most = 4"), "4 draws cannot give 8 sets"),
    "one patient": (("patients = 32", "patients = 1"), "patients"),
}


@pytest.mark.parametrize(("change", "message"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_calibration_is_refused(
    written: Callable[..., Path], tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = written(tmp_path, change)
    with pytest.raises(ImmunosimError) as caught:
        set_up(read_calibration(path), path)
    assert message in str(caught.value)


def test_a_scenario_that_sets_a_free_parameter_is_refused(written: Callable[..., Path], tmp_path: Path) -> None:
    path = written(tmp_path)
    scenario = tmp_path / "short.toml"
    scenario.write_text(scenario.read_text() + "\n[parameters]\nt_cell_count = 1000\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"free\.parameters\.t_cell_count.*is set by"):
        set_up(read_calibration(path), path)


def test_a_calibration_of_nothing_is_refused(written: Callable[..., Path], tmp_path: Path) -> None:
    path = written(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[free.parameters]")] + "[free]\n", encoding="utf-8")
    with pytest.raises(ImmunosimError, match="nothing is free"):
        read_calibration(path)


def test_a_name_that_is_neither_file_nor_shipped_is_refused_with_close_ones() -> None:
    with pytest.raises(DataError, match="neither a file nor a calibration"):
        located_calibration("trails", "alemtuzumab")
    assert located_calibration("trials", "alemtuzumab").is_file()
