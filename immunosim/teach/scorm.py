"""A SCORM 1.2 package of a lesson: the site with a manifest, and a script that tells the learning platform the score.

Follows "SCORM Version 1.2, The SCORM Content Aggregation Model" and "The SCORM Run-Time Environment" (ADL, 2001).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from importlib import resources
from xml.sax.saxutils import escape, quoteattr

from immunosim.safe_text import markup
from immunosim.teach.export import INDEX, folder_files
from immunosim.teach.site import SCRIPT, SiteParts

MANIFEST, REPORTER = "imsmanifest.xml", "scorm.js"
MASTERY = 60
"""Score in percent from which the lesson counts as passed."""

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Time of the files of the package, the earliest that a zip file can hold: equal packages are equal files."""


def scorm_package(parts: SiteParts, lesson: str) -> bytes:
    """Return a package for a learning platform as a zip file.

    Parameters
    ----------
    parts : SiteParts
    lesson : str
        Id of the lesson; empty for all of them.
    """
    reporter = (resources.files("immunosim.teach") / "templates" / REPORTER).read_text(encoding="utf-8")
    scripts: dict[str, str] = {}
    for name, text in parts.scripts.items():
        scripts |= {REPORTER: reporter, name: text} if name == SCRIPT else {name: text}
    files = folder_files(replace(parts.with_settings(scorm=True), scripts=scripts))
    name = f"immunosim-{lesson}" if lesson else "immunosim"
    manifest = manifest_text(name, parts.title, files)
    return _zipped({MANIFEST: manifest.encode(), **files})


def manifest_text(name: str, title: str, files: Iterable[str]) -> str:
    """Return the manifest of a package.

    Parameters
    ----------
    name : str
        Identifier, of letters, digits and hyphens.
    title : str
        What the platform shows.
    files : iterable of str
    """
    resources_listed = "\n".join(f"      <file href={quoteattr(file)}/>" for file in files)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier={quoteattr(name)} version="1.0"
    xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata>
    <schema>ADL SCORM</schema>
    <schemaversion>1.2</schemaversion>
  </metadata>
  <organizations default="lessons">
    <organization identifier="lessons">
      <title>{escape(markup(title))}</title>
      <item identifier="lesson" identifierref="page">
        <title>{escape(markup(title))}</title>
        <adlcp:masteryscore>{MASTERY}</adlcp:masteryscore>
      </item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="page" type="webcontent" adlcp:scormtype="sco" href={quoteattr(INDEX)}>
{resources_listed}
    </resource>
  </resources>
</manifest>
"""


def _zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            package.writestr(entry, content)
    return stream.getvalue()
