"""Requests as API Gateway checks them: JSON Schema draft 4, derived from the wire types.

The gateway refuses what is malformed; what needs the catalog is refused by the parent. Its models are kept to what
the gateway is documented to support: no ``$defs``, no ``anyOf``, no recursion. A union of scalars becomes a list of
types, a union of objects an object with one of their kinds, and the parent's strict decoding checks what is inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from workbench.contract.codec import Document

__all__ = ["request_schema"]

_DRAFT_4 = "http://json-schema.org/draft-04/schema#"
_KEPT = ("type", "enum", "required", "additionalProperties")


def request_schema(kind: type[Document]) -> dict[str, Any]:
    """Return the JSON Schema of a request as an API Gateway model takes it.

    Parameters
    ----------
    kind : type
        The document that is the request's body.

    Returns
    -------
    dict
        Ready for ``json.dumps``.
    """
    (reference,), definitions = msgspec.json.schema_components([kind], ref_template="{name}")
    return {"$schema": _DRAFT_4, "title": kind.__name__, **_plain(reference, definitions)}


def _plain(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if name := schema.get("$ref"):
        return _plain(definitions[name], definitions)
    if union := schema.get("anyOf"):
        return _union(union, definitions)
    plain = {key: schema[key] for key in _KEPT if key in schema}
    if isinstance(extra := plain.get("additionalProperties"), dict):
        plain["additionalProperties"] = _plain(extra, definitions)
    if properties := schema.get("properties"):
        plain["properties"] = {name: _plain(value, definitions) for name, value in properties.items()}
    if items := schema.get("items"):
        plain["items"] = _plain(items, definitions)
    return plain


def _union(members: list[dict[str, Any]], definitions: dict[str, Any]) -> dict[str, Any]:
    if all("$ref" in member for member in members):
        kinds = [kind for member in members for kind in definitions[member["$ref"]]["properties"]["kind"]["enum"]]
        return {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": kinds}}}
    types = dict.fromkeys(member["type"] for member in members)
    return {"type": [name for name in types if not (name == "integer" and "number" in types)]}
