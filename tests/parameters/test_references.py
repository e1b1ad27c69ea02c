"""The bibliography is well formed, has no orphans and says where a source was not read again."""

import re
import tomllib
from importlib import resources

from immunosim.models import available_sets, load_parameters, load_references

FIELD = re.compile(r"^  (\w+) += \{(.*)\},$")


def fields(entry: str) -> dict[str, str]:
    lines = entry.splitlines()[1:-1]
    matches = [FIELD.match(line) for line in lines]
    assert None not in matches, entry
    return {match[1]: match[2] for match in matches if match}


def test_every_entry_is_found_and_its_fields_have_one_form():
    text = (resources.files("immunosim.models.alemtuzumab") / "references.bib").read_text(encoding="utf-8")
    assert len(load_references()) == len(re.findall(r"^@", text, re.MULTILINE))
    for entry in load_references().values():
        assert entry.count("{") == entry.count("}")
        assert fields(entry)


def test_keys_are_unique_and_in_alphabetical_order():
    text = (resources.files("immunosim.models.alemtuzumab") / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{(\S+),", text, re.MULTILINE)
    assert keys == sorted(set(keys))


def test_every_entry_is_cited_by_a_parameter_or_a_file_of_targets():
    cited = {key for name in available_sets() for key in load_parameters(name).references()}
    for file in (resources.files("immunosim.models.alemtuzumab") / "targets").iterdir():
        cited.add(tomllib.loads(file.read_text(encoding="utf-8"))["source"].get("key"))
    assert sorted(load_references().keys() - cited) == []


def test_every_entry_can_be_found_or_says_that_it_was_recalled():
    for key, entry in load_references().items():
        assert {"doi", "url", "note"} & fields(entry).keys(), key


def test_an_entry_without_title_author_or_year_says_so():
    for key, entry in load_references().items():
        if not {"author", "title", "year"} <= fields(entry).keys():
            assert "note" in fields(entry), key


def test_a_doi_is_written_without_its_resolver():
    for key, entry in load_references().items():
        assert fields(entry).get("doi", "10.").startswith("10."), key


def test_a_caller_cannot_change_the_bibliography():
    load_references().clear()
    assert load_references()
