"""The manifest is up to date, and every change of a shipped file is named."""

import hashlib
from importlib import metadata

import pytest

from immunosim.errors import DataError
from immunosim.qualification import Verdict, shipped

SILENT = lambda text: None  # noqa: E731


@pytest.fixture
def tree(tmp_path):
    """Return a small package with data, a program and a scenario, and its manifest."""
    for name, text in {"immunosim/a.toml": "x = 1\n", "immunosim/b.py": "x = 1\n", "configs/c.toml": "y = 2\n"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    manifest = tmp_path / "manifest"
    manifest.write_text(shipped.manifest_text(tmp_path), encoding="utf-8")
    return tmp_path, manifest


def faults(tree):
    return {file.path: file.fault for file in shipped.shipped_files(*tree) if file.fault}


def test_the_shipped_manifest_is_that_of_the_files():
    assert shipped.MANIFEST.read_text(encoding="utf-8") == shipped.manifest_text(), (
        "run: python tests/qualification/remake.py"
    )


def test_the_manifest_covers_parameters_curves_references_and_scenarios():
    listed = shipped.read_manifest()
    for name in (
        *(
            "immunosim/models/alemtuzumab/parameters/default.toml",
            "immunosim/models/alemtuzumab/references.bib",
            "configs/two_courses.toml",
        ),
        *("immunosim/conformance/cases/01_pulse_over_one_hour.csv", "immunosim/diagnosis/reference.json"),
        *("immunosim/qualification/holdouts.json", "configs/case_report.toml"),
    ):
        assert name in listed


def test_what_is_unchanged_has_no_fault(tree):
    assert [file.path for file in shipped.shipped_files(*tree)] == ["configs/c.toml", "immunosim/a.toml"]
    assert faults(tree) == {}


def test_the_manifest_is_what_sha256sum_writes(tree):
    root, manifest = tree
    digest = hashlib.sha256(b"x = 1\n").hexdigest()
    assert f"{digest}  immunosim/a.toml\n" in manifest.read_text(encoding="utf-8")
    (root / "immunosim/a.toml").write_bytes(b"x = 1\r\n")  # a checkout on Windows
    assert faults(tree) == {}


@pytest.mark.parametrize("name", ["immunosim/a.toml", "configs/c.toml"])
def test_one_changed_digit_is_named(tree, name):
    (tree[0] / name).write_text("x = 3\n", encoding="utf-8")
    assert faults(tree) == {name: "is not what was shipped (its SHA-256 differs)"}


def test_a_file_that_is_missing_and_one_too_many_are_named(tree):
    root, _ = tree
    (root / "immunosim/a.toml").rename(root / "immunosim/z.toml")
    assert faults(tree) == {"immunosim/a.toml": "is missing", "immunosim/z.toml": "is not part of the release"}


def test_a_scenario_that_is_missing_is_named_and_a_users_own_is_left_alone(tree):
    root, _ = tree
    (root / "configs/mine.toml").write_text("z = 3\n", encoding="utf-8")
    assert faults(tree) == {}
    (root / "configs/c.toml").unlink()
    assert faults(tree) == {"configs/c.toml": "is missing"}


def test_an_installed_package_has_the_scenarios_inside(tree):
    root, _ = tree
    (root / "configs").rename(root / "immunosim/configs")
    assert faults(tree) == {}
    (root / "immunosim/configs/c.toml").write_text("y = 3\n", encoding="utf-8")
    assert faults(tree) == {"configs/c.toml": "is not what was shipped (its SHA-256 differs)"}


def test_a_manifest_that_cannot_be_read_is_an_error_with_a_cure(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        shipped.read_manifest(tmp_path / "none")
    (tmp_path / "broken").write_text("no two columns\n", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        shipped.read_manifest(tmp_path / "broken")


class Installed:
    """A distribution as the installer records it: one program of the package, with its hash."""

    def __init__(self, expected):
        self.files = [expected]


def recorded(content, place):
    path = metadata.PackagePath("immunosim/errors.py")
    digest = hashlib.sha256(content).digest()
    import base64

    path.hash = metadata.FileHash(f"sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}")
    path.dist = type("Dist", (), {"locate_file": lambda self, name: place / name})()
    return path


def test_program_files_are_compared_with_the_record_of_the_installer(monkeypatch):
    root = shipped.PACKAGE.parent
    content = (root / "immunosim/errors.py").read_bytes()
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed(recorded(content, root)))
    assert shipped.check_programs(SILENT).verdict is Verdict.PASSED
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed(recorded(content + b" ", root)))
    found = shipped.check_programs(SILENT)
    assert found.verdict is Verdict.FAILED
    assert found.notes[0].startswith("immunosim/errors.py is not what was installed")


def test_a_source_tree_has_no_record_of_the_installer(monkeypatch):
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed(metadata.PackagePath("immunosim.pth")))
    monkeypatch.setattr(metadata.PackagePath, "hash", None, raising=False)
    monkeypatch.setattr(metadata.PackagePath, "locate", lambda self: shipped.PACKAGE / "x.pth", raising=False)
    assert shipped.check_programs(SILENT).verdict is Verdict.NOT_APPLICABLE


def test_many_faults_are_cut_with_a_count(monkeypatch):
    found = tuple(shipped.ShippedFile(f"{n}.toml", "", "is missing") for n in range(50))
    monkeypatch.setattr(shipped, "shipped_files", lambda: found)
    result = shipped.check_data(SILENT)
    assert result.verdict is Verdict.FAILED
    assert len(result.notes) == 21
    assert result.notes[-1] == "and 30 more"
