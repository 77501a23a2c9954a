"""Documents: one line of JSON, read back strictly, with canonical bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from space_strategies import spaces
from workbench.contract import (
    SCHEMA_VERSION,
    Catalog,
    Manifest,
    RunReply,
    RunRequest,
    SweepDocument,
    Task,
    canonical,
    decode,
    digest,
    encode,
)
from workbench.contract.codec import Document
from workbench.errors import ContractError
from workbench.space import ShardPlan, Space, Values, Zip

if TYPE_CHECKING:
    from workbench.contract import ExperimentSpec

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def reversed_dicts(value: object) -> object:
    match value:
        case dict():
            return {name: reversed_dicts(value[name]) for name in reversed(value)}
        case list():
            return [reversed_dicts(item) for item in value]
        case _:
            return value


@given(json_values)
def test_canonical_bytes_do_not_depend_on_the_order_of_dicts(value: object) -> None:
    assert canonical(value) == canonical(reversed_dicts(value))
    assert json.loads(canonical(value)) == value


def test_canonical_bytes_of_a_space_do_not_depend_on_the_order_of_its_names() -> None:
    a, b = Values((1, 2)), Values((3, 4))
    one, other = Zip({"a": a, "b": b}), Zip({"b": b, "a": a})
    assert canonical(one) == canonical(other)
    assert canonical(one) != canonical(Zip({"a": b, "b": a}))


def test_an_integer_and_a_float_have_different_canonical_bytes() -> None:
    assert len({canonical(value) for value in (1, 1.0, True, "1")}) == 4


@settings(max_examples=50)
@given(spaces(), st.none() | st.integers(1), st.text(max_size=8))
def test_requests_survive_the_wire(space: Space, shard_size: int | None, nonce: str) -> None:
    sweep = SweepDocument(experiment="probe", fingerprint="00", space=space, fixed={"z": 1.5}, replicates=3, seed=7)
    request = RunRequest(sweep=sweep, shard_size=shard_size, nonce=nonce)
    data = encode(request)
    assert b"\n" not in data
    assert decode(data, RunRequest, source="test") == request
    assert encode(decode(data, RunRequest, source="test")) == data


def test_manifests_catalogs_tasks_and_replies_survive_the_wire(spec: ExperimentSpec, sweep: SweepDocument) -> None:
    manifest = Manifest(
        run_id="probe-0123456789ab",
        sweep_id="0" * 64,
        sweep=sweep,
        spec=spec,
        n_points=6,
        n_rows=6,
        n_shards=2,
        shard_size=4,
        created_at="2026-01-01T00:00:00Z",
        created_by="somebody",
    )
    task = Task(run_id=manifest.run_id, shard_id=1, generation=2, include="all", passes=3)
    reply = RunReply(run_id=manifest.run_id, created=True, n_points=6, n_rows=6, n_shards=2, shard_size=4)
    for document in (manifest, Catalog(experiments=(spec,)), task, reply):
        assert decode(encode(document), type(document), source="test") == document
    assert manifest.plan == ShardPlan(n_rows=6, shard_size=4)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"\xff", "malformed"),
        (b"[]", "Expected `object`"),
        (b'{"run_id":"\xff","shard_id":0}', "utf-8"),
        (b'{"run_id":"a"}', "`shard_id`"),
        (b'{"run_id":"a","shard_id":"0"}', r"\$\.shard_id"),
        (b'{"run_id":"a","shard_id":0.5}', r"\$\.shard_id"),
        (b'{"run_id":"a","shard_id":0,"colour":1}', "`colour`"),
        (b'{"run_id":null,"shard_id":0}', r"\$\.run_id"),
    ],
)
def test_what_is_no_such_document_is_refused_with_its_source(data: bytes, words: str) -> None:
    with pytest.raises(ContractError, match=rf"^here is not a valid Task: .*{words}"):
        decode(data, Task, source="here")


def test_nesting_without_end_is_refused() -> None:
    levels = 20_000
    space = '{"kind":"product","factors":[' * levels + "]}" * levels
    body = f'{{"sweep":{{"experiment":"x","fingerprint":"0","space":{space}}}}}'
    with pytest.raises(ContractError, match="is not a valid RunRequest"):
        decode(body, RunRequest, source="here")


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION + 1])
def test_another_version_is_refused_with_the_remedy(version: int) -> None:
    data = encode(Task(run_id="a", shard_id=0, schema_version=version))
    with pytest.raises(ContractError, match=rf"schema_version {version}, .* reads {SCHEMA_VERSION}: .*redeploy"):
        decode(data, Task, source="here")


def test_every_document_says_its_version() -> None:
    assert json.loads(encode(Document())) == {"schema_version": SCHEMA_VERSION}


@given(st.binary(max_size=50), st.binary(max_size=50), st.integers(8, 64))
def test_digests(one: bytes, other: bytes, size: int) -> None:
    assert len(digest(one, size=size)) == 2 * size
    assert (digest(one, size=size) == digest(other, size=size)) == (one == other)


def test_digests_never_change() -> None:
    assert digest(b"sweep", size=8) == "d1498a0cb0384dc9"
    assert digest(b"").startswith("0e5751c026e543b2e8ab2eb06099daa1")
