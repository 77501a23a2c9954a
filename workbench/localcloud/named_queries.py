"""What the emulator's CloudFormation lacks of Athena: named queries, made, changed and removed as a template says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["install"]

_TYPE: Final = "AWS::Athena::NamedQuery"
# What the emulator notes of a resource: its physical id, and what Fn::GetAtt finds.
_Made: TypeAlias = tuple[str, dict[str, str]]


def install() -> None:
    """Let templates have named queries from now on; they are kept where the emulator's API keeps its own."""
    # Imported here, in the emulator's process, which has the settings that its modules read.
    from ministack.services import athena  # noqa: PLC0415
    from ministack.services.cloudformation import provisioners  # noqa: PLC0415

    def create(_logical_id: str, properties: Mapping[str, Any], _stack_name: str) -> _Made:
        _, _, body = athena._create_named_query(properties)  # noqa: SLF001 -- as the emulator's provisioners do
        made = str(json.loads(body)["NamedQueryId"])
        return made, {"NamedQueryId": made}

    def update(physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any], stack_name: str) -> _Made:
        # CloudFormation replaces a named query whatever changes of it; the old one goes when the update has succeeded.
        made = create(physical_id, new, stack_name)
        provisioners._delete_predecessor(delete, physical_id, old)  # noqa: SLF001
        return made

    def delete(physical_id: str, _properties: Mapping[str, Any]) -> None:
        athena._delete_named_query({"NamedQueryId": physical_id})  # noqa: SLF001

    handlers = provisioners._RESOURCE_HANDLERS  # noqa: SLF001 -- the only place that knows the types of resources
    handlers[_TYPE] = {"create": create, "update": update, "delete": delete}
