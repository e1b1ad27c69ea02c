"""A lesson in a learning platform: the page tells it the score, by a stub of the interface of SCORM 1.2."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from teach.browser.conftest import EXAMPLE
from teach.browser.pages import Visits, settled

PLATFORM = """
window.told = {};
window.API = {
  LMSInitialize: () => "true", LMSFinish: () => "true", LMSCommit: () => "true", LMSGetValue: () => "",
  LMSSetValue: (key, value) => { window.told[key] = value; return "true"; }, LMSGetLastError: () => "0",
};"""


def test_the_platform_is_told_the_score(visits: Visits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from immunosim.teach import site
    from immunosim.teach.scorm import scorm_package

    monkeypatch.setattr(site, "all_lessons", lambda own: site.read_lessons(EXAMPLE))
    parts = site.site_parts(site.SiteOptions(lesson="second_course", is_alone=True))
    with zipfile.ZipFile(BytesIO(scorm_package(parts, "second_course"))) as package:
        package.extractall(tmp_path)
    page = visits.open((tmp_path / "index.html").as_uri(), script=PLATFORM)
    page.get_by_role("button", name="I have no idea yet").click()
    page.locator("input[name=answer-nadir]").fill("1.89")
    page.locator('[data-task="nadir"]').get_by_role("button", name="Check").click()
    settled(page)
    told = page.evaluate("() => window.told")
    assert told["cmi.core.score.raw"] == "25"
    assert told["cmi.core.lesson_status"] == "incomplete"
