"""The site as a folder and as one file: what is in it, what may run in it, and what it asks for."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from teach.lesson_files import EXAMPLE
from teach.site_of_tests import small_site
from typer.testing import CliRunner

from immunosim.cli.application import app
from immunosim.errors import ImmunosimError
from immunosim.teach import freshness
from immunosim.teach.answers import compute_answers
from immunosim.teach.export import folder_files, single_page, write_folder, write_page
from immunosim.teach.markdown import html, inline_html, teacher_html
from immunosim.teach.policy import for_data, for_script, policy
from immunosim.teach.reading import read_lesson
from immunosim.teach.record import lesson_record
from immunosim.teach.runs import Number
from immunosim.teach.site import SiteOptions, lessons_script
from immunosim.teach.teacher import answer_texts, number_text


class Page(HTMLParser):
    """What stands in a page: scripts and styles, and what is loaded."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.inside: list[tuple[str, dict[str, str | None], str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.is_inside = False
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.is_inside = tag in ("script", "style")
        if tag in ("script", "style"):
            self.inside.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.is_inside:
            tag, attributes, text = self.inside[-1]
            self.inside[-1] = (tag, attributes, text + data)

    def handle_endtag(self, tag: str) -> None:
        self.is_inside = False

    def texts(self, tag: str) -> list[str]:
        return [text for name, about, text in self.inside if name == tag and "type" not in about and text]

    @property
    def rules(self) -> str:
        return next(str(about["content"]) for tag, about in self.tags if about.get("http-equiv"))

    @property
    def settings(self) -> dict[str, object]:
        text = next(text for _, about, text in self.inside if about.get("id") == "settings")
        return dict(json.loads(text))


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_a_folder_loads_models_lessons_and_explorer_in_this_order(monkeypatch: pytest.MonkeyPatch) -> None:
    files = folder_files(small_site(monkeypatch))
    page = Page(files["index.html"])
    loaded = [about["src"] for tag, about in page.tags if tag == "script" and "src" in about]
    assert loaded == ["model-alemtuzumab.js", "model-teaching.js", "lessons.en.js", "explorer.js"]
    assert {*loaded, "explorer.css", "index.html"} == set(files)
    assert page.texts("script") == []
    assert page.texts("style") == []
    assert page.settings["language"] == "en"


def test_the_policy_of_a_folder_allows_files_beside_the_page_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Page(folder_files(small_site(monkeypatch))["index.html"]).rules
    assert rules == (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
        "worker-src blob:; base-uri 'none'; form-action 'none'"
    )


def test_only_the_scripts_of_a_single_page_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(single_page(small_site(monkeypatch)))
    scripts, styles = page.texts("script"), page.texts("style")
    assert len(scripts) == 4
    assert "unsafe-inline" not in page.rules
    rules = dict(rule.strip().split(" ", 1) for rule in page.rules.split(";"))
    assert rules["script-src"].split() == [*map(hash_of, scripts), "'wasm-unsafe-eval'"]
    assert rules["style-src"].split() == [*map(hash_of, styles)]


def test_a_single_page_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(single_page(small_site(monkeypatch)))
    addresses = [about[key] for _, about in page.tags for key in ("src", "href") if key in about]
    assert addresses == ["data:,"]  # the icon, so that browsers ask for none


def test_text_of_a_script_does_not_end_its_element() -> None:
    text = for_script('a = "</script><!--</SCRIPT >";\r\nb\rc')
    assert text == 'a = "<\\/script><\\!--<\\/SCRIPT >";\nb\nc'


def test_data_in_a_page_cannot_end_it() -> None:
    text = for_data(json.dumps({"a": "</script>\u2028"}, ensure_ascii=False))
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text) == {"a": "</script>\u2028"}


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "\u2028", '"', "\\"])
def test_settings_are_data_whatever_they_hold(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    parts = small_site(monkeypatch).with_settings(embed=name)
    for content in (folder_files(parts)["index.html"], single_page(parts)):
        assert Page(content).settings["embed"] == name


def test_nothing_may_run_where_no_script_is_given() -> None:
    assert "script-src 'none'" in policy(scripts=[], styles=[])
    assert "connect-src" not in policy()
    assert "connect-src 'self'" in policy(application=True)


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
        ("![a](http://evil.example/a.png)", "<p>![a](http://evil.example/a.png)</p>\n"),
        ("<http://evil.example>", "<p>&lt;http://evil.example&gt;</p>\n"),
        ("**a** *b* `c<d`", "<p><strong>a</strong> <em>b</em> <code>c&lt;d</code></p>\n"),
        (
            "{nadir} and {nadir.first}",
            '<p><span data-answer="nadir"></span> and <span data-answer="nadir.first"></span></p>\n',
        ),
        ('{nadir" onclick="x}', "<p>{nadir&quot; onclick=&quot;x}</p>\n"),
        ("a\u202eb", "<p>a\\u202eb</p>\n"),
    ],
)
def test_markdown_gives_text_and_nothing_that_acts(text: str, page: str) -> None:
    assert html(text) == page


def test_tables_have_no_style_of_their_own() -> None:
    page = html("| a | b |\n|:--|--:|\n| 1 | {nadir} |\n")
    assert "<table>" in page
    assert "style" not in page
    assert inline_html("*a*") == "<em>a</em>"


def test_a_teachers_page_holds_answers_as_text() -> None:
    assert "<b>1 &lt; 2</b>" in teacher_html("It is {{answer:a}}.", {"a": "1 < 2"})


def test_a_lesson_script_is_a_classic_script_with_the_records() -> None:
    answers = compute_answers(read_lesson(EXAMPLE))
    text = lessons_script([answers], "en")
    match = re.fullmatch(r".*IMMUNOSIM\.lessons\[\"en\"\]=(\[.*\]);\n", text, re.DOTALL)
    assert match is not None
    (record,) = json.loads(match[1])
    assert record == json.loads(json.dumps(lesson_record(answers, "en")))
    assert record["tasks"][1]["runs"]["set"] == {"course.2.start": "547.875 day"}
    assert record["tasks"][0]["runs"]["measure"]["end"] == 426.125
    assert [entry["id"] for entry in record["tasks"][2]["options"]] == ["half", "same"]
    assert "solution" not in text
    assert "<" not in match[1]


def test_no_number_of_an_answer_is_in_a_lesson_script() -> None:
    answers = compute_answers(read_lesson(EXAMPLE))
    text = lessons_script([answers], "en")
    assert "1.888" not in text
    assert "278." not in text


def test_numbers_are_written_as_a_language_writes_them() -> None:
    assert number_text(Number(1.888, "cells/uL"), "en") == "1.89 cells/µL"
    assert number_text(Number(1.888, "cells/uL"), "de") == "1,89 cells/µL"
    assert number_text(Number(0.5, "1"), "en") == "0.500"


def test_placeholders_of_a_choice_are_labels() -> None:
    texts = answer_texts(compute_answers(read_lesson(EXAMPLE)), "en")
    assert texts["dose"] == "6 mg"
    assert texts["dose.half"] == "162 cells/µL"


def test_teachers_pages_are_added_where_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = small_site(monkeypatch, SiteOptions(with_teacher=True))
    page = folder_files(parts)["teacher.en.html"].decode()
    assert "<b>1.89 cells/µL</b>" in page
    assert "script-src 'none'" in Page(page.encode()).rules
    assert "teacher.en.html" not in folder_files(small_site(monkeypatch))


@pytest.mark.parametrize("options", [SiteOptions(lesson="no_such"), SiteOptions(language="xx")])
def test_what_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch, options: SiteOptions) -> None:
    with pytest.raises(ImmunosimError, match=r"no_such|xx"):
        small_site(monkeypatch, options)


def test_a_folder_that_holds_something_is_kept(tmp_path: Path) -> None:
    write_folder(tmp_path / "site", {"a.txt": b"1"})
    with pytest.raises(ImmunosimError, match="is not empty"):
        write_folder(tmp_path / "site", {"a.txt": b"2"})
    write_folder(tmp_path / "site", {"a.txt": b"3"}, replace=True)
    assert (tmp_path / "site" / "a.txt").read_bytes() == b"3"


def test_a_file_that_exists_is_kept(tmp_path: Path) -> None:
    write_page(tmp_path / "a.html", b"1")
    with pytest.raises(ImmunosimError, match="exists"):
        write_page(tmp_path / "a.html", b"2")
    with pytest.raises(ImmunosimError, match="is a folder"):
        write_page(tmp_path, b"2")


def test_a_site_that_was_not_built_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(name: str) -> bytes:
        return freshness.built_file(name, tmp_path)

    monkeypatch.setattr("immunosim.teach.site.built_file", missing)
    told = CliRunner().invoke(app, ["teach", "--export", str(tmp_path / "out")])
    assert told.exit_code == 2
    assert "npm ci && npm run build" in told.output


def test_two_outputs_at_once_are_refused(tmp_path: Path) -> None:
    words = ["teach", "--export", str(tmp_path / "a"), "--single", str(tmp_path / "b.html")]
    assert CliRunner().invoke(app, words).exit_code == 2


def test_the_hash_of_the_sources_sees_names_and_contents(tmp_path: Path) -> None:
    for name in ("build.mjs", "package.json", "package-lock.json", "tsconfig.json", "src/a.ts", "src/b/c.ts"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    before = freshness.hash_of_sources(tmp_path)
    (tmp_path / "src/a.ts").rename(tmp_path / "src/d.ts")
    renamed = freshness.hash_of_sources(tmp_path)
    (tmp_path / "src/d.ts").write_text("other")
    assert len({before, renamed, freshness.hash_of_sources(tmp_path)}) == 3


def test_built_files_of_other_sources_are_not_fresh(tmp_path: Path) -> None:
    web, site = tmp_path / "web", tmp_path / "site"
    for name in ("build.mjs", "package.json", "package-lock.json", "tsconfig.json", "src/a.ts"):
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).write_text(name)
    site.mkdir()
    assert not freshness.is_fresh(web, site)
    (site / freshness.HASH_FILE).write_text(freshness.hash_of_sources(web) + "\n")
    assert freshness.is_fresh(web, site)
    (web / "src/a.ts").write_text("other")
    assert not freshness.is_fresh(web, site)
    assert freshness.is_fresh(tmp_path / "no_sources", site)
