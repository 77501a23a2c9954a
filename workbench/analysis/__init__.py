"""Asks the outcomes of a run: one SQL builder, two engines that run its text, and the statistics of the answer."""
