"""Clients of AWS whose answers are prepared: nothing leaves the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def session(bare_machine: None) -> boto3.session.Session:
    return boto3.session.Session(
        aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="not-a-secret", region_name="eu-west-1"
    )


@pytest.fixture
def stubbed(session: boto3.session.Session) -> Iterator[Callable[[str], tuple[Any, Stubber]]]:
    """Makes clients of a service, each with what prepares its answers; all of which must be asked for."""
    open_ones: list[Stubber] = []

    def make(service: str) -> tuple[Any, Stubber]:
        untyped: Any = session
        client = untyped.client(service)
        stubber = Stubber(client)
        stubber.activate()
        open_ones.append(stubber)
        return client, stubber

    yield make
    for stubber in open_ones:
        stubber.assert_no_pending_responses()
