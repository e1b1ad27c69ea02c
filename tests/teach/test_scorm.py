"""The SCORM package: its manifest, and what its script tells a learning platform, against a stub of the interface."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from importlib import resources
from xml.etree import ElementTree

import pytest
from teach.site_of_tests import small_site

from immunosim.teach.scorm import MASTERY, scorm_package
from immunosim.teach.site import SiteOptions

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

SPACES = {"a": "http://www.imsproject.org/xsd/imscp_rootv1p1p2", "b": "http://www.adlnet.org/xsd/adlcp_rootv1p2"}

STUB = r"""
// A learning platform: refuses what SCORM 1.2 refuses, and notes every call.
const calls = [];
const data = { "cmi.core.lesson_status": OPTIONS.status };
let isOpen = false;
const fits = {
  "cmi.core.score.raw": (v) => /^\d{1,3}$/.test(v) && Number(v) <= 100,
  "cmi.core.score.min": (v) => v === "0", "cmi.core.score.max": (v) => v === "100",
  "cmi.core.lesson_status": (v) => ["passed", "completed", "failed", "incomplete", "browsed"].includes(v),
  "cmi.core.session_time": (v) => /^\d{2,4}:[0-5]\d:[0-5]\d(\.\d{1,2})?$/.test(v),
};
const note = (name, result, ...given) => { calls.push([name, ...given, result]); return result; };
const API = {
  LMSInitialize: (x) => {
    if (OPTIONS.refuses || isOpen || x !== "") return note("init", "false");
    isOpen = true;
    return note("init", "true");
  },
  LMSGetValue: (key) => note("get", isOpen && key in data ? data[key] : "", key),
  LMSSetValue: (key, value) => {
    if (OPTIONS.throws) throw new Error("platform");
    const ok = isOpen && typeof value === "string" && key in fits && fits[key](value);
    if (ok) data[key] = value;
    return note("set", String(ok), key, value);
  },
  LMSCommit: (x) => note("commit", String(isOpen && x === "")),
  LMSFinish: (x) => { const ok = isOpen && x === ""; isOpen = false; return note("finish", String(ok)); },
};
let hide = () => {};
globalThis.window = globalThis;
window.addEventListener = (name, what) => { if (name === "pagehide") hide = what; };
let top = { API: OPTIONS.none ? undefined : API };
top.parent = top;
for (let i = 1; i < OPTIONS.depth; i += 1) top = { parent: top };
window.parent = top;
if (OPTIONS.opener) { window.parent = window; window.opener = top; }
"""


def script() -> str:
    return (resources.files("immunosim.teach") / "templates" / "scorm.js").read_text()


def told(reports: list[object], **options: object) -> dict[str, object]:
    """Return what a platform was told, and what each report returned."""
    given = {"status": "not attempted", "depth": 1, "refuses": False, "throws": False, "none": False, "opener": False}
    lines = [f"const OPTIONS = {json.dumps(given | options)};", STUB, script(), "const results = [];"]
    lines += [f"results.push(IMMUNOSIM.scorm.report({json.dumps(report)}));" for report in reports]
    lines += ["hide(); hide();", "results.push(IMMUNOSIM.scorm.report({score: 1, answered: 1, total: 1}));"]
    lines += ["console.log(JSON.stringify({ calls, data, results }));"]
    node = subprocess.run(["node", "-"], input="\n".join(lines), capture_output=True, text=True, check=False)
    assert node.returncode == 0, node.stderr
    return dict(json.loads(node.stdout))


@needs_node
@pytest.mark.parametrize(
    ("score", "answered", "status"),
    [(100, 4, "passed"), (60, 4, "passed"), (59.4, 4, "failed"), (0, 4, "failed"), (25, 1, "incomplete")],
)
def test_score_and_status_arrive(score: float, answered: int, status: str) -> None:
    found = told([{"score": score, "answered": answered, "total": 4}])
    data = found["data"]
    assert isinstance(data, dict)
    assert data["cmi.core.score.raw"] == str(round(score))
    assert data["cmi.core.lesson_status"] == status
    assert re.fullmatch(r"\d{2}:\d{2}:\d{2}", data["cmi.core.session_time"])
    assert found["results"] == [True, False]  # nothing is told after the end
    calls = [call[0] for call in found["calls"]]  # type: ignore[union-attr]
    assert calls.count("init") == 1
    assert calls.count("finish") == 1
    assert calls[-1] == "finish"
    assert not [call for call in found["calls"] if call[0] == "set" and call[-1] != "true"]  # type: ignore[union-attr]


@needs_node
def test_a_lesson_that_is_only_opened_is_incomplete() -> None:
    assert told([])["data"]["cmi.core.lesson_status"] == "incomplete"  # type: ignore[index]


@needs_node
def test_a_lesson_that_was_passed_stays_so_when_it_is_opened_again() -> None:
    assert told([], status="passed")["data"]["cmi.core.lesson_status"] == "passed"  # type: ignore[index]


@needs_node
@pytest.mark.parametrize("options", [{"depth": 5}, {"opener": True}, {"opener": True, "depth": 3}])
def test_the_interface_is_found_above_the_page(options: dict[str, object]) -> None:
    assert told([{"score": 80, "answered": 2, "total": 2}], **options)["results"][0] is True  # type: ignore[index]


@needs_node
@pytest.mark.parametrize("options", [{"none": True}, {"refuses": True}, {"throws": True}, {"depth": 30}])
def test_a_platform_that_does_not_answer_stops_nothing(options: dict[str, object]) -> None:
    assert told([{"score": 80, "answered": 2, "total": 2}], **options)["results"] == [False, False]


@needs_node
@pytest.mark.parametrize(
    "report",
    [None, {}, {"score": "a", "answered": 1, "total": 1}, {"score": 101, "answered": 1, "total": 1},
     {"score": -1, "answered": 1, "total": 1}, {"score": 1, "answered": 1, "total": 0}],
)  # fmt: skip
def test_a_report_that_is_none_is_not_told(report: object) -> None:
    found = told([report])
    assert found["results"] == [False, False]
    assert "cmi.core.score.raw" not in found["data"]  # type: ignore[operator]


def test_the_script_and_the_manifest_have_one_mastery_score() -> None:
    assert f"MASTERY = {MASTERY};" in script()


def test_the_manifest_names_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    options = SiteOptions(lesson="second_course", is_alone=True)
    package = scorm_package(small_site(monkeypatch, options), "second_course")
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        manifest = ElementTree.fromstring(archive.read("imsmanifest.xml"))
        page = archive.read("index.html").decode()
    listed = [file.attrib["href"] for file in manifest.iterfind(".//a:file", SPACES)]
    assert sorted([*listed, "imsmanifest.xml"]) == sorted(names)
    assert "model-alemtuzumab.js" in names
    assert "model-teaching.js" not in names  # the lesson needs one model
    assert manifest.findtext(".//a:schemaversion", namespaces=SPACES) == "1.2"
    assert manifest.findtext(".//a:item/a:title", namespaces=SPACES) == "The second course"
    assert manifest.findtext(".//b:masteryscore", namespaces=SPACES) == str(MASTERY)
    resource = manifest.find(".//a:resource", SPACES)
    assert resource is not None
    assert resource.attrib[f"{{{SPACES['b']}}}scormtype"] == "sco"
    assert resource.attrib["href"] == "index.html"
    assert page.index("scorm.js") < page.index("explorer.js")
    assert '"scorm": true' in page


def test_equal_packages_are_equal_files(monkeypatch: pytest.MonkeyPatch) -> None:
    first = scorm_package(small_site(monkeypatch), "")
    assert first == scorm_package(small_site(monkeypatch), "")
