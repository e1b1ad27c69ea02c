"""Import recipes: what the user says of a table that the table does not say itself, as TOML.

A recipe is validated as a whole, and every problem is named by file and key. Knows nothing of how tables are read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from immunosim.errors import DataError, InputProblem, did_you_mean

QUESTION = "?"
"""What a recipe that was written for a table says where the user has to."""

IGNORED = "ignore"
"""What a column means that is not used."""

TableFormat = Literal["clinic", "long", "nonmem", "petab"]


class _RecipeRecord(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ColumnMeaning(_RecipeRecord):
    """What a column means.

    Attributes
    ----------
    means : str
        The kind of the column, an analyte or another read-out, ``ignore``, or ``?`` where nothing is known yet. In a
        NONMEM table the name that the column has there, such as ``DV``.
    unit : str
        Its unit, where the header gives none or a wrong one; ``%`` for percent, ``fraction`` for shares from 0 to 1.
    parent : str
        What a share is a part of: ``lymphocytes``, ``leukocytes`` or an analyte.
    """

    means: str = ""
    unit: str = ""
    parent: str = ""


class ImportRecipe(_RecipeRecord):
    """What the user says of a table; all is optional.

    Attributes
    ----------
    format : str
        ``clinic`` (one visit a row), ``long`` (one result a row), ``nonmem`` or ``petab``.
    encoding, separator, sheet : str
        How the file is read.
    decimal : str
        The decimal mark; the other mark then separates thousands.
    date_order : str
        ``day first`` or ``month first``, for dates such as 04/05/2017.
    time_unit : str
        Unit of TIME in a NONMEM table.
    columns : mapping of str to ColumnMeaning
        By header; in a long table by test as well.
    words : mapping of str to str
        What a word in a cell stands for: ``missing``, or the cell that should stand there, such as ``<0.05``.
    file : str
        Where the recipe was read.
    """

    format: TableFormat | None = None
    encoding: str = ""
    separator: str = Field(default="", max_length=1)
    sheet: str = ""
    decimal: Literal["", ".", ","] = ""
    date_order: Literal["", "day first", "month first"] = ""
    time_unit: str = ""
    columns: Mapping[str, ColumnMeaning] = {}
    words: Mapping[str, str] = {}
    file: str = Field(default="", exclude=True)

    @field_validator("words")
    @classmethod
    def _answered(cls, words: Mapping[str, str]) -> Mapping[str, str]:
        for word, text in words.items():
            if text.strip() == QUESTION:
                raise ValueError(f'"{word}" is still a question, write "missing" or a limit such as "<5"')
        return words

    def cell_texts(self) -> dict[str, str]:
        """Return by word, without regard to case, the text that stands for it."""
        return {word.casefold(): "" if text == "missing" else text for word, text in self.words.items()}

    def meaning(self, header: str) -> ColumnMeaning:
        """Return what is said of a column; nothing where it is not named or still a question."""
        named = self.columns.get(header) or ColumnMeaning()
        return ColumnMeaning(unit=named.unit, parent=named.parent) if named.means == QUESTION else named

    def check_names(self, names: Mapping[str, object] | tuple[str, ...]) -> None:
        """Refuse columns that the table does not have.

        Raises
        ------
        DataError
        """
        unknown = [name for name in self.columns if name not in names]
        if unknown:
            reason = "is not a column of the table"
            problems = [
                InputProblem(reason, self.file, f"columns.{name}", did_you_mean(name, names)) for name in unknown
            ]
            raise DataError(problems=problems)


NO_RECIPE = ImportRecipe()


def read_recipe(path: Path) -> ImportRecipe:
    """Read a recipe.

    Raises
    ------
    DataError
        With file and key of everything that is wrong.
    """
    file = str(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise DataError("does not exist", file=file, cure="write one with immunosim data recipe") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read ({error})", file=file, cure="save it as TOML in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"is not TOML: {error}", file=file, cure="correct the line") from error
    if "file" in document:
        raise DataError("unknown key", file=file, key="file", cure="leave it out")
    try:
        return ImportRecipe.model_validate(document | {"file": file})
    except ValidationError as error:
        raise DataError(problems=[_problem(fault, file) for fault in error.errors()]) from error


def _problem(fault: Mapping[str, object] | object, file: str) -> InputProblem:
    assert isinstance(fault, dict)
    keys = fault["loc"]
    key = ".".join(str(part) for part in keys)
    if fault["type"] == "extra_forbidden":
        record = ColumnMeaning if keys[0] == "columns" else ImportRecipe
        known = [name for name in record.model_fields if name != "file"]
        return InputProblem("unknown key", file, key, did_you_mean(str(keys[-1]), known))
    return InputProblem(
        str(fault["msg"]).removeprefix("Value error, "), file, key, "see docs/data.md for what it takes"
    )
