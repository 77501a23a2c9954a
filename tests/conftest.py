"""Fixtures that several folders of tests share."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

from emulator_stack import local_stack

__all__ = ["local_stack"]

# What its assertions compared is shown as that of tests is.
pytest.register_assert_rewrite("full_coverage")

# Nothing depends on how fast the machine is.
settings.register_profile("workbench", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("workbench")
