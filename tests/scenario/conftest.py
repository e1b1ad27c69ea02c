"""A model with a drug that covers an area, an effect that scenarios assume, a challenge and relapses."""

import pytest
from skin_model import MODEL

from immunosim.models import register_model, registry


@pytest.fixture
def skin(monkeypatch: pytest.MonkeyPatch) -> str:
    """Register the model and return its name."""
    monkeypatch.setattr(registry, "_REGISTERED", {})
    register_model(MODEL)
    return MODEL.name
