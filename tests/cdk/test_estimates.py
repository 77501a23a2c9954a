"""What is estimated without asking a stack is what the template deploys."""

from __future__ import annotations

from config import StageConfig
from workbench.analysis.usage import Deployment


def test_the_default_child_is_that_of_the_template() -> None:
    config, assumed = StageConfig(), Deployment()
    assert (assumed.memory_mb, assumed.timeout_s) == (config.child_memory_mb, config.child_timeout_s)
