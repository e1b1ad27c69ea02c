"""The site in headless Chromium, from the disk and from the loopback server; skipped where a tool is missing."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from teach.browser.pages import FLAGS, Visits

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
EXAMPLE = Path(__file__).parents[1] / "lessons"


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from immunosim.teach.export import folder_files, write_folder

    folder = tmp_path_factory.mktemp("site")
    write_folder(folder, folder_files(_parts()), replace=True)
    return folder


@pytest.fixture(scope="session")
def single_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from immunosim.teach.export import single_page, write_page

    return write_page(tmp_path_factory.mktemp("single") / "site.html", single_page(_parts()))


@pytest.fixture(scope="session")
def shipped_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as the package writes it, with its lessons."""
    from immunosim.teach.export import folder_files, write_folder
    from immunosim.teach.site import SiteOptions, site_parts

    folder = tmp_path_factory.mktemp("shipped")
    write_folder(folder, folder_files(site_parts(SiteOptions())), replace=True)
    return folder


def _parts() -> Any:
    """Return the parts of a site that has the lesson of these tests alone."""
    from immunosim.teach import site

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "all_lessons", lambda own: site.read_lessons(EXAMPLE))
        return site.site_parts(site.SiteOptions())


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of the local application."""
    from immunosim.teach.server import Server, serve

    application = Server(_parts())
    thread = threading.Thread(target=serve, args=(application,), daemon=True)
    thread.start()
    yield application.address
    application.shutdown()
    thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed (pip install playwright)"
    )
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visits(browser: Any) -> Iterator[Visits]:
    """Pages that are opened, and everything that they asked for or complained of."""
    opened = Visits(browser)
    yield opened
    opened.close()
    assert opened.complaints == []
    assert opened.foreign == []
