"""The names that resources have in the template: the rules' findings are written with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import Stack

if TYPE_CHECKING:
    from aws_cdk import CfnElement
    from constructs import Construct

__all__ = ["logical_id"]


def logical_id(construct: Construct) -> str:
    """Return the name in the template of the resource that a construct stands for."""
    return Stack.of(construct).get_logical_id(cast("CfnElement", construct.node.default_child))
