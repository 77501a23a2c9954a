"""Fixtures of the tests of the stack in the laptop."""

from athena_lab import lab

__all__ = ["lab"]
