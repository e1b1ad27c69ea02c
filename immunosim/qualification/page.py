"""The report of a qualification: the same record as JSON and as one HTML page that stands alone.

Makes files, decides nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import jinja2

from immunosim.qualification.requirements import FAMILIES
from immunosim.qualification.running import Qualification
from immunosim.report import to_json
from immunosim.report.output_files import FolderKind

JSON, HTML = "qualification.json", "qualification.html"

QUALIFICATION = FolderKind(frozenset({JSON, HTML}), ())
"""What a folder of a qualification holds."""


def qualification_files(found: Qualification, command: str) -> dict[str, bytes]:
    """Return the files of a report by name.

    Parameters
    ----------
    found : Qualification
    command : str
        What to type to do it again.
    """
    record = found.as_dict() | {"command": command}
    content = to_json(record).encode()
    return {JSON: content, HTML: page(record, hashlib.sha256(content).hexdigest()).encode()}


def page(record: Mapping[str, Any], sha256: str) -> str:
    """Return the page of a record; `sha256` is that of its JSON file, so that the two can be matched."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("immunosim.qualification"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    families = {
        about: [check for check in record["checks"] if check["id"].startswith(letters)]
        for letters, about in FAMILIES.items()
    }
    families = {about: checks for about, checks in families.items() if checks}
    failed = [check for check in record["checks"] if check["verdict"] == "FAILED"]
    # A number is not broken after its "e-".
    environment.filters["whole"] = lambda text: text.replace("e-", "e\N{NON-BREAKING HYPHEN}")
    template = environment.get_template("qualification.html.j2")
    return template.render(record=record, families=families, failed=failed, sha256=sha256, json=JSON)
