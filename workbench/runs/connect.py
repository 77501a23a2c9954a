"""Finding whoever can run a sweep: a deployed stack by its name, the emulator, or this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from workbench.runs.local import ProcessBackend, SerialBackend

if TYPE_CHECKING:
    from workbench.runs.cloud import CloudBackend
    from workbench.runs.local import StartMethod

__all__ = ["LOCAL", "connect", "processes", "serial"]

LOCAL: Final = "local"
_RESULTS: Final = "results"


def connect(name: str, *, profile: str | None = None, region: str | None = None) -> CloudBackend:
    """Find a deployed stack; nothing is copied by hand.

    Parameters
    ----------
    name : str
        ``"local"`` for the stack in the laptop, else the name of a CloudFormation stack.
    profile, region : str, optional
        Of the ordinary AWS configuration; its defaults where they are missing.

    Returns
    -------
    CloudBackend

    Raises
    ------
    DeploymentError
        If there is no such stack, or no valid credentials; the message says what to run.
    EmulatorError
        If the stack in the laptop does not run.
    """
    # Evaluating on this machine needs no SDK of AWS, which takes a second to load.
    from workbench.runs.cloud import CloudBackend  # noqa: PLC0415
    from workbench.runs.stacks import find_aws_stack, find_local_stack  # noqa: PLC0415

    return CloudBackend(find_local_stack() if name == LOCAL else find_aws_stack(name, profile=profile, region=region))


def serial(root: str | Path = _RESULTS) -> SerialBackend:
    """Evaluate in this process, one row after the other.

    Parameters
    ----------
    root : path
        Folder where outcomes are kept.

    Returns
    -------
    SerialBackend
    """
    return SerialBackend(Path(root))


def processes(
    workers: int | None = None, *, root: str | Path = _RESULTS, start_method: StartMethod | None = None
) -> ProcessBackend:
    """Evaluate on all cores of this machine.

    Parameters
    ----------
    workers : int, optional
        Processes to use; as many as there are cores by default.
    root : path
        Folder where outcomes are kept.
    start_method : {'fork', 'spawn'}, optional
        How they are started, see `ProcessBackend`; what suits the platform by default.

    Returns
    -------
    ProcessBackend
    """
    return ProcessBackend(Path(root), workers=workers or os.cpu_count() or 1, start_method=start_method)
