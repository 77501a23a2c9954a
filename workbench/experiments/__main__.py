"""``python -m workbench.experiments`` prints the catalog: what a deployment takes along for its parent."""

import sys

from workbench.contract import encode
from workbench.experiments.registry import catalog

sys.stdout.buffer.write(encode(catalog()) + b"\n")
