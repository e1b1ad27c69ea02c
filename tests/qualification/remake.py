"""Make the shipped references of the qualification again: ``python tests/qualification/remake.py``.

Copies the hold-out rows of the scorecard into the package, solves the reference ensemble for this
class of machine, and writes the manifest last. Needed after every change
of a shipped data file, a parameter value, the model or the integrator; the diff shows what changed.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from immunosim.diagnosis import reference  # noqa: E402
from immunosim.models import load_references  # noqa: E402
from immunosim.qualification import holdouts, shipped  # noqa: E402

EXPERIMENTS = ROOT / "experiments"
REFERENCE = ROOT / "immunosim" / "diagnosis" / "reference.json"
OF_COHORTS = {"08_one_population", "09_secondary_autoimmunity", "10_alopecia", "12_fumarate"}
"""Experiments whose numbers take a cohort, which a check of an installation does not simulate."""

NOT_PUBLISHED = {"assumed", "case report"}


def holdout_rows() -> list[dict[str, object]]:
    """Return the rows of the scorecard that rest on published sources alone and were not fitted."""
    found = []
    for path in sorted(EXPERIMENTS.glob("*/expected.json")):
        if path.parent.name in OF_COHORTS:
            continue
        for row in json.loads(path.read_text(encoding="utf-8")):
            if not row["fitted"] and not row.get("repeats") and not NOT_PUBLISHED & set(row["source"]):
                found.append(
                    {"experiment": path.parent.name, **row, "citations": [cited(key) for key in row["source"]]}
                )
    return found


def cited(key: str) -> str:
    """Return an entry of a bibliography as authors, year, journal and identifier."""
    text = (EXPERIMENTS / "references.bib").read_text(encoding="utf-8")
    local = re.search(rf"^@\w+\{{{key},\n.*?^\}}$", text, re.MULTILINE | re.DOTALL)
    fields = dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*)\},?$", local.group() if local else load_references()[key], re.M))
    first, *others = re.sub(r"[{}]", "", fields.get("author", "")).split(" and ")
    who = f"{first} et al." if others else first
    where = " ".join(fields[name] for name in ("journal", "volume") if name in fields) or fields["title"]
    pages = f":{fields['pages'].split('--')[0]}" if "pages" in fields else ""
    return f"{f'{who} ' if who else ''}{fields['year']}, {where}{pages}"


def solved_reference() -> dict[str, object]:
    """Return the reference ensemble with its digest for this class of machine; other classes keep to the values."""
    states = reference.solved_reference()
    return {"digests": {reference.machine_class(): reference.digest_of(states)}, "states": states.tolist()}


def compact(record: Mapping[str, object]) -> str:
    """Return the reference as JSON with one line a state."""
    digests = json.dumps(record["digests"], indent=2).replace("\n", "\n  ")
    patients = [",\n    ".join(json.dumps(state) for state in patient) for patient in record["states"]]  # type: ignore[attr-defined]
    blocks = "],\n   [".join(patients)
    return f'{{\n  "digests": {digests},\n  "states": [\n   [{blocks}]\n  ]\n}}\n'


def main() -> None:
    """Write everything; the manifest last, since it covers the others."""
    holdouts.ROWS.write_text(json.dumps(holdout_rows(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    REFERENCE.write_text(compact(solved_reference()), encoding="utf-8")
    shipped.MANIFEST.write_text(shipped.manifest_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
