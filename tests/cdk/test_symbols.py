"""What no loader reads is cut off a shared library, and nothing else is touched."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from symbols import cut_symbols

if TYPE_CHECKING:
    from pathlib import Path

HEADER, SEGMENT = 64, 56
LOADED = b"code and data that are mapped"
SYMBOLS = b"symbols, names and the table of sections"


def elf(*, sections_at: int) -> bytes:
    """A library with one segment, which reaches from the file's beginning to the end of `LOADED`."""
    end = HEADER + SEGMENT + len(LOADED)
    header = b"\x7fELF\x02\x01".ljust(16, b"\0")
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, HEADER, sections_at, 0, HEADER, SEGMENT, 1, 64, 5, 4)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, end, end, 4096) + LOADED + SYMBOLS


def test_what_is_loaded_stays_and_the_rest_goes(tmp_path: Path) -> None:
    library = tmp_path / "library.so"
    before = elf(sections_at=HEADER + SEGMENT + len(LOADED) + 4)
    library.write_bytes(before)
    assert cut_symbols(library) == len(SYMBOLS)
    after = library.read_bytes()
    assert after[HEADER:] == before[HEADER : -len(SYMBOLS)]
    assert struct.unpack_from("<Q", after, 40) == (0,)
    assert struct.unpack_from("<HH", after, 60) == (0, 0)
    assert after[:40] == before[:40]


def test_it_is_cut_once(tmp_path: Path) -> None:
    library = tmp_path / "library.so"
    library.write_bytes(elf(sections_at=HEADER + SEGMENT + len(LOADED)))
    cut_symbols(library)
    once = library.read_bytes()
    assert cut_symbols(library) == 0
    assert library.read_bytes() == once


@pytest.mark.parametrize(
    "content",
    [b"", b"\x7fEL", b"PK\x03\x04 a zip file", b"\xcf\xfa\xed\xfe of a Mac", elf(sections_at=HEADER + SEGMENT)],
    ids=["empty", "short", "zip", "mach-o", "sections between what is loaded"],
)
def test_what_has_nothing_to_cut_is_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    assert cut_symbols(file) == 0
    assert file.read_bytes() == content
