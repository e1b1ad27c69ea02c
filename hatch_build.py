"""What the package gets when it is built: the generated texts of the models, and a wheel the scenarios of configs/."""

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShippedTexts(BuildHookInterface):  # type: ignore[misc]
    """What hatchling calls before it collects the files of a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the texts, let the wheel take them although git ignores them, and add the scenarios."""
        sys.path.insert(0, self.root)
        try:
            from immunosim.codegen.shipping import write_shipped

            write_shipped()
        finally:
            sys.path.remove(self.root)
        build_data["artifacts"].append("immunosim/codegen/shipped/**")
        if version != "editable":  # which finds them where they are
            build_data["force_include"]["configs"] = "immunosim/configs"
