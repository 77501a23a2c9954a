"""Symbol tables out of shared libraries: a sixth of pyarrow, which only a debugger would read.

`strip` is not used: every version of it writes other bytes, and it takes its own machine's files only. What a loader
maps is left as it is and what lies behind that is cut off, so an archive is the same on whatever machine it is made.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cut_symbols"]

# 64 bits, little-endian: of both processors that Lambda has. Offsets are those of `man 5 elf`.
_MAGIC: Final = b"\x7fELF\x02\x01"
_SEGMENTS_AT, _SECTIONS_AT, _SECTION_COUNT_AT = 32, 40, 60
_SEGMENT_SIZE_AT, _OFFSET_IN_SEGMENT, _SIZE_IN_SEGMENT = 54, 8, 32


def cut_symbols(file: Path) -> int:
    """Cut everything off a shared library that is not loaded; the table of sections, which names it, goes too.

    Parameters
    ----------
    file : Path
        Any file. One that is no ELF file is left alone, as is one whose sections lie between its segments: a tool has
        moved them there, as in `numpy.libs`, and nothing could be cut off.

    Returns
    -------
    int
        How many bytes it is shorter.
    """
    with file.open("rb") as opened:
        if opened.read(len(_MAGIC)) != _MAGIC:
            return 0
    content = bytearray(file.read_bytes())
    segments_at, sections_at = struct.unpack_from("<QQ", content, _SEGMENTS_AT)
    size, count = struct.unpack_from("<HH", content, _SEGMENT_SIZE_AT)
    segments = range(segments_at, segments_at + size * count, size)
    loaded = max(segments.stop, *(_end(content, segment) for segment in segments))
    if not loaded <= sections_at <= len(content):
        return 0
    struct.pack_into("<Q", content, _SECTIONS_AT, 0)
    # How many there are, and which of them holds their names.
    struct.pack_into("<HH", content, _SECTION_COUNT_AT, 0, 0)
    file.write_bytes(content[:loaded])
    return len(content) - loaded


def _end(content: bytearray, segment: int) -> int:
    (offset,) = struct.unpack_from("<Q", content, segment + _OFFSET_IN_SEGMENT)
    (size,) = struct.unpack_from("<Q", content, segment + _SIZE_IN_SEGMENT)
    return int(offset + size)
