"""The emulator's own process: MiniStack with two of its services replaced, served on a socket that its parent opened.

:mod:`workbench.localcloud.process` starts it as ``python -m workbench.localcloud.server`` with a clean environment.
Everything of MiniStack but asynchronous Lambda invocations and Athena stays as it is; its Lambda runtime is watched,
and its CloudFormation learns a type that the template has.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.localcloud.failures import watch_exits
from workbench.localcloud.folder import serving
from workbench.localcloud.invocations import AsynchronousInvocations
from workbench.localcloud.named_queries import install as install_named_queries

if TYPE_CHECKING:
    from hypercorn.config import Config

__all__ = ["main"]

# Workers in the middle of an invocation are ended rather than waited for, within the time a parent allows for a stop.
_GRACEFUL_SECONDS = 1


def main() -> None:
    """Serve until SIGTERM, then save the state and end every process of the group.

    Raises
    ------
    EmulatorError
        When another server works in the same state folder.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with contextlib.suppress(ValueError, OSError):  # a platform with its own ceiling below the hard limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with serving(Path(os.environ["WORKBENCH_EMULATOR_HOME"])):
        asyncio.run(_serve(_config()))


def _config() -> Config:
    from hypercorn.config import Config  # noqa: PLC0415 -- comes with the emulator, which is an extra

    config = Config()
    config.bind = [f"fd://{os.environ['WORKBENCH_EMULATOR_SOCKET']}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = _GRACEFUL_SECONDS
    return config


async def _serve(config: Config) -> None:
    from hypercorn.asyncio import serve  # noqa: PLC0415 -- comes with the emulator, which is an extra
    from ministack import app  # noqa: PLC0415
    from ministack.core import lambda_runtime  # noqa: PLC0415
    from ministack.services import lambda_svc, sqs  # noqa: PLC0415

    from workbench.localcloud import athena  # noqa: PLC0415

    athena.install(f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}")
    install_named_queries()
    watch_exits(lambda_runtime)
    invocations = AsynchronousInvocations(
        lambda_svc.handle_request,
        sqs.handle_request,
        concurrency=int(os.environ.get("WORKBENCH_EMULATOR_CONCURRENCY") or os.cpu_count() or 1),
        retry_seconds=float(os.environ.get("WORKBENCH_EMULATOR_RETRY_SECONDS") or 1),
    )
    lambda_svc.handle_request = invocations.handle_request
    invocations.open()
    await serve(app.app, config)
    invocations.close()
    lambda_runtime.reset()
    _end_group()


def _end_group() -> None:
    """End what is left: busy Lambda workers and what they started, and with them this process.

    Only the leader does so, which is sure to have this group's number; its parent could be late and hit another's.
    """
    if os.getpgrp() == os.getpid():
        logging.shutdown()
        os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
