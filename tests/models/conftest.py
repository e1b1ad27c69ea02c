"""The example package of docs/examples, as if it were installed."""

import importlib.metadata
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from immunosim.models import registry

SOURCES = Path(__file__).parents[2] / "docs" / "examples" / "anti_cd20"
GROUP = registry.ENTRY_POINTS


def _forget() -> None:
    registry._installed.cache_clear()
    registry._load.cache_clear()
    for name in [name for name in sys.modules if name.startswith("immunosim_anti_cd20")]:
        del sys.modules[name]


@contextmanager
def _announced(folder: Path) -> Iterator[None]:
    """Put a folder on the path, and let its entry point be found."""
    point = EntryPoint("anti_cd20", "immunosim_anti_cd20:MODEL", GROUP)
    original = importlib.metadata.entry_points

    def entry_points(**asked: str) -> Any:
        return (point,) if asked.get("group") == GROUP else original(**asked)

    _forget()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setattr(importlib.metadata, "entry_points", entry_points)
        yield
    _forget()


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a copy of the example package outside of the repository, which is found by its entry point."""
    copy = tmp_path_factory.mktemp("plugin") / "anti_cd20"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with _announced(copy):
        yield copy
