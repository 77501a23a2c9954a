"""The dispatcher on Lambda: asynchronous invocations, of the child and of the parent itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from workbench.contract import encode
from workbench.errors import RunError

if TYPE_CHECKING:
    from workbench.contract import Dispatch, Task

__all__ = ["LambdaDispatcher"]


class LambdaDispatcher:
    """A `Dispatcher` on Lambda.

    Parameters
    ----------
    children, copies : botocore client
        Of Lambda. Two, because a client that was refused too often no longer retries: the copy that is to take over
        from children that could not be started needs retries of its own.
    child, parent : str
        Names of the functions.
    """

    def __init__(self, *, children: Any, copies: Any, child: str, parent: str) -> None:
        self._children = children
        self._copies = copies
        self._child = child
        self._parent = parent

    def start_child(self, task: Task) -> None:
        """Start a child; see `Dispatcher.start_child`."""
        _invoke(self._children, self._child, task)

    def start_copy(self, dispatch: Dispatch) -> None:
        """Start a copy of the parent; see `Dispatcher.start_copy`."""
        _invoke(self._copies, self._parent, dispatch)


def _invoke(client: Any, function: str, message: Task | Dispatch) -> None:
    try:
        answer = client.invoke(FunctionName=function, InvocationType="Event", Payload=encode(message))
        answer["Payload"].read()  # it is empty, but a connection is only used again when its answer was read
    except (BotoCoreError, ClientError) as error:
        raise RunError(f"{function} cannot be invoked: {error}") from error
