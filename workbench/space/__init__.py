"""What to evaluate: axes, the spaces built from them, and how rows are cut into shards.

A space is a frozen expression tree that is also its own wire format: it is sent, stored and hashed as it is.
No space is ever materialised; sizes and points come from arithmetic over the tree.
"""

from workbench.space.axes import Axis, Linspace, Range, Value, Values, linspace, logspace
from workbench.space.build import concat, product, zipped
from workbench.space.faults import space_faults
from workbench.space.grid import Concat, Point, Product, Space, Where, Zip
from workbench.space.shards import ShardPlan, stride

__all__ = [
    "Axis",
    "Concat",
    "Linspace",
    "Point",
    "Product",
    "Range",
    "ShardPlan",
    "Space",
    "Value",
    "Values",
    "Where",
    "Zip",
    "concat",
    "linspace",
    "logspace",
    "product",
    "space_faults",
    "stride",
    "zipped",
]
