"""Designs: points that are chosen rather than combined, by sampling or one at a time.

A design is computed once, where it is written, and is a space of explicit values from then on: whoever validates or
evaluates it needs neither scipy nor the seed, and no version of any library changes it.
"""

from workbench.designs.ranges import LogUniform, loguniform
from workbench.designs.samples import latin_hypercube, monte_carlo, sobol
from workbench.designs.star import star

__all__ = ["LogUniform", "latin_hypercube", "loguniform", "monte_carlo", "sobol", "star"]
