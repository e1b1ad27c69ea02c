"""Text of other people stays readable, and no medium obeys it."""

import csv
import io
import json
import math
import shlex
import subprocess
import tomllib
import unicodedata

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from immunosim import safe_text
from immunosim.netcdf import netcdf_bytes

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "two\nlines\r\nand\ta tab",
    "\u202egnp.exe\u2066",
    "nul\x00nul",
    "\x9b31m\x85",
    "\u2028\u2029\ufeff",
    "\U000e0041",
    "lone \udcff surrogate",
]
ORDINARY = ["", "Café, 5 µL × 10⁹/L", "日本 شركة", "[red]x[/red] $5 and $6_x", "naïve\u200dB \u200c", "-5 % = x"]


def is_hidden(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    assert not any(map(is_hidden, safe_text.one_line(text)))
    assert "\\" in safe_text.one_line(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_left_alone(text: str) -> None:
    changed = (safe_text.one_line(text), safe_text.lines(text), safe_text.markup(text), safe_text.stored(text))
    assert set(changed) == {text}


def test_only_text_of_several_lines_keeps_its_line_breaks() -> None:
    assert safe_text.one_line("a\nb") == "a\\nb"
    assert safe_text.lines("a\n\x1bb") == "a\n\\x1bb"
    assert safe_text.markup("a\n\tb\x00") == "a\n\tb\\x00"


def test_the_middle_of_long_text_is_left_out_with_its_length() -> None:
    found = safe_text.shortened("a" * 20_000 + "b" * 18_000, 100)
    assert len(found) <= 100
    assert found.startswith("aaa")
    assert found.endswith("bbb")
    assert " characters) ... " in found


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "'=1", "＝1"]
)
def test_a_cell_that_would_be_a_formula_is_text_and_is_read_back(text: str) -> None:
    assert safe_text.cell(text) == f"'{text}"
    assert safe_text.cell_read(safe_text.cell(text)) == text


@pytest.mark.parametrize("text", ["-5", "+1e-3", "-inf", "nan", "-", "P01", "'", "it's", "a=b", ""])
def test_numbers_and_ordinary_cells_stay_as_they_are(text: str) -> None:
    assert safe_text.cell(text) == text


@given(st.text())
def test_every_cell_is_read_back(text: str) -> None:
    assert safe_text.cell_read(safe_text.cell(text)) == text


def test_a_table_keeps_numbers_and_quotes_text() -> None:
    text = safe_text.csv_text([["name", "value"], ["=1+1", -5.5], ['a,"b"', 1e-300], ["x\x00y", 3]])
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1:] == [["'=1+1", "-5.5"], ['a,"b"', "1e-300"], ["x\\x00y", "3"]]


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\udcff" not in text])
def test_json_and_toml_hide_nothing_and_lose_nothing(text: str) -> None:
    as_json, as_toml = safe_text.json_text({"é": text}), f"x = {safe_text.toml_text(text)}"
    assert json.loads(as_json) == {"é": text}
    assert tomllib.loads(as_toml) == {"x": text}
    assert not any(map(is_hidden, as_json.replace("\n", "") + as_toml))
    assert "é" in as_json


def test_json_can_be_written_whatever_it_holds() -> None:
    assert json.loads(safe_text.json_text(["\udcff"]).encode()) == ["\udcff"]


@pytest.mark.parametrize("text", ["plain", "two words", "it's $HOME", "a\nb\x1b", "back\\slash\n", "-x", ""])
def test_a_shell_reads_the_words_back(text: str) -> None:
    command = safe_text.shell_command(["printf", "%s", text])
    assert not any(map(is_hidden, command))
    found = subprocess.run(["bash", "-c", command], capture_output=True, check=True).stdout
    assert found == text.encode()


def test_a_shell_gets_back_the_bytes_of_a_name_that_is_no_utf8() -> None:
    command = safe_text.shell_command(["printf", "%s", b"\xff.toml".decode(errors="surrogateescape")])
    assert subprocess.run(["bash", "-c", command], capture_output=True, check=True).stdout == b"\xff.toml"
    assert shlex.quote("a b") in safe_text.shell_command(["a b"])


@pytest.mark.parametrize(
    "text", ["../../etc/passwd", "a/b\\c:d*e?", "CON", "nul.txt", "", "...", "x" * 500, "\x1b\n", "-rf"]
)
def test_a_file_name_is_one_that_every_system_takes(text: str) -> None:
    name = safe_text.file_name(text)
    assert 1 <= len(name) <= 61
    assert not set(name) & set('/\\:*?"<>|\n\x1b')
    assert name[0] not in ".-"
    assert name.upper().partition(".")[0] not in ("CON", "NUL")


def test_a_data_set_is_written_whatever_its_texts_hold(tmp_path) -> None:
    names = xr.Variable(("patient",), np.array(["P\x00", "ok"], dtype=object), {"long_name": "a\x00b"})
    path = tmp_path / "x.nc"
    path.write_bytes(
        netcdf_bytes(xr.Dataset({"name": names, "x": ("patient", [1.0, math.nan])}, attrs={"title": "\x00"}))
    )
    with xr.open_dataset(path, engine="h5netcdf") as found:
        assert found["name"].values.tolist() == ["P\\x00", "ok"]
        assert (found["name"].attrs["long_name"], found.attrs["title"]) == ("a\\x00b", "\\x00")
