"""Texts from a worker to its supervisor: messages of errors, and metrics of type str.

Frames, each some numbers and a text in UTF-8, are gathered in memory that both share, and go through a pipe whenever
that is full. So the supervisor is not woken for each row, and yet no text is lost with the worker: what is still in the
memory is read from there when the worker has ended. Frames of rows that never came to be done are read and overwritten.
"""

from __future__ import annotations

import os
import select
import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.compute.results import Results

__all__ = ["BUFFER_BYTES", "TextBuffer", "TextReader", "TextWriter"]

BUFFER_BYTES: Final = 1 << 16

_HEADER: Final = struct.Struct("=4I")  # first row, row behind the last, which column, bytes of the text
_CODE, _MESSAGE, _METRICS = range(3)  # columns: errors, then the metrics of type str
_READ_BYTES: Final = 1 << 16


class TextBuffer(NamedTuple):
    """Shared memory for frames that did not go through the pipe yet, and how many of its bytes are used."""

    frames: memoryview
    used: memoryview


class TextWriter:
    """The worker's end.

    Parameters
    ----------
    pipe : int
        Descriptor to write to.
    results : Results
        Where the texts are read from.
    buffer : TextBuffer
        Shared with the reader.
    """

    def __init__(self, pipe: int, results: Results, buffer: TextBuffer) -> None:
        self._pipe = pipe
        self._results = results
        self._frames, self._used = buffer
        self._texts = [
            (place, column, results.present[name].data)
            for place, (name, column) in enumerate(_text_columns(results), _METRICS)
        ]

    def send(self, start: int, stop: int) -> None:
        """Send the texts of rows, all good or failed for one reason; then they are safe, whatever becomes of us."""
        code, message = self._results.error_code[start], self._results.error_message[start]
        if code is not None:
            self._append(start, stop, _CODE, code)
            self._append(start, stop, _MESSAGE, message or "")
            return
        for place, column, present in self._texts:
            for index in range(start, stop):
                if present[index]:
                    self._append(index, index + 1, place, column[index])

    def _append(self, start: int, stop: int, place: int, text: str) -> None:
        # Names of files may hold surrogates, which no encoding takes: question marks, as in the outcome.
        data = text.encode("utf-8", "replace")
        begin = self._used[0]
        end = begin + _HEADER.size + len(data)
        if end > BUFFER_BYTES:
            # Emptied only when all of it is in the pipe: a frame may be read twice, but none is lost.
            self._write(self._frames[:begin])
            self._used[0] = 0
            begin, end = 0, end - begin
        if end > BUFFER_BYTES:
            self._write(_HEADER.pack(start, stop, place, len(data)) + data)
            return
        _HEADER.pack_into(self._frames, begin, start, stop, place, len(data))
        self._frames[begin + _HEADER.size : end] = data
        self._used[0] = end

    def _write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._pipe, view) :]


class TextReader:
    """The supervisor's end.

    Parameters
    ----------
    pipe : int
        Descriptor to read from; closed with the reader.
    results : Results
        Where the texts go.
    buffer : TextBuffer
        Shared with the writer.
    """

    def __init__(self, pipe: int, results: Results, buffer: TextBuffer) -> None:
        self._pipe = pipe
        self._buffer = buffer
        texts = (column for _, column in _text_columns(results))
        self._columns: list[Any] = [results.error_code, results.error_message, *texts]
        self._pending = bytearray()
        self._ended = False
        os.set_blocking(pipe, False)

    def wait(self, seconds: float) -> None:
        """Read what comes within some seconds; return early when something did, or when the writer is gone."""
        if self._ended:
            select.select([], [], [], min(seconds, 0.001))
        elif select.select([self._pipe], [], [], seconds)[0]:
            self._read()

    def drain(self) -> None:
        """Read all that is left of a writer that has ended."""
        while not self._ended and select.select([self._pipe], [], [], 0)[0]:
            self._read()
        self._pending[:] = self._buffer.frames[: self._buffer.used[0]]  # in place of a frame that was cut short
        self._take()

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._pipe)

    def _read(self) -> None:
        data = os.read(self._pipe, _READ_BYTES)
        self._ended = not data
        self._pending += data
        self._take()

    def _take(self) -> None:
        pending, begin = self._pending, 0
        while len(pending) >= begin + _HEADER.size:
            start, stop, place, size = _HEADER.unpack_from(pending, begin)
            end = begin + _HEADER.size + size
            if len(pending) < end:
                break
            text, column = pending[begin + _HEADER.size : end].decode("utf-8"), self._columns[place]
            for index in range(start, stop):
                column[index] = text
            begin = end
        del pending[:begin]


def _text_columns(results: Results) -> list[tuple[str, NDArray[Any]]]:
    return [(name, column) for name, column in results.metrics.items() if column.dtype == np.object_]
