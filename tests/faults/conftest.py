"""A folder whose rows do harm, and the stack in the laptop as a researcher has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import workbench as wb
from fatal_models import ARMED
from workbench.contract import Output
from workbench.storage.s3 import S3Store

if TYPE_CHECKING:
    from pathlib import Path

    from emulator_stack import LocalStack
    from workbench.runs.cloud import CloudBackend
    from workbench.storage import Store


# What its assertions compared is shown as that of tests is.
pytest.register_assert_rewrite("full_coverage")


@pytest.fixture
def armed(tmp_path: Path) -> Path:
    """A folder for `harmful`, armed."""
    folder = tmp_path / "harm"
    folder.mkdir()
    (folder / ARMED).touch()
    return folder


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
