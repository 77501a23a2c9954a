"""The schema at the gateway takes every request that we send and refuses what is malformed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from msgspec import UNSET

from space_strategies import scalars, spaces
from workbench.contract import RunRequest, Seeding, SweepDocument, decode, encode
from workbench.contract.gateway import request_schema
from workbench.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.space import Space, Value

SCHEMA = request_schema(RunRequest)
VALIDATOR = Draft4Validator(SCHEMA)

requests = st.builds(
    RunRequest,
    sweep=st.builds(
        SweepDocument,
        experiment=st.text(max_size=5),
        fingerprint=st.text(max_size=5),
        space=spaces(depth=2),
        fixed=st.dictionaries(st.text(max_size=3), scalars, max_size=3),
        replicates=st.integers(-1, 10**9),
        seed=st.integers(0, 2**64 - 1),
        seeding=st.sampled_from(get_args(Seeding)),
        first_replicate=st.just(UNSET) | st.integers(-1, 10**9),
    ),
    shard_size=st.none() | st.integers(-1, 10**6),
    nonce=st.text(max_size=5),
)


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a schema."""
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from nodes(inner)
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from nodes(schema[keyword])


def test_it_is_a_schema_of_draft_4() -> None:
    Draft4Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-04/schema#"


def test_it_holds_only_what_a_gateway_model_may_hold() -> None:
    allowed = {"$schema", "title", "type", "enum", "required", "additionalProperties", "properties", "items"}
    assert set().union(*nodes(SCHEMA)) <= allowed
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@settings(max_examples=50)
@given(requests)
def test_what_we_send_is_valid(request_: RunRequest) -> None:
    assert list(VALIDATOR.iter_errors(json.loads(encode(request_)))) == []


@settings(max_examples=50)
@given(spaces(depth=1), st.dictionaries(st.text(max_size=3), scalars, max_size=2))
def test_what_we_send_without_the_defaults_is_valid(space: Space, fixed: dict[str, Value]) -> None:
    body = {"sweep": {"experiment": "e", "fingerprint": "f", "space": json.loads(encode(space)), "fixed": fixed}}
    assert VALIDATOR.is_valid(body)
    assert decode(encode(body), RunRequest, source="test").sweep.space == space


def good() -> dict[str, Any]:
    space = {"kind": "zip", "axes": {"x": {"kind": "values", "values": [1]}}}
    return {"sweep": {"experiment": "e", "fingerprint": "f", "space": space}}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((), []),
        ((), "text"),
        (("sweep",), None),
        (("sweep",), "text"),
        (("colour",), 1),
        (("nonce",), 1),
        (("nonce",), None),
        (("shard_size",), "10"),
        (("shard_size",), 1.5),
        (("schema_version",), "1"),
        (("sweep", "colour"), 1),
        (("sweep", "experiment"), 3),
        (("sweep", "fingerprint"), None),
        (("sweep", "replicates"), "2"),
        (("sweep", "replicates"), 1.5),
        (("sweep", "replicates"), True),
        (("sweep", "seed"), 0.5),
        (("sweep", "seeding"), "sometimes"),
        (("sweep", "fixed"), []),
        (("sweep", "fixed"), {"x": None}),
        (("sweep", "fixed"), {"x": [1]}),
        (("sweep", "fixed"), {"x": {}}),
        (("sweep", "space"), None),
        (("sweep", "space"), []),
        (("sweep", "space"), {}),
        (("sweep", "space"), {"kind": "values", "values": [1]}),
    ],
)
def test_what_is_malformed_is_refused_here_as_in_the_parent(place: tuple[str, ...], value: object) -> None:
    body: Any = good()
    assert VALIDATOR.is_valid(body)
    if place:
        inner = body
        for name in place[:-1]:
            inner = inner[name]
        inner[place[-1]] = value
    else:
        body = value
    assert not VALIDATOR.is_valid(body)
    with pytest.raises(ContractError):
        decode(json.dumps(body), RunRequest, source="test")


@pytest.mark.parametrize("missing", ["experiment", "fingerprint", "space"])
def test_required_fields(missing: str) -> None:
    body = good()
    del body["sweep"][missing]
    assert not VALIDATOR.is_valid(body)
    assert not VALIDATOR.is_valid({})
