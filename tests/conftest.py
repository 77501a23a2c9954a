"""Fixtures that several folders of tests share."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from emulator_stack import local_stack

__all__ = ["local_stack"]
