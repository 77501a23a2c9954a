"""What Lambda says of an invocation that failed, made from what the emulator says of it.

The emulator answers that a worker died, and names no exception. Lambda names the exception, or how the runtime ended,
in a payload that a failure's record then carries: ``errorType``, ``errorMessage`` with the request's id where Lambda
itself speaks, and ``requestId`` and ``stackTrace`` where the handler raised.
"""

from __future__ import annotations

import base64
import json
import re
import signal
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from workbench.localcloud.destinations import Response

__all__ = ["in_lambdas_words", "note_exits", "watch_exits"]

_TIMED_OUT = "Sandbox.Timedout"
_DIED = "Worker process died"
_DIED_AT_START = "Worker process exited immediately"
_TRACEBACK = "Traceback (most recent call last):\n"
_FRAME = re.compile(r"^(?=  File )", re.MULTILINE)

_exits: ContextVar[list[int] | None] = ContextVar("workbench_exits", default=None)


def watch_exits(runtime: ModuleType) -> None:
    """Make the emulator's runtime tell how its workers ended, which its answers leave out.

    Parameters
    ----------
    runtime : module
        ``ministack.core.lambda_runtime``; its ``_collect`` waits for each worker that has ended.
    """
    collect = runtime._collect  # noqa: SLF001 -- the only place where the emulator sees how a worker ended

    def collect_and_note(process: Any, deadline: float) -> None:
        collect(process, deadline)
        noted = _exits.get()
        if noted is not None and process is not None and process.returncode is not None:
            noted.append(process.returncode)

    runtime._collect = collect_and_note  # type: ignore[attr-defined] # noqa: SLF001


def note_exits() -> list[int]:
    """Begin a list of how the workers end that this context, and whatever copies it, waits for."""
    noted: list[int] = []
    _exits.set(noted)
    return noted


def in_lambdas_words(answer: Response, *, request_id: str, exits: Sequence[int]) -> Response:
    """Put the payload of a function's error as Lambda puts it.

    Parameters
    ----------
    answer : tuple of (int, dict, bytes)
        The emulator's, with the end of the log if there was one.
    request_id : str
        The invocation's name, the same over all tries.
    exits : sequence of int
        Return codes of the workers that ended meanwhile; the last one is this function's.

    Returns
    -------
    tuple of (int, dict, bytes)
        The answer itself where it is no function's error.
    """
    status, headers, body = answer
    if "X-Amz-Function-Error" not in headers:
        return answer
    told = json.loads(body)
    message = told["errorMessage"]
    if told["errorType"] == _TIMED_OUT:
        error = {"errorType": _TIMED_OUT, "errorMessage": f"RequestId: {request_id} Error: {message}"}
    elif message == _DIED or message.startswith(_DIED_AT_START):
        ending = _ending(exits[-1] if exits else 0)
        error = {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: {ending}"}
    else:
        log = base64.b64decode(headers.get("X-Amz-Log-Result", "")).decode(errors="replace")
        error = {**told, **_raised(message, log), "requestId": request_id}
    return status, headers, json.dumps(error).encode()


def _ending(return_code: int) -> str:
    if return_code == 0:
        return "Runtime exited without providing a reason"
    if return_code > 0:
        return f"Runtime exited with error: exit status {return_code}"
    name = signal.strsignal(-return_code) or f"signal {-return_code}"
    return f"Runtime exited with error: signal: {name.lower()}"


def _raised(message: str, log: str) -> dict[str, Any]:
    """Read an exception's class and frames from the traceback that ends a log; nothing where none does."""
    _, begun, traceback = log.rpartition(_TRACEBACK)
    traceback, said = traceback.rstrip("\n"), f": {message}" if message else ""
    # The log holds only its end, which may lack the traceback's beginning.
    if not traceback.endswith(said) or not (begun or said):
        return {}
    frames, _, last = traceback.removesuffix(said).rpartition("\n")
    name = last.rpartition(".")[2]
    if not name.isidentifier():
        return {}
    # The outermost frame is the emulator's.
    return {"errorType": name, "stackTrace": [f"{frame.rstrip()}\n" for frame in _FRAME.split(frames)[2:]]}
