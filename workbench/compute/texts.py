"""Texts from a worker to its supervisor: messages of errors, and metrics of type str, through a pipe.

A frame is its length, then msgpack. Frames of rows that the worker never counted as done are read and overwritten.
"""

from __future__ import annotations

import os
import select
import struct
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
import numpy as np

if TYPE_CHECKING:
    from workbench.compute.results import Results

__all__ = ["TextReader", "TextWriter"]

_LENGTH: Final = struct.Struct("=I")
_READ_BYTES: Final = 1 << 16
_ROWS_PER_FRAME: Final = 1_000

_Row: TypeAlias = tuple[int, str | None, str | None, list[str | None]]


class TextWriter:
    """The worker's end.

    Parameters
    ----------
    pipe : int
        Descriptor to write to.
    results : Results
        Where the texts are read from.
    """

    def __init__(self, pipe: int, results: Results) -> None:
        self._pipe = pipe
        self._results = results
        self._texts = _text_columns(results)
        self._encoder = msgspec.msgpack.Encoder()

    def send(self, rows: slice) -> None:
        """Send the texts of rows, if they have any."""
        codes = self._results.error_code
        if not self._texts and not any(codes[rows]):
            return
        for start in range(rows.start, rows.stop, _ROWS_PER_FRAME):
            frame = self._encoder.encode(
                [self._row(index) for index in range(start, min(start + _ROWS_PER_FRAME, rows.stop))]
            )
            self._write(_LENGTH.pack(len(frame)) + frame)

    def _row(self, index: int) -> _Row:
        results = self._results
        texts = [column[index] if results.present[name][index] else None for name, column in self._texts]
        return index, results.error_code[index], results.error_message[index], texts

    def _write(self, data: bytes) -> None:
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
    """

    def __init__(self, pipe: int, results: Results) -> None:
        self._pipe = pipe
        self._results = results
        self._texts = _text_columns(results)
        self._decoder = msgspec.msgpack.Decoder(list[_Row])
        self._buffer = bytearray()
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

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._pipe)

    def _read(self) -> None:
        data = os.read(self._pipe, _READ_BYTES)
        self._ended = not data
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._buffer)[0]
            if len(self._buffer) < end:
                break
            for index, code, message, texts in self._decoder.decode(self._buffer[_LENGTH.size : end]):
                self._results.error_code[index] = code
                self._results.error_message[index] = message
                for (_, column), text in zip(self._texts, texts, strict=True):
                    column[index] = text
            del self._buffer[:end]


def _text_columns(results: Results) -> list[tuple[str, np.ndarray]]:
    return [(name, column) for name, column in results.metrics.items() if column.dtype == np.object_]
