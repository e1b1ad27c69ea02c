"""A site whose explorer and models are a line each, with the lesson of these tests."""

import pytest
from teach.lesson_files import EXAMPLE

from immunosim.teach import site
from immunosim.teach.site import SiteOptions, SiteParts, site_parts

EXPLORER = 'console.log("</script><!-- ends nothing -->");'


def small_site(monkeypatch: pytest.MonkeyPatch, options: SiteOptions | None = None) -> SiteParts:
    """Return the parts of the site without the built explorer and without models."""
    built = {"explorer.js": EXPLORER.encode(), "explorer.css": b"body { margin: 0 }"}
    monkeypatch.setattr(site, "built_file", built.__getitem__)
    monkeypatch.setattr(site, "is_fresh", lambda: True)
    monkeypatch.setattr(site, "_model", lambda name: f'IMMUNOSIM.models["{name}"] = {{}};')
    monkeypatch.setattr(site, "all_lessons", lambda own: site.read_lessons(EXAMPLE))
    return site_parts(options or SiteOptions())
