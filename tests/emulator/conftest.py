"""The cloud back end as a researcher gets it, on the stack that the whole session shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import workbench as wb
from workbench.contract import Output
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.storage import Store


@pytest.fixture(scope="session")
def backend(local_stack: LocalStack) -> CloudBackend:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WORKBENCH_HOME", local_stack.environment["WORKBENCH_HOME"])
        return wb.connect("local")


@pytest.fixture(scope="session")
def bucket(local_stack: LocalStack) -> str:
    return local_stack.outputs[Output.BUCKET]


@pytest.fixture(scope="session")
def store(local_stack: LocalStack, bucket: str) -> Store:
    """The bucket with a researcher's rights."""
    return S3Store(local_stack.client("s3"), bucket)
