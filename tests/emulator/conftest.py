"""The fixtures of the stack in the laptop, as a researcher has it."""

from emulator_stack import backend, bucket, store

__all__ = ["backend", "bucket", "store"]
