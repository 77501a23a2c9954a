"""``python -m workbench.experiments`` prints the catalog: what a deployment takes along for its parent."""

import sys

from workbench.contract import encode
from workbench.errors import ExperimentError
from workbench.experiments.registry import catalog

try:
    sys.stdout.buffer.write(encode(catalog()) + b"\n")
except ExperimentError as error:
    sys.exit(f"error: {error}")
