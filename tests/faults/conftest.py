"""A folder whose rows do harm, and the fixtures of the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from emulator_stack import backend, bucket, store
from fatal_models import ARMED

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["armed", "backend", "bucket", "store"]


@pytest.fixture
def armed(tmp_path: Path) -> Path:
    """A folder for `harmful`, armed."""
    folder = tmp_path / "harm"
    folder.mkdir()
    (folder / ARMED).touch()
    return folder
